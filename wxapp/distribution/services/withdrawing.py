"""Taking money out: asked for by the distributor, decided by people. The money is out of the balance at once.

What is asked for lies on ``clearing.withdrawal``; it leaves from there to the person, or goes back whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.db import db, insert_row, run, transaction
from wxapp.core.errors import Invalid
from wxapp.core.idempotency import once
from wxapp.core.money import yuan
from wxapp.distribution import kinds
from wxapp.distribution.errors import (
    DistributorFrozen,
    DistributorHeld,
    NotEnoughAvailable,
    TooManyWithdrawals,
    WrongRealName,
)
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal, WithdrawalStatus
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.queries.people import get_distributor
from wxapp.distribution.rules.withdrawing import Conditions, is_same_name
from wxapp.distribution.states import WITHDRAWAL
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.messages.taps import Tap
from wxapp.patients.rules import read_id_number
from wxapp.payments import services as payments
from wxapp.payments.services import PayoutAsked
from wxapp.wallet import services as wallet
from wxapp.wallet.errors import InsufficientBalance

HOUSE = "clearing.withdrawal"
"""Where the money lies between a balance and the person."""

AUTOMATIC = actors.system("withdrawals")

REMARK = "推广佣金提现"


@dataclass(frozen=True)
class Asked:
    """What a distributor types and presses.

    :ivar id_number: empty where none is asked for, or the one on file still holds
    """

    distributor_id: int
    amount_fen: int
    real_name: str = field(repr=False)
    once_key: str
    id_number: str = field(default="", repr=False)


def request_withdrawal(asked: Asked, *, by: str) -> str:
    """Take an amount out of the balance and return the withdrawal's number. The same key gives the same one.

    Without review it is approved at once. Who has left may take out what is left.

    :raises DistributorFrozen: nothing may be taken out
    :raises WrongRealName: the name is not the registered one
    :raises Invalid: the amount is outside the limits, or the ID number is missing or wrong
    :raises TooManyWithdrawals: the day's are used up
    :raises NotEnoughAvailable: more than there is
    """
    account_id = kinds.available_account(asked.distributor_id)
    return once(
        f"{by}/withdrawal.request",
        asked.once_key,
        {"distributor": asked.distributor_id, "amount": asked.amount_fen},
        lambda: _request(asked, account_id),
    )


def _request(asked: Asked, account_id: int) -> str:
    _hold(asked.distributor_id)
    distributor = get_distributor(asked.distributor_id)
    terms = queries.conditions_of(distributor)
    _check(asked, terms, distributor)
    _keep_id_number(asked, terms, distributor)
    day = clock.today()
    if queries.count_on(distributor.id, day) >= terms.per_day:
        raise TooManyWithdrawals
    parts = terms.parts_of(asked.amount_fen)
    no = ids.outside_number("W")
    row_id = insert_row(
        Withdrawal,
        no=no,
        distributor_id=distributor.id,
        amount_fen=parts.amount_fen,
        fee_fen=parts.fee_fen,
        tax_fen=parts.tax_fen,
        net_fen=parts.net_fen,
        real_name=distributor.name,
        id_number=distributor.id_number if terms.needs_id_number else None,
        status=WithdrawalStatus.REQUESTED,
        day=day,
        requested_at=clock.now(),
    )
    _set_aside(no, account_id, asked.amount_fen)
    if not terms.is_reviewed:
        _approve(db.session.get_one(Withdrawal, row_id), by=AUTOMATIC, why="无需审核", is_by_hand=False)
    return no


def _hold(distributor_id: int) -> None:
    """Let a distributor's requests pass one at a time: each counts those before it, and none passes a freeze."""
    if not run(_HOLD, distributor_id=distributor_id).rowcount:
        raise DistributorFrozen


_HOLD = (
    sa.update(Distributor)
    .where(Distributor.id == sa.bindparam("distributor_id"), Distributor.status != DistributorStatus.FROZEN)
    .values(status=Distributor.status)
)
"""Changes nothing: FOR UPDATE does not exist on SQLite, where whoever writes is alone anyway."""


def _check(asked: Asked, terms: Conditions, distributor: Distributor) -> None:
    if not is_same_name(asked.real_name, distributor.name):
        raise WrongRealName(field="real_name")
    available = queries.available_fen(distributor.id)
    if problem := terms.limit_problem(asked.amount_fen, available):
        raise Invalid({"amount": problem})
    if asked.amount_fen > available:  # a courtesy: the statement that takes it decides
        raise NotEnoughAvailable(f"可提现余额不足，当前可提现{yuan(max(available, 0))}元", field="amount")


def _keep_id_number(asked: Asked, terms: Conditions, distributor: Distributor) -> None:
    if not terms.needs_id_number or (not asked.id_number and distributor.id_number):
        return
    if not asked.id_number:
        raise Invalid({"id_number": "代扣税款需要申报，请填写身份证号"})
    try:
        distributor.id_number = read_id_number("".join(asked.id_number.split()), today=clock.today()).number
    except ValueError as error:
        raise Invalid({"id_number": str(error)}) from None


def _set_aside(no: str, account_id: int, amount_fen: int) -> None:
    try:
        wallet.transfer(
            kind=kinds.WITHDRAWAL,
            source=no,
            payer_id=account_id,
            payee_id=wallet.house_account(HOUSE),
            amount_fen=amount_fen,
            memo="提现",
            least_left_fen=0,
        )
    except InsufficientBalance:  # reversed or settled in this moment; the statement saw it
        raise NotEnoughAvailable(field="amount") from None


# --- deciding --------------------------------------------------------------------------------------------------------


def withdraw_request(no: str, *, by: str) -> None:
    """Take a request back, as long as nobody has decided; the caller knows that it is his to take back.

    :raises IllegalTransition: somebody has decided already
    """
    with transaction():
        row = queries.get_withdrawal(no)
        end_unpaid(row, WithdrawalStatus.WITHDRAWN, by=by, why="本人撤回")


def approve_withdrawal(no: str, *, by: str, is_by_hand: bool = False) -> None:
    """Approve a request: the money is asked to be paid, by WeChat's transfer or by hand.

    WeChat has it in seconds, and what it makes of it is told then; people take their time.

    :raises IllegalTransition: it was decided or taken back
    :raises DistributorHeld: the distributor is frozen
    """
    with transaction():
        row = queries.get_withdrawal(no)
        try:
            _hold(row.distributor_id)
        except DistributorFrozen:
            raise DistributorHeld from None
        _approve(row, by=by, why="线下打款" if is_by_hand else "", is_by_hand=is_by_hand)
        if is_by_hand:
            tell(row, "审核通过")


def reject_withdrawal(no: str, *, reason: str, by: str) -> None:
    """Reject a request: the money is in the balance again, with fee and tax.

    :raises IllegalTransition: it was decided or taken back
    """
    with transaction():
        row = queries.get_withdrawal(no)
        now = clock.now()
        end_unpaid(row, WithdrawalStatus.REJECTED, by=by, why=reason, decided_at=now, decided_by=by)
        tell(row, "未通过")


def _approve(row: Withdrawal, *, by: str, why: str, is_by_hand: bool) -> None:
    distributor = get_distributor(row.distributor_id)
    payout_no = payments.ask_payout(
        PayoutAsked(
            subject_kind=queries.SUBJECT,
            subject_no=row.no,
            amount_fen=row.net_fen,
            wechat_user_id=distributor.wechat_user_id,
            real_name=row.real_name,
            remark=REMARK,
            from_account_id=wallet.house_account(HOUSE),
            by_hand=is_by_hand,
        )
    )
    WITHDRAWAL.move(
        row,
        WithdrawalStatus.APPROVED,
        by=by,
        why=why,
        decided_at=clock.now(),
        decided_by=by,
        payout_no=payout_no,
    )


# --- what all ends share ---------------------------------------------------------------------------------------------


def end_unpaid(row: Withdrawal, status: WithdrawalStatus, *, by: str, why: str, **values: object) -> None:
    """End a withdrawal that was not paid and will not be: the whole amount goes back, once."""
    WITHDRAWAL.move(row, status, by=by, why=why[:200], reason=why[:200], ended_at=clock.now(), **values)
    wallet.transfer(
        kind=kinds.WITHDRAWAL_VOID,
        source=row.no,
        payer_id=wallet.house_account(HOUSE),
        payee_id=kinds.available_account(row.distributor_id),
        amount_fen=row.amount_fen,
        memo=status.label,
    )


def tell(row: Withdrawal, result: str) -> None:
    """Tell the distributor how a withdrawal stands; each result once."""
    notify(
        "fx_withdraw_0000001",
        Receiver("wechat_user", get_distributor(row.distributor_id).wechat_user_id),
        {"amount": row.amount_fen, "result": result, "at": clock.now()},
        tap=Tap("distribution.withdrawal", {"withdrawal_no": row.no}),
        once=f"{row.no}:{result}",
    )
