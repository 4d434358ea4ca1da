"""The mall in the official account: looking, ordering, and one's own orders."""

from wxapp.mall.views import checkout, home, orders
from wxapp.mall.views.door import pages

__all__ = ["checkout", "home", "orders", "pages"]
