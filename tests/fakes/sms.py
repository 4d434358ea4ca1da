"""SMS for the tests of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.failing import Failing
from wxapp.sms.client import check
from wxapp.sms.errors import Blacklisted
from wxapp.sms.values import SmsReceipt, SmsResult


@dataclass(frozen=True)
class SentSms:
    phone: str
    template_id: str
    params: tuple[str, ...]
    context: str = ""


@dataclass
class FakeSms(Failing):
    """Sends to everybody who is not in ``refusing``; ``sent`` remembers what was accepted."""

    sent: list[SentSms] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)

    def send(self, phone: str, *, template_id: str, params: Sequence[str], context: str = "") -> SmsReceipt:
        (result,) = self.send_all([phone], template_id=template_id, params=params, context=context)
        if result.error is not None:
            raise result.error
        assert result.receipt is not None
        return result.receipt

    def send_all(
        self, phones: Sequence[str], *, template_id: str, params: Sequence[str], context: str = ""
    ) -> list[SmsResult]:
        check(phones, context)
        self.meet_failure()
        return [self._send_one(SentSms(phone, template_id, tuple(params), context)) for phone in phones]

    def _send_one(self, message: SentSms) -> SmsResult:
        if message.phone in self.refusing:
            return SmsResult(message.phone, error=Blacklisted("FailedOperation.PhoneNumberInBlacklist", "blacklisted"))
        self.sent.append(message)
        return SmsResult(message.phone, SmsReceipt(f"serial-{len(self.sent)}"))
