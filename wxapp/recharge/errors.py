"""What recharges say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class TooManyUnpaid(DomainError):
    code, status, message = "too_many_unpaid", 409, "您有未付款的充值，请先付款或取消"


class NotRefundable(DomainError):
    """A refund of it is under way, or it is not paid."""

    code, status, message = "not_refundable", 409, "该笔充值当前不能退款"


class TooMuchBack(DomainError):
    """More is asked back than can go back the way it came."""

    code, status, message = "too_much_back", 409, "退款金额超过可退金额"


class BalanceMoved(DomainError):
    """Something was spent or given back between the calculation and the request; nothing was changed."""

    code, status, message = "balance_moved", 409, "余额刚刚有变动，请核对后重新提交"
