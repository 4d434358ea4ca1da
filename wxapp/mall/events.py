"""Facts that the mall tells."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class OrderPlaced(Event):
    order_no: str
    wechat_user_id: int
    patient_id: int
    total_fen: int


@dataclass(frozen=True)
class OrderPaid(Event):
    order_no: str
    paid_fen: int
    method: str


@dataclass(frozen=True)
class OrderClosed(Event):
    order_no: str


@dataclass(frozen=True)
class OrderRefunded(Event):
    """Money of this order went back; ``total_refunded_fen`` counts all refunds so far."""

    order_no: str
    refund_no: str
    refund_fen: int
    total_refunded_fen: int


@dataclass(frozen=True)
class OrderRedeemed(Event):
    """Items of this order were used at the hospital; ``left`` can still be."""

    order_no: str
    used: int
    left: int
    by: str


@dataclass(frozen=True)
class RedemptionUndone(Event):
    """An item was not used after all; an order that was done goes on."""

    order_no: str
    left: int
    by: str


@dataclass(frozen=True)
class OrderDone(Event):
    """Nothing of this order is left to be used, and something of it was. Told again after an undone redemption."""

    order_no: str
    patient_id: int
    kept_fen: int
