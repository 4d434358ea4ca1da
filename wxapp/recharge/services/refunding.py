"""Giving recharges back the way they came: set aside at once, decided by another person, never more than is left."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.idempotency import once
from wxapp.payments import services as payments
from wxapp.payments.models import RefundStatus as PaymentRefundStatus
from wxapp.payments.queries import get_refund as get_payment_refund
from wxapp.recharge import queries
from wxapp.recharge.errors import BalanceMoved, NotRefundable, TooMuchBack
from wxapp.recharge.kinds import REFUND_ASIDE, REFUND_VOID
from wxapp.recharge.models import Recharge, RechargeRefund, RechargeStatus, RefundStatus
from wxapp.recharge.rules import Calculation, LotLeft
from wxapp.recharge.services.placing import HOUSE, SUBJECT
from wxapp.recharge.states import RECHARGE, REFUND, REFUNDABLE
from wxapp.wallet import services as wallet


def request_by_patient(*, patient_id: int, amount_fen: int, reason: str, by: str, once_key: str) -> str:
    """Ask for so much of a patient's recharges back, over as many of them as it takes, those that expire first first.

    Return the number of the first refund. The same key asks once.

    :raises TooMuchBack: more than can go back the way it came
    :raises BalanceMoved, InsufficientBalance: something was spent in this moment
    """
    asked = {"patient": patient_id, "amount": amount_fen, "reason": reason}
    return once(
        f"{by}/recharge.refund",
        once_key,
        asked,
        lambda: request_back(patient_id, amount_fen=amount_fen, reason=reason or "患者申请", by=by)[0],
    )


def request_back(patient_id: int, *, amount_fen: int | None, reason: str, by: str) -> list[str]:
    """Ask for so much of a patient's recharges back, None for all that can; return the numbers of the refunds.

    :raises TooMuchBack: more than can go back the way it came, or nothing can
    """
    calculation = queries.calculation_of_patient(patient_id)
    wanted = calculation.returnable_fen if amount_fen is None else amount_fen
    try:
        plan = calculation.plan(wanted)
    except ValueError:
        raise TooMuchBack(field="amount") from None
    return _request(calculation, plan, reason=reason, by=by)


def request_of_recharge(no: str, *, amount_fen: int, reason: str, by: str) -> str:
    """Ask for a part of one recharge, or all that is left of it; return the refund's number.

    :raises NotRefundable: it is not paid, a refund of it is under way, or WeChat Pay takes it back no longer
    :raises TooMuchBack: more than is left of it
    """
    recharge = queries.get_recharge(no)
    calculation = queries.calculation_of(recharge.account_id)
    share = next((share for share in calculation.returnable if share.lot.no == no), None)
    if share is None:
        raise NotRefundable
    if amount_fen > share.left_fen:
        raise TooMuchBack(field="amount")
    return _request(calculation, [(share, amount_fen)], reason=reason, by=by)[0]


def _request(calculation: Calculation, plan: Sequence[tuple[LotLeft, int]], *, reason: str, by: str) -> list[str]:
    with transaction():
        rows = []
        for share, amount_fen in sorted(plan, key=lambda part: part[0].lot.no):
            row = _ask(share, amount_fen, calculation.balance_fen, reason=reason, by=by)
            rows.append((row, share))
        for row, _share in rows:  # the balances last, as everywhere
            _set_aside(row)
        _check_again(rows)
        return [row.no for row, _share in rows]


def _ask(share: LotLeft, amount_fen: int, balance_fen: int, *, reason: str, by: str) -> RechargeRefund:
    recharge = queries.get_recharge(share.lot.no)
    if recharge.status not in REFUNDABLE:
        raise NotRefundable
    RECHARGE.move(recharge, RechargeStatus.REFUNDING, by=by, why=reason)  # one refund of it at a time
    no = ids.outside_number("RB")
    refund_no = payments.request_refund(
        subject_kind=SUBJECT, subject_no=recharge.no, amount_fen=amount_fen, reason=reason, by=by, source=no
    )
    row = RechargeRefund(
        no=no,
        recharge_id=recharge.id,
        patient_id=recharge.patient_id,
        refund_no=refund_no,
        amount_fen=amount_fen,
        balance_fen=balance_fen,
        gone_fen=share.lot.gone_fen,
        used_fen=share.used_fen,
        left_fen=share.left_fen,
        reason=reason[:200],
        asked_by=by,
        asked_at=clock.now(),
    )
    db.session.add(row)
    return row


def _set_aside(row: RechargeRefund) -> None:
    """Take the money out of the balance, so that nobody spends it while it is decided."""
    recharge = db.session.get_one(Recharge, row.recharge_id)
    wallet.transfer(
        kind=REFUND_ASIDE,
        source=row.no,
        payer_id=recharge.account_id,
        payee_id=wallet.house_account(HOUSE),
        amount_fen=row.amount_fen,
        memo="原路退回微信",
    )


def _check_again(rows: Sequence[tuple[RechargeRefund, LotLeft]]) -> None:
    """See to it that the calculation still held when the money was taken: now the account's row is ours.

    :raises BalanceMoved: something was spent or asked back meanwhile, so that less is left of a lot
    """
    db.session.flush()
    recharge = db.session.get_one(Recharge, rows[0][0].recharge_id)
    before = queries.calculation_of(recharge.account_id, leave_out=[row.no for row, _share in rows])
    left = {share.lot.no: share.left_fen for share in before.shares}
    if any(row.amount_fen > left.get(share.lot.no, 0) for row, share in rows):
        raise BalanceMoved


def withdraw(row: RechargeRefund, *, by: str) -> None:
    """Take a request back, as long as nobody has decided; the caller knows that it is his to take back.

    :raises IllegalTransition: somebody has decided already
    """
    payments.withdraw_refund(row.refund_no, by=by)


def is_undecided(row: RechargeRefund) -> bool:
    """Whether it may still be taken back."""
    return get_payment_refund(row.refund_no).status is PaymentRefundStatus.REQUESTED


def settle_refund(no: str) -> None:
    """Follow a refund that is back with the payer, once."""
    with transaction():
        row = queries.get_refund(no)
        if row.status is not RefundStatus.UNDER_WAY:
            return
        REFUND.move(row, RefundStatus.PAID_BACK, by=actors.system("payments"), settled_at=clock.now())
        mine = Recharge.id == row.recharge_id
        change(sa.update(Recharge).where(mine).values(refunded_fen=Recharge.refunded_fen + row.amount_fen))
        _end_refunding(row, why=f"退款 {row.refund_no}")


def forget_refund(no: str, status: RefundStatus, *, why: str) -> None:
    """Follow a refund that was refused or withdrawn: the money is in the balance again, once."""
    with transaction():
        row = queries.get_refund(no)
        if row.status is not RefundStatus.UNDER_WAY:
            return
        REFUND.move(
            row,
            status,
            by=actors.system("payments"),
            why=why[:200],
            settled_at=clock.now(),
            note=why[:200],
        )
        recharge = _end_refunding(row, why=f"退款{status.label}：{why}"[:200])
        wallet.transfer(
            kind=REFUND_VOID,
            source=row.no,
            payer_id=wallet.house_account(HOUSE),
            payee_id=recharge.account_id,
            amount_fen=row.amount_fen,
        )


def _end_refunding(row: RechargeRefund, *, why: str) -> Recharge:
    recharge = db.session.get_one(Recharge, row.recharge_id, populate_existing=True)
    if recharge.refunded_fen >= recharge.amount_fen:
        after = RechargeStatus.REFUNDED
    else:
        after = RechargeStatus.PART_REFUNDED if recharge.refunded_fen else RechargeStatus.PAID
    RECHARGE.move(recharge, after, by=actors.system("payments"), why=why)
    return recharge
