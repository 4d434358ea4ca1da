"""Templates: which message goes through which channel, with which values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Unavailable
from wxapp.core.forms import read_form
from wxapp.messages import queries
from wxapp.messages.admin.door import CHANNEL_CHOICES, READ, WRITE, interface, told
from wxapp.messages.channels import rendered
from wxapp.messages.entry import Channel, Entry
from wxapp.messages.forms import MOST_LINES, TemplateForm, TrialForm
from wxapp.messages.queries import Way, WayState
from wxapp.messages.rules.values import TYPES, BadPattern, BadValue, type_of_key
from wxapp.messages.services import tell_test
from wxapp.messages.services import templates as services
from wxapp.messages.services.delivering import lines_of
from wxapp.wechat.errors import WechatError

menu.entry("消息", "消息模板", "messages_admin.template_list", READ, 20)

_WAY_BADGES = {
    WayState.MISSING: Badge("未配置", "grey"), WayState.FAULTY: Badge("故障", "red"),
    WayState.ON: Badge("已开启", "green"), WayState.OFF: Badge("已关闭", "amber"),
}  # fmt: skip


def _traits(way: Way) -> str:
    traits = [text for text, has in (("必达", way.entry.is_essential), ("紧急", way.entry.is_urgent)) if has]
    return "、".join(traits)


def _edit_url(way: Way) -> str:
    return url_for("messages_admin.template_page", code=way.entry.code, channel=way.channel.value)


def _switch_url(way: Way) -> str:
    wanted = "off" if way.template and way.template.is_on else "on"
    return url_for("messages_admin.switch_way", code=way.entry.code, channel=way.channel.value, wanted=wanted)


TEMPLATES = Table(
    "messages.templates",
    title="消息模板",
    columns=(
        Column("label", "消息", value=lambda way: way.entry.label, below=lambda way: way.entry.code, link=_edit_url),
        Column("to", "接收人", value=lambda way: told(way.entry)),
        Column("channel", "渠道"),
        Column("traits", "性质", value=_traits),
        Column(
            "template_id", "模板编号", "code",
            value=lambda way: way.template.template_id if way.template else "",
            below=lambda way: way.template.fault if way.template else "",
        ),
        Column("state", "状态", "badge", badges=_WAY_BADGES),
    ),
    filters=(
        Filter("search", "消息", placeholder="名称或代码"),
        Filter("channel", "渠道", "choice", choices=CHANNEL_CHOICES),
        Filter("state", "状态", "choice", choices=tuple((state.value, state.label) for state in WayState)),
    ),
    actions=(
        Action("配置", _edit_url),
        Action("关闭", _switch_url, WRITE, post=True, confirm="关闭后该消息不再通过此渠道发送，确定关闭？",
               when=lambda way: way.state is WayState.ON),
        Action("开启", _switch_url, WRITE, post=True, when=lambda way: way.state is WayState.OFF),
    ),
    page_size=100,
)  # fmt: skip


@interface("messages.template_list", GET="/pc/messages/templates", permission=READ)
def template_list() -> Page:
    """Every message in every channel that we have."""
    return Page("messages/admin/templates.html", table=TEMPLATES.load(queries.ways), pauses=queries.pauses())


@interface(
    "messages.template", GET="/pc/messages/templates/<code>/<channel>", permission=READ,
)  # fmt: skip
def template_page(code: str, channel: str) -> Page:
    """One message in one channel: its template, lines, preview, and a test."""
    entry, way = services.entry_and_channel(code, channel)
    template = queries.find_template(code, way)
    lines = lines_of(template.lines) if template else entry.lines(way)
    values: dict[str, Any] = {"version": 0, "is_on": True}
    if template:
        values = {"template_id": template.template_id, "version": template.version, "is_on": template.is_on}
    for number, line in enumerate(lines[:MOST_LINES], 1):
        values |= {f"key{number}": line.key, f"pattern{number}": line.pattern}
    labels = {line.key: line.label for line in (*entry.lines(way), *lines) if line.label}
    return Page(
        "messages/admin/template.html",
        entry=entry, channel=way, template=template, to=told(entry),
        form=ShownForm(TemplateForm, values=values, help={"template_id": _id_help(way)}),
        trial=ShownForm(TrialForm, help={"address": "openid" if way is Channel.OA_TEMPLATE else "手机号码"}),
        _slots=range(1, MOST_LINES + 1), labels=labels, rules=[(kind.name, kind.rule) for kind in TYPES.values()],
        preview=_preview(entry, way, lines), site=entry.site_text(entry.samples()),
    )  # fmt: skip


def _id_help(channel: Channel) -> str:
    return "公众号后台“模板消息”中的模板ID" if channel is Channel.OA_TEMPLATE else "短信平台审核通过的模板编号"


def _preview(entry: Entry, channel: Channel, lines: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return label, value and rule of each line, filled with the samples; empty when it can't be rendered."""
    try:
        values = rendered(channel, lines, entry.samples())
        rules = [type_of_key(line.key).rule if channel is Channel.OA_TEMPLATE else "20个字以内" for line in lines]
    except (BadPattern, BadValue):
        return []
    return [(line.label or line.key, value, rule) for line, (_, value), rule in zip(lines, values, rules, strict=True)]


@interface(
    "messages.save_template", POST="/pc/messages/templates/<code>/<channel>", permission=WRITE,
    audit="保存消息模板", form_page=template_page,
)  # fmt: skip
def save_template(code: str, channel: str) -> Done:
    form = read_form(TemplateForm)
    filled = services.Filled(form.template_id, form.lines(), is_on=form.is_on, version=form.version)
    services.save_template(code, channel, filled, by=current_staff().actor)
    audit.about(f"message:{code}", channel)
    return Done("模板已保存")


@interface(
    "messages.switch", POST="/pc/messages/templates/<code>/<channel>/<wanted>", permission=WRITE,
    audit="开关消息渠道",
)  # fmt: skip
def switch_way(code: str, channel: str, wanted: str) -> Done:
    services.switch_channel(code, channel, is_on=wanted == "on")
    return Done("已开启" if wanted == "on" else "已关闭", location=url_for("messages_admin.template_list"))


@interface(
    "messages.try_template", POST="/pc/messages/templates/<code>/<channel>/trial", permission=WRITE,
    audit="测试发送消息", form_page=template_page,
)  # fmt: skip
def try_template(code: str, channel: str) -> Done:
    """Queue the message with sample values to one address."""
    _, way = services.entry_and_channel(code, channel)
    tell_test(code, way, read_form(TrialForm).address, staff_id=current_staff().id)
    return Done(
        "测试消息已进入发送队列，请在发送记录中查看结果", location=url_for("messages_admin.deliveries", code=code)
    )


@interface("messages.compare_templates", POST="/pc/messages/compare", permission=WRITE, audit="核对公众号模板")
def compare_templates() -> Done:
    """Ask WeChat for the account's templates and mark mappings that no longer fit."""
    try:
        found = services.account_templates()
    except WechatError as error:
        raise Unavailable("暂时无法从微信获取模板列表，请稍后再试") from error
    marked = services.compare_with_account(found)
    text = (
        f"公众号共有{len(found)}个模板，{marked}项配置有问题" if marked else f"公众号共有{len(found)}个模板，配置均正常"
    )
    return Done(text, location=url_for("messages_admin.template_list"))
