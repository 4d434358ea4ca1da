"""What payments may say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class WayOff(DomainError):
    """This way to pay is switched off; the message is what staff wrote."""

    code, status, message = "way_off", 409, "该支付方式暂不可用"


class AlreadyPaid(DomainError):
    code, status, message = "already_paid", 409, "该订单已支付"


class PaymentIsClosed(DomainError):
    code, status, message = "payment_closed", 409, "该订单已关闭，不能支付"


class PaymentBusy(DomainError):
    """An earlier attempt may still end in money; nothing else is started or closed before that is known."""

    code, status, message = "payment_busy", 409, "上一次支付的结果还在确认中，请稍候再试"


class PasswordNeeded(DomainError):
    code, status, message = "password_needed", 422, "请输入6位余额密码"


class PartsDontAddUp(DomainError):
    code, status, message = "parts_dont_add_up", 422, "各项收款金额之和与应收金额不一致"


class TooMuch(DomainError):
    """More than was paid would go back."""

    code, status, message = "refund_too_much", 409, "退款金额超过可退金额"


class RefundElsewhere(DomainError):
    """What was paid for has a page of its own for refunds; there they are asked for."""

    code, status, message = "refund_elsewhere", 409, "请在该订单的页面申请退款"


class SamePerson(DomainError):
    code, status, message = "same_person", 403, "退款须由另一位同事审核"


class PayoutDiffers(DomainError):
    """There is an open or paid payout of the same subject, with another amount or for another person."""

    code, status, message = "payout_differs", 409, "该笔付款已在办理，且金额或收款人不同"


class NothingToConfirm(DomainError):
    """The person has nothing to confirm in WeChat now."""

    code, status, message = "nothing_to_confirm", 409, "当前没有需要您确认的收款，请刷新页面查看"


class WechatUnavailable(DomainError):
    """WeChat Pay did not answer, or not clearly. Pressing again is safe: the number stays the same."""

    code, status, message = "wechat_unavailable", 502, "微信支付暂时没有响应，请稍后再试"


class WechatRefused(DomainError):
    code, status, message = "wechat_refused", 409, "微信支付未受理，请改用其他方式或联系客服"


class NoticeFault(Exception):
    """A genuine notice that must not be acted upon; WeChat is answered with a failure."""
