"""What payments tell people."""

from __future__ import annotations

from typing import Protocol

from wxapp.core import clock
from wxapp.messages import receivers
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.messages.taps import Tap
from wxapp.payments.subjects import subject_of

CODES = ("pt_order_0000003", "yy_order_0000001")
OPERATIONS = Receiver("operations", 0)


class Due(Protocol):
    @property
    def subject_kind(self) -> str: ...
    @property
    def subject_no(self) -> str: ...
    @property
    def patient_id(self) -> int | None: ...


class Refunded(Protocol):
    @property
    def no(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...


def tell_operations(due: Due, refund: Refunded, *, reason: str) -> None:
    """Tell operations that a refund waits for a decision; without any way to reach them the staff pages do."""
    notify(
        "yy_order_0000001",
        OPERATIONS,
        {"order_no": due.subject_no, "amount": refund.amount_fen, "reason": reason[:60] or "未填写"},
        once=refund.no,
        site_only=not receivers.addresses(OPERATIONS),
    )


def tell_payer(due: Due, refund: Refunded, *, result: str, note: str) -> None:
    """Tell the patient how a refund stands; each result once."""
    if due.patient_id is None:
        return
    subject = subject_of(due.subject_kind)
    notify(
        "pt_order_0000003",
        Receiver("patient", due.patient_id),
        {
            "order_no": due.subject_no,
            "amount": refund.amount_fen,
            "result": result,
            "note": note or "如有疑问请联系客服。",
            "at": clock.now(),
        },
        tap=Tap(subject.page, {subject.argument: due.subject_no}) if subject else None,
        once=f"{refund.no}:{result}",
    )
