"""What retail puts on the start page."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard
from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.retail import queries


def _sold_today(count: int, fen: int) -> dashboard.Card:
    today = clock.today().isoformat()
    url = url_for("retail_admin.order_list", since=today)
    return dashboard.Card("今日零售", f"¥{yuan(int(fen or 0))}", f"{count} 单", url, "shopping-bag")


def _scarce(count: int) -> dashboard.Card | None:
    if not count:
        return None
    url = url_for("retail_admin.goods_list", active=1, sort="stock")
    return dashboard.Card(
        "零售库存告急", str(count), f"少于{queries.SCARCE}件的在售商品", url, "package", tone="attention"
    )


dashboard.dashboard_counts(45, Permission.RETAIL_SELL, lambda: queries.sold_on(clock.today()), _sold_today)
dashboard.dashboard_counts(46, Permission.RETAIL_WRITE, queries.scarce_goods, _scarce)
