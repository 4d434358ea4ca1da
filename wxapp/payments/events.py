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


@dataclass(frozen=True)
class PayoutAwaitsUser(Event):
    """WeChat holds the money ready: the person has to confirm within 24 hours. May be told again."""

    subject_kind: str
    subject_no: str
    payout_no: str
    amount_fen: int
    wechat_user_id: int


@dataclass(frozen=True)
class PayoutSucceeded(Event):
    """The person has the money, by WeChat or by hand; it has left the account that held it."""

    subject_kind: str
    subject_no: str
    payout_no: str
    amount_fen: int
    wechat_user_id: int
    way: str


@dataclass(frozen=True)
class PayoutFailed(Event):
    """Nothing was paid and nothing will be; the money still lies in the account that holds it.

    ``reason`` is WeChat's code, ``text`` a sentence for people.
    """

    subject_kind: str
    subject_no: str
    payout_no: str
    amount_fen: int
    wechat_user_id: int
    reason: str
    text: str


@dataclass(frozen=True)
class PayoutDelayed(Event):
    """WeChat does not take it now (balance too low, rights missing); it is sent again by itself. Staff have to act."""

    subject_kind: str
    subject_no: str
    payout_no: str
    amount_fen: int
    wechat_user_id: int
    reason: str
