"""What recharges do on hearing of payments."""

from __future__ import annotations

from wxapp.core.events import on
from wxapp.payments import invariants, subjects
from wxapp.payments.events import PaymentClosed, PaymentReceived, RefundRejected, RefundSucceeded, RefundWithdrawn
from wxapp.recharge import exporting  # noqa: F401 - its part of what a patient may take away
from wxapp.recharge.models import RefundStatus
from wxapp.recharge.pending import pending_of
from wxapp.recharge.services import checks, placing, refunding
from wxapp.wallet import pending
from wxapp.wallet.settings import Mode, mode

CLOSE_REASONS = {"expired": "超时未付款，自动关闭"}


def _ways() -> frozenset[str]:
    """What was placed while recharges were open is not paid any more when they have ended."""
    return frozenset({"wechat"}) if mode() is Mode.OPEN else frozenset()


subjects.register(
    subjects.Subject(
        kind=placing.SUBJECT,
        label="在线充值",
        page="recharge.recharge",
        argument="recharge_no",
        staff_page="recharge_admin.recharge",
        ways=_ways,
    )
)
invariants.register(checks.invariants)
pending.register(pending_of)


@on(PaymentReceived)
def follow_payment(event: PaymentReceived) -> None:
    if event.subject_kind == placing.SUBJECT:
        placing.book_payment(event.subject_no, payment_no=event.payment_no, landed_late=event.landed_late)


@on(PaymentClosed)
def follow_closing(event: PaymentClosed) -> None:
    if event.subject_kind == placing.SUBJECT:
        placing.close_for_unpaid(event.subject_no, reason=CLOSE_REASONS.get(event.reason, event.reason))


@on(RefundSucceeded)
def follow_refund(event: RefundSucceeded) -> None:
    if event.subject_kind == placing.SUBJECT:
        refunding.settle_refund(event.source)


@on(RefundRejected)
def follow_rejection(event: RefundRejected) -> None:
    if event.subject_kind == placing.SUBJECT:
        refunding.forget_refund(event.source, RefundStatus.REJECTED, why=event.reason)


@on(RefundWithdrawn)
def follow_withdrawal(event: RefundWithdrawn) -> None:
    if event.subject_kind == placing.SUBJECT:
        refunding.forget_refund(event.source, RefundStatus.WITHDRAWN, why="已撤回")
