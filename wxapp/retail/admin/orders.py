"""客户管理 / 零售订单: what was sold, and cancelling it (撤单)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.wrappers import Response
from markupsafe import Markup

from wxapp.admin import audit, menu, search, sheets, shell
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import money, read_wire, seconds, text
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.patients.models import Patient
from wxapp.retail import queries
from wxapp.retail.admin.door import STATES, current_cashier, interface
from wxapp.retail.forms import CancelForm, ReceiptForm
from wxapp.retail.models import RetailLine, RetailOrder, RetailStatus
from wxapp.retail.queries import OrderLine
from wxapp.retail.services import selling
from wxapp.till.queries import entries_of, receipts_of
from wxapp.till.receipt_sheets import receipt_sheet
from wxapp.till.services import new_receipt_no
from wxapp.till.services.prints import count_print
from wxapp.till.sold import Line, Sold, tell
from wxapp.visits import plugs
from wxapp.visits.models import Visit

menu.entry("客户管理", "零售订单", "retail_admin.order_list", Permission.RETAIL_SELL, 30)


def order_url(order_no: str) -> str:
    return url_for("retail_admin.order", retail_no=order_no)


def _wire(row: OrderLine) -> dict[str, str]:
    """Return a line as programs know it (contract: retail.order_list)."""
    is_paid = row.status is RetailStatus.PAID
    return {
        "id": text(row.id),
        "type": "1",
        "mid": text(row.patient_id),
        "order_no": row.order_no,
        "good_id": text(row.goods_id),
        "good_name": row.name,
        "good_price": money(row.price_fen),
        "good_num": text(row.count),
        "goods_price": money(row.total_fen),
        "real_price": money(row.total_fen),
        "is_pay": "1" if is_paid else "0",
        "state": "1" if is_paid else "2",
        "create_at": seconds(row.created_at),
    }


ORDERS = Table(
    "retail.orders",
    title="零售订单",
    columns=(
        Column("order_no", "订单号", "code", link=lambda row: order_url(row.order_no)),
        Column("patient", "客户"),
        Column("name", "商品", sort=RetailLine.name),
        Column("price_fen", "单价", "money", sort=RetailLine.price_fen),
        Column("count", "数量", "number", sort=RetailLine.count),
        Column("total_fen", "订单总价", "money", sort=RetailOrder.total_fen),
        Column("seller", "销售人"),
        Column("status", "状态", "badge", badges=STATES),
        Column("created_at", "时间", sort=(RetailOrder.created_at, RetailOrder.id)),
    ),
    filters=(
        Filter("q", "查找", placeholder="订单号、姓名、手机号或病历号，须完整", is_private=True),
        Filter("status", "状态", "choice", choices=[(status.value, status.label) for status in RetailStatus]),
        Filter("since", "从", "day"),
        Filter("until", "到", "day"),
    ),
    actions=(
        Action(
            "撤单",
            lambda row: url_for("retail_admin.cancel_page", order_no=row.order_no),
            Permission.RETAIL_SELL,
            tone="danger",
            when=lambda row: row.is_first and row.status is RetailStatus.PAID,
        ),
    ),
    sort="-created_at",
    key=RetailLine.id,
    make_all=queries.order_lines,
    wire=_wire,
    empty="还没有零售订单",
)


@interface("retail.order_list", GET="/pc/retail/order_list", permission=Permission.RETAIL_SELL, is_wire=True)
def order_list() -> Page:
    """One row for each line of a sale."""
    return Page("retail/admin/orders.html", table=ORDERS.load(queries.lines_for_staff))


@interface("retail.order", GET="/pc/retail/order_list/<retail_no>", permission=Permission.RETAIL_SELL)
def order(retail_no: str) -> Page:
    """A sale with its goods, its payments and its receipts; the look is logged."""
    audit.looked_at("retail", retail_no, "零售订单详情")  # first: its commit would have the rows read a second time
    return Page("retail/admin/order.html", **_shown(*queries.order_with_patient(retail_no)))


def _shown(sale: RetailOrder, patient: Patient) -> dict[str, Any]:
    subject = selling.subject_of(sale.id)
    return {
        "order": sale,
        "lines": list(queries.lines_of(sale.id)),
        "patient": {"id": patient.id, "record_no": patient.record_no, "name": masked_name(patient.name)},
        "payments": [
            {
                "method": entry.method_name,
                "amount_fen": entry.amount_fen,
                "made_at": entry.made_at,
                "voided_at": entry.voided_at,
            }
            for entry in entries_of(subject, include_voided=True)
        ],
        "_receipts": receipts_of(subject),
        "_state": STATES[sale.status],
        "_is_paid": sale.status is RetailStatus.PAID,
    }


@interface(
    "retail.print_receipt",
    POST="/pc/retail/order_list/<retail_no>/receipt",
    permission=Permission.RETAIL_SELL,
    audit="打印零售收据",
    form_page=order,
)
def print_receipt(retail_no: str) -> Page | Response:
    """Show a receipt of this sale as it is printed; each time is counted and logged."""
    form = read_form(ReceiptForm)
    sale = queries.get_order(retail_no)
    if form.receipt_no not in {receipt.no for receipt in receipts_of(selling.subject_of(sale.id))}:
        raise NotFound("没有这张收据")
    printed = count_print(form.receipt_no)
    audit.about(f"receipt:{printed.no}", f"零售{sale.order_no}，第{printed.prints}次，{form.paper.value.upper()}")
    sheet = receipt_sheet(printed, by=current_staff().name)
    return sheets.printed(sheet, form, file_name=f"{printed.act.label}-{printed.no}")


def _sold(order_id: int) -> Sold:
    sale = queries.order_by_id(order_id)
    lines = [Line(line.name, line.price_fen, line.count) for line in queries.lines_of(order_id)]
    return Sold("零售订单", sale.order_no, order_url(sale.order_no), lines, [("合计", sale.total_fen)])


tell(selling.SUBJECT, _sold)


# --- cancelling ------------------------------------------------------------------------------------------------------


@interface("retail.cancel_order.page", GET="/pc/retail/cancel_order", permission=Permission.RETAIL_SELL, is_wire=True)
def cancel_page() -> Page:
    """Ask once more, with what goes back; nothing changes here."""
    order_no = request.form.get("order_no") or request.args.get("order_no", "")
    shown = _shown(*queries.order_with_patient(order_no))
    return Page("retail/admin/cancel.html", _form=ShownForm(CancelForm), **shown)


@interface(
    "retail.cancel_order",
    POST="/pc/retail/cancel_order",
    permission=Permission.RETAIL_SELL,
    audit="零售撤单",
    form_page=cancel_page,
    is_wire=True,
)
def cancel_order() -> Done:
    form = read_wire(CancelForm)
    if "reason" in request.form and not form.reason:  # our page asks; programs send none
        raise Invalid({"reason": "请填写撤单原因"})
    queries.get_order(form.order_no)
    receipt_no, cashier = new_receipt_no(), current_cashier()

    def work() -> str:
        return selling.cancel(form.order_no, receipt_no=receipt_no, cashier=cashier, reason=form.reason).order_no

    once("retail.cancel", form, work)
    audit.about(f"retail:{form.order_no}", form.reason)
    return Done("已撤单，库存已退回，款项按原方式退还", location=order_url(form.order_no))


def _find(text_: str) -> list[search.Hit]:
    found = queries.find_by_number(text_)
    return [search.Hit(found.order_no, order_url(found.order_no), "零售订单")] if found else []


search.register("零售订单", Permission.RETAIL_SELL, _find)


def _panel(visit: Visit) -> Markup:
    """Show a patient's last sales on the page of a visit."""
    return Markup(  # noqa: S704 - made by a template, which escapes
        shell.render(
            "retail/admin/_sales_panel.html",
            {"visit": visit, "sales": queries.last_sales_of(visit.patient_id), "states": STATES},
        )
    )


plugs.panel("retail", Permission.RETAIL_SELL, _panel, 95)
