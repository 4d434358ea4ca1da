"""Tables of payments."""

from wxapp.payments.models.bills import PAYOUT_BILL, Bill, BillRow, Difference, DifferenceStatus
from wxapp.payments.models.orders import (
    Attempt,
    AttemptStatus,
    Late,
    Method,
    Notice,
    PaymentOrder,
    PaymentStatus,
)
from wxapp.payments.models.payouts import Payout, PayoutStatus
from wxapp.payments.models.refunds import PartStatus, Refund, RefundPart, RefundStatus

__all__ = [
    "PAYOUT_BILL",
    "Attempt",
    "AttemptStatus",
    "Bill",
    "BillRow",
    "Difference",
    "DifferenceStatus",
    "Late",
    "Method",
    "Notice",
    "PartStatus",
    "PaymentOrder",
    "PaymentStatus",
    "Payout",
    "PayoutStatus",
    "Refund",
    "RefundPart",
    "RefundStatus",
]
