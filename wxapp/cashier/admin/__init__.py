"""Staff interfaces."""

from wxapp.cashier.admin.door import blueprint

__all__ = ["blueprint"]
