"""What may become of a sale."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.retail.models import RetailStatus

SALE: Machine[RetailStatus] = Machine({RetailStatus.PAID: {RetailStatus.CANCELLED}})
