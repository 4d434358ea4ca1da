"""The shell's own interfaces: start page, search, private filters, settings, audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, dashboard, fields, filters, gate, menu, paths, queries, search, services
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.forms import SearchForm
from wxapp.admin.identity import actor_name, current_staff, remember_names
from wxapp.admin.interface import ANY_STAFF, Interfaces
from wxapp.admin.models import AuditRow
from wxapp.admin.tables import Table
from wxapp.core import clock, sessions, settings
from wxapp.core.errors import Invalid
from wxapp.core.forms import TRANSPORT_FIELDS, read_form
from wxapp.core.permissions import Permission
from wxapp.core.settings import Setting

blueprint = Interfaces("admin", __name__)
blueprint.record_once(lambda state: gate.init_app(state.app))
interface = blueprint.interface

audit.label("setting.change", "修改设置")

menu.entry("系统", "系统设置", "admin_admin.settings_page", Permission.SETTING_READ, 10)
menu.entry("系统", "审计日志", "admin_admin.audit_log", Permission.AUDIT_READ, 90)


@interface("admin.start", GET="/pc/", permission=ANY_STAFF)
def start() -> Page:
    """Today's figures and charts."""
    staff = current_staff()
    cards, charts = dashboard.board(staff) if staff.may(Permission.DASHBOARD_READ) else ([], [])
    today = clock.local(clock.now())
    weekday = "一二三四五六日"[today.weekday()]
    return Page(
        "admin/start.html",
        cards=cards,
        charts=charts,
        csrf_token=sessions.csrf_token(sessions.STAFF),
        today=f"{today.year}年{today.month}月{today.day}日　星期{weekday}",
        _sections=menu.sidebar(staff),
    )


# --- search ----------------------------------------------------------------------------------------------------------


@interface("admin.search_page", GET="/pc/search", permission=ANY_STAFF)
def search_page() -> Page:
    """The search page before anything was searched."""
    return Page("admin/search.html", q="", found=[], kinds=search.kinds(current_staff()))


@interface("admin.search", POST="/pc/search", permission=ANY_STAFF, audit="全站搜索", form_page=search_page)
def search_all() -> Page:
    """Search everything this person may see. A POST, because phone numbers don't belong into addresses (S-53)."""
    staff = current_staff()
    text = read_form(SearchForm).q
    found = search.find_all(text, staff) if text else []
    audit.about("search", f"命中{sum(len(kind.hits) for kind in found)}条")
    return Page("admin/search.html", q=text, found=found, kinds=search.kinds(staff))


@interface("admin.keep_filter", POST="/pc/table-filter", permission=ANY_STAFF, audit="按个人信息筛选列表")
def keep_filter() -> ResponseReturnValue:
    """Keep the private filters of a list on the server and lead back to it."""
    back = urlsplit(paths.own_path(request.form.get("page_of", "")))
    private = request.form.get("private", "").split()
    given = {name: request.form[name].strip() for name in request.form if name not in {"page_of", "private"}}
    kept = {name: text for name, text in given.items() if name in private and text}
    open_ones = {name: text for name, text in given.items() if name not in {*private, *TRANSPORT_FIELDS} and text}
    # What the form does not show but the address held, e.g. a tab of the list, stays.
    other = {name: text for name, text in parse_qsl(back.query) if name not in {*given, "f", "page"}}
    query = {**other, **open_ones, **({"f": filters.keep_privately(kept)} if kept else {})}
    audit.about(f"page:{back.path}", "、".join(kept))
    path = back.path or url_for("admin_admin.start")
    return redirect(f"{path}?{urlencode(query)}" if query else path, 303)


# --- settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SettingField:
    """A setting as its page shows it."""

    name: str
    label: str
    kind: str
    value: str
    present: str
    default: str
    help: str
    error: str
    max_length: int
    is_changed: bool
    choices: tuple[tuple[str, str], ...]


def _setting_field(setting: Setting[Any]) -> SettingField:
    back = fields.refusal()
    present = services.typed_form(setting, setting())
    typed = back.typed.getlist(setting.name) if back else []
    return SettingField(
        setting.name,
        setting.label,
        setting.kind,
        typed[-1] if typed else present,
        present,
        services.shown_form(setting, setting.default),
        setting.help,
        back.errors.get(setting.name, "") if back else "",
        setting.max_length,
        is_changed=setting() != setting.default,
        choices=setting.choices,
    )


@interface("admin.settings", GET="/pc/settings", permission=Permission.SETTING_READ)
def settings_page() -> Page:
    """Everything staff may change while the system runs, in groups."""
    declared = sorted(settings.declared(), key=lambda s: s.group)
    groups = {name: [_setting_field(s) for s in members] for name, members in groupby(declared, lambda s: s.group)}
    return Page("admin/settings.html", groups=groups, may_write=current_staff().may(Permission.SETTING_WRITE))


@interface(
    "admin.save_settings",
    POST="/pc/settings",
    permission=Permission.SETTING_WRITE,
    audit="保存系统设置",
    form_page=settings_page,
)
def save_settings() -> Done:
    """Keep the settings of one group."""
    typed: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name in request.form:
        # A hidden "0" stands before each checkbox, so that switching it off is told too: the last one counts.
        value = request.form.getlist(name)[-1]
        if name.startswith("seen."):
            seen[name.removeprefix("seen.")] = value
        elif name not in TRANSPORT_FIELDS:
            typed[name] = value
    if not typed:
        raise Invalid({}, "没有要保存的设置")
    changed = services.change_settings(typed, seen=seen, by=current_staff().actor)
    audit.about("settings", "、".join(setting.label for setting in changed) or "没有变化")
    message = f"已保存：{'、'.join(setting.label for setting in changed)}" if changed else "没有变化"
    return Done(message, location=url_for(".settings_page"), changed=[setting.name for setting in changed])


# --- audit log -------------------------------------------------------------------------------------------------------

RESULTS: Mapping[Any, Badge] = {
    audit.OK: Badge(audit.RESULTS[audit.OK], "green"),
    audit.REFUSED: Badge(audit.RESULTS[audit.REFUSED], "amber"),
    audit.DENIED: Badge(audit.RESULTS[audit.DENIED], "red"),
}


def _subject_name(subject: str) -> str:
    name = actor_name(subject)
    return "" if name == subject else name


AUDIT = Table(
    "admin.audit",
    title="审计日志",
    columns=(
        Column("number", "序号", "number", sort=AuditRow.number),
        Column("at", "时间", value=lambda row: clock.local(row.at).strftime("%Y-%m-%d %H:%M:%S")),
        Column("actor", "操作人", "actor", below=lambda row: row.address),
        Column("action", "操作", value=lambda row: audit.label_of(row.action), below=lambda row: row.action),
        Column("subject", "对象", below=lambda row: _subject_name(row.subject)),
        Column("result", "结果", "badge", badges=RESULTS),
        Column("detail", "说明", below=lambda row: f"请求 {row.request_no}" if row.request_no else ""),
    ),
    filters=(
        Filter("actor", "操作人", placeholder="如 staff:1"),
        Filter("action", "操作", "choice", choices=lambda: sorted(audit.LABELS.items(), key=lambda pair: pair[1])),
        Filter("subject", "对象", placeholder="如 patient:5"),
        Filter("result", "结果", "choice", choices=tuple(audit.RESULTS.items())),
        Filter("since", "从", "day"),
        Filter("until", "到", "day"),
    ),
    sort="-number",
)


@interface("admin.audit_log", GET="/pc/audit", permission=Permission.AUDIT_READ)
def audit_log() -> Page:
    """Who did what."""
    table = AUDIT.load(queries.audit_rows)
    remember_names([text for row in table.rows for text in (row.actor, row.subject)])
    return Page("admin/audit.html", table=table, verdict=None)


@interface("admin.verify_audit", POST="/pc/audit/verify", permission=Permission.AUDIT_READ, audit="校验审计日志")
def verify_audit() -> Page:
    """Check the whole log for edits and gaps."""
    verdict = audit.verify()
    audit.about("audit", "完整" if verdict.is_intact else f"第{verdict.broken_at}条起异常：{verdict.reason}")
    table = AUDIT.load(queries.audit_rows)
    remember_names([text for row in table.rows for text in (row.actor, row.subject)])
    return Page("admin/audit.html", table=table, verdict=verdict)
