"""Staff interfaces."""

from wxapp.cashier.admin import collecting, deposits, lists, panels, prints
from wxapp.cashier.admin.door import blueprint

__all__ = ["blueprint", "collecting", "deposits", "lists", "panels", "prints"]
