"""Staff pages: one visit, its next step, and refusing and restoring it."""

from __future__ import annotations

from flask import request

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.interface import wants_json
from wxapp.admin.wire import seconds
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.patients.queries import get_patient
from wxapp.visits import plugs
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.intake_forms import RemarkForm
from wxapp.visits.listings import STAGES, visit_url
from wxapp.visits.models import Stage
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.around import Group
from wxapp.visits.services import refusing
from wxapp.visits.sheets import last_refusal, load_sheet
from wxapp.visits.states import VISIT
from wxapp.visits.wire import wire_visit


@interface("visits.visit", GET="/pc/visits/<int:visit_id>", permission=Permission.VISIT_READ)
def visit_page(visit_id: int) -> Page:
    """One visit: what it waits for, its steps with times and people; by ``part`` what other packages add."""
    return _looked_at(visit_id)


@interface("user.details", GET="/pc/user/details", permission=Permission.VISIT_INTAKE, is_wire=True)
def visit_details() -> Page:
    """The same for the front desk, and for programs (contract: user.details)."""
    return _looked_at(asked_id())


def _looked_at(visit_id: int) -> Page:
    if not wants_json():
        page, part = _page(visit_id)
        looked_at("visit", visit_id, "到院单详情" if part.name == plugs.OVERVIEW else f"到院单{part.label}")
        return page
    visit = get_visit(visit_id, seen_by=current_staff())
    may_see = current_staff().may(Permission.PATIENT_REVEAL)
    info = wire_visit(visit, whole=may_see, groups={Group.STEPS})
    info["create_time"] = seconds(get_patient(visit.patient_id).created_at)
    looked_at("visit", visit_id, "到院单详情、手机号、住址" if may_see else "到院单详情")
    return Page("visits/admin/visit.html", info=info)


def _page(visit_id: int, *, whole: bool = False) -> tuple[Page, plugs.PagePart]:
    staff, asked = current_staff(), request.args.get("part", plugs.OVERVIEW)
    part = next((one for one in plugs.PARTS if one.name == asked), plugs.PARTS[0])
    sheet = load_sheet(visit_id, seen_by=staff, whole=whole, with_steps=part.name == plugs.OVERVIEW)
    visit = sheet.visit
    step, refusal = plugs.step_after(visit), last_refusal(visit)
    may_refuse = staff.may(Permission.VISIT_REFUSE)
    page = Page(
        "visits/admin/visit.html",
        _sheet=sheet,
        _visit=visit,
        _tab=part.name,
        _tabs=[(one.name, one.label, _part_url(visit_id, one.name)) for one in plugs.PARTS],
        _stage=STAGES[visit.stage],
        _next=step,
        _next_url=plugs.step_url(step, visit) if step is not None and staff.may(step.permission) else "",
        _panels=plugs.panels(visit, staff, part.name),
        _refusal=refusal,
        _before=STAGES[Stage(visit.stage_before)].label if visit.stage_before else "",
        _can_refuse=may_refuse and VISIT.allows(visit.stage, Stage.REFUSED),
        _can_restore=may_refuse and visit.stage is Stage.REFUSED,
        _can_reveal=not whole and staff.may(Permission.PATIENT_REVEAL),
        _remark_form=ShownForm(RemarkForm),
    )
    return page, part


def _part_url(visit_id: int, part: str) -> str:
    return visit_url(visit_id) if part == plugs.OVERVIEW else f"{visit_url(visit_id)}?part={part}"


@interface(
    "visits.reveal",
    POST="/pc/visits/<int:visit_id>/reveal",
    permission=Permission.PATIENT_REVEAL,
    audit="查看到院单客户完整信息",
)
def reveal(visit_id: int) -> Page:
    """Show name, phone and address whole, this once; the look is logged."""
    page, _part = _page(visit_id, whole=True)
    looked_at("visit", visit_id, "姓名、手机号、住址")
    return page


@interface("visits.history", GET="/pc/visits/<int:visit_id>/history", permission=Permission.VISIT_READ)
def visit_history(visit_id: int) -> Page:
    """Every move of a visit: who, when, why."""
    visit = get_visit(visit_id, seen_by=current_staff())
    looked_at("visit", visit_id, "到院单变更记录")
    steps = history(visit)
    remember_names([visit.created_by, *(step.actor for step in steps)])
    return Page(
        "visits/admin/history.html",
        visit_no=visit.visit_no,
        moves=[
            {"from": step.old, "to": step.new, "by": step.actor, "why": step.reason, "at": step.at} for step in steps
        ],
        _visit=visit,
        _moves=steps,
        _labels={stage.value: badge for stage, badge in STAGES.items()},
    )


# --- refusing and restoring ------------------------------------------------------------------------------------------


@interface(
    "visits.refuse",
    POST="/pc/visits/<int:visit_id>/refuse",
    permission=Permission.VISIT_REFUSE,
    audit="拒绝到院单",
    form_page=visit_page,
)
def refuse(visit_id: int) -> Done:
    """End a visit for which nothing is collected, with the reason."""
    form = _remark(visit_id)
    refusing.refuse(visit_id, remark=form.remark, by=current_staff().actor, version=form.version)
    return Done("已拒绝，可以随时恢复", location=visit_url(visit_id))


@interface(
    "visits.restore",
    POST="/pc/visits/<int:visit_id>/restore",
    permission=Permission.VISIT_REFUSE,
    audit="恢复到院单",
    form_page=visit_page,
)
def restore(visit_id: int) -> Done:
    """Bring a refused visit back to where it stood."""
    form = _remark(visit_id)
    stage = refusing.restore(visit_id, remark=form.remark, by=current_staff().actor, version=form.version)
    return Done(f"已恢复为“{STAGES[stage].label}”", location=visit_url(visit_id))


def _remark(visit_id: int) -> RemarkForm:
    form = read_form(RemarkForm)
    get_visit(visit_id, seen_by=current_staff())
    audit.about(f"visit:{visit_id}", form.remark)
    return form
