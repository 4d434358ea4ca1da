"""Staff pages and the interface of recording machines: which patient sits where (电脑与客户绑定)."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, identity, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.wire import read_wire
from wxapp.core import clock
from wxapp.core.errors import Forbidden
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital.queries import get_workstation
from wxapp.visits.admin.door import interface
from wxapp.visits.diagnostics_forms import BindForm, MachineForm, ReleaseForm
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.machines import Place, get_binding, places, to_bind
from wxapp.visits.services import machines


@interface("machines.page", GET="/pc/consultation/machine", permission=Permission.CONSULT)
def machine_page() -> Page:
    """The recording machines, who sits at them, and a form to say who does; names are masked."""
    staff = current_staff()
    found = places(staff)
    own = next((one.machine for one in found if one.is_own), "")
    options = {
        "machine": [(one.machine, _label(one)) for one in found],
        "visit_id": [(str(visit.id), f"{name}　{visit.visit_no}") for visit, name in to_bind(staff, clock.today())],
    }
    return Page(
        "visits/admin/machines.html",
        places=found,
        _form=ShownForm(BindForm, values={"machine": own}, options=options),
        _has_visits=bool(options["visit_id"]),
    )


def _label(place: Place) -> str:
    told = f"{place.name}（{place.machine}）"
    return f"{told} · {place.room}" if place.room else told


@interface(
    "machines.bind",
    POST="/pc/consultation/machine",
    permission=Permission.CONSULT,
    audit="绑定客户与电脑",
    form_page=machine_page,
)
def bind_machine() -> Done:
    """Say who sits at a machine, by the visit."""
    form = read_form(BindForm)
    staff = current_staff()
    visit = get_visit(form.visit_id, seen_by=staff)
    machines.bind_machine(form.machine, visit.patient_id, by=staff.actor, seen_by=staff, visit_id=visit.id)
    audit.about(f"visit:{visit.id}", form.machine)
    return Done("已绑定，之后的录像归入该客户", location=_page_url())


@interface(
    "machines.release",
    POST="/pc/consultation/machine/release",
    permission=Permission.CONSULT,
    audit="解除客户与电脑的绑定",
    form_page=machine_page,
)
def release_machine() -> Done:
    """Say that nobody sits at a machine any more."""
    form = read_form(ReleaseForm)
    binding = get_binding(form.binding_id)
    if binding.visit_id is not None:
        get_visit(binding.visit_id, seen_by=current_staff())
    was_bound = machines.release_machine(binding.id)
    audit.about(f"visit:{binding.visit_id}")
    return Done("已解除绑定" if was_bound else "绑定已经结束", location=_page_url())


@interface(
    "external.set_machine",
    POST="/pf/external/set_machine",
    permission=Permission.CONSULT,
    audit="绑定客户与电脑",
    is_wire=True,
    takes_devices=True,
)
def set_machine() -> Done:
    """Say who sits at a machine: the machine itself with its token, or a consultant.

    :raises Forbidden: the token is that of another machine
    """
    form = read_wire(MachineForm)
    staff = None if identity.shows_device_token() else current_staff()
    if staff is None and get_workstation(form.machine).id != identity.current_device().id:
        raise Forbidden("令牌不属于这台电脑")
    by = staff.actor if staff is not None else identity.current_device().actor
    machines.bind_machine(form.machine, form.user_id, by=by, seen_by=staff, visit_id=form.visit_id)
    audit.about(f"patient:{form.user_id}", form.machine)
    return Done(location=_page_url())


def _page_url() -> str:
    return url_for("visits_admin.machine_page")


menu.entry("现场咨询", "电脑与客户绑定", "visits_admin.machine_page", Permission.CONSULT, 40)
