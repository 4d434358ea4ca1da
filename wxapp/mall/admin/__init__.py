"""The mall's staff pages: goods, categories, orders, and its part of the start page."""

from wxapp.mall.admin import categories, goods, orders, start
from wxapp.mall.admin.door import blueprint

__all__ = ["blueprint", "categories", "goods", "orders", "start"]
