"""Staff pages: the operations of visits (手术流程)."""

from __future__ import annotations

from typing import Any

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
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.visits import plugs
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import COUNTED, STAGES, visit_url
from wxapp.visits.models import Procedure, ProcedureStatus, Stage, Visit
from wxapp.visits.procedure_forms import ArrangementForm, ReasonForm, StepForm
from wxapp.visits.queries import get_visit, lines_of
from wxapp.visits.queries.crew import Hand, who_may
from wxapp.visits.queries.procedures import (
    HERE,
    contact_of,
    count_open,
    find_procedure,
    get_operated,
    procedure_rows,
    procedures,
    projects_text,
)
from wxapp.visits.services import procedures as services
from wxapp.visits.services.procedures import Arrangement

Op = ProcedureStatus
STATES = {
    Op.WAITING: Badge(Op.WAITING.label, "amber"),
    Op.ASSIGNED: Badge(Op.ASSIGNED.label, "blue"),
    Op.OPERATING: Badge(Op.OPERATING.label, "red"),
    Op.DONE: Badge(Op.DONE.label, "green"),
}
CONSENT = {True: Badge("已签署", "green"), False: Badge("未签署", "amber")}


def procedure_url(visit_id: int) -> str:
    return url_for("visits_admin.procedure_page", id=visit_id)


LIST = Table(
    "visits.procedures",
    count_up_to=COUNTED,
    title="手术列表",
    columns=(
        Column(
            "visit_no", "编号", kind="code", link=lambda row: visit_url(row.visit_id), sort=Procedure.id,
            below=lambda row: STAGES[row.stage].label,
        ),
        Column("patient", "客户", below=lambda row: row.phone),
        Column("projects", "项目"),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("physician", "主刀医生", below=lambda row: f"护士{row.nurse}" if row.nurse else ""),
        Column("room", "手术室", below=lambda row: f"床位{row.bed}" if row.bed else ""),
        Column("planned_at", "计划时间", kind="moment", sort=(Procedure.planned_at, Procedure.id)),
        Column("has_consent", "知情同意", kind="badge", badges=CONSENT),
    ),
    filters=(
        Filter("q", "查找", placeholder="姓名、手机号或编号，须完整", is_private=True),
        Filter("status", "状态", kind="choice", choices=[(one.value, one.label) for one in Op]),
        Filter("day", "计划日期", kind="day"),
        Filter("mine", "只看我的", kind="checked"),
    ),
    actions=(
        Action(
            "安排", lambda row: procedure_url(row.visit_id), Permission.PROCEDURE_WRITE,
            when=lambda row: row.is_here and row.status is Op.WAITING,
        ),
        Action(
            "办理", lambda row: procedure_url(row.visit_id), Permission.PROCEDURE_WRITE,
            when=lambda row: row.is_here and row.status in (Op.ASSIGNED, Op.OPERATING),
        ),
        Action(
            "查看", lambda row: procedure_url(row.visit_id),
            when=lambda row: not row.is_here or row.status is Op.DONE,
        ),
    ),
    sort="-visit_no",
    key=Procedure.id,
    make_all=procedure_rows,
    empty="没有等待手术的客户",
)  # fmt: skip


@interface("procedure.index", GET="/pc/procedure/index", permission=Permission.PROCEDURE_WRITE)
def procedure_list() -> Page:
    """Whoever waits for an operation or is in one; by filter those of other days, too."""
    me = current_staff().id
    return Page("visits/admin/procedures.html", table=LIST.load(lambda **asked: procedures(staff_id=me, **asked)))


@interface("procedure.page", GET="/pc/procedure/edit", permission=Permission.PROCEDURE_WRITE)
def procedure_page() -> Page:
    """The operation of one visit: who, where, when, and what comes next; the look is logged."""
    visit_id = asked_id()
    looked_at("visit", visit_id, "手术流程")  # first: what is loaded before a change is loaded again after it
    found = get_operated(visit_id, seen_by=current_staff())
    visit, procedure = found.visit, found.procedure
    steps = history(procedure)
    remember_names([step.actor for step in steps])
    return Page(
        "visits/admin/procedure.html",
        procedure=procedure,
        stage=visit.stage,
        patient=contact_of(found.patient),
        projects=projects_text(lines_of(visit.quote_id)),
        _visit=visit,
        _form=ShownForm(
            ArrangementForm,
            values=_values(procedure),
            options=_options(procedure),
            kinds={"planned_at": "moment"},
            help=_HELP,
        ),
        _reason=ShownForm(ReasonForm),
        _state=STATES[procedure.status],
        _stage=STAGES[visit.stage],
        _steps=steps,
        _states={one.value: badge.label for one, badge in STATES.items()},
        _is_here=visit.stage in HERE,
        _must_collect=visit.stage is Stage.COLLECT_AGAIN,
        _visit_url=visit_url(visit.id),
    )


_HELP = {
    "physician_id": "手术开始前必须安排",
    "planned_at": "北京时间",
    "bed": "住院时必填；同一床位只能有一位客户",
    "has_consent": "未签署时不能开始手术",
}


def _values(procedure: Procedure) -> dict[str, Any]:
    names = ("physician_id", "nurse_id", "room", "planned_at", "has_consent", "is_inpatient", "bed", "note")
    return {name: getattr(procedure, name) for name in names}


def _options(procedure: Procedure) -> dict[str, list[tuple[str, str]]]:
    """Return whom to choose: physicians and nurses by their roles, and who is named already."""
    members = who_may(Permission.PROCEDURE_WRITE)
    return {
        "physician_id": _choices(members, "doctor", procedure.physician_id, procedure.physician_name),
        "nurse_id": _choices(members, "nurse", procedure.nurse_id, procedure.nurse_name),
    }


def _choices(members: list[Hand], role: str, present: int | None, name: str) -> list[tuple[str, str]]:
    of_role = [one for one in members if role in one.roles]
    # A hospital may have its own roles: then everybody who operates is offered.
    found = [(str(one.id), one.name) for one in of_role or members]
    gone = present is not None and str(present) not in {value for value, _ in found}
    return [(str(present), name), *found] if gone else found


@interface(
    "procedure.edit",
    POST="/pc/procedure/edit",
    permission=Permission.PROCEDURE_WRITE,
    audit="安排手术",
    form_page=procedure_page,
)
def arrange_procedure() -> Done:
    """Arrange an operation, or change what was arranged."""
    form = read_form(ArrangementForm)
    get_visit(form.id, seen_by=current_staff())
    wanted = Arrangement(**form.model_dump(exclude={"id", "version"}))
    services.arrange(form.id, wanted, by=current_staff(), seen=form.version)
    audit.about(f"visit:{form.id}")
    return Done("手术安排已保存", location=procedure_url(form.id))


@interface(
    "procedure.start",
    POST="/pc/procedure/start",
    permission=Permission.PROCEDURE_WRITE,
    audit="手术开始",
    form_page=procedure_page,
)
def start_procedure() -> Done:
    """Note that the operation begins."""
    visit_id = _asked()
    services.start_operation(visit_id, by=current_staff())
    return Done("已记录手术开始", location=procedure_url(visit_id))


@interface(
    "procedure.end",
    POST="/pc/procedure/end",
    permission=Permission.PROCEDURE_WRITE,
    audit="手术结束",
    form_page=procedure_page,
)
def end_procedure() -> Done:
    """Note that the operation is over."""
    visit_id = _asked()
    services.end_operation(visit_id, by=current_staff())
    return Done("已记录手术结束，请客户到前台办理离店", location=procedure_url(visit_id))


@interface(
    "procedure.reopen",
    POST="/pc/procedure/reopen",
    permission=Permission.PROCEDURE_WRITE,
    audit="撤销手术结束",
    form_page=procedure_page,
)
def reopen_procedure() -> Done:
    """Take the end of an operation back that was a mistake."""
    form = read_form(ReasonForm)
    get_visit(form.id, seen_by=current_staff())
    services.reopen_operation(form.id, why=form.why, by=current_staff())
    audit.about(f"visit:{form.id}", form.why)
    return Done("已恢复为手术中", location=procedure_url(form.id))


def _asked() -> int:
    form = read_form(StepForm)
    get_visit(form.id, seen_by=current_staff())
    audit.about(f"visit:{form.id}")
    return form.id


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Return the operation for the page of its visit."""
    if visit.stage not in (*HERE, Stage.LEFT) or (procedure := find_procedure(visit.id)) is None:
        return None
    shown = {"procedure": procedure, "state": STATES[procedure.status], "url": procedure_url(visit.id)}
    return Markup(shell.render("visits/admin/_procedure_panel.html", shown))  # noqa: S704 - a template of ours


plugs.panel("procedure", Permission.VISIT_READ, _panel, 60)
plugs.next_step(
    Stage.COLLECTED, "安排手术", "visits_admin.procedure_page", Permission.PROCEDURE_WRITE, hint="等待医护人员安排手术"
)


def _cards(waiting: int, arranged: int) -> dashboard.Card:
    return dashboard.Card(
        "待安排手术",
        str(waiting),
        f"已安排或手术中{arranged}",
        url_for("visits_admin.procedure_list"),
        "stethoscope",
        "attention" if waiting else "plain",
    )


dashboard.dashboard_counts(36, Permission.PROCEDURE_WRITE, count_open, _cards)
menu.group("手术流程", "stethoscope", 9)
menu.entry("手术流程", "手术列表", "visits_admin.procedure_list", Permission.PROCEDURE_WRITE, 10)
