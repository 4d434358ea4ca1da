"""Staff pages: projects, what is booked without choosing a physician."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.booking import listings
from wxapp.booking.admin.door import interface
from wxapp.booking.models import Project
from wxapp.booking.services.projects import ProjectText, add_project, change_project
from wxapp.booking.staff_forms import ProjectForm
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages

PROJECTS = Table(
    "booking.projects",
    title="预约项目",
    columns=(
        Column("name", "名称", link=lambda row: url_for("booking_admin.project_form", project_id=row.id)),
        Column("department", "科室"),
        Column("place", "地点"),
        Column("position", "排序", kind="number", sort=Project.position),
        Column(
            "is_shown", "状态", kind="badge", badges={True: Badge("开放预约", "green"), False: Badge("已隐藏", "grey")}
        ),
    ),
    sort="position",
    key=Project.id,
    empty="还没有预约项目",
)
_KINDS = {"notice": "textarea"}
_HELP = {
    "notice": "患者预约前会看到，例如是否需要空腹",
    "place": "排班没有写明地点时使用",
    "position": "数字小的排在前面",
}


def _text_of(form: ProjectForm) -> ProjectText:
    return ProjectText(form.name, form.department, form.place, form.summary, form.notice, form.position, form.is_shown)


@interface("booking.projects", GET="/pc/booking/projects", permission=Permission.BOOKING_READ)
def projects() -> Page:
    """All projects, shown to patients or not."""
    return Page("booking/admin/projects.html", table=PROJECTS.load(listings.projects_for_staff))


@interface("booking.project_new", GET="/pc/booking/projects/new", permission=Permission.ROSTER_WRITE)
def new_project_form() -> Page:
    """An empty form."""
    form = ShownForm(ProjectForm, values={"is_shown": True}, kinds=_KINDS, help=_HELP)
    return Page("booking/admin/project_form.html", form=form, project=None)


@interface(
    "booking.project_add",
    POST="/pc/booking/projects/new",
    permission=Permission.ROSTER_WRITE,
    audit="新增预约项目",
    form_page=new_project_form,
)
def create_project() -> Done:
    """Offer a project."""
    form = read_form(ProjectForm)
    by = current_staff().actor
    project_id = once("booking.add_project", form, lambda: str(add_project(_text_of(form), by=by)))
    forget_public_pages()
    audit.about(f"project:{project_id}", form.name)
    return Done("预约项目已添加", location=url_for("booking_admin.projects"), id=int(project_id))


@interface("booking.project", GET="/pc/booking/projects/<int:project_id>", permission=Permission.BOOKING_READ)
def project_form(project_id: int) -> Page:
    """One project."""
    found = listings.get_project(project_id)
    values = {
        "name": found.name,
        "department": found.department,
        "place": found.place,
        "summary": found.summary,
        "notice": found.notice,
        "position": found.position,
        "is_shown": found.is_shown,
    }
    form = ShownForm(ProjectForm, values=values, kinds=_KINDS, help=_HELP)
    return Page("booking/admin/project_form.html", form=form, project=found)


@interface(
    "booking.project_change",
    POST="/pc/booking/projects/<int:project_id>",
    permission=Permission.ROSTER_WRITE,
    audit="修改预约项目",
    form_page=project_form,
)
def save_project(project_id: int) -> Done:
    """Replace what staff typed."""
    form = read_form(ProjectForm)
    change_project(project_id, _text_of(form), seen_version=form.version, by=current_staff().actor)
    forget_public_pages()
    return Done("预约项目已保存", location=url_for("booking_admin.projects"))


menu.entry("预约", "预约项目", "booking_admin.projects", Permission.BOOKING_READ, 80)
