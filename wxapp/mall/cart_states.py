"""What may become of a review and of an invoice."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.mall.cart_models import InvoiceStatus as I
from wxapp.mall.cart_models import ReviewStatus as R

REVIEW: Machine[R] = Machine(
    {
        R.WAITING: {R.SHOWN, R.HIDDEN},
        R.SHOWN: {R.HIDDEN},
        R.HIDDEN: {R.SHOWN},
    }
)

INVOICE: Machine[I] = Machine(
    {
        I.REQUESTED: {I.ISSUED, I.REJECTED, I.CANCELLED},
        I.ISSUED: {I.CANCELLED},  # reversed (红冲), as money went back
    }
)
