"""What the application may ask of an SMS client, real or fake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from wxapp.sms.values import SmsReceipt, SmsResult

Now = Callable[[], datetime]
"""The clock, handed in: ``core.clock.now``."""


class SmsApi(Protocol):
    """SMS by approved templates. Every method raises errors of ``sms.errors`` only."""

    def send(self, phone: str, *, template_id: str, params: Sequence[str], context: str = ...) -> SmsReceipt: ...

    def send_all(
        self, phones: Sequence[str], *, template_id: str, params: Sequence[str], context: str = ...
    ) -> list[SmsResult]: ...
