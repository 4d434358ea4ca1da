"""Staff interfaces."""

from wxapp.till.admin import receipts
from wxapp.till.admin.door import blueprint

__all__ = ["blueprint", "receipts"]
