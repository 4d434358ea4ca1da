"""Staff pages: what clients sent, what became of it, and taking it again."""

from __future__ import annotations

import json

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.reports.admin.door import interface
from wxapp.reports.client_forms import PressForm
from wxapp.reports.client_models import ReceivedMessage, Verdict, Way
from wxapp.reports.queries import senders
from wxapp.reports.services.messages import body_of
from wxapp.reports.services.receiving import codec_of
from wxapp.reports.services.retaking import take_again

menu.entry("报告", "接口报文", "reports_admin.message_list", Permission.REPORT_WRITE, 70)

MOST_SHOWN = 100_000
"""Signs of a message; the rest is files as a rule."""

VERDICTS = {
    Verdict.TAKEN: Badge("已接收", "green"),
    Verdict.UNCHANGED: Badge("无变化", "grey"),
    Verdict.REFUSED: Badge("未接收", "red"),
}

MESSAGES = Table(
    "reports.messages",
    title="接口报文",
    columns=(
        Column("received_at", "收到时间", "moment", sort=ReceivedMessage.received_at,
               link=lambda row: url_for("reports_admin.message_page", received_id=row.id)),
        Column("sender", "发送方", below=lambda row: row.way.label),
        Column("control_id", "消息控制号", "code"),
        Column("report_nos", "对方报告编号"),
        Column("our_nos", "本院报告编号"),
        Column("verdict", "结果", "badge", badges=VERDICTS),
        Column("detail", "说明"),
    ),
    filters=(
        Filter("q", "编号", placeholder="报告编号或消息控制号"),
        Filter("client", "发送方", "choice", choices=senders.client_choices),
        Filter("way", "接口", "choice", choices=[(way.value, way.label) for way in Way]),
        Filter("verdict", "结果", "choice", choices=[(one.value, one.label) for one in Verdict]),
        Filter("day", "日期", "day"),
    ),
    sort="-received_at",
    key=ReceivedMessage.id,
    empty="没有报文",
    is_exportable=False,
)  # fmt: skip


@interface("reports.messages", GET="/pc/report-messages", permission=Permission.REPORT_WRITE)
def message_list() -> Page:
    """What was sent lately, the newest first."""
    return Page("reports/admin/messages.html", table=MESSAGES.load(senders.messages_for_staff))


@interface("reports.message", GET="/pc/report-messages/<int:received_id>", permission=Permission.REPORT_WRITE)
def message_page(received_id: int) -> Page:
    """One message as it came, without keys; looking at it is logged."""
    message, client = senders.get_message(received_id)
    audit.looked_at("report_message", received_id, "接口报文")
    shown = _shown(message)
    return Page(
        "reports/admin/message.html",
        message=message,
        sender=client.label,
        way=message.way.label,
        state=VERDICTS[message.verdict],
        can_retake=message.verdict is Verdict.REFUSED and message.body is not None,
        is_cut=len(shown) > MOST_SHOWN,
        _text=shown[:MOST_SHOWN],
    )


@interface("reports.message_again", POST="/pc/report-messages/<int:received_id>/again",
           permission=Permission.REPORT_WRITE, audit="重新接收报文", form_page=message_page)  # fmt: skip
def take_message_again(received_id: int) -> Done:
    """Read a refused message once more."""
    read_form(PressForm)
    verdict = take_again(received_id, by=current_staff().actor)
    told = "仍未能接收，原因见说明" if verdict is Verdict.REFUSED else "已重新接收"
    return Done(told, location=url_for(".message_page", received_id=received_id))


def _shown(message: ReceivedMessage) -> str:
    """Return a body as people read it."""
    body = body_of(message)
    if body is None:
        return ""
    if message.way is not Way.FHIR:
        text = body.decode(codec_of(body, message.charset), "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
