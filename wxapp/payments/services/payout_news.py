"""What becomes of a payout: the one place where news of it is written down, whoever brings it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.core.events import publish
from wxapp.payments.errors import NoticeFault
from wxapp.payments.events import PayoutAwaitsUser, PayoutDelayed, PayoutFailed, PayoutSucceeded
from wxapp.payments.kinds import PAYOUT_PAID
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.payments.rules import Kind, bill_problem, fail_sentence, next_try
from wxapp.payments.services.differences import write_difference
from wxapp.payments.states import ON_ITS_WAY, PAYOUT
from wxapp.wallet.services import house_account, transfer
from wxapp.wechat.pay.values import TransferBill, TransferState

JOB = actors.system("carry_out_payouts")

_STATUS = {
    TransferState.ACCEPTED: PayoutStatus.PROCESSING,
    TransferState.PROCESSING: PayoutStatus.PROCESSING,
    TransferState.TRANSFERING: PayoutStatus.PROCESSING,
    TransferState.WAIT_USER_CONFIRM: PayoutStatus.AWAITING_USER,
    TransferState.CANCELING: PayoutStatus.CANCELLING,
}


def act_on(payout_id: int, told: TransferBill, *, by: str) -> None:
    """Record what WeChat tells of a transfer; a repetition changes nothing.

    :raises NoticeFault: it doesn't fit our payout; nothing was changed, a case is open
    """
    payout = get(payout_id)
    problem = bill_problem(
        told_fen=told.amount_fen,
        told_openid=told.openid,
        told_bill_no=told.transfer_bill_no,
        amount_fen=payout.amount_fen,
        openid=payout.openid,
        bill_no=payout.transfer_bill_no,
    )
    if problem:
        _open_case(Kind.MISMATCH, payout, told, problem)
        raise NoticeFault(problem)
    known: dict[str, Any] = {"channel_state": told.state.value}
    if told.transfer_bill_no:
        known["transfer_bill_no"] = told.transfer_bill_no[:64]
    if told.package_info:
        known["package_info"] = told.package_info
    if told.state is TransferState.SUCCESS:
        payout_succeeded(payout_id, by=by, **known)
    elif told.state.is_final:
        payout_failed(payout_id, told.fail_reason or told.state.value, by=by, **known)
    else:
        _under_way(payout_id, _STATUS[told.state], by=by, **known)


def _under_way(payout_id: int, new: PayoutStatus, *, by: str, **known: Any) -> None:
    with transaction():
        payout = get(payout_id)
        old = payout.status
        if old not in ON_ITS_WAY:
            return  # news of it has overtaken this answer
        known |= {"last_error": "", "fail_reason": ""}
        # What is being called back, and what is no news, stays where it is.
        if old is new or not PAYOUT.allows(old, new):
            change(sa.update(Payout).where(Payout.id == payout_id, Payout.status == old).values(**known))
            return
        now = clock.now()
        moved = PAYOUT.try_move(
            Payout, payout_id, old=old, new=new, by=by, tries=0, next_try_at=next_try(1, now=now), **known
        )
        if moved and new is PayoutStatus.AWAITING_USER:
            publish(PayoutAwaitsUser(**_facts(payout)))


def payout_succeeded(payout_id: int, *, by: str, way: Method = Method.WECHAT, note: str = "", **known: Any) -> None:
    """Record that the person has the money and move it out of the ledger, once.

    :raises NoticeFault: it is over already, and not because WeChat has paid it; a case is open
    :raises IllegalTransition: people say so, but WeChat has it or may have it, or it is over
    """
    with transaction():
        payout = _hold(payout_id)
        if way is not Method.WECHAT and payout.status is not PayoutStatus.QUEUED:
            raise IllegalTransition
        if payout.status is PayoutStatus.SUCCEEDED and payout.way is Method.WECHAT:
            return
        if is_open := bool(PAYOUT.moves.get(payout.status)):
            PAYOUT.move(
                payout,
                PayoutStatus.SUCCEEDED,
                by=by,
                why=note[:200],
                way=way,
                next_try_at=None,
                fail_reason="",
                last_error="",
                ended_at=clock.now(),
                ended_by=by,
                note=note[:200],
                **known,
            )
            transfer(
                kind=PAYOUT_PAID,
                source=payout.no,
                payer_id=payout.from_account_id,
                payee_id=house_account(f"channel.{way.value}"),
                amount_fen=payout.amount_fen,
                memo=payout.subject_no,
            )
            publish(PayoutSucceeded(**_facts(payout), way=way.value))
    if not is_open:
        write_difference(
            Kind.PAYOUT_ENDED,
            payout.out_bill_no,
            channel_fen=payout.amount_fen,
            detail=f"我方状态：{payout.status.label}，微信已付款",
        )
        raise NoticeFault("paid after it was over")


def payout_failed(payout_id: int, reason: str, *, by: str, **known: Any) -> None:
    """Record that nothing was paid and nothing will be; its subject is told and sees to the money.

    :raises NoticeFault: we took it for paid by WeChat; a case is open
    """
    with transaction():
        payout = _hold(payout_id)
        was_paid = payout.status is PayoutStatus.SUCCEEDED and payout.way is Method.WECHAT
        if PAYOUT.moves.get(payout.status):
            PAYOUT.move(
                payout,
                PayoutStatus.FAILED,
                by=by,
                why=reason[:200],
                next_try_at=None,
                fail_reason=reason[:60],
                ended_at=clock.now(),
                ended_by=by,
                **known,
            )
            publish(PayoutFailed(**_facts(payout), reason=reason[:60], text=fail_sentence(reason)))
    if was_paid:
        write_difference(
            Kind.PAYOUT_ENDED,
            payout.out_bill_no,
            ours_fen=payout.amount_fen,
            detail=f"我方已记付款成功，微信称未付：{reason}"[:300],
        )
        raise NoticeFault("failed after it was paid")


def requeue(payout_id: int, error: str, *, reason: str = "", at_once: bool = False) -> None:
    """Put back what certainly is not at WeChat; it is sent again with the same number."""
    now = clock.now()
    with transaction():
        payout = get(payout_id)
        moved = PAYOUT.try_move(
            Payout,
            payout_id,
            old=PayoutStatus.SENDING,
            new=PayoutStatus.QUEUED,
            by=JOB,
            why=error[:200],
            next_try_at=now if at_once else next_try(payout.tries, now=now),
            last_error=error[:300],
            fail_reason=reason[:60],
        )
        if moved and reason and reason != payout.fail_reason:
            publish(PayoutDelayed(**_facts(payout), reason=reason[:60]))


def note(payout_id: int, error: str, **known: Any) -> None:
    with transaction():
        change(sa.update(Payout).where(Payout.id == payout_id).values(last_error=error[:300], **known))


def _open_case(kind: Kind, payout: Payout, told: TransferBill, detail: str) -> None:
    write_difference(
        kind, payout.out_bill_no, channel_fen=told.amount_fen, ours_fen=payout.amount_fen, detail=f"转账：{detail}"
    )


def _facts(payout: Payout) -> dict[str, Any]:
    return {
        "subject_kind": payout.subject_kind,
        "subject_no": payout.subject_no,
        "payout_no": payout.no,
        "amount_fen": payout.amount_fen,
        "wechat_user_id": payout.wechat_user_id,
    }


def get(payout_id: int) -> Payout:
    return db.session.get_one(Payout, payout_id, populate_existing=True)


def _hold(payout_id: int) -> Payout:
    """Return a payout, its row held: of a notice and an answer at once the second has to see the first."""
    return db.session.get_one(Payout, payout_id, with_for_update=True, populate_existing=True)
