"""Reads of retail."""

from wxapp.retail.queries.goods import (
    StockedGoods,
    active_categories,
    all_categories,
    categories_for_staff,
    changes_of,
    get_category,
    get_goods,
    goods_by_id,
    goods_for_staff,
    goods_of_category,
    shelf,
)
from wxapp.retail.queries.orders import (
    OrderLine,
    find_by_number,
    get_order,
    last_sales_of,
    lines_for_staff,
    lines_of,
    order_by_id,
    order_lines,
    sellers,
)

__all__ = [
    "OrderLine",
    "StockedGoods",
    "active_categories",
    "all_categories",
    "categories_for_staff",
    "changes_of",
    "find_by_number",
    "get_category",
    "get_goods",
    "get_order",
    "goods_by_id",
    "goods_for_staff",
    "goods_of_category",
    "last_sales_of",
    "lines_for_staff",
    "lines_of",
    "order_by_id",
    "order_lines",
    "sellers",
    "shelf",
]
