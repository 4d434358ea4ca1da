"""Staff interfaces."""

from wxapp.retail.admin import goods, orders, selling, start
from wxapp.retail.admin.door import blueprint

__all__ = ["blueprint", "goods", "orders", "selling", "start"]
