"""The mall in the official account: looking, ordering, and one's own orders."""

from wxapp.mall.views import cart, checkout, home, invoices, orders, refunds, reviews
from wxapp.mall.views.door import pages

__all__ = ["cart", "checkout", "home", "invoices", "orders", "pages", "refunds", "reviews"]
