"""项目设置 / 分类: categories of projects."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, told
from wxapp.hospital.forms import CategoryForm
from wxapp.hospital.models import Category
from wxapp.hospital.services import CategoryText, add_category, change_category

P = Permission.HOSPITAL_WRITE
HELP = {"name": "不能含有逗号", "position": "数字小的排在前面"}

CATEGORIES = Table(
    "hospital.categories",
    title="项目分类",
    columns=(
        Column("name", "分类", link=lambda row: url_for("hospital_admin.category_page", project_category_id=row.id)),
        Column("projects", "启用的项目", "number"),
        Column("position", "排序", "number", sort=Category.position),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("changed_by", "修改人", "actor"),
        Column("changed_at", "修改时间", "moment", sort=Category.changed_at),
    ),
    sort="position",
    key=Category.id,
    empty="还没有分类，请先新增一个",
)


@interface("hospital.categories", GET="/pc/config/project/categories", permission=P)
def category_list() -> Page:
    """All categories."""
    return Page("hospital/admin/categories.html", table=CATEGORIES.load(listings.categories))


@interface("hospital.category_new", GET="/pc/config/project/categories/new", permission=P)
def new_category() -> Page:
    """An empty form."""
    form = ShownForm(CategoryForm, values={"is_active": True}, help=HELP)
    return Page("hospital/admin/category.html", form=form, category=None)


@interface("hospital.category_add", POST="/pc/config/project/categories/new", permission=P,
           audit="新增项目分类", form_page=new_category)  # fmt: skip
def create_category() -> Done:
    """Add a category."""
    form, by = read_form(CategoryForm), current_staff().actor
    made = int(once("hospital.add_category", form, lambda: str(add_category(_text(form), by=by))))
    audit.about(f"hospital_category:{made}", form.name)
    return Done("分类已新增", location=url_for(".category_list"), id=made)


@interface("hospital.category", GET="/pc/config/project/categories/<int:project_category_id>", permission=P)
def category_page(project_category_id: int) -> Page:
    """One category."""
    category = listings.get(Category, project_category_id)
    form = ShownForm(CategoryForm, values=_values(category), help=HELP)
    return Page("hospital/admin/category.html", form=form, category=category)


@interface("hospital.category_change", POST="/pc/config/project/categories/<int:project_category_id>", permission=P,
           audit="修改项目分类", form_page=category_page)  # fmt: skip
def save_category(project_category_id: int) -> Done:
    """Change a category."""
    form = read_form(CategoryForm)
    before = _values(listings.get(Category, project_category_id))
    change_category(project_category_id, _text(form), seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_category:{project_category_id}", told(form, before))
    return Done("分类已保存", location=url_for(".category_list"))


def _values(category: Category) -> dict[str, Any]:
    return {"name": category.name, "position": category.position, "is_active": category.is_active}


def _text(form: CategoryForm) -> CategoryText:
    return CategoryText(form.name, form.position, form.is_active)
