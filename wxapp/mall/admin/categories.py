"""Staff pages: the groups of goods."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries
from wxapp.mall.admin.door import NATURES, interface
from wxapp.mall.forms import CategoryForm
from wxapp.mall.models import Category, Nature
from wxapp.mall.services import catalogue

_HELP = {"nature": "医疗服务和药品分类下的商品依法不能参与推广"}

CATEGORIES = Table(
    "mall.categories",
    title="商品分类",
    columns=(
        Column("name", "名称", link=lambda row: url_for("mall_admin.category_form", category_id=row.id)),
        Column("nature", "性质", kind="badge", badges=NATURES),
        Column("position", "排序", kind="number", sort=Category.position),
        Column("is_shown", "显示", kind="badge", badges={True: Badge("显示", "green"), False: Badge("隐藏", "grey")}),
    ),
    sort="position",
    key=Category.id,
)


@interface("mall.categories", GET="/pc/mall/categories", permission=Permission.GOODS_READ)
def categories() -> Page:
    """All categories, and a form for a new one."""
    form = ShownForm(CategoryForm, values={"is_shown": True, "nature": Nature.ORDINARY})
    return Page("mall/admin/categories.html", table=CATEGORIES.load(queries.categories_for_staff), form=form)


@interface(
    "mall.category_add",
    POST="/pc/mall/categories",
    permission=Permission.GOODS_WRITE,
    audit="新增商品分类",
    form_page=categories,
)
def add_category() -> Done:
    form = read_form(CategoryForm)
    once("mall.add_category", form, lambda: _add(form))
    forget_public_pages()
    return Done("分类已添加")


def _add(form: CategoryForm) -> str:
    catalogue.save_category(
        category_id=None, name=form.name, nature=form.nature, position=form.position, is_shown=form.is_shown
    )
    return form.name


@interface("mall.category", GET="/pc/mall/categories/<int:category_id>", permission=Permission.GOODS_READ)
def category_form(category_id: int) -> Page:
    """One category."""
    category = queries.get_category(category_id)
    values = {
        "name": category.name,
        "nature": category.nature,
        "position": category.position,
        "is_shown": category.is_shown,
    }
    form = ShownForm(CategoryForm, values=values, help=_HELP)
    return Page("mall/admin/category_form.html", category=category, form=form)


@interface(
    "mall.category_change",
    POST="/pc/mall/categories/<int:category_id>",
    permission=Permission.GOODS_WRITE,
    audit="修改商品分类",
    form_page=category_form,
)
def change_category(category_id: int) -> Done:
    form = read_form(CategoryForm)
    catalogue.save_category(
        category_id=category_id,
        name=form.name,
        nature=form.nature,
        position=form.position,
        is_shown=form.is_shown,
        version=form.version,
    )
    forget_public_pages()
    return Done("分类已保存", location=url_for("mall_admin.categories"))


menu.entry("商城", "商品分类", "mall_admin.categories", Permission.GOODS_READ, 20)
