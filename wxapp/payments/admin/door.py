"""The blueprint, and what several of its pages show alike."""

from __future__ import annotations

from flask import url_for

from wxapp.admin.cells import Badge
from wxapp.admin.interface import Interfaces
from wxapp.payments.listings import StuckPayout
from wxapp.payments.models import (
    Attempt,
    AttemptStatus,
    DifferenceStatus,
    Late,
    PartStatus,
    PaymentOrder,
    PaymentStatus,
    Payout,
    RefundStatus,
)
from wxapp.payments.subjects import subject_of

blueprint = Interfaces("payments", "wxapp.payments")
interface = blueprint.interface

PAYMENT_STATES = {
    PaymentStatus.OPEN: Badge("待支付", "amber"),
    PaymentStatus.PAID: Badge("已支付", "green"),
    PaymentStatus.CLOSED: Badge("已关闭", "grey"),
}
ATTEMPT_STATES = {
    AttemptStatus.CREATED: Badge("已发起", "amber"),
    AttemptStatus.PREPARED: Badge("待付款", "amber"),
    AttemptStatus.SUCCEEDED: Badge("已到账", "green"),
    AttemptStatus.CLOSED: Badge("已关闭", "grey"),
    AttemptStatus.FAILED: Badge("未受理", "red"),
}
LATE_STATES = {
    Late.WAITING: Badge("迟到款，待处理", "red"),
    Late.TAKEN: Badge("迟到款，已转收入", "blue"),
    Late.GIVEN_BACK: Badge("迟到款，已退回", "grey"),
}
REFUND_STATES = {
    RefundStatus.REQUESTED: Badge("待审核", "amber"),
    RefundStatus.REJECTED: Badge("已驳回", "grey"),
    RefundStatus.WITHDRAWN: Badge("已撤回", "grey"),
    RefundStatus.APPROVED: Badge("退款中", "blue"),
    RefundStatus.DONE: Badge("已退款", "green"),
    RefundStatus.STUCK: Badge("退款异常", "red"),
}
PART_STATES = {
    PartStatus.RESERVED: Badge("待审核", "amber"),
    PartStatus.WAITING: Badge("待执行", "amber"),
    PartStatus.SENT: Badge("渠道处理中", "blue"),
    PartStatus.SUCCEEDED: Badge("已退回", "green"),
    PartStatus.FAILED: Badge("失败待处理", "red"),
    PartStatus.VOID: Badge("已取消", "grey"),
}
DIFFERENCE_STATES = {
    DifferenceStatus.OPEN: Badge("待处理", "red"),
    DifferenceStatus.RESOLVED: Badge("已处理", "grey"),
}


def attempt_badge(attempt: Attempt) -> Badge:
    return LATE_STATES.get(attempt.late) or ATTEMPT_STATES[attempt.status]


def subject_url(payment: PaymentOrder | Payout | StuckPayout) -> str:
    """Return the staff's page of what is paid, or paid for; "" if its package has none."""
    subject = subject_of(payment.subject_kind)
    if subject is None or not subject.staff_page:
        return ""
    arguments = {subject.argument: payment.subject_no}
    return url_for(subject.staff_page, **arguments)  # type: ignore[arg-type]
