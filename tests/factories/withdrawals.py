"""Money for distributors, and withdrawals, made the way they come into being."""

from __future__ import annotations

import itertools

import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from wxapp.core import actors
from wxapp.core.db import db
from wxapp.distribution import kinds
from wxapp.distribution.models import Distributor, Withdrawal, WithdrawalStatus
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import withdrawing
from wxapp.distribution.services.withdrawing import Asked
from wxapp.wallet import services as wallet

_numbers = itertools.count(1)

UNEARNED = "distribution.available"
"""The one check that finds the money of these makers: no commission stands behind it."""

REVIEWER, CASHIER = "staff:801", "staff:802"


def give_money(distributor: Distributor | int, fen: int) -> int:
    """Give somebody something to take out; return the account's number."""
    distributor_id = distributor if isinstance(distributor, int) else distributor.id
    account_id = kinds.available_account(distributor_id)
    wallet.transfer(
        kind="test.income",
        source=f"factory-{next(_numbers)}",
        payer_id=wallet.house_account("house.commission"),
        payee_id=account_id,
        amount_fen=fen,
    )
    return account_id


def rich_distributor(fen: int = 10_000, **over: object) -> Distributor:
    row = make_distributor(**over)  # type: ignore[arg-type]
    give_money(row, fen)
    return row


def ask(distributor: Distributor, fen: int = 5_000, *, key: str = "", name: str = "", id_number: str = "") -> str:
    """Ask for a withdrawal on the distributor's own phone and return its number."""
    return withdrawing.request_withdrawal(
        Asked(
            distributor_id=distributor.id,
            amount_fen=fen,
            real_name=name or distributor.name,
            once_key=key or f"withdrawal-{next(_numbers):08d}",
            id_number=id_number,
        ),
        by=actors.wechat(distributor.wechat_user_id),
    )


def make_withdrawal(
    distributor: Distributor | None = None, fen: int = 5_000, *, is_approved: bool = False, is_by_hand: bool = False
) -> Withdrawal:
    """A withdrawal that waits for a decision, or for its payout."""
    no = ask(distributor or rich_distributor(2 * fen), fen)
    if is_approved:
        withdrawing.approve_withdrawal(no, by=REVIEWER, is_by_hand=is_by_hand)
    db.session.expire_all()
    return queries.get_withdrawal(no)


def fill_withdrawals(distributor_id: int, *, by: str) -> dict[str, str]:
    """Add a row to every list of withdrawals, decided by somebody of its own; return what addresses name."""
    mine = db.session.get_one(Distributor, distributor_id)
    give_money(mine, 10_000)
    withdrawing.reject_withdrawal(ask(mine, 1_000), reason="资料不全", by=by)
    make_withdrawal()
    withdrawing.approve_withdrawal(make_withdrawal().no, by=by)
    open_one = sa.select(Withdrawal.no).where(
        Withdrawal.distributor_id == mine.id, Withdrawal.status == WithdrawalStatus.REQUESTED
    )
    return {"withdrawal_no": db.session.scalar(open_one) or ask(mine, 1_000)}
