"""What the mall puts on the start page."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard
from wxapp.admin.charts import Chart
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.mall import figures
from wxapp.mall.models import OrderStatus


def _orders_today(*found: int) -> list[dashboard.Card]:
    counts = figures.CountsOfDay(*found)
    waiting = url_for("mall_admin.orders", status=OrderStatus.AWAITING_HOSPITAL)
    return [
        dashboard.Card(
            "今日订单", str(counts.placed), f"已付款 {counts.paid} 单", url_for("mall_admin.orders"), "receipt"
        ),
        dashboard.Card("待到院支付", str(counts.awaiting_hospital), "等待收银", waiting, "cash"),
        dashboard.Card(
            "库存告急",
            str(counts.nearly_sold_out),
            "少于10件的在售商品",
            url_for("mall_admin.goods_list", sort="stock"),
            "package",
        ),
    ]


def _orders_chart() -> Chart:
    days = figures.last_days(clock.today(), count=14)
    return Chart(
        "近14天订单",
        "line",
        [f"{one.day:%m-%d}" for one in days],
        {"下单": [one.placed for one in days], "付款": [one.paid for one in days]},
        unit="单",
    )


def _best_sellers() -> Chart:
    best = figures.best_sellers(count=8)
    return Chart("热销商品", "bar", [name for name, _ in best], {"销量": [sales for _, sales in best]}, unit="份")


dashboard.dashboard_counts(20, Permission.ORDER_READ, lambda: figures.counts_of_day(clock.today()), _orders_today)
dashboard.dashboard_chart(60, Permission.ORDER_READ, _orders_chart)
dashboard.dashboard_chart(80, Permission.GOODS_READ, _best_sellers)
