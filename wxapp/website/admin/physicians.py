"""Staff's pages of physicians (专家介绍)."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.directory import queries, services
from wxapp.directory.models import Physician
from wxapp.directory.services import PhysicianText
from wxapp.website import shown
from wxapp.website.admin.door import interface, new_picture, picture_error, values_of
from wxapp.website.forms import PhysicianForm

menu.entry("医院主页", "专家介绍", "website_admin.physician_list", Permission.WEBSITE_WRITE, 30)

PHYSICIANS = Table(
    "website.physicians",
    title="专家介绍",
    columns=(
        Column("name", "姓名", link=lambda row: url_for("website_admin.physician_form", physician_id=row.id)),
        Column("department", "科室", sort=Physician.department),
        Column("title", "职称", sort=Physician.title),
        Column("position", "排序", "number", sort=Physician.position),
        Column("is_shown", "展示", "badge", badges=YES_NO),
        Column("changed_at", "修改时间", sort=Physician.changed_at),
        Column("changed_by", "修改人", "actor"),
    ),
    filters=(Filter("name", "姓名"), Filter("department", "科室")),
    actions=(
        Action("编辑", lambda row: url_for("website_admin.physician_form", physician_id=row.id)),
        Action("预览", lambda row: url_for("website_admin.preview_physician", physician_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_physician", physician_id=row.id),
            post=True,
            confirm="确定删除这位专家的介绍吗？有排班、预约或报告记录的专家将改为不展示。",
            tone="danger",
        ),
    ),
    sort="position",
    key=Physician.id,
    empty="还没有专家介绍",
)


@interface("website.physicians", GET="/pc/physicians", permission=Permission.WEBSITE_WRITE)
def physician_list() -> Page:
    return Page("website/admin/physicians.html", table=PHYSICIANS.load(queries.physicians_for_staff))


@interface("website.new_physician", GET="/pc/physicians/new", permission=Permission.WEBSITE_WRITE)
def new_physician() -> Page:
    form = ShownForm(PhysicianForm, values={"is_shown": True}, help=_HELP)
    return Page("website/admin/physician_form.html", form=form, physician=None, picture_error=picture_error())


@interface(
    "website.add_physician",
    POST="/pc/physicians",
    permission=Permission.WEBSITE_WRITE,
    audit="新增专家介绍",
    form_page=new_physician,
)
def add_physician() -> Done:
    form = read_form(PhysicianForm)
    by = current_staff().actor
    made_id = once(
        "website.add_physician",
        form,
        lambda: str(services.add_physician(_text(form), by=by, picture=new_picture(by) or "").id),
    )
    audit.about(f"physician:{made_id}", form.name)
    return Done("已新增", location=url_for("website_admin.physician_list"), id=int(made_id))


@interface("website.physician", GET="/pc/physicians/<int:physician_id>", permission=Permission.WEBSITE_WRITE)
def physician_form(physician_id: int) -> Page:
    found = queries.get_physician(physician_id)
    form = ShownForm(PhysicianForm, values=values_of(found, PhysicianForm), help=_HELP)
    return Page("website/admin/physician_form.html", form=form, physician=found, picture_error=picture_error())


@interface(
    "website.save_physician",
    POST="/pc/physicians/<int:physician_id>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改专家介绍",
    form_page=physician_form,
)
def save_physician(physician_id: int) -> Done:
    form = read_form(PhysicianForm)
    by = current_staff().actor
    services.change_physician(physician_id, _text(form), seen_version=form.version, by=by, picture=new_picture(by))
    audit.about(f"physician:{physician_id}", form.name)
    return Done("已保存", location=url_for("website_admin.physician_list"))


@interface(
    "website.remove_physician",
    POST="/pc/physicians/<int:physician_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除专家介绍",
)
def remove_physician(physician_id: int) -> Done:
    name = queries.get_physician(physician_id).name
    is_gone = services.remove_physician(physician_id, by=current_staff().actor)
    audit.about(f"physician:{physician_id}", name if is_gone else f"{name}（改为不展示）")
    told = "已删除" if is_gone else f"{name}有排班、预约或报告记录，资料已保留并改为不在主页展示"
    return Done(told, location=url_for("website_admin.physician_list"), is_removed=is_gone)


@interface(
    "website.preview_physician",
    GET="/pc/physicians/<int:physician_id>/preview",
    permission=Permission.WEBSITE_WRITE,
)
def preview_physician(physician_id: int) -> ResponseReturnValue:
    """Show what is saved as patients would see it."""
    return shown.physician(queries.get_physician(physician_id))


@interface(
    "website.try_physician",
    POST="/pc/physicians/<int:physician_id>/preview",
    permission=Permission.WEBSITE_WRITE,
    audit="预览专家介绍",
    form_page=physician_form,
)
def try_physician(physician_id: int) -> ResponseReturnValue:
    """Show what is typed as patients would see it; nothing is saved."""
    form, found = read_form(PhysicianForm), queries.get_physician(physician_id)
    row = services.as_row(_text(form), picture=found.picture, by=current_staff().actor)
    row.id = physician_id
    return shown.physician(row)


_HELP = {
    "title": "如：主任医师、副主任医师、主治医师",
    "academic_titles": "如：教授、博士生导师",
    "position": "数字小的排在前面",
    "good_at": "列表中显示，一两句话",
}


def _text(form: PhysicianForm) -> PhysicianText:
    return PhysicianText(
        form.name,
        form.department,
        form.title,
        form.good_at,
        form.profile,
        form.position,
        form.is_shown,
        form.academic_titles,
    )
