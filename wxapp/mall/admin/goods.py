"""Staff pages: goods, their stock and their pictures."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm, money_text
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core import files
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries, rules
from wxapp.mall.admin.door import NATURES, interface
from wxapp.mall.forms import GoodsForm, PictureForm, StockForm
from wxapp.mall.models import Goods, GoodsKind
from wxapp.mall.services import catalogue
from wxapp.mall.services.catalogue import GoodsDraft

ON_SALE = {True: Badge("在售", "green"), False: Badge("已下架", "grey")}
KINDS = {kind: Badge(kind.label, "blue" if kind is GoodsKind.PACKAGE else "grey") for kind in GoodsKind}


def _category_choices() -> list[tuple[str, str]]:
    return [(str(category.id), category.name) for category in queries.all_categories()]


GOODS = Table(
    "mall.goods",
    title="商品",
    columns=(
        Column("name", "名称", link=lambda row: url_for("mall_admin.goods_form", goods_id=row.id), sort=Goods.name),
        Column("category", "分类"),
        Column("kind", "类型", kind="badge", badges=KINDS),
        Column("nature", "性质", kind="badge", badges=NATURES),
        Column("price_fen", "售价", kind="money", sort=Goods.price_fen),
        Column("stock", "库存", kind="number", sort=Goods.stock),
        Column("sales", "销量", kind="number", sort=Goods.sales),
        Column("is_on_sale", "状态", kind="badge", badges=ON_SALE),
        Column("position", "排序", kind="number", sort=Goods.position),
    ),
    filters=(
        Filter("text", "名称或项目"),
        Filter("category", "分类", kind="choice", choices=_category_choices),
        Filter("on_sale", "状态", kind="choice", choices=(("1", "在售"), ("0", "已下架"))),
    ),
    actions=(
        Action("编辑", lambda row: url_for("mall_admin.goods_form", goods_id=row.id), Permission.GOODS_WRITE),
        Action(
            "下架",
            lambda row: url_for("mall_admin.take_off_sale", goods_id=row.id),
            Permission.GOODS_WRITE,
            post=True,
            confirm="下架后患者将不能购买，确定吗？",
            when=lambda row: bool(row.is_on_sale),
        ),
        Action(
            "上架",
            lambda row: url_for("mall_admin.put_on_sale", goods_id=row.id),
            Permission.GOODS_WRITE,
            post=True,
            when=lambda row: not row.is_on_sale,
        ),
    ),
    sort="position",
    key=Goods.id,
    empty="还没有商品",
)


@interface("mall.goods_list", GET="/pc/mall/goods", permission=Permission.GOODS_READ)
def goods_list() -> Page:
    """All goods, on sale or not."""
    return Page("mall/admin/goods_list.html", table=GOODS.load(queries.goods_for_staff))


@interface("mall.goods_new", GET="/pc/mall/goods/new", permission=Permission.GOODS_WRITE)
def new_goods_form() -> Page:
    """An empty form."""
    form = ShownForm(GoodsForm, options={"category_id": _category_choices()}, kinds=_KINDS, help=_HELP)
    return Page("mall/admin/goods_form.html", form=form, goods=None)


_KINDS = {"price": "money", "original_price": "money", "items": "textarea", "detail_html": "textarea"}
_HELP = {
    "items": "每行一个项目：名称与说明之间用空格隔开，例如“血常规 贫血及感染筛查”。部分退款时各项目平分售价；"
    "某项更贵时在行末写份数，例如“胃镜 查胃部病变 ×3”占三份",
    "keywords": "患者可能搜索的其他说法，用空格隔开",
    "original_price": "高于售价时以划线价显示；不填则与售价相同",
    "position": "数字小的排在前面",
    "nature": "医疗服务和药品依法不能参与推广；分类如为医疗服务或药品，其下商品同样不能",
}


@interface(
    "mall.goods_add",
    POST="/pc/mall/goods/new",
    permission=Permission.GOODS_WRITE,
    audit="新增商品",
    form_page=new_goods_form,
)
def add_goods() -> Done:
    """Add goods; pictures follow on their page."""
    form = read_form(GoodsForm)
    goods_id = int(once("mall.add_goods", form, lambda: str(catalogue.add_goods(_draft(form), stock=form.stock).id)))
    forget_public_pages()
    return Done("商品已保存，请上传图片", location=url_for("mall_admin.goods_form", goods_id=goods_id), id=goods_id)


def _draft(form: GoodsForm) -> GoodsDraft:
    return GoodsDraft(
        kind=form.kind,
        nature=form.nature,
        category_id=form.category_id,
        name=form.name,
        summary=form.summary,
        keywords=form.keywords,
        price_fen=form.price,
        original_price_fen=form.original_price or form.price,
        audience=form.audience,
        notice=form.notice,
        detail_html=form.detail_html,
        is_on_sale=form.is_on_sale,
        position=form.position,
        items=rules.read_items(form.items),
    )


@interface("mall.goods", GET="/pc/mall/goods/<int:goods_id>", permission=Permission.GOODS_READ)
def goods_form(goods_id: int) -> Page:
    """One of the goods with form, stock and pictures."""
    goods = queries.get_goods(goods_id)
    values = {
        "kind": goods.kind,
        "nature": goods.nature,
        "category_id": goods.category_id,
        "name": goods.name,
        "summary": goods.summary,
        "keywords": goods.keywords,
        "price": money_text(goods.price_fen),
        "original_price": money_text(goods.original_price_fen),
        "audience": goods.audience,
        "items": "\n".join(rules.item_line(item.name, item.purpose, item.weight) for item in goods.items),
        "notice": goods.notice,
        "detail_html": goods.detail_html,
        "position": goods.position,
        "is_on_sale": goods.is_on_sale,
    }
    form = ShownForm(GoodsForm, values=values, options={"category_id": _category_choices()}, kinds=_KINDS, help=_HELP)
    return Page("mall/admin/goods_form.html", form=form, goods=goods, _stock_form=ShownForm(StockForm))


@interface(
    "mall.goods_change",
    POST="/pc/mall/goods/<int:goods_id>",
    permission=Permission.GOODS_WRITE,
    audit="修改商品",
    form_page=goods_form,
)
def change_goods(goods_id: int) -> Done:
    """Replace what staff typed."""
    form = read_form(GoodsForm)
    catalogue.change_goods(goods_id, _draft(form), version=form.version)
    forget_public_pages()
    return Done("商品已保存", location=url_for("mall_admin.goods_form", goods_id=goods_id))


@interface(
    "mall.goods_stock",
    POST="/pc/mall/goods/<int:goods_id>/stock",
    permission=Permission.GOODS_WRITE,
    audit="调整库存",
    form_page=goods_form,
)
def change_stock(goods_id: int) -> Done:
    """Add to the stock or take from it; orders take theirs at the same time."""
    form = read_form(StockForm)
    once("mall.change_stock", form, lambda: _change_stock(goods_id, form.by_pieces), goods=goods_id)
    forget_public_pages()
    return Done(f"库存已{'增加' if form.by_pieces >= 0 else '减少'}{abs(form.by_pieces)}")


def _change_stock(goods_id: int, by_pieces: int) -> str:
    catalogue.change_stock(goods_id, by_pieces=by_pieces)
    return ""


@interface(
    "mall.goods_on", POST="/pc/mall/goods/<int:goods_id>/on", permission=Permission.GOODS_WRITE, audit="上架商品"
)
def put_on_sale(goods_id: int) -> Done:
    catalogue.put_on_sale(goods_id, is_on_sale=True)
    forget_public_pages()
    return Done("已上架")


@interface(
    "mall.goods_off", POST="/pc/mall/goods/<int:goods_id>/off", permission=Permission.GOODS_WRITE, audit="下架商品"
)
def take_off_sale(goods_id: int) -> Done:
    catalogue.put_on_sale(goods_id, is_on_sale=False)
    forget_public_pages()
    return Done("已下架")


@interface(
    "mall.goods_pictures",
    POST="/pc/mall/goods/<int:goods_id>/pictures",
    permission=Permission.GOODS_WRITE,
    audit="修改商品图片",
    form_page=goods_form,
)
def change_pictures(goods_id: int) -> Done:
    """Add a picture, take one away, or make one the cover."""
    form = read_form(PictureForm)
    tokens = [picture.token for picture in queries.get_goods(goods_id).pictures]
    upload = request.files.get("picture")
    if upload is not None and upload.filename:
        if len(tokens) >= rules.MAX_PICTURES:
            raise Invalid({"picture": f"最多{rules.MAX_PICTURES}张图片"})
        picture = files.read_picture(upload.stream)
        tokens.append(files.keep_picture(picture, name=upload.filename, by=current_staff().actor).token)
    elif form.remove in tokens:
        tokens.remove(form.remove)
    elif form.first in tokens:
        tokens.insert(0, tokens.pop(tokens.index(form.first)))
    else:
        raise Invalid({"picture": "请选择图片"})
    catalogue.arrange_pictures(goods_id, tokens)
    forget_public_pages()
    return Done("图片已更新", location=url_for("mall_admin.goods_form", goods_id=goods_id, _anchor="pictures"))


menu.entry("商城", "商品", "mall_admin.goods_list", Permission.GOODS_READ, 10)
