"""What a visit says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError, IllegalTransition, Stale


class StageMoved(IllegalTransition):
    """The visit is not where the page showed it."""

    code, status, message = "stage_moved", 409, "状态已变化，请刷新"


class QuoteReplaced(Stale):
    """Review is bound to exactly the lines that were seen."""

    code, status, message = "quote_replaced", 409, "报价已被修改，请核对最新一版后重新审核"


class BelowFloor(DomainError):
    """The price is lower than the roles of whoever decides allow."""

    code, status, message = "below_floor", 409, "价格低于您可以批准的底价，请由更高权限的同事审核"


class OwnQuote(DomainError):
    """A price is decided by two people: who quotes it, and who lets it pass."""

    code, status, message = "own_quote", 409, "不能审核自己的报价，请由其他同事审核"


class StepMissing(DomainError):
    """The flow of this visit demands a step that was not done."""

    code, status, message = "step_missing", 409, "前面的步骤还没有完成"


class NotExaminable(DomainError):
    """Pictures can't be put into this visit now."""

    code, status, message = "not_examinable", 409, "这张到院单现在不能上传图片"


class KnownPhone(DomainError):
    """A record with another name has this phone."""

    code, status = "known_phone", 409
    message = "该手机号已登记在其他客户名下，请选择已有客户，或确认这是另一位客户"

    def __init__(self) -> None:
        super().__init__(field="phone")


class BookingUsed(DomainError):
    """A booking turns into one visit."""

    code, status, message = "booking_used", 409, "该预约已经登记过到院单"


class FileHandled(IllegalTransition):
    """Somebody else has matched or discarded this file of a device."""

    code, status, message = "file_handled", 409, "这个文件已由他人处理，请刷新"


class DialCodeGone(DomainError):
    """Traded already, too old, or somebody else's: which one is nobody's business."""

    code, status, message = "dial_code_gone", 409, "拨号码已失效或已使用，请重新点击“拨打”"
