"""What WeChat Pay may answer, by what the caller must do. Source: wechat.md 7.4 to 7.9.

Codes are compared without underscores, because WeChat spells them both ways (ORDER_NOT_EXIST, ORDERNOTEXIST).
"""

from __future__ import annotations

from enum import StrEnum


class PayError(Exception):
    """WeChat Pay did not do what it was asked, or we don't know whether it did."""


class PayRefused(PayError):
    """A clear no: nothing has happened, and the same request will not succeed."""

    def __init__(self, code: str, message: str, *, status: int = 0, request_id: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = plain(code)
        self.message = message
        self.status = status
        self.request_id = request_id


class PayNotFound(PayRefused):
    """No such order, refund or transfer. While a payment sheet may be open this is no reason to close the attempt."""


class OrderPaid(PayRefused):
    """The order is paid already: query it and take the payment over."""


class OrderClosed(PayRefused):
    """The order is closed: a new attempt needs a new number."""


class NotEnough(PayRefused):
    """The merchant's balance is too low: repeat with the same number after it was filled up."""


class PayMisconfigured(PayRefused):
    """Key, serial, clock, merchant or its rights: nothing will succeed until people put it right. Alarm."""


class BillNotReady(PayRefused):
    """The bill is still being made; it is there after ten o'clock on the next day."""


class PayRateLimited(PayError):
    """Too many requests; not accepted. Slow down, then repeat with the same number."""


class PayUnknown(PayError):
    """The outcome is unknown: it may have happened. Query by the same number; never take it as a no.

    ``sent`` False: the request certainly did not reach WeChat, so nothing has happened.
    """

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class BillFault(PayError):
    """The bill was damaged on its way, or is not what its totals say. Fetch it again, then alarm."""


class NoticeReason(StrEnum):
    """Why a notice was refused."""

    TOO_LARGE = "too_large"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_SERIAL = "unknown_serial"
    STALE = "stale"
    UNREADABLE = "unreadable"
    NOT_OURS = "not_ours"
    UNKNOWN_EVENT = "unknown_event"


class NoticeRefused(PayError):
    """The request is not a notice that WeChat Pay sent to us now. Answer 4xx; nothing was kept of it."""

    def __init__(self, reason: NoticeReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def plain(code: str) -> str:
    """Return a code as we compare it."""
    return code.replace("_", "").upper()


_BY_CODE: dict[str, type[PayRefused]] = {
    "ORDERNOTEXIST": PayNotFound,
    "RESOURCENOTEXISTS": PayNotFound,
    "NOTFOUND": PayNotFound,
    "ORDERPAID": OrderPaid,
    "ORDERCLOSED": OrderClosed,
    "NOTENOUGH": NotEnough,
    "SIGNERROR": PayMisconfigured,
    "NOAUTH": PayMisconfigured,
    "APPIDMCHIDNOTMATCH": PayMisconfigured,
    "MCHNOTEXISTS": PayMisconfigured,
    "STATEMENTCREATING": BillNotReady,
}

_BY_TEXT: tuple[tuple[str, type[PayRefused]], ...] = (
    ("已支付", OrderPaid),
    ("已关闭", OrderClosed),
    ("订单已失效", OrderClosed),
)
"""Which code comes with these is not documented, so the text decides as well (wechat.md 7.4)."""

NOT_FINAL = frozenset({"SYSTEMERROR", "BANKERROR", "USERPAYING"})
"""Codes that say nothing about the outcome, whatever the status."""

RATE_CODES = frozenset({"FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "RATELIMITEXCEEDED"})


def refusal(code: str, message: str, *, status: int, request_id: str) -> PayRefused:
    """Return the typed error of a clear no."""
    cls = _BY_CODE.get(plain(code))
    if cls is None:
        cls = next((by_text for text, by_text in _BY_TEXT if text in message), PayRefused)
    return cls(code, message, status=status, request_id=request_id)
