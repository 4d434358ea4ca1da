"""Staff's pages of the categories of articles (资讯分类)."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.website import queries, services
from wxapp.website.admin.door import interface, values_of
from wxapp.website.forms import CategoryForm
from wxapp.website.models import Category

menu.entry("医院主页", "资讯分类", "website_admin.category_list", Permission.WEBSITE_WRITE, 55)

CATEGORIES = Table(
    "website.categories",
    title="资讯分类",
    columns=(
        Column("name", "名称", link=lambda row: url_for("website_admin.category_form", news_category_id=row.id)),
        Column("position", "排序", "number", sort=Category.position),
        Column("changed_at", "修改时间", sort=Category.changed_at),
    ),
    actions=(
        Action("编辑", lambda row: url_for("website_admin.category_form", news_category_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_category", news_category_id=row.id),
            post=True,
            confirm="确定删除这个分类吗？",
            tone="danger",
        ),
    ),
    sort="position",
    key=Category.id,
    empty="还没有分类",
)


@interface("website.categories", GET="/pc/website/categories", permission=Permission.WEBSITE_WRITE)
def category_list() -> Page:
    return Page("website/admin/list.html", table=CATEGORIES.load(queries.categories_for_staff), kind="category")


@interface("website.new_category", GET="/pc/website/categories/new", permission=Permission.WEBSITE_WRITE)
def new_category() -> Page:
    return Page("website/admin/category_form.html", form=ShownForm(CategoryForm, help=_HELP), category=None)


@interface(
    "website.add_category",
    POST="/pc/website/categories",
    permission=Permission.WEBSITE_WRITE,
    audit="新增资讯分类",
    form_page=new_category,
)
def add_category() -> Done:
    form = read_form(CategoryForm)
    by = current_staff().actor
    made_id = once(
        "website.add_category",
        form,
        lambda: str(services.add_category(form.name, position=form.position, by=by)),
    )
    audit.about(f"news_category:{made_id}", form.name)
    return Done("已新增", location=url_for("website_admin.category_list"), id=int(made_id))


@interface("website.category", GET="/pc/website/categories/<int:news_category_id>", permission=Permission.WEBSITE_WRITE)
def category_form(news_category_id: int) -> Page:
    found = queries.get(Category, news_category_id)
    form = ShownForm(CategoryForm, values=values_of(found, CategoryForm), help=_HELP)
    return Page("website/admin/category_form.html", form=form, category=found)


@interface(
    "website.save_category",
    POST="/pc/website/categories/<int:news_category_id>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改资讯分类",
    form_page=category_form,
)
def save_category(news_category_id: int) -> Done:
    form = read_form(CategoryForm)
    services.edit_category(
        news_category_id, form.name, position=form.position, seen_version=form.version, by=current_staff().actor
    )
    audit.about(f"news_category:{news_category_id}", form.name)
    return Done("已保存", location=url_for("website_admin.category_list"))


@interface(
    "website.remove_category",
    POST="/pc/website/categories/<int:news_category_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除资讯分类",
    form_page=category_form,
)
def remove_category(news_category_id: int) -> Done:
    audit.about(f"news_category:{news_category_id}", queries.get(Category, news_category_id).name)
    services.remove_category(news_category_id)
    return Done("已删除", location=url_for("website_admin.category_list"))


_HELP = {"position": "数字小的排在前面"}
