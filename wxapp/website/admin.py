"""Staff's interfaces of the website."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core import files
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.directory import queries, services
from wxapp.directory.models import Physician
from wxapp.directory.services import PhysicianText
from wxapp.h5.kept import forget_public_pages
from wxapp.website.forms import PhysicianForm

blueprint = Interfaces("website", __name__)
interface = blueprint.interface

menu.entry("医院主页", "专家介绍", "website_admin.physician_list", Permission.WEBSITE_WRITE, 10)

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
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_physician", physician_id=row.id),
            post=True,
            confirm="确定删除这位专家的介绍吗？",
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
    return Page("website/admin/physician_form.html", form=form, physician=None, picture_error=_picture_error())


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
        lambda: str(services.add_physician(_text(form), by=by, picture=_new_picture(by) or "").id),
    )
    forget_public_pages()
    audit.about(f"physician:{made_id}", form.name)
    return Done("已新增", location=url_for("website_admin.physician_list"), id=int(made_id))


@interface("website.physician", GET="/pc/physicians/<int:physician_id>", permission=Permission.WEBSITE_WRITE)
def physician_form(physician_id: int) -> Page:
    found = queries.get_physician(physician_id)
    values = {name: getattr(found, name) for name in PhysicianForm.model_fields if name != "form_key"}
    form = ShownForm(PhysicianForm, values=values, help=_HELP)
    return Page("website/admin/physician_form.html", form=form, physician=found, picture_error=_picture_error())


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
    picture = _new_picture(by)
    services.change_physician(physician_id, _text(form), seen_version=form.version, by=by, picture=picture)
    forget_public_pages()
    audit.about(f"physician:{physician_id}", form.name)
    return Done("已保存，主页将在1分钟内更新", location=url_for("website_admin.physician_list"))


@interface(
    "website.remove_physician",
    POST="/pc/physicians/<int:physician_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除专家介绍",
)
def remove_physician(physician_id: int) -> Done:
    audit.about(f"physician:{physician_id}", queries.get_physician(physician_id).name)
    services.remove_physician(physician_id)
    forget_public_pages()
    return Done("已删除", location=url_for("website_admin.physician_list"))


_HELP = {
    "title": "如：主任医师、副主任医师、主治医师",
    "position": "数字小的排在前面",
    "good_at": "列表中显示，一两句话",
}


def _text(form: PhysicianForm) -> PhysicianText:
    return PhysicianText(
        form.name, form.department, form.title, form.good_at, form.profile, form.position, form.is_shown
    )


def _new_picture(by: str) -> str | None:
    """Keep an uploaded picture and return its name; None when there was none."""
    upload = request.files.get("picture")
    if upload is None or not upload.filename:
        return None
    picture = files.read_picture(upload.stream)
    return files.keep_picture(picture, name=upload.filename, by=by).token


def _picture_error() -> str:
    back = refusal()
    return back.errors.get("picture", "") if back else ""
