"""Staff pages: leaving (离店)."""

from __future__ import annotations

from flask import url_for
from markupsafe import Markup

from wxapp.admin import audit, dashboard, menu, shell
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.settings import HOSPITAL_NAME, HOSPITAL_PHONE
from wxapp.visits import plugs
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.procedures import STATES as OPERATIONS
from wxapp.visits.admin.procedures import procedure_url
from wxapp.visits.departure_settings import CARE_TEXT
from wxapp.visits.listings import COUNTED, STAGES, visit_url
from wxapp.visits.models import Stage, Visit
from wxapp.visits.procedure_forms import LeaveForm, ReasonForm
from wxapp.visits.queries import get_visit, lines_of
from wxapp.visits.queries.departures import (
    ALL_HERE,
    IN_ORDER,
    LEFT,
    count_leaving,
    departures,
    departures_of,
    last_departure,
)
from wxapp.visits.queries.procedures import contact_of, get_operated, procedure_rows, projects_text
from wxapp.visits.rules.leaving import Verdict
from wxapp.visits.services import leaving as services
from wxapp.visits.services.leaving import Leaving

VERDICTS = {
    Verdict.DONE: Badge(Verdict.DONE.label, "green"),
    Verdict.NOTICE: Badge(Verdict.NOTICE.label, "amber"),
    Verdict.OPEN: Badge(Verdict.OPEN.label, "red"),
    Verdict.STOP: Badge(Verdict.STOP.label, "red"),
}


def leave_url(visit_id: int) -> str:
    return url_for("visits_admin.leave_page", id=visit_id)


LIST = Table(
    "visits.leaving",
    count_up_to=COUNTED,
    title="离店列表",
    columns=(
        Column("visit_no", "编号", kind="code", link=lambda row: visit_url(row.visit_id), sort=Visit.id),
        Column("patient", "客户", below=lambda row: row.phone),
        Column("projects", "项目"),
        Column("stage", "状态", kind="badge", badges=STAGES),
        Column("status", "手术", kind="badge", badges=OPERATIONS),
        Column("physician", "主刀医生"),
        Column("ended_at", "手术结束", kind="moment"),
        Column("left_at", "离店时间", kind="moment"),
    ),
    filters=(
        Filter("q", "查找", placeholder="姓名、手机号或编号，须完整", is_private=True),
        Filter(
            "state", "范围", kind="choice", placeholder="待离店",
            choices=[(ALL_HERE, "全部在院"), (LEFT, "已离店")],
        ),
        Filter("day", "离店日期", kind="day"),
    ),
    actions=(
        Action(
            "办理离店", lambda row: leave_url(row.visit_id), Permission.DEPARTURE_WRITE,
            when=lambda row: row.stage in IN_ORDER,
        ),
        Action(
            "查看", lambda row: leave_url(row.visit_id), Permission.DEPARTURE_WRITE,
            when=lambda row: row.stage not in IN_ORDER,
        ),
        Action(
            "注意事项单", lambda row: url_for("visits_admin.leaflet", id=row.visit_id), Permission.DEPARTURE_WRITE,
            when=lambda row: row.stage is Stage.LEFT,
        ),
    ),
    sort="-visit_no",
    key=Visit.id,
    make_all=procedure_rows,
    empty="没有等待离店的客户",
)  # fmt: skip


@interface("leave.index", GET="/pc/leave/index", permission=Permission.DEPARTURE_WRITE)
def leave_list() -> Page:
    """Whoever waits to leave; by filter all who are here, and who has left on a day."""
    table = LIST.load(departures)
    return Page(
        "visits/admin/departures.html",
        table=table,
        _state=table.values.get("state", ""),
        _tabs=[
            (text, url_for("visits_admin.leave_list", state=value or None), table.values.get("state", "") == value)
            for text, value in (("待离店", ""), ("今日已离店", LEFT))
        ],
    )


@interface("leave.page", GET="/pc/leave/confirm", permission=Permission.DEPARTURE_WRITE)
def leave_page() -> Page:
    """The check list of a visit before it is left, or what was checked when it was; the look is logged."""
    visit_id = asked_id()
    looked_at("visit", visit_id, "离店")  # first: what is loaded before a change is loaded again after it
    found = get_operated(visit_id, seen_by=current_staff())
    visit, procedure = found.visit, found.procedure
    earlier = departures_of(visit.id)
    remember_names([actor for one in earlier for actor in (one.left_by, one.undone_by) if actor])
    return Page(
        "visits/admin/departure.html",
        stage=visit.stage,
        patient=contact_of(found.patient),
        projects=projects_text(lines_of(visit.quote_id)),
        checks=services.checks(visit, procedure) if visit.stage is not Stage.LEFT else [],
        departures=earlier,
        _visit=visit,
        _procedure=procedure,
        _form=ShownForm(LeaveForm, help=_HELP),
        _reason=ShownForm(ReasonForm),
        _stage=STAGES[visit.stage],
        _verdicts=VERDICTS,
        _may_leave=visit.stage in IN_ORDER,
        _has_left=visit.stage is Stage.LEFT,
        _may_undo=visit.left_at is not None and clock.hospital_day(visit.left_at) == clock.today(),
        _may_override=current_staff().may(Permission.DEPARTURE_OVERRIDE),
        _visit_url=visit_url(visit.id),
        _procedure_url=procedure_url(visit.id),
    )


_HELP = {
    "advice": "印在注意事项单上，客户在微信中也能看到",
    "overridden": "仅在检查没有全部完成、确需放行时填写，会记入日志",
}


@interface(
    "leave.confirm",
    POST="/pc/leave/confirm",
    permission=Permission.DEPARTURE_WRITE,
    audit="办理离店",
    form_page=leave_page,
)
def leave() -> Done:
    """Note that the patient leaves."""
    form = read_form(LeaveForm)
    get_visit(form.id, seen_by=current_staff())
    wanted = Leaving(**form.model_dump(exclude={"id", "version"}))
    services.leave(form.id, wanted, by=current_staff(), seen=form.version)
    audit.about(f"visit:{form.id}", f"放行：{form.overridden}" if form.overridden else "")
    return Done("已办理离店，可打印注意事项单", location=leave_url(form.id))


@interface(
    "leave.undo",
    POST="/pc/leave/undo",
    permission=Permission.DEPARTURE_WRITE,
    audit="撤销离店",
    form_page=leave_page,
)
def undo_leave() -> Done:
    """Take back a departure of today."""
    form = read_form(ReasonForm)
    get_visit(form.id, seen_by=current_staff())
    services.undo_leaving(form.id, why=form.why, by=current_staff())
    audit.about(f"visit:{form.id}", form.why)
    return Done("已撤销离店；住院客户请重新填写床位", location=leave_url(form.id))


@interface("leave.leaflet", GET="/pc/leave/leaflet", permission=Permission.DEPARTURE_WRITE)
def leaflet() -> Page:
    """What the patient takes home on paper: what was done, what to mind, when to come again. Printing is logged."""
    visit_id = asked_id()
    looked_at("visit", visit_id, "打印离店注意事项单")
    found = get_operated(visit_id, seen_by=current_staff())
    visit, departure = found.visit, last_departure(visit_id)
    if departure is None:
        raise NotFound("客户还没有离店，暂无注意事项单")
    return Page(
        "visits/admin/leaflet.html",
        visit_no=visit.visit_no,
        projects=projects_text(lines_of(visit.quote_id)),
        _patient=found.patient,
        _departure=departure,
        _procedure=found.procedure,
        _lines=[line for line in CARE_TEXT().splitlines() if line.strip()],
        _hospital=HOSPITAL_NAME(),
        _phone=HOSPITAL_PHONE(),
        _back=leave_url(visit.id),
    )


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Return the departure for the page of its visit."""
    if visit.stage is not Stage.LEFT or (departure := last_departure(visit.id)) is None:
        return None
    shown = {"departure": departure, "url": leave_url(visit.id)}
    return Markup(shell.render("visits/admin/_departure_panel.html", shown))  # noqa: S704 - a template of ours


plugs.panel("departure", Permission.VISIT_READ, _panel, 70)
plugs.next_step(
    Stage.IN_PROCEDURE, "办理离店", "visits_admin.leave_page", Permission.DEPARTURE_WRITE, hint="等待手术完成后办理离店"
)


def _cards(waiting: int, left: int) -> dashboard.Card:
    return dashboard.Card(
        "待离店", str(waiting), f"今日已离店{left}", url_for("visits_admin.leave_list"), "logout",
        "attention" if waiting else "plain",
    )  # fmt: skip


dashboard.dashboard_counts(37, Permission.DEPARTURE_WRITE, count_leaving, _cards)
menu.group("离店", "logout", 9)
menu.entry("离店", "离店列表", "visits_admin.leave_list", Permission.DEPARTURE_WRITE, 10)
