"""The mall's staff pages: goods, categories, orders and asking for refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import request, url_for

from wxapp.admin import dashboard, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.charts import Chart
from wxapp.admin.fields import ShownForm, money_text
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.admin.tables import Action, Table
from wxapp.core import clock, files
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.h5.shell import forget_public_pages
from wxapp.mall import figures, queries, rules
from wxapp.mall.forms import CategoryForm, CloseForm, GoodsForm, PictureForm, StockForm
from wxapp.mall.models import Category, Goods, GoodsKind, Order, OrderStatus
from wxapp.mall.services import catalogue, ordering, refunds
from wxapp.mall.services.catalogue import GoodsDraft

blueprint = Interfaces("mall", __name__)
interface = blueprint.interface

ON_SALE = {True: Badge("在售", "green"), False: Badge("已下架", "grey")}
KINDS = {kind: Badge(kind.label, "blue" if kind is GoodsKind.PACKAGE else "grey") for kind in GoodsKind}
STATES = {
    OrderStatus.AWAITING_PAYMENT: Badge("待付款", "amber"),
    OrderStatus.AWAITING_HOSPITAL: Badge("待到院支付", "amber"),
    OrderStatus.PAID: Badge("待使用", "green"),
    OrderStatus.REFUNDING: Badge("退款中", "red"),
    OrderStatus.REFUNDED: Badge("已退款", "grey"),
    OrderStatus.CLOSED: Badge("已关闭", "grey"),
}


# --- goods -----------------------------------------------------------------------------------------------------------


def _category_choices() -> list[tuple[str, str]]:
    return [(str(category.id), category.name) for category in queries.all_categories()]


GOODS = Table(
    "mall.goods",
    title="商品",
    columns=(
        Column("name", "名称", link=lambda row: url_for("mall_admin.goods_form", goods_id=row.id), sort=Goods.name),
        Column("category", "分类"),
        Column("kind", "类型", kind="badge", badges=KINDS),
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
    "items": "每行一个项目：名称与说明之间用空格隔开，例如“血常规 贫血及感染筛查”",
    "keywords": "患者可能搜索的其他说法，用空格隔开",
    "original_price": "高于售价时以划线价显示；不填则与售价相同",
    "detail_html": "可使用 p、h3、ul、li、strong、table、img 等标签，其余会被自动去除",
    "position": "数字小的排在前面",
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
    goods = catalogue.add_goods(_draft(form), stock=form.stock)
    forget_public_pages()
    return Done("商品已保存，请上传图片", location=url_for("mall_admin.goods_form", goods_id=goods.id), id=goods.id)


def _draft(form: GoodsForm) -> GoodsDraft:
    return GoodsDraft(
        kind=form.kind,
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
        "category_id": goods.category_id,
        "name": goods.name,
        "summary": goods.summary,
        "keywords": goods.keywords,
        "price": money_text(goods.price_fen),
        "original_price": money_text(goods.original_price_fen),
        "audience": goods.audience,
        "items": "\n".join(f"{item.name} {item.purpose}".strip() for item in goods.items),
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
    catalogue.change_stock(goods_id, by_pieces=form.by_pieces)
    forget_public_pages()
    return Done(f"库存已{'增加' if form.by_pieces >= 0 else '减少'}{abs(form.by_pieces)}")


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


# --- categories ------------------------------------------------------------------------------------------------------

CATEGORIES = Table(
    "mall.categories",
    title="商品分类",
    columns=(
        Column("name", "名称", link=lambda row: url_for("mall_admin.category_form", category_id=row.id)),
        Column("position", "排序", kind="number", sort=Category.position),
        Column("is_shown", "显示", kind="badge", badges={True: Badge("显示", "green"), False: Badge("隐藏", "grey")}),
    ),
    sort="position",
    key=Category.id,
)


@interface("mall.categories", GET="/pc/mall/categories", permission=Permission.GOODS_READ)
def categories() -> Page:
    """All categories, and a form for a new one."""
    form = ShownForm(CategoryForm, values={"is_shown": True})
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
    catalogue.save_category(category_id=None, name=form.name, position=form.position, is_shown=form.is_shown)
    forget_public_pages()
    return Done("分类已添加")


@interface("mall.category", GET="/pc/mall/categories/<int:category_id>", permission=Permission.GOODS_READ)
def category_form(category_id: int) -> Page:
    """One category."""
    category = queries.get_category(category_id)
    values = {"name": category.name, "position": category.position, "is_shown": category.is_shown}
    return Page("mall/admin/category_form.html", category=category, form=ShownForm(CategoryForm, values=values))


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
        position=form.position,
        is_shown=form.is_shown,
        version=form.version,
    )
    forget_public_pages()
    return Done("分类已保存", location=url_for("mall_admin.categories"))


# --- orders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderRow:
    """An order as lists show it, the contact masked."""

    no: str
    status: OrderStatus
    goods: str
    total_fen: int
    refunded_fen: int
    contact: str
    method: str
    placed_at: datetime
    wished_on: date | None

    @classmethod
    def of(cls, order: Order) -> OrderRow:
        goods = "、".join(f"{line.goods_name}×{line.quantity}" for line in order.lines)
        contact = f"{masked_name(order.contact_name)} {masked_phone(order.contact_phone)}"
        return cls(
            order.no,
            order.status,
            goods,
            order.total_fen,
            order.refunded_fen,
            contact,
            figures.method_label(order.payment_method),
            order.placed_at,
            order.wished_on,
        )


ORDERS = Table(
    "mall.orders",
    title="商城订单",
    columns=(
        Column(
            "no", "订单号", kind="code", link=lambda row: url_for("mall_admin.order", order_no=row.no), sort=Order.id
        ),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("goods", "商品"),
        Column("total_fen", "金额", kind="money", sort=Order.total_fen),
        Column("contact", "预约人"),
        Column("method", "支付方式"),
        Column("placed_at", "下单时间", kind="moment", sort=Order.placed_at),
        Column("wished_on", "期望日期", kind="day", sort=Order.wished_on),
    ),
    filters=(
        Filter("text", "订单号/核销码/姓名/手机号", is_private=True),
        Filter("status", "状态", kind="choice", choices=[(s.value, s.label) for s in OrderStatus]),
        Filter("since", "下单从", kind="day"),
        Filter("until", "下单至", kind="day"),
    ),
    sort="-no",
    key=Order.id,
    make=OrderRow.of,
    empty="还没有订单",
)


@interface("mall.orders", GET="/pc/mall/orders", permission=Permission.ORDER_READ)
def orders() -> Page:
    """All orders."""
    return Page("mall/admin/orders.html", table=ORDERS.load(queries.orders_for_staff))


@interface("mall.order", GET="/pc/mall/orders/<order_no>", permission=Permission.ORDER_READ)
def order(order_no: str) -> Page:
    """One order with its steps, and what this person may do with it."""
    found = queries.get_order(order_no)
    looked_at("mall_order", found.no, "订单详情")
    staff = current_staff()
    is_unpaid = found.status in (OrderStatus.AWAITING_PAYMENT, OrderStatus.AWAITING_HOSPITAL)
    return Page(
        "mall/admin/order.html",
        order=found,
        lines=found.lines,
        steps=history(found),
        state=STATES[found.status].label,
        tone=STATES[found.status].tone,
        method=figures.method_label(found.payment_method),
        contact={
            "name": masked_name(found.contact_name),
            "phone": masked_phone(found.contact_phone),
        },
        can_collect=is_unpaid and staff.may(Permission.PAYMENT_COLLECT),
        can_close=is_unpaid and staff.may(Permission.ORDER_CLOSE),
        can_refund=found.status is OrderStatus.PAID and staff.may(Permission.REFUND_REQUEST),
        _close_form=ShownForm(CloseForm),
        _states=STATES,
    )


@interface("mall.order_by_code", GET="/pc/mall/redeem/<code>", permission=Permission.ORDER_READ)
def find_by_code(code: str) -> Done:
    """Where the order's QR code leads a member of staff who scans it.

    :raises NotFound: no order has this code
    """
    found = queries.find_order_by_code(code)
    if found is None:
        raise NotFound("没有这个核销码对应的订单")
    return Done("已找到订单", location=url_for("mall_admin.order", order_no=found.no), order_no=found.no)


@interface(
    "mall.order_close",
    POST="/pc/mall/orders/<order_no>/close",
    permission=Permission.ORDER_CLOSE,
    audit="关闭订单",
    form_page=order,
)
def close_order(order_no: str) -> Done:
    """Close an unpaid order."""
    form = read_form(CloseForm)
    ordering.cancel_order(queries.get_order(order_no), by=current_staff().actor, reason=form.reason)
    return Done("订单已关闭，库存已退回", location=url_for("mall_admin.order", order_no=order_no))


@interface(
    "mall.order_refund",
    POST="/pc/mall/orders/<order_no>/refund",
    permission=Permission.REFUND_REQUEST,
    audit="申请退款",
    form_page=order,
)
def request_refund(order_no: str) -> Done:
    """Ask for a refund of some pieces; another person decides on the payments' page."""
    pieces, reason = _read_refund()
    refund_no = refunds.request_refund(order_no, pieces=pieces, reason=reason, by=current_staff().actor)
    return Done(
        "退款已提交，等待另一位同事审核", location=url_for("mall_admin.order", order_no=order_no), refund_no=refund_no
    )


def _read_refund() -> tuple[dict[int, int], str]:
    """Read ``line_<id>`` = pieces and the reason.

    :raises Invalid: a field that is no such thing
    """
    pieces: dict[int, int] = {}
    errors: dict[str, str] = {}
    for key in request.form:
        name, _, line_id = key.partition("line_")
        if name or not line_id:
            continue
        text = request.form[key].strip() or "0"
        if not (line_id.isascii() and line_id.isdigit()) or not (text.isascii() and text.isdigit() and len(text) < 4):
            errors[key] = "件数应为整数"
        else:
            pieces[int(line_id)] = int(text)
    reason = request.form.get("reason", "").strip()
    if not reason:
        errors["reason"] = "请填写退款原因"
    elif len(reason) > 80:
        errors["reason"] = "退款原因不能超过80个字"
    if errors:
        raise Invalid(errors)
    return pieces, reason


# --- plugging in -----------------------------------------------------------------------------------------------------

menu.entry("商城", "商品", "mall_admin.goods_list", Permission.GOODS_READ, 10)
menu.entry("商城", "商品分类", "mall_admin.categories", Permission.GOODS_READ, 20)
menu.entry("订单", "商城订单", "mall_admin.orders", Permission.ORDER_READ, 10)


def _find_orders(text: str) -> list[search.Hit]:
    found = queries.orders_by_number(queries.find_numbers(text, limit=search.MOST))
    return [
        search.Hit(
            order.no,
            url_for("mall_admin.order", order_no=order.no),
            f"{order.status.label} {masked_name(order.contact_name)}",
        )
        for order in found
    ]


search.register("商城订单", Permission.ORDER_READ, _find_orders)


def _orders_today() -> list[dashboard.Card]:
    counts = figures.counts_of_day(clock.today())
    waiting = url_for("mall_admin.orders", status=OrderStatus.AWAITING_HOSPITAL)
    return [
        dashboard.Card(
            "今日订单", str(counts.placed), f"已付款 {counts.paid} 单", url_for("mall_admin.orders"), "receipt"
        ),
        dashboard.Card("待到院支付", str(counts.awaiting_hospital), "等待收银", waiting, "cash"),
        dashboard.Card(
            "库存告急",
            str(counts.nearly_sold_out),
            "少于10件的在售商品",
            url_for("mall_admin.goods_list", sort="stock"),
            "package",
        ),
    ]


def _orders_chart() -> Chart:
    days = figures.last_days(clock.today(), count=14)
    return Chart(
        "近14天订单",
        "line",
        [f"{one.day:%m-%d}" for one in days],
        {"下单": [one.placed for one in days], "付款": [one.paid for one in days]},
        unit="单",
    )


def _best_sellers() -> Chart:
    best = figures.best_sellers(count=8)
    return Chart("热销商品", "bar", [name for name, _ in best], {"销量": [sales for _, sales in best]}, unit="份")


dashboard.dashboard_card(20, Permission.ORDER_READ, _orders_today)
dashboard.dashboard_chart(60, Permission.ORDER_READ, _orders_chart)
dashboard.dashboard_chart(80, Permission.GOODS_READ, _best_sellers)
