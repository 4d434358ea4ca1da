"""电脑配置: workstations and the tokens by which they call us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for

from wxapp.admin import audit, identity, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import Keyed, once
from wxapp.admin.tables import Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings, services
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, told
from wxapp.hospital.forms import NewWorkstationForm, VersionForm, WorkstationForm
from wxapp.hospital.models import Workstation
from wxapp.hospital.services import WorkstationText
from wxapp.hospital.services.workstations import NewToken
from wxapp.staff import queries as staff

P = Permission.HOSPITAL_WRITE
HELP = {
    "machine": "录像或拨号程序发送的机器码，例如 MACHINE-01；保存后不能修改",
    "staff_id": "通常坐在这里的人",
    "telephone": "这台电脑连接的分机或线路",
}
TOKENS = {True: Badge("已发放", "green"), False: Badge("没有", "grey")}

identity.use_devices(services.admit_device)
menu.entry("医院配置", "电脑配置", "hospital_admin.workstation_list", P, 50)


def _rows(workstations: list[Workstation]) -> list[dict[str, Any]]:
    names = staff.names(one.staff_id for one in workstations if one.staff_id is not None)
    return [
        {
            "id": one.id,
            "machine": one.machine,
            "name": one.name,
            "room": one.room,
            "staff": names.get(one.staff_id or 0, ""),
            "camera": one.camera,
            "telephone": one.telephone,
            "has_token": one.token_hash is not None,
            "is_active": one.is_active,
            "seen_at": one.seen_at,
        }
        for one in workstations
    ]


WORKSTATIONS = Table(
    "hospital.workstations",
    title="电脑",
    columns=(
        Column(
            "machine",
            "机器码",
            "code",
            sort=Workstation.machine,
            link=lambda row: url_for("hospital_admin.workstation_page", workstation_id=row["id"]),
        ),
        Column("name", "名称", below=lambda row: row["room"], sort=Workstation.name),
        Column("staff", "使用人"),
        Column("camera", "摄像头"),
        Column("telephone", "电话线路"),
        Column("has_token", "令牌", "badge", badges=TOKENS),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("seen_at", "最近连接", "moment", sort=Workstation.seen_at),
    ),
    filters=(
        Filter("q", "名称", placeholder="机器码、名称或房间"),
        Filter("state", "状态", "choice", choices=listings.STATES),
    ),
    sort="machine",
    key=Workstation.id,
    make_all=_rows,
    empty="还没有登记电脑",
    is_exportable=False,
)


@interface("hospital.workstations", GET="/pc/config/computer", permission=P)
def workstation_list() -> Page:
    """All workstations."""
    return Page("hospital/admin/workstations.html", table=WORKSTATIONS.load(listings.workstations))


@interface("hospital.workstation_new", GET="/pc/config/computer/new", permission=P)
def new_workstation() -> Page:
    """An empty form."""
    form = ShownForm(NewWorkstationForm, values={"is_active": True}, options=_options(None), help=HELP)
    return Page("hospital/admin/workstation_new.html", form=form)


@interface("hospital.workstation_add", POST="/pc/config/computer/new", permission=P,
           audit="登记电脑", form_page=new_workstation)  # fmt: skip
def create_workstation() -> Page:
    """Register a workstation; its token is shown once."""
    form, by = read_form(NewWorkstationForm), current_staff().actor
    text = _text(form, machine=form.machine)
    _check_staff(form.staff_id, known=None)
    made = _once("hospital.add_workstation", form, lambda: services.add_workstation(text, by=by))
    audit.about(f"hospital_workstation:{made.workstation_id}", form.machine)
    return _shown_once(made, "电脑已登记")


@interface("hospital.workstation", GET="/pc/config/computer/<int:workstation_id>", permission=P)
def workstation_page(workstation_id: int) -> Page:
    """One workstation: its details and its token."""
    workstation = listings.get(Workstation, workstation_id)
    options = _options(workstation.staff_id)
    return Page(
        "hospital/admin/workstation.html",
        workstation=workstation,
        has_token=workstation.token_hash is not None,
        made_at=workstation.token_at,
        form=ShownForm(WorkstationForm, values=_values(workstation), options=options, help=HELP),
    )


@interface("hospital.workstation_change", POST="/pc/config/computer/<int:workstation_id>", permission=P,
           audit="修改电脑配置", form_page=workstation_page)  # fmt: skip
def save_workstation(workstation_id: int) -> Done:
    """Change a workstation; its machine code stays."""
    form = read_form(WorkstationForm)
    workstation = listings.get(Workstation, workstation_id)
    before, text = _values(workstation), _text(form, machine=workstation.machine)
    _check_staff(form.staff_id, known=workstation.staff_id)
    services.change_workstation(workstation_id, text, seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_workstation:{workstation_id}", told(form, before, _options(before["staff_id"])))
    return Done("电脑配置已保存", location=url_for(".workstation_page", workstation_id=workstation_id))


@interface("hospital.workstation_token", POST="/pc/config/computer/<int:workstation_id>/token", permission=P,
           audit="更换电脑令牌", form_page=workstation_page)  # fmt: skip
def renew_token(workstation_id: int) -> Page:
    """Give a new token, shown once; the old one is refused from now on."""
    form, by = read_form(VersionForm), current_staff().actor
    made = _once(
        "hospital.renew_token",
        form,
        lambda: services.renew_token(workstation_id, seen_version=form.version, by=by),
        workstation=workstation_id,
    )
    audit.about(f"hospital_workstation:{workstation_id}")
    return _shown_once(made, "令牌已更换")


@interface("hospital.workstation_revoke", POST="/pc/config/computer/<int:workstation_id>/revoke", permission=P,
           audit="吊销电脑令牌", form_page=workstation_page)  # fmt: skip
def revoke_token(workstation_id: int) -> Done:
    """Refuse the workstation's token from now on."""
    form = read_form(VersionForm)
    services.revoke_token(workstation_id, seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_workstation:{workstation_id}")
    return Done("令牌已吊销", location=url_for(".workstation_page", workstation_id=workstation_id))


def _once(use_case: str, form: Keyed, work: Callable[[], NewToken], **subject: int) -> NewToken:
    """Make a token once for each form; a second press is shown the same one."""

    def make() -> str:
        made = work()
        return f"{made.workstation_id}:{made.token}"

    workstation_id, _, token = once(use_case, form, make, is_secret=True, **subject).partition(":")
    return NewToken(int(workstation_id), token)


def _shown_once(made: NewToken, heading: str) -> Page:
    workstation = listings.get(Workstation, made.workstation_id)
    return Page(
        "hospital/admin/workstation_token.html",
        heading=heading,
        workstation_id=workstation.id,
        machine=workstation.machine,
        name=workstation.name,
        token=made.token,
    )


def _options(staff_id: int | None) -> dict[str, list[tuple[str, str]]]:
    people = {str(member_id): name for member_id, name in staff.active_members()}
    if staff_id is not None and str(staff_id) not in people:  # has left: stays until somebody else is chosen
        people[str(staff_id)] = f"{staff.names([staff_id]).get(staff_id, '')}（已停用）"
    return {"staff_id": list(people.items())}


def _check_staff(staff_id: int | None, *, known: int | None) -> None:
    if staff_id is not None and staff_id != known and not staff.active_among([staff_id]):
        raise Invalid({"staff_id": "请选择在职的员工"})


def _values(workstation: Workstation) -> dict[str, Any]:
    return {
        "name": workstation.name,
        "room": workstation.room,
        "staff_id": workstation.staff_id,
        "camera": workstation.camera,
        "telephone": workstation.telephone,
        "is_active": workstation.is_active,
    }


def _text(form: WorkstationForm, *, machine: str) -> WorkstationText:
    return WorkstationText(
        machine=machine,
        name=form.name,
        room=form.room,
        staff_id=form.staff_id,
        camera=form.camera,
        telephone=form.telephone,
        is_active=form.is_active,
    )
