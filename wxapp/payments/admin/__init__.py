"""Staff's interfaces of payments: the cashier, payments, refunds, the daily comparison, the ledger's checks."""

from wxapp.payments.admin import cashier, payments, reconciliation, refunds, start  # noqa: F401 - register themselves
from wxapp.payments.admin.door import blueprint

__all__ = ["blueprint"]
