"""医技科设置: the five departments of diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, check_roles, role_options, role_words, told
from wxapp.hospital.forms import DepartmentForm
from wxapp.hospital.models import ExamDepartment
from wxapp.hospital.services import DepartmentText, change_department

P = Permission.HOSPITAL_WRITE
HELP = {
    "roles": "不选则所有有上传权限的人都可以",
    "pictures_needed": "少于这个数时提醒，0为不要求",
    "import_folder": "设备把图片存到文件目录下的这个文件夹，系统自动取走；例如 devices/ct",
    "import_pattern": "{number} 代表病历号或到院号，* 代表任意内容；例如 {number}_*.jpg",
    "position": "数字小的排在前面",
}

menu.entry("医院配置", "医技科设置", "hospital_admin.department_list", P, 40)


def _rows(departments: Sequence[ExamDepartment]) -> list[dict[str, Any]]:
    labels = dict(role_options())
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "label": one.label,
            "roles": role_words(one.roles.split(), labels) or "有上传权限的所有人",
            "pictures_needed": one.pictures_needed,
            "for_first_visits": one.for_first_visits,
            "import_folder": one.import_folder,
            "import_pattern": one.import_pattern,
            "is_active": one.is_active,
            "changed_by": one.changed_by,
            "changed_at": one.changed_at,
        }
        for one in departments
    ]


DEPARTMENTS = Table(
    "hospital.departments",
    title="医技科",
    columns=(
        Column(
            "label",
            "科室",
            link=lambda row: url_for("hospital_admin.department_page", department_id=row["id"]),
            below=lambda row: row["kind"],
        ),
        Column("roles", "可以上传"),
        Column("pictures_needed", "需要张数", "number"),
        Column("for_first_visits", "初诊必做", "badge", badges=YES_NO),
        Column("import_folder", "设备导入", below=lambda row: row["import_pattern"]),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("changed_by", "修改人", "actor"),
        Column("changed_at", "修改时间", "moment"),
    ),
    sort="",
    key=(ExamDepartment.position, ExamDepartment.id),
    make_all=_rows,
    empty="还没有医技科，请联系维护人员运行一次“升级数据库”",
)


@interface("hospital.departments", GET="/pc/config/physical", permission=P)
def department_list() -> Page:
    """All departments of diagnostics."""
    return Page("hospital/admin/departments.html", table=DEPARTMENTS.load(listings.departments))


@interface("hospital.department", GET="/pc/config/physical/<int:department_id>", permission=P)
def department_page(department_id: int) -> Page:
    """One department."""
    department = listings.get(ExamDepartment, department_id)
    options = {"roles": role_options()}
    form = ShownForm(DepartmentForm, values=_values(department), options=options, help=HELP)
    return Page("hospital/admin/department.html", form=form, department=department)


@interface("hospital.department_change", POST="/pc/config/physical/<int:department_id>", permission=P,
           audit="修改医技科设置", form_page=department_page)  # fmt: skip
def save_department(department_id: int) -> Done:
    """Change a department."""
    form = read_form(DepartmentForm)
    check_roles(form.roles, "roles")
    before = _values(listings.get(ExamDepartment, department_id))
    text = DepartmentText(
        label=form.label,
        roles=form.roles,
        pictures_needed=form.pictures_needed,
        for_first_visits=form.for_first_visits,
        import_folder=form.import_folder,
        import_pattern=form.import_pattern,
        position=form.position,
        is_active=form.is_active,
    )
    change_department(department_id, text, seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_department:{department_id}", told(form, before, {"roles": role_options()}))
    return Done("医技科设置已保存", location=url_for(".department_list"))


def _values(department: ExamDepartment) -> dict[str, Any]:
    return {
        "label": department.label,
        "roles": department.roles.split(),
        "pictures_needed": department.pictures_needed,
        "for_first_visits": department.for_first_visits,
        "import_folder": department.import_folder,
        "import_pattern": department.import_pattern,
        "position": department.position,
        "is_active": department.is_active,
    }
