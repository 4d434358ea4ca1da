"""Giving money back: one asks, another decides."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.events import publish
from wxapp.payments import queries
from wxapp.payments.errors import SamePerson, TooMuch
from wxapp.payments.events import RefundRejected, RefundWithdrawn
from wxapp.payments.messages import tell_operations, tell_payer
from wxapp.payments.models import (
    Attempt,
    Method,
    PartStatus,
    PaymentOrder,
    PaymentStatus,
    Refund,
    RefundPart,
    RefundStatus,
)
from wxapp.payments.rules import Source, split_refund
from wxapp.payments.services.asides import set_aside
from wxapp.payments.services.paying_back import finish_if_done, part_succeeded
from wxapp.payments.states import PART, REFUND


def request_refund(
    *, subject_kind: str, subject_no: str, amount_fen: int, reason: str, by: str, source: str = ""
) -> str:
    """Ask for a refund and return its number; the amount is taken from what may be refunded at once.

    :param source: names the occasion; the same one asks once, however often it is told
    :raises TooMuch: refunds, those in flight included, would be more than was paid
    """
    if amount_fen < 0:
        raise Invalid({"amount": "退款金额不能为负数"})
    with transaction():
        if source and (known := queries.find_refund(source)) is not None:
            return known.no
        payment = queries.find_payment(subject_kind, subject_no)
        if payment is None:
            raise NotFound
        due = queries.get_due(payment.no)
        _reserve(due.id, amount_fen)
        number = ids.outside_number("R")
        refund = Refund(
            no=number,
            payment_order_id=due.id,
            source=source or number,
            amount_fen=amount_fen,
            status=RefundStatus.REQUESTED,
            reason=reason[:200],
            requested_by=by,
            requested_at=clock.now(),
        )
        db.session.add(refund)
        db.session.flush()  # its parts need the id
        _add_parts(refund.id, due.id, amount_fen)
        tell_operations(due, refund, reason=reason)
        return number


def _reserve(payment_order_id: int, amount_fen: int) -> None:
    # The sum is guarded in the statement that changes it; it also holds the row until the parts are there.
    step = sa.update(PaymentOrder).where(
        PaymentOrder.id == payment_order_id,
        PaymentOrder.status == PaymentStatus.PAID,
        PaymentOrder.refunded_fen + amount_fen <= PaymentOrder.paid_fen,
    )
    if not change(step.values(refunded_fen=PaymentOrder.refunded_fen + amount_fen)):
        raise TooMuch(field="amount")


def _add_parts(refund_id: int, payment_order_id: int, amount_fen: int) -> None:
    sources = [
        Source(attempt.id, attempt.channel.value, attempt.amount_fen - attempt.refunded_fen)
        for attempt in queries.paid_attempts(payment_order_id)
    ]
    for source, fen in split_refund(amount_fen, sources):
        step = sa.update(Attempt).where(
            Attempt.id == source.attempt_id, Attempt.refunded_fen + fen <= Attempt.amount_fen
        )
        if not change(step.values(refunded_fen=Attempt.refunded_fen + fen)):
            raise TooMuch(field="amount")
        db.session.add(
            RefundPart(
                refund_id=refund_id,
                attempt_id=source.attempt_id,
                out_refund_no=ids.outside_number("T"),
                channel=Method(source.channel),
                amount_fen=fen,
                status=PartStatus.RESERVED,
            )
        )


def approve_refund(refund_no: str, *, by: str, note: str = "") -> Refund:
    """Let a refund go out. What goes back to a balance is there at once; the rest follows.

    :raises SamePerson: it is one's own request
    :raises IllegalTransition: somebody has decided already
    """
    with transaction():
        refund = queries.get_refund(refund_no)
        if refund.requested_by == by:
            raise SamePerson
        now = clock.now()
        REFUND.move(
            refund, RefundStatus.APPROVED, by=by, why=note[:200], decided_by=by, decided_at=now, decision=note[:200]
        )
        due = queries.get_due_by_id(refund.payment_order_id)
        for part in queries.parts_of([refund.id]):
            is_sent = part.channel is Method.WECHAT
            PART.move(part, PartStatus.WAITING, by=by, next_try_at=now if is_sent else None)
            set_aside(refund.no, part, from_account_id=due.payee_account_id)
            if part.channel is Method.BALANCE:
                part_succeeded(part.id, by=by)
        finish_if_done(refund.id, by=by)
        if refund.status is not RefundStatus.DONE:
            tell_payer(due, refund, result="审核通过", note="款项将原路退回，请留意到账情况。")
        return refund


def reject_refund(refund_no: str, *, by: str, reason: str) -> Refund:
    """Refuse a refund; what was set aside may be refunded again.

    :raises SamePerson: it is one's own request
    :raises IllegalTransition: somebody has decided already
    """
    with transaction():
        refund = queries.get_refund(refund_no)
        if refund.requested_by == by:
            raise SamePerson
        REFUND.move(
            refund,
            RefundStatus.REJECTED,
            by=by,
            why=reason[:200],
            decided_by=by,
            decided_at=clock.now(),
            decision=reason[:200],
        )
        due = _release(refund, by=by)
        publish(
            RefundRejected(
                subject_kind=due.subject_kind,
                subject_no=due.subject_no,
                payment_no=due.no,
                refund_no=refund.no,
                source=refund.source,
                amount_fen=refund.amount_fen,
                reason=reason[:200],
            )
        )
        tell_payer(due, refund, result="未通过", note=reason[:60])
        return refund


def _release(refund: Refund, *, by: str) -> queries.Due:
    """Give back to the payment order and its attempts what a refund that does not happen had set aside."""
    due = queries.get_due_by_id(refund.payment_order_id)
    change(
        sa.update(PaymentOrder)
        .where(PaymentOrder.id == due.id)
        .values(refunded_fen=PaymentOrder.refunded_fen - refund.amount_fen)
    )
    for part in queries.parts_of([refund.id]):
        PART.move(part, PartStatus.VOID, by=by)
        change(
            sa.update(Attempt)
            .where(Attempt.id == part.attempt_id)
            .values(refunded_fen=Attempt.refunded_fen - part.amount_fen)
        )
    return due


def withdraw_refund(refund_no: str, *, by: str) -> Refund:
    """Take back what was asked for, as long as nobody has decided; the caller knows that it is his to take back.

    :raises IllegalTransition: somebody has decided already
    """
    with transaction():
        refund = queries.get_refund(refund_no)
        REFUND.move(refund, RefundStatus.WITHDRAWN, by=by)
        due = _release(refund, by=by)
        publish(
            RefundWithdrawn(
                subject_kind=due.subject_kind,
                subject_no=due.subject_no,
                payment_no=due.no,
                refund_no=refund.no,
                source=refund.source,
                amount_fen=refund.amount_fen,
            )
        )
        return refund
