"""Staff pages: the patient stands at the front desk (到店确认)."""

from __future__ import annotations

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.wire import read_wire
from wxapp.core.permissions import Permission
from wxapp.visits import plugs
from wxapp.visits.admin.answered import done
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.intake_forms import ArriveForm
from wxapp.visits.listings import STAGES, visit_url
from wxapp.visits.models import Stage
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.around import Group
from wxapp.visits.services import arrivals
from wxapp.visits.sheets import load_sheet
from wxapp.visits.wire import in_one_text, wire_visit


@interface("user.is_do.page", GET="/pc/user/is_do", permission=Permission.VISIT_INTAKE, is_wire=True)
def arrive_page() -> Page:
    """Ask whether the patient is here; looking changes nothing."""
    visit_id = asked_id()
    if wants_json():
        visit = get_visit(visit_id, seen_by=current_staff())
        looked_at("visit", visit_id, "到店确认")
        return Page("visits/admin/arrive.html", info=in_one_text(wire_visit(visit, whole=False, groups={Group.STEPS})))
    sheet = load_sheet(visit_id, seen_by=current_staff())
    looked_at("visit", visit_id, "到店确认")
    return Page(
        "visits/admin/arrive.html",
        _sheet=sheet,
        _visit=sheet.visit,
        _stage=STAGES[sheet.visit.stage],
        _can=sheet.visit.stage is Stage.BOOKED,
        _visit_url=visit_url(visit_id),
    )


@interface(
    "user.is_do",
    POST="/pc/user/is_do",
    permission=Permission.VISIT_INTAKE,
    audit="确认到店",
    form_page=arrive_page,
    is_wire=True,
)
def arrive() -> Done:
    """Note that the patient has come; again it has no effect and no error."""
    form = read_wire(ArriveForm)
    visit = get_visit(form.visit_id, seen_by=current_staff())
    audit.about(f"visit:{visit.id}")
    is_new = arrivals.confirm_arrival(visit.id, by=current_staff().id, version=form.version)
    audit.about(f"visit:{visit.id}", "" if is_new else "此前已确认")
    return done("已确认到店" if is_new else "此前已确认到店，无需重复操作", location=visit_url(visit.id))


plugs.next_step(
    Stage.BOOKED, "确认到店", "visits_admin.arrive_page", Permission.VISIT_INTAKE, hint="等待客户到店"
)  # fmt: skip
