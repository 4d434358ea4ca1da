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
