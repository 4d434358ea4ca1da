"""客户管理 / 零售: the counter at which goods are sold to a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import jsonify, request, url_for
from flask.wrappers import Response

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import refusal
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import check_lengths, money, read_wire, text
from wxapp.core.forms import row_key
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.hospital.models import MethodKind
from wxapp.hospital.queries import methods
from wxapp.patients.models import Patient
from wxapp.patients.queries import find_patients, get_patient
from wxapp.retail import queries
from wxapp.retail.admin.door import current_cashier, interface
from wxapp.retail.forms import SaleForm, ShelfQuery, joined_rows
from wxapp.retail.queries import StockedGoods
from wxapp.retail.services import selling
from wxapp.retail.services.selling import Wanted
from wxapp.till.services import Paid, new_receipt_no


def sell_url(patient_id: int) -> str:
    return url_for("retail_admin.sell_page", id=patient_id)


@dataclass(frozen=True)
class FoundPatient:
    """A patient to be chosen."""

    id: int
    record_no: str
    name: str
    phone: str

    @classmethod
    def of(cls, patient: Patient) -> FoundPatient:
        return cls(patient.id, patient.record_no, masked_name(patient.name), masked_phone(patient.phone))


PATIENTS = Table(
    "retail.patients",
    title="选择客户",
    columns=(
        Column("record_no", "病历号", "code"),
        Column("name", "客户"),
        Column("phone", "手机号"),
    ),
    filters=(Filter("q", "查找客户", placeholder="姓名、手机号或病历号，须完整", is_private=True),),
    actions=(Action("零售", lambda row: sell_url(row.id), Permission.RETAIL_SELL),),
    make=FoundPatient.of,
    empty="请在上方查找客户",
    is_exportable=False,
)


@dataclass(frozen=True)
class ShelfRow:
    """Goods on the selling page, with what was typed there before a refusal."""

    goods: StockedGoods
    count: str


@dataclass(frozen=True)
class MethodRow:
    """A method on the selling page, likewise."""

    name: str
    amount: str


def _patients(q: str) -> Sequence[Patient]:
    return find_patients(q)


@interface("retail.index.page", GET="/pc/retail/index", permission=Permission.RETAIL_SELL, is_wire=True)
def sell_page() -> Page:
    """The shelf and the methods for a patient; without one, the search for a patient."""
    asked = request.form.get("mid") or request.args.get("id", "")
    if not asked:
        return Page("retail/admin/choose.html", table=PATIENTS.load(_patients))
    patient = get_patient(_row(asked))
    back = refusal()
    typed = back.typed if back else None
    counts = dict(zip(typed.getlist("row_goods"), typed.getlist("row_count"), strict=False)) if typed else {}
    amounts = dict(zip(typed.getlist("row_method"), typed.getlist("row_amount"), strict=False)) if typed else {}
    ways = [method for method in methods() if selling.is_taken_at_counter(method)]
    return Page(
        "retail/admin/sell.html",
        info={"mid": str(patient.id), "unum": patient.record_no, "user_name": masked_name(patient.name)},
        categories=[{"id": str(one.id), "name": one.name} for one in queries.active_categories()],
        _shelf=[ShelfRow(goods, counts.get(str(goods.id), "")) for goods in queries.shelf()],
        _methods=[MethodRow(method.name, amounts.get(method.name, "")) for method in ways],
        _takes_balance=any(method.kind is MethodKind.BALANCE for method in ways),
        _sellers=queries.sellers(),
        _seller=(typed.get("developer", "") if typed else "") or str(current_staff().id),
        _errors=list(dict.fromkeys(back.errors.values())) or [back.message] if back else [],
    )


def _row(asked: str) -> int:
    try:
        return row_key(asked)
    except ValueError:
        return 0  # no patient has it


@interface(
    "retail.index.submit",
    POST="/pc/retail/index",
    permission=Permission.RETAIL_SELL,
    audit="零售",
    form_page=sell_page,
    is_wire=True,
)
def sell() -> Done:
    """Sell. Names and prices that were sent are compared with the goods, never believed."""
    form = read_wire(SaleForm, joined_rows(request.form))
    wanted, payments = _wanted(form), _payments(form)
    selling.check_password(form.patient_id, payments, form.balance_password)
    order_no, receipt_no, cashier = selling.new_order_no(), new_receipt_no(), current_cashier()

    def work() -> str:
        sold = selling.sell(
            order_no=order_no,
            receipt_no=receipt_no,
            patient_id=form.patient_id,
            seller_id=form.seller_id,
            wanted=wanted,
            payments=payments,
            cashier=cashier,
        )
        return sold.order_no

    # The password has done its work; what is kept about the press must not be a way to guess it.
    sold_no = once("retail.sell", form.model_copy(update={"balance_password": ""}), work)
    total = money(sum(line.price_fen * line.count for line in wanted))
    audit.about(f"retail:{sold_no}", f"客户{form.patient_id}，{total}元")
    return Done(
        f"零售成功，订单号{sold_no}，实收{total}元",
        location=url_for("retail_admin.order", retail_no=sold_no),
        order_no=sold_no,
    )


def _wanted(form: SaleForm) -> list[Wanted]:
    lists = {"商品id": form.goods_ids, "商品名称": form.names, "商品数量": form.counts, "商品价格": form.prices}
    check_lengths(lists, what="商品")
    rows = zip(form.goods_ids, form.counts, form.names, form.prices, strict=True)
    return [Wanted(goods_id, count, name, price_fen) for goods_id, count, name, price_fen in rows]


def _payments(form: SaleForm) -> list[Paid]:
    check_lengths({"支付方式": form.methods, "支付金额": form.amounts}, what="支付")
    return selling.read_payments(list(zip(form.methods, form.amounts, strict=True)))


@interface(
    "retail.get_cate_goods",
    POST="/pc/retail/get_cate_goods",
    permission=Permission.RETAIL_SELL,
    audit="获取零售商品",
    is_wire=True,
)
def goods_of_category() -> Response:
    """The goods of a category with price and stock, also what is sold out."""
    form = read_wire(ShelfQuery)
    audit.about(f"retail_category:{form.id}")
    found = [
        {
            "id": text(goods.id),
            "goods_title": goods.name,
            "selling_price": money(goods.price_fen),
            "goods_stock": text(goods.stock),
        }
        for goods in queries.goods_of_category(form.id)
    ]
    return jsonify(code=1, msg="ok", list=found)
