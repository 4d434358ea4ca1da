"""Facts that payments tell. A subject is what is paid for: its kind and its number, e.g. an order of the mall."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class PaymentReceived(Event):
    """The whole amount is there.

    With ``landed_late`` the payment order was closed already: the listener calls ``services.take_late`` if the
    subject can still be served, or ``services.refund_late``; if nobody does, it is given back after a time.
    """

    subject_kind: str
    subject_no: str
    payment_no: str
    amount_fen: int
    method: str
    landed_late: bool


@dataclass(frozen=True)
class PaymentClosed(Event):
    """Nobody can pay this any more. ``reason`` is ``expired`` or what the closer said."""

    subject_kind: str
    subject_no: str
    payment_no: str
    reason: str


@dataclass(frozen=True)
class RefundSucceeded(Event):
    """All parts of a refund are back with the payer."""

    subject_kind: str
    subject_no: str
    payment_no: str
    refund_no: str
    source: str
    amount_fen: int


@dataclass(frozen=True)
class RefundFailed(Event):
    """A part of a refund can't go back the way it came; staff have to act. The money is still ours."""

    subject_kind: str
    subject_no: str
    payment_no: str
    refund_no: str
    source: str
    amount_fen: int
    reason: str


@dataclass(frozen=True)
class RefundWithdrawn(Event):
    """The one who asked for it took it back before anybody decided; nothing moved."""

    subject_kind: str
    subject_no: str
    payment_no: str
    refund_no: str
    source: str
    amount_fen: int


@dataclass(frozen=True)
class RefundRejected(Event):
    """The second person said no; nothing moved."""

    subject_kind: str
    subject_no: str
    payment_no: str
    refund_no: str
    source: str
    amount_fen: int
    reason: str
