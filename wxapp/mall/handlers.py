"""What the mall does on hearing of payments."""

from __future__ import annotations

from wxapp.core.events import on
from wxapp.mall.services import ordering, refunds
from wxapp.payments.events import PaymentClosed, PaymentReceived, RefundRejected, RefundSucceeded


@on(PaymentReceived)
def follow_payment(event: PaymentReceived) -> None:
    if event.subject_kind == ordering.SUBJECT:
        ordering.mark_paid(
            event.subject_no,
            payment_no=event.payment_no,
            amount_fen=event.amount_fen,
            method=event.method,
            landed_late=event.landed_late,
        )


@on(PaymentClosed)
def follow_closing(event: PaymentClosed) -> None:
    if event.subject_kind == ordering.SUBJECT:
        ordering.close_for_unpaid(event.subject_no, by=event.by, reason=event.reason)


@on(RefundSucceeded)
def follow_refund(event: RefundSucceeded) -> None:
    if event.subject_kind == ordering.SUBJECT:
        refunds.settle_refund(event.subject_no, refund_no=event.refund_no, amount_fen=event.amount_fen)


@on(RefundRejected)
def follow_rejection(event: RefundRejected) -> None:
    if event.subject_kind == ordering.SUBJECT:
        refunds.forget_refund(event.subject_no, refund_no=event.refund_no, why=event.reason)
