"""Staff's pages of equipment (先进设备)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.website import queries, rules, services, shown
from wxapp.website.admin.door import (
    SCHEDULE_HELP,
    interface,
    new_pictures,
    picture_error,
    state_column,
    state_of,
    values_of,
)
from wxapp.website.forms import EquipmentForm
from wxapp.website.models import Equipment
from wxapp.website.services import EquipmentDraft

menu.entry("医院主页", "先进设备", "website_admin.equipment_list", Permission.WEBSITE_WRITE, 40)


class _Line:
    """A machine as the list shows it."""

    def __init__(self, row: Equipment) -> None:
        self.id, self.name, self.position = row.id, row.name, row.position
        self.state = state_of(row)
        self.changed_at, self.changed_by = row.changed_at, row.changed_by

    def to_wire(self) -> dict[str, Any]:
        return dict(vars(self))


EQUIPMENT = Table(
    "website.equipment",
    title="先进设备",
    columns=(
        Column("name", "名称", link=lambda row: url_for("website_admin.equipment_form", equipment_id=row.id)),
        state_column(),
        Column("position", "排序", "number", sort=Equipment.position),
        Column("changed_at", "修改时间", sort=Equipment.changed_at),
        Column("changed_by", "修改人", "actor"),
    ),
    filters=(Filter("name", "名称"),),
    actions=(
        Action("编辑", lambda row: url_for("website_admin.equipment_form", equipment_id=row.id)),
        Action("预览", lambda row: url_for("website_admin.preview_equipment", equipment_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_equipment", equipment_id=row.id),
            post=True,
            confirm="确定删除这台设备的介绍吗？",
            tone="danger",
        ),
    ),
    sort="position",
    key=Equipment.id,
    make=_Line,
    empty="还没有设备介绍",
)


@interface("website.equipment_list", GET="/pc/website/equipment", permission=Permission.WEBSITE_WRITE)
def equipment_list() -> Page:
    return Page("website/admin/list.html", table=EQUIPMENT.load(queries.equipment_for_staff), kind="equipment")


def _form(found: Equipment | None) -> Page:
    values: dict[str, Any] = {"is_published": True} if found is None else values_of(found, EquipmentForm)
    options = {"remove": [(token, f"第{at}张") for at, token in enumerate(found.tokens if found else [], start=1)]}
    form = ShownForm(EquipmentForm, values=values, options=options, help=_HELP)
    return Page("website/admin/equipment_form.html", form=form, machine=found, picture_error=picture_error())


_HELP = SCHEDULE_HELP | {"position": "数字小的排在前面", "summary": "列表中显示，一两句话"}


@interface("website.new_equipment", GET="/pc/website/equipment/new", permission=Permission.WEBSITE_WRITE)
def new_equipment() -> Page:
    return _form(None)


@interface(
    "website.add_equipment",
    POST="/pc/website/equipment",
    permission=Permission.WEBSITE_WRITE,
    audit="新增设备介绍",
    form_page=new_equipment,
)
def add_equipment() -> Done:
    form = read_form(EquipmentForm)
    by = current_staff().actor
    made_id = once(
        "website.add_equipment", form, lambda: str(services.add(_draft(form, _pictures(form, [], by)), by=by))
    )
    audit.about(f"equipment:{made_id}", form.name)
    return Done("已新增", location=url_for("website_admin.equipment_list"), id=int(made_id))


@interface("website.equipment", GET="/pc/website/equipment/<int:equipment_id>", permission=Permission.WEBSITE_WRITE)
def equipment_form(equipment_id: int) -> Page:
    return _form(queries.get(Equipment, equipment_id))


@interface(
    "website.save_equipment",
    POST="/pc/website/equipment/<int:equipment_id>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改设备介绍",
    form_page=equipment_form,
)
def save_equipment(equipment_id: int) -> Done:
    form, found = read_form(EquipmentForm), queries.get(Equipment, equipment_id)
    by = current_staff().actor
    draft = _draft(form, _pictures(form, found.tokens, by))
    services.edit(equipment_id, draft, seen_version=form.version, by=by)
    audit.about(f"equipment:{equipment_id}", form.name)
    return Done("已保存", location=url_for("website_admin.equipment_list"))


@interface(
    "website.remove_equipment",
    POST="/pc/website/equipment/<int:equipment_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除设备介绍",
)
def remove_equipment(equipment_id: int) -> Done:
    audit.about(f"equipment:{equipment_id}", queries.get(Equipment, equipment_id).name)
    services.remove(Equipment, equipment_id)
    return Done("已删除", location=url_for("website_admin.equipment_list"))


@interface(
    "website.preview_equipment",
    GET="/pc/website/equipment/<int:equipment_id>/preview",
    permission=Permission.WEBSITE_WRITE,
)
def preview_equipment(equipment_id: int) -> ResponseReturnValue:
    """Show what is saved as patients would see it."""
    return shown.equipment(queries.get(Equipment, equipment_id))


@interface(
    "website.try_equipment",
    POST="/pc/website/equipment/<int:equipment_id>/preview",
    permission=Permission.WEBSITE_WRITE,
    audit="预览设备介绍",
    form_page=equipment_form,
)
def try_equipment(equipment_id: int) -> ResponseReturnValue:
    """Show what is typed as patients would see it; nothing is saved."""
    form, found = read_form(EquipmentForm), queries.get(Equipment, equipment_id)
    kept = [token for token in found.tokens if token not in form.remove]
    row = services.as_row(_draft(form, kept), by=current_staff().actor)
    row.id = equipment_id
    return shown.equipment(row)


def _pictures(form: EquipmentForm, old: list[str], by: str) -> list[str]:
    """Return the pictures that stay and the new ones behind them.

    :raises Invalid: they are too many; nothing new is kept
    """
    kept = [token for token in old if token not in form.remove]
    added = new_pictures(by)
    if len(kept) + len(added) > rules.MAX_PICTURES:
        raise Invalid({"picture": f"最多{rules.MAX_PICTURES}张图片，请先删除一些"})
    return kept + added


def _draft(form: EquipmentForm, pictures: list[str]) -> EquipmentDraft:
    return EquipmentDraft(
        name=form.name,
        summary=form.summary,
        pictures=tuple(pictures),
        body_html=form.body_html,
        position=form.position,
        is_published=form.is_published,
        visible_from=form.visible_from,
        visible_until=form.visible_until,
    )
