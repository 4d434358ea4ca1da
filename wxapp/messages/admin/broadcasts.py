"""Broadcasts: writing, preview, start and stop."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.messages import catalogue, queries, receivers
from wxapp.messages.admin.door import READ, WRITE, interface
from wxapp.messages.channels import rendered
from wxapp.messages.entry import Channel
from wxapp.messages.forms import BroadcastForm
from wxapp.messages.models import Broadcast, BroadcastState
from wxapp.messages.services import broadcasts
from wxapp.messages.services.delivering import lines_of

menu.entry("消息", "群发", "messages_admin.broadcast_list", READ, 30)

_BROADCAST_TONES = {
    BroadcastState.DRAFT: "grey", BroadcastState.RUNNING: "blue", BroadcastState.STOPPED: "amber",
    BroadcastState.DONE: "green",
}  # fmt: skip


def _group_label(row: Broadcast) -> str:
    group = receivers.group(row.group_name)
    return group.label if group else row.group_name


BROADCASTS = Table(
    "messages.broadcasts",
    title="群发",
    columns=(
        Column(
            "title", "标题", link=lambda row: url_for("messages_admin.broadcast_page", broadcast_id=row.id),
            below=lambda row: "站内信和公众号模板消息" if row.with_template else "站内信",
        ),
        Column("group_name", "接收人群", value=_group_label),
        Column("told", "已发人数", "number"),
        Column("per_minute", "每分钟人数", "number"),
        Column(
            "state", "状态", "badge",
            badges={state: Badge(state.label, tone) for state, tone in _BROADCAST_TONES.items()},
        ),
        Column("created_by", "创建人", "actor"),
        Column("created_at", "创建时间", "moment", sort=Broadcast.created_at),
    ),
    sort="-created_at",
    key=Broadcast.id,
    empty="还没有群发过消息",
)  # fmt: skip


@interface("messages.broadcast_list", GET="/pc/messages/broadcasts", permission=READ)
def broadcast_list() -> Page:
    return Page("messages/admin/broadcasts.html", table=BROADCASTS.load(queries.broadcasts))


@interface("messages.broadcast_form", GET="/pc/messages/broadcasts/new", permission=WRITE)
def broadcast_form() -> Page:
    """Write a broadcast."""
    groups = [(group.name, f"{group.label}（{group.size()}人）") for group in receivers.groups()]
    form = ShownForm(
        BroadcastForm,
        options={"group_name": groups, "reach": (("site", "仅站内信"), ("template", "站内信和公众号模板消息"))},
        kinds={"body": "textarea", "reach": "radio"},
        help={
            "title": "20个字以内，作为站内信标题和模板消息的“通知事项”",
            "reach": "模板消息不得用于营销推广",
            "per_minute": "控制发送速度，避免同时大量来电或到院",
        },
    )
    return Page("messages/admin/broadcast_form.html", form=form)


@interface(
    "messages.draft_broadcast", POST="/pc/messages/broadcasts/new", permission=WRITE, audit="编写群发消息",
    form_page=broadcast_form,
)  # fmt: skip
def draft_broadcast() -> Done:
    form = read_form(BroadcastForm)
    made_id = int(once("messages.draft_broadcast", form, lambda: str(_draft(form).id)))
    audit.about(f"broadcast:{made_id}", form.title)
    return Done("请核对预览后开始发送", location=url_for("messages_admin.broadcast_page", broadcast_id=made_id))


def _draft(form: BroadcastForm) -> Broadcast:
    return broadcasts.draft_broadcast(
        title=form.title, body=form.body, group_name=form.group_name, with_template=form.reach == "template",
        per_minute=form.per_minute, staff_id=current_staff().id,
    )  # fmt: skip


@interface("messages.broadcast", GET="/pc/messages/broadcasts/<int:broadcast_id>", permission=READ)
def broadcast_page(broadcast_id: int) -> Page:
    """Preview, size and progress of one broadcast."""
    row = queries.get_broadcast(broadcast_id)
    group = receivers.group(row.group_name)
    size = group.size() if group else 0
    template = queries.find_template(catalogue.BROADCAST.code, Channel.OA_TEMPLATE)
    texts = {"title": row.title, "body": row.body, "at": f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"}
    preview: list[tuple[str, str]] = []
    if row.with_template and template and template.is_on and not template.fault:
        lines = lines_of(template.lines)
        values = rendered(Channel.OA_TEMPLATE, lines, texts)
        preview = [(line.label or line.key, value) for line, (_, value) in zip(lines, values, strict=True)]
    return Page(
        "messages/admin/broadcast.html",
        broadcast=row, group=_group_label(row), size=size, preview=preview,
        minutes=max(1, round(max(0, size - row.told) / row.per_minute)),
        tone=_BROADCAST_TONES[row.state],
        can_start=row.state in {BroadcastState.DRAFT, BroadcastState.STOPPED},
        can_stop=row.state is BroadcastState.RUNNING,
    )  # fmt: skip


@interface(
    "messages.start_broadcast", POST="/pc/messages/broadcasts/<int:broadcast_id>/start", permission=WRITE,
    audit="开始群发",
)  # fmt: skip
def start_broadcast(broadcast_id: int) -> Done:
    broadcasts.start_broadcast(broadcast_id, staff_id=current_staff().id)
    return Done("已开始发送", location=url_for("messages_admin.broadcast_page", broadcast_id=broadcast_id))


@interface(
    "messages.stop_broadcast", POST="/pc/messages/broadcasts/<int:broadcast_id>/stop", permission=WRITE,
    audit="停止群发",
)  # fmt: skip
def stop_broadcast(broadcast_id: int) -> Done:
    broadcasts.stop_broadcast(broadcast_id, staff_id=current_staff().id)
    return Done("已停止发送", location=url_for("messages_admin.broadcast_page", broadcast_id=broadcast_id))
