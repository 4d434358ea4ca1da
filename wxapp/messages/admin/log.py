"""The delivery log: what was sent, with which result, and sending again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.charts import Chart
from wxapp.admin.dashboard import Card, dashboard_counts
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.messages import catalogue, queries
from wxapp.messages.admin.door import CHANNEL_CHOICES, READ, WRITE, interface
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Channel
from wxapp.messages.forms import ResendForm
from wxapp.messages.models import Delivery, DeliveryState
from wxapp.messages.queries import LogFilter
from wxapp.messages.services import cleaning

S = DeliveryState

menu.entry("消息", "发送记录", "messages_admin.deliveries", READ, 10)

_TONES = {
    S.NEW: "blue", S.SENDING: "blue", S.SENT: "green", S.DELIVERED: "green", S.UNREACHABLE: "amber", S.DEAD: "red",
}  # fmt: skip


def _codes() -> list[tuple[str, str]]:
    return [(entry.code, f"{entry.label}（{entry.code}）") for entry in catalogue.everything()]


def _label_of(row: Delivery) -> str:
    return catalogue.label_of(row.code)


def _when(row: Delivery) -> str:
    if row.state is S.NEW and row.due_at > clock.now():
        return f"预计{clock.local(row.due_at):%m-%d %H:%M}发送"
    return f"送出{clock.local(row.sent_at):%m-%d %H:%M:%S}" if row.sent_at else ""


def _can_be_resent(row: Delivery) -> bool:
    return row.state in {S.DEAD, S.UNREACHABLE} and row.reason_code != "no_way"


DELIVERIES = Table(
    "messages.deliveries",
    title="发送记录",
    columns=(
        Column("id", "编号", "number", sort=Delivery.id),
        Column("created_at", "产生时间", "moment", sort=Delivery.created_at, below=_when),
        Column("code", "消息", value=_label_of, below=lambda row: row.code),
        Column("channel", "渠道", value=lambda row: Channel(row.channel)),
        Column("address_shown", "接收地址"),
        Column("state", "结果", "badge", badges={state: Badge(state.label, _TONES[state]) for state in S}),
        Column("tries", "尝试次数", "number"),
        Column("reason", "原因", below=lambda row: row.reason_code),
    ),
    filters=(
        Filter("code", "消息", "choice", choices=_codes),
        Filter("channel", "渠道", "choice", choices=(*CHANNEL_CHOICES, (Channel.SITE.value, Channel.SITE.label))),
        Filter("state", "结果", "choice", choices=tuple((state.value, state.label) for state in S)),
        Filter("reason_code", "原因代码", placeholder="如 43004"),
        Filter("address", "手机号或openid", is_private=True),
        Filter("since", "从", "day"),
        Filter("until", "到", "day"),
    ),
    actions=(
        Action(
            "重发", lambda row: url_for("messages_admin.resend", delivery_id=row.id), WRITE, post=True,
            confirm="确定重新发送这条消息？", when=_can_be_resent,
        ),
    ),
    sort="-id",
    key=Delivery.id,
    empty="这段时间没有发送记录",
)  # fmt: skip


def _log(**values: Any) -> sa.Select[Any]:
    return queries.deliveries(LogFilter(**values))


@interface("messages.deliveries", GET="/pc/messages/deliveries", permission=READ)
def deliveries() -> Page:
    """What was sent, to whom, with which result."""
    table = DELIVERIES.load(_log)
    until = table.values.get("until") or clock.today()
    since = table.values.get("since") or until - timedelta(days=queries.LOG_DAYS - 1)
    reason = table.values.get("reason_code", "") if table.values.get("state") == S.DEAD else ""
    return Page(
        "messages/admin/deliveries.html",
        table=table, charts=_charts(max(since, until - timedelta(days=59)), until), pauses=queries.pauses(),
        dead_reason=reason if table.rows else "",
    )  # fmt: skip


def _charts(since: date, until: date) -> list[Chart]:
    figures = queries.figures(since, until)
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    labels = [f"{day:%m-%d}" for day in days]
    results = {
        "成功": {S.SENT, S.DELIVERED}, "等待": {S.NEW, S.SENDING}, "无法送达": {S.UNREACHABLE}, "死信": {S.DEAD},
    }  # fmt: skip
    by_result = {
        name: [sum(f.count for f in figures if f.day == day and f.state in states) for day in days]
        for name, states in results.items()
    }
    by_channel = {
        channel.label: [sum(f.count for f in figures if f.day == day and f.channel is channel) for day in days]
        for channel in CHANNELS
    }
    return [
        Chart("每日发送结果", "bar", labels, by_result, unit="条"),
        Chart("各渠道发送量", "line", labels, by_channel, unit="条"),
    ]


@interface(
    "messages.resend", POST="/pc/messages/deliveries/<int:delivery_id>/resend", permission=WRITE, audit="重发消息"
)
def resend(delivery_id: int) -> Done:
    cleaning.resend(delivery_id, staff_id=current_staff().id)
    return Done("已重新进入发送队列")


@interface("messages.resend_dead", POST="/pc/messages/deliveries/resend", permission=WRITE, audit="批量重发死信")
def resend_dead() -> Done:
    """Queue all dead letters of one reason again."""
    reason = read_form(ResendForm).reason_code
    count = cleaning.resend_dead(reason_code=reason, staff_id=current_staff().id)
    audit.about(f"reason:{reason}", f"{count}条")
    return Done(f"{count}条死信已重新进入发送队列")


def _today(sent: int, dead: int) -> list[Card]:
    log = url_for("messages_admin.deliveries")
    return [
        Card("今日送出消息", str(sent), "公众号与短信", log, "send"),
        Card(
            "消息死信", str(dead), "近7天，需人工处理" if dead else "近7天", f"{log}?state={S.DEAD.value}", "mail",
            "attention" if dead else "plain",
        ),
    ]  # fmt: skip


dashboard_counts(80, READ, lambda: queries.sent_and_dead(clock.today()), _today)
