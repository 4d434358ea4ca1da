"""Staff interfaces."""

from wxapp.till.admin import cash_ups, receipts
from wxapp.till.admin.door import blueprint

__all__ = ["blueprint", "cash_ups", "receipts"]
