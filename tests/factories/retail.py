"""Goods of the counter, and what was sold there."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories.configuration import make_method
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from wxapp.core.db import db, transaction
from wxapp.hospital.models import Method, MethodKind
from wxapp.patients.models import Patient
from wxapp.retail.models import GoodsCategory, RetailGoods, RetailOrder
from wxapp.retail.services import catalogue, selling
from wxapp.retail.services.catalogue import GoodsDraft
from wxapp.retail.services.selling import Wanted
from wxapp.till.queries import receipts_of
from wxapp.till.services import Cashier, Paid, new_receipt_no

_numbers = itertools.count(1)
BY = "system:tests"


def make_goods_category(name: str = "") -> GoodsCategory:
    return catalogue.save_category(
        category_id=None, name=name or f"商品分类{next(_numbers)}", position=100, is_active=True
    )


def make_retail_goods(
    name: str = "", *, category: GoodsCategory | None = None, price_fen: int = 2_000, stock: int = 10
) -> RetailGoods:
    draft = GoodsDraft(
        name=name or f"商品{next(_numbers)}",
        category_id=(category or make_goods_category()).id,
        unit="件",
        price_fen=price_fen,
        is_active=True,
    )
    return catalogue.add_goods(draft, stock=stock, by=BY)


def make_cashier(**over: Any) -> Cashier:
    member = make_member(**over)
    return Cashier(member.id, member.name)


def ways(*names: str) -> dict[str, Method]:
    """Return methods by name; those of the contract's examples unless names are given."""
    kinds = {
        "支付宝": MethodKind.ALIPAY_CODE,
        "微信": MethodKind.WECHAT_CODE,
        "现金": MethodKind.CASH,
        "储值余额": MethodKind.BALANCE,
        "定金": MethodKind.DEPOSIT,
        "分期甲": MethodKind.BANK,
    }
    return {name: make_method(name, kinds[name]) for name in names or ("支付宝", "微信", "现金")}


def wanted(goods: RetailGoods, count: int = 1, **over: Any) -> Wanted:
    values: dict[str, Any] = {"goods_id": goods.id, "count": count, "name": goods.name, "price_fen": goods.price_fen}
    return Wanted(**(values | over))


def sell(
    *lines: Wanted,
    patient: Patient | None = None,
    method: Method,
    cashier: Cashier | None = None,
    amount_fen: int | None = None,
) -> RetailOrder:
    """Sell lines for one payment."""
    total = sum(line.price_fen * line.count for line in lines)
    cashier = cashier or make_cashier()
    return selling.sell(
        order_no=selling.new_order_no(),
        receipt_no=new_receipt_no(),
        patient_id=(patient or make_patient()).id,
        seller_id=cashier.id,
        wanted=lines,
        payments=[Paid(method, total if amount_fen is None else amount_fen)],
        cashier=cashier,
    )


def stock_of(goods: RetailGoods) -> int:
    return int(db.session.scalar(db.select(RetailGoods.stock).where(RetailGoods.id == goods.id)) or 0)


def reprice(goods: RetailGoods, price_fen: int) -> None:
    with transaction():
        goods.price_fen = price_fen


def fill_retail(hospital_patient_id: int) -> dict[str, Any]:
    """A category, goods with a change of their stock, and a sale."""
    category = make_goods_category()
    goods = make_retail_goods(category=category, stock=1_000)
    method = db.session.scalars(db.select(Method).where(Method.kind == MethodKind.CASH)).first() or ways("现金")["现金"]
    patient = db.session.get_one(Patient, hospital_patient_id)
    order = sell(wanted(goods), wanted(goods, 2), patient=patient, method=method)
    return {
        "retail_category_id": category.id,
        "retail_goods_id": goods.id,
        "retail_no": order.order_no,
        "till_receipt_no": receipts_of(selling.subject_of(order.id))[0].no,
    }
