"""Staff's pages of distribution's figures: by day, and who sold most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Column
from wxapp.admin.charts import Chart
from wxapp.admin.dashboard import Card
from wxapp.admin.tables import Table
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.distribution.queries import figures
from wxapp.distribution.queries.figures import Day
from wxapp.statistics.door import MOST_ROWS, asked_period, interface, page_of
from wxapp.statistics.rules import Period, Step, compared, percent, steps

BEST = 10
"""How many a chart of the best shows."""


@dataclass(frozen=True)
class Row:
    """A day or a month of the table."""

    label: str
    day: Day


DAYS = Table(
    "distribution.days",
    title="分销统计",
    columns=(
        Column("label", "下单日期"),
        Column("openings", "分享打开", "number", value=lambda row: row.day.openings),
        Column("orders", "推广订单", "number", value=lambda row: row.day.orders),
        Column("paid", "成交订单", "number", value=lambda row: row.day.paid),
        Column("sales_fen", "成交金额", "money", value=lambda row: row.day.sales_fen),
        Column("seller_fen", "分销收入", "money", value=lambda row: row.day.seller_fen),
        Column("inviter_fen", "团队收入", "money", value=lambda row: row.day.inviter_fen),
        Column("share", "佣金占比", value=lambda row: percent(row.day.commission_fen, row.day.sales_fen)),
        Column("reversed_fen", "退款冲回", "money", value=lambda row: row.day.reversed_fen),
        Column("paid_out_fen", "提现到账", "money", value=lambda row: row.day.paid_out_fen),
        Column("distributors", "新增分销员", "number", value=lambda row: row.day.distributors),
        Column("members", "新增会员", "number", value=lambda row: row.day.members),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有数据",
)


@interface("distribution.figures", GET="/pc/distribution/figures", permission=Permission.DISTRIBUTION_READ)
def distribution_days() -> Page:
    """What distributors sold and earned by day, beside the period before."""
    asked = asked_period()
    found = figures.days(asked.period.before.first, asked.period.last)
    parts = [(step, _sum(found, step.first, step.last)) for step in steps(asked.period)]
    now = _sum(found, asked.period.first, asked.period.last)
    before = _sum(found, asked.period.before.first, asked.period.before.last)
    rows = [Row(step.label, day) for step, day in parts]
    return page_of(
        "分销统计",
        DAYS.load(lambda: [*rows, Row("合计", now)]),
        asked,
        cards=_cards(now, before),
        charts=_charts(parts, now, asked.period),
    )


def _sum(found: Mapping[date, Day], first: date, last: date) -> Day:
    total = Day()
    for day, its in found.items():
        if first <= day <= last:
            total.add(its)
    return total


def _cards(now: Day, before: Day) -> list[Card]:
    return [
        Card("成交金额", f"¥{yuan(now.sales_fen)}", compared(now.sales_fen, before.sales_fen), icon="cash"),
        Card("成交订单", str(now.paid), f"推广订单{now.orders}单，{compared(now.paid, before.paid)}", icon="receipt"),
        Card(
            "佣金",
            f"¥{yuan(now.commission_fen)}",
            f"占成交金额{percent(now.commission_fen, now.sales_fen)}",
            icon="report-money",
        ),
        Card("退款冲回", f"¥{yuan(now.reversed_fen)}", compared(now.reversed_fen, before.reversed_fen), icon="rotate"),
        Card("提现到账", f"¥{yuan(now.paid_out_fen)}", compared(now.paid_out_fen, before.paid_out_fen), icon="wallet"),
        Card("新增分销员", str(now.distributors), compared(now.distributors, before.distributors), icon="user-plus"),
        Card("新增会员", str(now.members), compared(now.members, before.members), icon="users"),
        Card("分享打开", str(now.openings), compared(now.openings, before.openings), icon="share"),
    ]


def _charts(parts: Sequence[tuple[Step, Day]], now: Day, period: Period) -> list[Chart]:
    labels = [step.label for step, _ in parts]
    days = [day for _, day in parts]
    goods = figures.best_goods(period.first, period.last, count=BEST)
    return [
        Chart(
            "推广订单", "line", labels, {"下单": [d.orders for d in days], "成交": [d.paid for d in days]}, unit="单"
        ),
        Chart("成交金额", "bar", labels, {"成交金额": [d.sales_fen for d in days]}, unit="元"),
        Chart(
            "佣金",
            "bar",
            labels,
            {"分销收入": [d.seller_fen for d in days], "团队收入": [d.inviter_fen for d in days]},
            unit="元",
            note="减去退款冲回之后",
            is_stacked=True,
        ),
        Chart(
            "新增",
            "bar",
            labels,
            {"分销员": [d.distributors for d in days], "会员": [d.members for d in days]},
            unit="人",
        ),
        Chart(
            "转化",
            "bar",
            ["分享打开", "推广订单", "成交订单"],
            {"次数": [now.openings, now.orders, now.paid]},
            note="会员下单不经过分享",
        ),
        Chart("热推商品", "bar", [name for name, _ in goods], {"成交金额": [fen for _, fen in goods]}, unit="元"),
    ]


RANKING = Table(
    "distribution.ranking",
    title="分销排行",
    columns=(
        Column("place", "名次", "number"),
        Column("name", "分销员", value=lambda row: masked_name(row.name), below=lambda row: row.code),
        Column("orders", "成交订单", "number"),
        Column("sales_fen", "成交金额", "money"),
        Column("seller_fen", "分销收入", "money"),
        Column("inviter_fen", "团队收入", "money"),
        Column("commission_fen", "佣金合计", "money"),
    ),
    page_size=MOST_ROWS,
    empty="这段时间没有成交的推广订单",
)


@interface("distribution.ranking", GET="/pc/distribution/ranking", permission=Permission.DISTRIBUTION_READ)
def distribution_ranking() -> Page:
    """Who sold most and who earned most, by the orders placed in the period."""
    asked = asked_period()
    rows = figures.ranking(asked.period.first, asked.period.last)
    best = rows[:BEST]
    names = [f"{masked_name(row.name)} {row.code}" for row in best]
    charts = [
        Chart("成交金额前十", "bar", names, {"成交金额": [row.sales_fen for row in best]}, unit="元"),
        Chart(
            "佣金前十",
            "bar",
            names,
            {"分销收入": [row.seller_fen for row in best], "团队收入": [row.inviter_fen for row in best]},
            unit="元",
            note="按成交金额排序",
            is_stacked=True,
        ),
    ]
    return page_of("分销排行", RANKING.load(lambda: rows), asked, cards=[], charts=charts if rows else [])


menu.entry("分销", "分销统计", "statistics_admin.distribution_days", Permission.DISTRIBUTION_READ, 90)
menu.entry("分销", "分销排行", "statistics_admin.distribution_ranking", Permission.DISTRIBUTION_READ, 95)
