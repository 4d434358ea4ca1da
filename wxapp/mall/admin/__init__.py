"""The mall's staff pages: goods, categories, orders, reviews, invoices, and its part of the start page."""

from wxapp.mall.admin import categories, goods, invoices, orders, redemption, reviews, start
from wxapp.mall.admin.door import blueprint

__all__ = ["blueprint", "categories", "goods", "invoices", "orders", "redemption", "reviews", "start"]
