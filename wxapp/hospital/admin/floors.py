"""项目设置 / 底价: how low a price each role may give."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.presses import once
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings, queries
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import category_options, check_roles, role_options
from wxapp.hospital.forms import FloorChangeForm, FloorForm, VersionForm
from wxapp.hospital.models import PriceFloor
from wxapp.hospital.rules.floors import ALL_CATEGORIES
from wxapp.hospital.rules.percents import percent
from wxapp.hospital.services import add_floor, change_floor, remove_floor

P = Permission.HOSPITAL_WRITE
EVERYWHERE = "所有未单独设置的分类"
HELP = {
    "floor": "例如填80：最低可报到原价的80%",
    "category_id": "单独设置的分类优先于“所有未单独设置的分类”",
}


@interface("hospital.floors", GET="/pc/config/project/floors", permission=P)
def floor_list() -> Page:
    """All floors, and a form for a further one."""
    return _page()


def _page(floor_id: int = 0) -> Page:
    """:param floor_id: the line whose change is refused, if that is why the page is shown"""
    back = refusal() if floor_id else None
    wrong = back.typed.get("new_floor", "") if back and "new_floor" in back.errors else None
    rows = listings.floors()
    roles = dict(role_options())
    names = queries.category_names({row.category_id for row in rows})
    remember_names([row.changed_by for row in rows])
    options = {"role": list(roles.items()), "category_id": [(str(ALL_CATEGORIES), EVERYWHERE), *category_options()]}
    return Page(
        "hospital/admin/floors.html",
        form=ShownForm(FloorForm, values={"category_id": ALL_CATEGORIES}, options=options, help=HELP),
        floors=[
            {
                "id": row.id,
                "role": roles.get(row.role, row.role),
                "category": names.get(row.category_id, EVERYWHERE),
                "floor": percent(row.floor_bp) if wrong is None or row.id != floor_id else wrong,
                "is_wrong": wrong is not None and row.id == floor_id,
                "version": row.version,
                "changed_at": row.changed_at,
                "changed_by": row.changed_by,
            }
            for row in rows
        ],
    )


@interface("hospital.floor_add", POST="/pc/config/project/floors", permission=P,
           audit="新增底价", form_page=floor_list)  # fmt: skip
def create_floor() -> Done:
    """Let a role give lower prices."""
    form, by = read_form(FloorForm), current_staff().actor
    check_roles([form.role], "role")
    made = int(
        once("hospital.add_floor", form, lambda: str(add_floor(form.role, form.category_id, form.floor, by=by)))
    )  # fmt: skip
    audit.about(f"hospital_floor:{made}", f"{form.role}，分类{form.category_id}，{percent(form.floor)}%")
    return Done("底价已新增", location=url_for(".floor_list"), id=made)


@interface("hospital.floor_change", POST="/pc/config/project/floors/<int:floor_id>", permission=P,
           audit="修改底价", form_page=_page)  # fmt: skip
def save_floor(floor_id: int) -> Done:
    """Change a floor."""
    form = read_form(FloorChangeForm)
    before = listings.get(PriceFloor, floor_id)
    told = f"{before.role}，{percent(before.floor_bp)}% → {percent(form.new_floor)}%"
    change_floor(floor_id, form.new_floor, seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_floor:{floor_id}", told)
    return Done("底价已保存", location=url_for(".floor_list"))


@interface("hospital.floor_remove", POST="/pc/config/project/floors/<int:floor_id>/remove", permission=P,
           audit="取消底价", form_page=lambda floor_id: floor_list())  # fmt: skip
def take_floor_away(floor_id: int) -> Done:
    """Take a floor away: the role is held to the list price again."""
    form = read_form(VersionForm)
    before = listings.get(PriceFloor, floor_id)
    told = f"{before.role}，分类{before.category_id}，{percent(before.floor_bp)}%"
    remove_floor(floor_id, seen_version=form.version)
    audit.about(f"hospital_floor:{floor_id}", told)
    return Done("底价已取消，这个角色不能再低于原价", location=url_for(".floor_list"))
