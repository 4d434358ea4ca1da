"""Staff's pages of statistics: an overview, money by way of payment, goods, and whose time was booked."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Column
from wxapp.admin.charts import Chart
from wxapp.admin.tables import Table
from wxapp.core.permissions import Permission
from wxapp.payments.models import Method
from wxapp.statistics import distribution, queries, views_of_days
from wxapp.statistics.door import MOST_ROWS, asked_period, blueprint, interface, page_of
from wxapp.statistics.rules import Period, percent

__all__ = ["blueprint", "distribution"]

menu.group("统计", "chart-bar", 85)
menu.entry("统计", "经营概览", "statistics_admin.overview", Permission.STATISTICS_READ, 10)
menu.entry("统计", "收款统计", "statistics_admin.takings", Permission.STATISTICS_READ, 20)
menu.entry("统计", "商品统计", "statistics_admin.goods", Permission.STATISTICS_READ, 30)
menu.entry("统计", "预约统计", "statistics_admin.bookings", Permission.STATISTICS_READ, 40)


# --- overview --------------------------------------------------------------------------------------------------------

DAYS = Table(
    "statistics.days",
    title="经营概览",
    columns=(
        Column("label", "日期"),
        Column("placed", "下单", "number"),
        Column("paid", "付款", "number"),
        Column("conversion", "转化率"),
        Column("came_fen", "收款", "money"),
        Column("went_fen", "退款", "money"),
        Column("net_fen", "实收", "money"),
        Column("recharged_fen", "净充值", "money"),
        Column("made", "新增预约", "number"),
        Column("due", "应到", "number"),
        Column("came", "到诊", "number"),
        Column("missed", "爽约", "number"),
        Column("bindings", "新绑定", "number"),
        Column("reports", "发布报告", "number"),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有数据",
)


@interface("statistics.overview", GET="/pc/statistics", permission=Permission.STATISTICS_READ)
def overview() -> Page:
    """Orders, takings, bookings and what else patients did, beside the period before."""
    asked = asked_period()
    found = queries.days(Period(asked.period.before.first, asked.period.last))
    parts = views_of_days.divided(found, asked.period)
    now, before = (views_of_days.total(found, period) for period in (asked.period, asked.period.before))
    rows = [views_of_days.Row.of(step.label, day) for step, day in parts]
    return page_of(
        "经营概览",
        DAYS.load(lambda: [*rows, views_of_days.Row.of("合计", now)]),
        asked,
        cards=views_of_days.cards(now, before),
        charts=views_of_days.charts(parts, now),
    )


# --- money -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WayRow:
    """One way to pay over a period."""

    label: str
    came_fen: int
    went_fen: int
    whole_fen: int

    @property
    def net_fen(self) -> int:
        return self.came_fen - self.went_fen

    @property
    def share(self) -> str:
        return percent(self.came_fen, self.whole_fen)


WAYS = Table(
    "statistics.ways",
    title="收款统计",
    columns=(
        Column("label", "支付方式"),
        Column("came_fen", "收款", "money"),
        Column("share", "占比"),
        Column("went_fen", "退款", "money"),
        Column("net_fen", "实收", "money"),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有收款",
)


@interface("statistics.takings", GET="/pc/statistics/takings", permission=Permission.STATISTICS_READ)
def takings() -> Page:
    """What each way to pay brought in, and what went back that way."""
    asked = asked_period()
    found = queries.days(asked.period)
    now = views_of_days.total(found, asked.period)
    ways = [way for way in Method if now.came[way] or now.went[way]]
    rows = [WayRow(way.label, now.came[way], now.went[way], now.came_fen) for way in ways]
    whole = [WayRow("合计", now.came_fen, now.went_fen, now.came_fen)] if rows else []
    parts = views_of_days.divided(found, asked.period)
    labels = [step.label for step, _ in parts]
    charts = [
        Chart(
            "每日收款（按支付方式）",
            "bar",
            labels,
            {way.label: [day.came[way] for _, day in parts] for way in ways} or {"收款": [0] * len(labels)},
            unit="元",
            is_stacked=True,
        ),
        Chart(
            "收款与退款",
            "line",
            labels,
            {"收款": [day.came_fen for _, day in parts], "退款": [day.went_fen for _, day in parts]},
            unit="元",
        ),
    ]
    return page_of("收款统计", WAYS.load(lambda: [*rows, *whole]), asked, cards=[], charts=charts)


# --- goods -----------------------------------------------------------------------------------------------------------

GOODS = Table(
    "statistics.goods",
    title="商品统计",
    columns=(
        Column("name", "商品"),
        Column("orders", "下单数", "number"),
        Column("paid_orders", "付款数", "number"),
        Column("conversion", "转化率", value=lambda row: percent(row.paid_orders, row.orders)),
        Column("pieces", "售出件数", "number"),
        Column("refunded_pieces", "退款件数", "number"),
        Column("paid_fen", "成交金额", "money"),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有订单",
)


@interface("statistics.goods", GET="/pc/statistics/goods", permission=Permission.STATISTICS_READ)
def goods() -> Page:
    """What was sold, by the orders placed in the period."""
    asked = asked_period()
    rows = queries.goods_rows(asked.period)
    best = rows[:10]
    names = [row.name for row in best]
    charts = [
        Chart("成交金额前十", "bar", names, {"成交金额": [row.paid_fen for row in best]}, unit="元"),
        Chart("售出件数前十", "bar", names, {"件数": [row.pieces for row in best]}, unit="件"),
    ]
    return page_of("商品统计", GOODS.load(lambda: rows), asked, cards=[], charts=charts if rows else [])


# --- bookings --------------------------------------------------------------------------------------------------------

BOOKINGS = Table(
    "statistics.bookings",
    title="预约统计",
    columns=(
        Column("name", "专家或项目"),
        Column("kind", "类型"),
        Column("seats", "放号数", "number"),
        Column("booked", "预约数", "number"),
        Column("usage", "号源使用率", value=lambda row: percent(row.booked, row.seats)),
        Column("came", "到诊", "number"),
        Column("missed", "爽约", "number"),
        Column("missing", "爽约率", value=lambda row: percent(row.missed, row.came + row.missed)),
        Column("cancelled", "取消", "number"),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有排班与预约",
)


@interface("statistics.bookings", GET="/pc/statistics/bookings", permission=Permission.STATISTICS_READ)
def bookings() -> Page:
    """Seats, bookings and what came of them, by physician and project."""
    asked = asked_period()
    rows = queries.booking_rows(asked.period)
    best = rows[:12]
    charts = [
        Chart(
            "预约与到诊",
            "bar",
            [row.name for row in best],
            {"预约": [row.booked for row in best], "到诊": [row.came for row in best]},
            unit="次",
        )
    ]
    return page_of("预约统计", BOOKINGS.load(lambda: rows), asked, cards=[], charts=charts if rows else [])
