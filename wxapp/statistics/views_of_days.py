"""What the overview shows of the figures: cards, charts, rows. Made of plain figures, asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wxapp.admin.charts import Chart
from wxapp.admin.dashboard import Card
from wxapp.booking.models import BookingStatus
from wxapp.core.money import yuan
from wxapp.payments.models import Method
from wxapp.statistics.queries import USED, Day
from wxapp.statistics.rules import Period, Step, compared, percent, steps

CAME = (BookingStatus.ARRIVED, BookingStatus.DONE)


@dataclass(frozen=True)
class Row:
    """A day or a month of the table."""

    label: str
    placed: int
    paid: int
    came_fen: int
    went_fen: int
    recharged_fen: int
    made: int
    due: int
    came: int
    missed: int
    bindings: int
    reports: int

    @property
    def net_fen(self) -> int:
        return self.came_fen - self.went_fen

    @property
    def conversion(self) -> str:
        return percent(self.paid, self.placed)

    @classmethod
    def of(cls, label: str, day: Day) -> Row:
        due = day.bookings.total() - day.bookings[BookingStatus.CANCELLED]
        return cls(
            label,
            day.placed,
            day.paid,
            day.came_fen,
            day.went_fen,
            day.recharged_fen,
            day.made,
            due,
            sum(day.bookings[status] for status in CAME),
            day.bookings[BookingStatus.MISSED],
            day.others["bindings"],
            day.others["reports"],
        )


def total(days: Mapping[date, Day], period: Period) -> Day:
    """Return the sum of a period's days."""
    return _sum(days, period.first, period.last)


def _sum(days: Mapping[date, Day], first: date, last: date) -> Day:
    found = Day()
    for day, figures in days.items():
        if first <= day <= last:
            found.add(figures)
    return found


def divided(days: Mapping[date, Day], period: Period) -> list[tuple[Step, Day]]:
    """Return the figures of each point of the charts."""
    return [(step, _sum(days, step.first, step.last)) for step in steps(period)]


def cards(now: Day, before: Day) -> list[Card]:
    """Return the figures on top, each beside the period before."""
    this, last = Row.of("", now), Row.of("", before)
    ended = this.came + this.missed
    return [
        Card("下单", str(this.placed), compared(this.placed, last.placed), icon="receipt"),
        Card("付款转化率", this.conversion, f"上期{last.conversion}，付款{this.paid}单", icon="chart-line"),
        Card("实收", f"¥{yuan(this.net_fen)}", compared(this.net_fen, last.net_fen), icon="cash"),
        Card("退款", f"¥{yuan(this.went_fen)}", compared(this.went_fen, last.went_fen), icon="receipt-refund"),
        Card("新增预约", str(this.made), compared(this.made, last.made), icon="calendar"),
        Card("到诊率", percent(this.came, ended), f"到诊{this.came}，爽约{this.missed}", icon="user-check"),
        Card("净充值", f"¥{yuan(this.recharged_fen)}", f"{now.recharges}笔，消费时计入收款", icon="wallet"),
        Card("新绑定", str(this.bindings), compared(this.bindings, last.bindings), icon="link"),
        Card("发布报告", str(this.reports), compared(this.reports, last.reports), icon="report-medical"),
    ]


def charts(parts: Sequence[tuple[Step, Day]], now: Day) -> list[Chart]:
    """Return the charts of the overview."""
    labels = [step.label for step, _ in parts]
    days = [day for _, day in parts]
    ways = [way for way in Method if now.came[way]]
    kept = [status for status in BookingStatus if now.bookings[status]]
    return [
        Chart("订单", "line", labels, {"下单": [d.placed for d in days], "付款": [d.paid for d in days]}, unit="单"),
        Chart(
            "收款（按支付方式）",
            "bar",
            labels,
            {way.label: [d.came[way] for d in days] for way in ways} or {"收款": [0] * len(days)},
            unit="元",
            is_stacked=True,
        ),
        Chart(
            "收款方式占比", "ring", [way.label for way in ways], {"金额": [now.came[way] for way in ways]}, unit="元"
        ),
        Chart(
            "预约",
            "line",
            labels,
            {"新增": [d.made for d in days], "应到": [Row.of("", d).due for d in days]},
            unit="次",
        ),
        Chart(
            "预约状态",
            "ring",
            [status.label for status in kept],
            {"预约": [now.bookings[status] for status in kept]},
            unit="次",
            note="按就诊日期",
        ),
        Chart("订单转化", "bar", *_funnel(now), unit="单", note="本期下单的订单目前走到哪一步"),
    ]


def _funnel(now: Day) -> tuple[list[str], dict[str, list[int]]]:
    used = sum(now.orders[status] for status in USED)
    return ["下单", "付款", "已到院使用", "全部完成"], {"订单": [now.placed, now.paid, used, now.orders[USED[-1]]]}
