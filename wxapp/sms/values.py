"""What comes of sending, per number."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.sms.errors import SmsError


@dataclass(frozen=True)
class SmsReceipt:
    """Accepted, not delivered. ``serial_no`` is Tencent's number of the message; ``fee`` counts billed parts."""

    serial_no: str
    fee: int = 1


@dataclass(frozen=True)
class SmsResult:
    """What came of one number: a receipt, or the error."""

    phone: str
    receipt: SmsReceipt | None = None
    error: SmsError | None = None
