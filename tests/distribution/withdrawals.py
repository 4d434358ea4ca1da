"""Looking at withdrawals, for their tests."""

from __future__ import annotations

import sqlalchemy as sa

from tests.factories.withdrawals import UNEARNED, make_withdrawal
from wxapp.core.db import db
from wxapp.distribution.kinds import available_account
from wxapp.distribution.models import Distributor, Withdrawal
from wxapp.distribution.queries import withdrawals as queries
from wxapp.messages.models import Message
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Payout
from wxapp.payments.queries import get_payout
from wxapp.wallet import services as wallet


def have(distributor: Distributor) -> int:
    return wallet.balance_of(available_account(distributor.id))


def account(name: str) -> int:
    return wallet.balance_of(wallet.house_account(name))


def row_of(no: str) -> Withdrawal:
    db.session.expire_all()
    return queries.get_withdrawal(no)


def payout_of(no: str) -> Payout:
    return get_payout(row_of(no).payout_no)


def approved(fen: int = 5_000) -> Withdrawal:
    return make_withdrawal(fen=fen, is_approved=True)


def distributor_of(row: Withdrawal) -> Distributor:
    return db.session.get_one(Distributor, row.distributor_id)


def told() -> list[str]:
    """Return what distributors were told of their withdrawals, the oldest first."""
    rows = db.session.scalars(sa.select(Message).where(Message.code == "fx_withdraw_0000001").order_by(Message.id))
    return [row.body.rpartition("：")[2].removesuffix("。") for row in rows]


def wrong() -> list[str]:
    """Return the invariants that do not hold."""
    return [f"{check.name}: {check.text}" for check in check_all() if not check.holds and check.name != UNEARNED]
