"""Staff pages: redeeming items at the hospital (核销), undoing a slip, and who redeemed what."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, menu, presses
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Choices, Filter
from wxapp.admin.identity import actor_name, current_staff, remember_names
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.mall import queries, rules
from wxapp.mall.admin.door import interface
from wxapp.mall.admin.orders import STATES
from wxapp.mall.item_forms import RedeemForm, UndoForm, read_with_items
from wxapp.mall.models import Order, OrderItem
from wxapp.mall.queries import Progress
from wxapp.mall.services import redemption
from wxapp.mall.states import USABLE

LOOK_UPS = Limit("mall.redeem_code", count=60, seconds=60, message="查询核销码过于频繁，请稍后再试")
"""Per member of staff: a code has twelve digits, so that nobody finds one by trying."""

NO_CODE = "没有识别到核销码，请扫描订单二维码，或输入12位数字核销码"
NO_ORDER = "没有这个核销码对应的订单，请核对后重新输入"


def order_by_code(text: str) -> Order:
    """Return the order that a scanned or typed text means.

    :raises NotFound: no code in it, or no order with it
    :raises TooManyRequests: this person has looked up too many
    """
    LOOK_UPS.hit(current_staff().actor)
    code = rules.read_code(text)
    if code is None:
        raise NotFound(NO_CODE)
    found = queries.find_order_by_code(code)
    if found is None:
        raise NotFound(NO_ORDER)
    return found


def redeem_url(order_no: str) -> str:
    return url_for("mall_admin.redeem_page", order_no=order_no)


@interface("mall.redeem", GET="/pc/redeem", permission=Permission.ORDER_REDEEM)
def redeem_field() -> Page | Done:
    """One field for a handheld scanner, a keyboard, or the address that a QR code holds."""
    text = request.args.get("q", "").strip()[:300]
    problem = ""
    if text:
        try:
            found = order_by_code(text)
        except NotFound as refused:
            problem = refused.message
        else:
            return Done("已找到订单", location=redeem_url(found.no), order_no=found.no)
    return Page("mall/admin/redeem_field.html", status=404 if problem else 200, problem=problem, _typed=text)


@interface("mall.order_by_code", GET="/pc/mall/redeem/<code>", permission=Permission.ORDER_READ)
def find_by_code(code: str) -> Done:
    """Where the order's QR code leads a member of staff who scans it.

    :raises NotFound: no order has this code
    """
    found = order_by_code(code)
    page = "mall_admin.redeem_page" if current_staff().may(Permission.ORDER_REDEEM) else "mall_admin.order"
    return Done("已找到订单", location=url_for(page, order_no=found.no), order_no=found.no)


@interface("mall.redeem_order", GET="/pc/redeem/<order_no>", permission=Permission.ORDER_REDEEM)
def redeem_page(order_no: str) -> Page:
    """What of an order is open and used; ticking and one press redeem."""
    looked_at("mall_order", order_no, "核销页面")
    found = queries.get_order(order_no)
    lines = queries.line_items(found)
    progress = Progress.of(lines)
    today = queries.items_used_since(found.id, clock.day_bounds(clock.today())[0])
    remember_names([item.used_by for item in today])
    can_redeem = found.status in USABLE and progress.open > 0
    return Page(
        "mall/admin/redeem.html",
        order_no=found.no,
        state=STATES[found.status].label,
        contact={
            "name": masked_name(found.contact_name),
            "phone": masked_phone(found.contact_phone),
            "id_number": masked_id_number(found.contact_id_number),
        },
        wished_on=found.wished_on,
        remark=found.remark,
        items=[
            {
                "field": group.field,
                "goods": line.line.goods_name,
                "name": group.name,
                "open": group.open,
                "used": group.used,
                "refunding": group.refunding,
                "refunded": group.refunded,
                "used_at": group.used_at,
            }
            for line in lines
            for group in line.groups
        ],
        open=progress.open,
        why_not="" if can_redeem else redemption.WHY_NOT.get(found.status, ""),
        _tone=STATES[found.status].tone,
        _lines=lines,
        _progress=progress,
        _today=[(item, actor_name(item.used_by)) for item in today],
        _undo_form=ShownForm(UndoForm),
    )


@interface(
    "mall.redeem_items",
    POST="/pc/redeem/<order_no>",
    permission=Permission.ORDER_REDEEM,
    audit="核销订单项目",
    form_page=redeem_page,
)
def redeem_items(order_no: str) -> Done:
    """Redeem what was ticked; all of it or nothing."""
    form, wished, _ = read_with_items(RedeemForm, request.form)
    by = current_staff().actor
    told: list[redemption.Redeemed] = []

    def work() -> str:
        told.append(redemption.redeem(order_no, wished=wished, by=by, seen=form.open))
        return "、".join(told[0].names)[:200]

    chosen = ",".join(f"{line_id}:{position}:{count}" for (line_id, position), count in sorted(wished.items()))
    names = presses.once("mall.redeem_items", form, work, order=order_no, items=chosen)
    audit.about(f"mall_order:{order_no}", names)
    left = queries.open_count(order_no)
    rest = f"，还有 {left} 项待使用" if left else "，该订单已全部使用"
    return Done(f"已核销：{names}{rest}", location=redeem_url(order_no), left=left)


def _page_of_item(order_no: str, item_id: int) -> Page:  # noqa: ARG001 - the path has it
    return redeem_page(order_no)


@interface(
    "mall.redeem_undo",
    POST="/pc/redeem/<order_no>/items/<int:item_id>/undo",
    permission=Permission.ORDER_REDEEM,
    audit="撤销核销",
    form_page=_page_of_item,
)
def undo_redemption(order_no: str, item_id: int) -> Done:
    """Take a redemption of today back."""
    form = read_form(UndoForm)
    by = current_staff().actor
    name = presses.once(
        "mall.redeem_undo",
        form,
        lambda: redemption.undo(order_no, item_id, reason=form.reason, by=by),
        order=order_no,
        item=item_id,
    )
    audit.about(f"mall_order:{order_no}", f"{name}，{form.reason}")
    return Done(f"已撤销“{name}”的核销", location=redeem_url(order_no))


# --- who redeemed what -----------------------------------------------------------------------------------------------


def _redeemers() -> Choices:
    found = queries.redeemers()
    remember_names(found)
    return [(one, actor_name(one)) for one in found]


REDEMPTIONS = Table(
    "mall.redemptions",
    title="核销记录",
    columns=(
        Column("used_at", "核销时间", "moment", value=lambda row: row[0].used_at, sort=OrderItem.used_at),
        Column("name", "项目", value=lambda row: row[0].name),
        Column("no", "订单号", "code", value=lambda row: row[1].no, link=lambda row: redeem_url(row[1].no)),
        Column("contact", "预约人", value=lambda row: masked_name(row[1].contact_name)),
        Column("share_fen", "项目金额", "money", value=lambda row: row[0].share_fen, sort=OrderItem.share_fen),
        Column("used_by", "核销人", "actor", value=lambda row: row[0].used_by),
    ),
    filters=(
        Filter("staff", "核销人", "choice", choices=_redeemers),
        Filter("since", "从", "day"),
        Filter("until", "至", "day"),
        Filter("text", "项目或订单号"),
    ),
    sort="-used_at",
    key=OrderItem.id,
    empty="今天还没有核销记录",
)


@interface("mall.redemptions", GET="/pc/redemptions", permission=Permission.ORDER_REDEEM)
def redemptions() -> Page:
    """What was redeemed today, or in the days chosen."""
    return Page("mall/admin/redemptions.html", table=REDEMPTIONS.load(queries.redemptions_for_staff))


menu.entry("订单", "到院核销", "mall_admin.redeem_field", Permission.ORDER_REDEEM, 5)
menu.entry("订单", "核销记录", "mall_admin.redemptions", Permission.ORDER_REDEEM, 15)
