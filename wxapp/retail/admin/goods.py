"""医院配置 / 零售商品: goods, their categories, their stock and the count of it."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm, money_text
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.retail import queries
from wxapp.retail.admin.door import interface
from wxapp.retail.forms import CategoryForm, CountForm, GoodsForm, StockForm
from wxapp.retail.models import GoodsCategory, RetailGoods, StockReason
from wxapp.retail.services import catalogue, stock
from wxapp.retail.services.catalogue import GoodsDraft

menu.entry("医院配置", "零售商品", "retail_admin.goods_list", Permission.RETAIL_WRITE, 80)

ON_SALE = {True: Badge("在售", "green"), False: Badge("停售", "grey")}
ACTIVE = {True: Badge("启用", "green"), False: Badge("停用", "grey")}
REASONS = {
    StockReason.SOLD: Badge("售出", "blue"),
    StockReason.CANCELLED: Badge("撤单退回", "amber"),
    StockReason.RECEIVED: Badge("入库", "green"),
    StockReason.BROKEN: Badge("报损", "red"),
    StockReason.RETURNED: Badge("退回供应商", "amber"),
    StockReason.CORRECTED: Badge("更正", "grey"),
    StockReason.COUNTED: Badge("盘点", "grey"),
}


def category_options() -> list[tuple[str, str]]:
    return [(str(category.id), category.name) for category in queries.all_categories()]


GOODS = Table(
    "retail.goods",
    title="零售商品",
    columns=(
        Column(
            "name",
            "商品名称",
            link=lambda row: url_for("retail_admin.goods_form", retail_goods_id=row.id),
            sort=RetailGoods.name,
        ),
        Column("category", "分类"),
        Column("unit", "单位"),
        Column("price_fen", "售价", "money", sort=RetailGoods.price_fen),
        Column("stock", "库存", "number", sort=RetailGoods.stock),
        Column("is_active", "状态", "badge", badges=ON_SALE),
    ),
    filters=(
        Filter("q", "商品名称"),
        Filter("category", "分类", "choice", choices=category_options),
        Filter("active", "状态", "choice", choices=(("1", "在售"), ("0", "停售"))),
    ),
    actions=(
        Action(
            "编辑",
            lambda row: url_for("retail_admin.goods_form", retail_goods_id=row.id),
            Permission.RETAIL_WRITE,
        ),
    ),
    sort="name",
    key=RetailGoods.id,
    empty="还没有零售商品，请先新增分类，再新增商品",
)

CATEGORIES = Table(
    "retail.categories",
    title="商品分类",
    columns=(
        Column("name", "名称", link=lambda row: url_for("retail_admin.category_form", retail_category_id=row.id)),
        Column("position", "排序", "number", sort=GoodsCategory.position),
        Column("is_active", "状态", "badge", badges=ACTIVE),
    ),
    sort="position",
    key=GoodsCategory.id,
    empty="还没有分类",
    is_exportable=False,
)


# --- goods -----------------------------------------------------------------------------------------------------------


@interface("retail.goods_list", GET="/pc/retail/goods", permission=Permission.RETAIL_WRITE)
def goods_list() -> Page:
    return Page("retail/admin/goods_list.html", table=GOODS.load(queries.goods_for_staff))


@interface("retail.goods_new", GET="/pc/retail/goods/new", permission=Permission.RETAIL_WRITE)
def new_goods_form() -> Page:
    return Page("retail/admin/goods_form.html", form=_goods_form({"is_active": True, "unit": "件"}), goods=None)


def _goods_form(values: dict[str, object]) -> ShownForm:
    return ShownForm(
        GoodsForm,
        values=values,
        options={"category_id": category_options()},
        kinds={"price": "money"},
        help={"name": "名称中不能有英文逗号", "is_active": "停售后不再出现在零售页面，已售出的订单不受影响"},
    )


@interface(
    "retail.goods_add",
    POST="/pc/retail/goods/new",
    permission=Permission.RETAIL_WRITE,
    audit="新增零售商品",
    form_page=new_goods_form,
)
def add_goods() -> Done:
    form = read_form(GoodsForm)
    by = current_staff().actor
    goods_id = int(
        once("retail.add_goods", form, lambda: str(catalogue.add_goods(_draft(form), stock=form.stock, by=by).id))
    )
    audit.about(f"retail_goods:{goods_id}", form.name)
    return Done("商品已添加", location=url_for("retail_admin.goods_form", retail_goods_id=goods_id), id=goods_id)


def _draft(form: GoodsForm) -> GoodsDraft:
    return GoodsDraft(
        name=form.name,
        category_id=form.category_id,
        unit=form.unit,
        price_fen=form.price,
        is_active=form.is_active,
    )


@interface("retail.goods", GET="/pc/retail/goods/<int:retail_goods_id>", permission=Permission.RETAIL_WRITE)
def goods_form(retail_goods_id: int) -> Page:
    """One of the goods, with its stock and why it changed."""
    goods = queries.get_goods(retail_goods_id)
    values = {
        "name": goods.name,
        "category_id": goods.category_id,
        "unit": goods.unit,
        "price": money_text(goods.price_fen),
        "is_active": goods.is_active,
    }
    return Page(
        "retail/admin/goods_form.html",
        goods=goods,
        changes=list(queries.changes_of(goods.id)),
        form=_goods_form(values),
        _stock_form=ShownForm(
            StockForm,
            options={"reason": [(reason.value, reason.label) for reason in stock.BY_STAFF]},
        ),
        _reasons=REASONS,
    )


@interface(
    "retail.goods_change",
    POST="/pc/retail/goods/<int:retail_goods_id>",
    permission=Permission.RETAIL_WRITE,
    audit="修改零售商品",
    form_page=goods_form,
)
def change_goods(retail_goods_id: int) -> Done:
    form = read_form(GoodsForm)
    catalogue.change_goods(retail_goods_id, _draft(form), version=form.version, by=current_staff().actor)
    audit.about(f"retail_goods:{retail_goods_id}", form.name)
    return Done("商品已保存", location=url_for("retail_admin.goods_form", retail_goods_id=retail_goods_id))


@interface(
    "retail.goods_stock",
    POST="/pc/retail/goods/<int:retail_goods_id>/stock",
    permission=Permission.RETAIL_WRITE,
    audit="调整零售库存",
    form_page=goods_form,
)
def change_stock(retail_goods_id: int) -> Done:
    """Book what came in or went out otherwise than by sale."""
    form = read_form(StockForm)
    by = current_staff().actor

    def work() -> str:
        return str(stock.change_stock(retail_goods_id, form.count, form.reason, note=form.note, by=by))

    left = once("retail.change_stock", form, work, goods=retail_goods_id)
    audit.about(f"retail_goods:{retail_goods_id}", f"{form.reason.label}{form.count}，现有{left}")
    return Done(
        f"库存已更新，现有{left}",
        location=url_for("retail_admin.goods_form", retail_goods_id=retail_goods_id),
        stock=int(left),
    )


# --- counting --------------------------------------------------------------------------------------------------------


@interface("retail.count.page", GET="/pc/retail/goods/count", permission=Permission.RETAIL_WRITE)
def count_page() -> Page:
    """What should be on the shelf, to be counted: of a category, or all."""
    text = request.args.get("category", "")
    category_id = int(text) if text in {value for value, _ in category_options()} else None
    return Page(
        "retail/admin/count.html",
        shelf=queries.shelf(category_id=category_id),
        category_id=category_id,
        _categories=queries.active_categories(),
        _form=ShownForm(CountForm),
    )


@interface(
    "retail.count",
    POST="/pc/retail/goods/count",
    permission=Permission.RETAIL_WRITE,
    audit="零售盘点",
    form_page=count_page,
)
def enter_count() -> Done:
    form, counted = _read_count()
    by = current_staff().actor
    wrong = once("retail.count", form, lambda: str(stock.enter_count(counted, note=form.note, by=by)))
    audit.about("retail_goods:盘点", f"盘点{len(counted)}种，{wrong}种有差异")
    return Done(
        f"已盘点{len(counted)}种商品，{wrong}种有差异" if wrong != "0" else f"已盘点{len(counted)}种商品，账实相符",
        location=url_for("retail_admin.goods_list"),
    )


def _read_count() -> tuple[CountForm, list[stock.Counted]]:
    """Return the count: of each of the goods what the page showed and what was counted; blank means not counted."""
    lists = {name: request.form.getlist(name) for name in ("goods", "seen", "counted")}
    if len({len(texts) for texts in lists.values()}) != 1:
        raise Invalid({}, "表单内容不完整，请刷新页面后重新填写")
    chosen = [place for place, text in enumerate(lists["counted"]) if text.strip()]
    kept = request.form.copy()
    for name, texts in lists.items():
        kept.setlist(name, [texts[place] for place in chosen])
    form = read_form(CountForm, kept)
    if not chosen:
        raise Invalid({"counted": "请至少填写一种商品的实盘数量"})
    if len(form.counted) != len(form.goods) or len(form.seen) != len(form.goods):
        raise Invalid({}, "表单内容不完整，请刷新页面后重新填写")
    if any(not 0 <= number <= stock.MOST_STOCK for number in form.counted):
        raise Invalid({"counted": f"实盘数量应为0至{stock.MOST_STOCK}"})
    if len(set(form.goods)) != len(form.goods):
        raise Invalid({"goods": "同一商品填写了两次"})
    rows = zip(form.goods, form.seen, form.counted, strict=True)
    return form, [stock.Counted(goods_id, seen, number) for goods_id, seen, number in rows]


# --- categories ------------------------------------------------------------------------------------------------------


@interface("retail.categories", GET="/pc/retail/goods/categories", permission=Permission.RETAIL_WRITE)
def categories() -> Page:
    """All categories, and a form for a new one."""
    form = ShownForm(CategoryForm, values={"is_active": True})
    return Page("retail/admin/categories.html", table=CATEGORIES.load(queries.categories_for_staff), form=form)


@interface(
    "retail.category_add",
    POST="/pc/retail/goods/categories",
    permission=Permission.RETAIL_WRITE,
    audit="新增零售分类",
    form_page=categories,
)
def add_category() -> Done:
    form = read_form(CategoryForm)
    once("retail.add_category", form, lambda: _save_category(form, None))
    audit.about("retail_category:新增", form.name)
    return Done("分类已添加", location=url_for("retail_admin.categories"))


@interface(
    "retail.category", GET="/pc/retail/goods/categories/<int:retail_category_id>", permission=Permission.RETAIL_WRITE
)
def category_form(retail_category_id: int) -> Page:
    category = queries.get_category(retail_category_id)
    values = {"name": category.name, "position": category.position, "is_active": category.is_active}
    form = ShownForm(CategoryForm, values=values, help={"is_active": "停用后其下商品不再出现在零售页面"})
    return Page("retail/admin/category_form.html", category=category, form=form)


@interface(
    "retail.category_change",
    POST="/pc/retail/goods/categories/<int:retail_category_id>",
    permission=Permission.RETAIL_WRITE,
    audit="修改零售分类",
    form_page=category_form,
)
def change_category(retail_category_id: int) -> Done:
    form = read_form(CategoryForm)
    _save_category(form, retail_category_id)
    audit.about(f"retail_category:{retail_category_id}", form.name)
    return Done("分类已保存", location=url_for("retail_admin.categories"))


def _save_category(form: CategoryForm, category_id: int | None) -> str:
    saved = catalogue.save_category(
        category_id=category_id,
        name=form.name,
        position=form.position,
        is_active=form.is_active,
        version=form.version,
    )
    return str(saved.id)
