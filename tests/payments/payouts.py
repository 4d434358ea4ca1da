"""Looking at payouts, for their tests."""

from __future__ import annotations

import sqlalchemy as sa

from tests.factories.payments import KIND
from wxapp.core.db import db
from wxapp.core.events import Event
from wxapp.payments import queries, services
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Difference, Payout, PayoutStatus
from wxapp.wallet.services import balance_of, house_account


def state(payout: Payout) -> PayoutStatus:
    return queries.get_payout(payout.no).status


def tells(told: list[Event]) -> list[str]:
    return [type(event).__name__ for event in told]


def cases() -> list[str]:
    return list(db.session.scalars(sa.select(Difference.kind)))


def left_fen() -> int:
    return balance_of(house_account("house.reserved"))


def all_holds() -> bool:
    return all(check.holds for check in check_all())


def asked(**over: object) -> services.PayoutAsked:
    values: dict[str, object] = {
        "subject_kind": KIND,
        "subject_no": "W1",
        "amount_fen": 5_000,
        "real_name": "王芳",
        "remark": "佣金提现",
        "from_account_id": house_account("house.reserved"),
    }
    return services.PayoutAsked(**(values | over))  # type: ignore[arg-type]
