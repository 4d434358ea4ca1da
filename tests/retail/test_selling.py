"""Selling at the counter and cancelling: stock, money and sale go together, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_method
from tests.factories.patients import make_patient
from tests.factories.retail import make_cashier, make_retail_goods, reprice, sell, stock_of, wanted, ways
from tests.factories.wallet import make_balance
from wxapp.core.db import db
from wxapp.core.errors import DomainError, Invalid, NotFound
from wxapp.hospital.models import Method
from wxapp.retail import queries
from wxapp.retail.errors import AlreadyCancelled, GoodsOff, OutOfStock, PriceChanged
from wxapp.retail.models import RetailGoods, RetailOrder, RetailStatus, StockChange, StockReason
from wxapp.retail.services import catalogue, selling, stock
from wxapp.till.models import Act
from wxapp.till.queries import entries_of, receipts_of
from wxapp.till.services import Paid, new_receipt_no
from wxapp.wallet.services import balance_of, house_account, invariants

pytestmark = pytest.mark.usefixtures("app", "database")


def cancel(order: RetailOrder, reason: str = "客户退货") -> RetailOrder:
    return selling.cancel(order.order_no, receipt_no=new_receipt_no(), cashier=make_cashier(), reason=reason)


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def changes(goods: RetailGoods) -> list[tuple[int, int, StockReason]]:
    return [(one.change, one.left, one.reason) for one in queries.changes_of(goods.id)]


def test_a_sale_takes_stock_and_money() -> None:
    methods, first, second = ways(), make_retail_goods(price_fen=2_000), make_retail_goods(price_fen=1_050, stock=3)
    cashier, patient = make_cashier(), make_patient()
    order = selling.sell(
        order_no=selling.new_order_no(),
        receipt_no=new_receipt_no(),
        patient_id=patient.id,
        seller_id=cashier.id,
        wanted=[wanted(first, 1), wanted(second, 2)],
        payments=[Paid(methods["支付宝"], 1_000), Paid(methods["微信"], 2_000), Paid(methods["现金"], 1_100)],
        cashier=cashier,
    )
    assert (order.total_fen, order.status, order.seller_name) == (4_100, RetailStatus.PAID, cashier.name)
    assert (stock_of(first), stock_of(second)) == (9, 1)
    assert changes(second)[0] == (-2, 1, StockReason.SOLD)
    lines = queries.lines_of(order.id)
    assert [(line.name, line.price_fen, line.count) for line in lines] == [
        (first.name, 2_000, 1),
        (second.name, 1_050, 2),
    ]
    entries = entries_of(selling.subject_of(order.id))
    assert [(entry.method_name, entry.amount_fen) for entry in entries] == [
        ("支付宝", 1_000),
        ("微信", 2_000),
        ("现金", 1_100),
    ]
    assert balance_of(house_account("house.retail")) == 4_100
    assert all(check.holds for check in invariants())


def test_the_number_is_the_moment_and_four_digits() -> None:
    first, second = selling.new_order_no(), selling.new_order_no()
    assert (len(first), first[:14]) == (18, "20260302100000")
    assert int(second) == int(first) + 1


def test_goods_may_stand_on_two_lines() -> None:
    goods = make_retail_goods(stock=5)
    sell(wanted(goods, 2), wanted(goods, 3), method=ways()["现金"])
    assert stock_of(goods) == 0


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"price_fen": 1_999}, PriceChanged),
        ({"name": "别的商品"}, PriceChanged),
        ({"count": 11}, OutOfStock),
        ({"count": 0}, Invalid),
        ({"goods_id": 10**6}, GoodsOff),
    ],
)
def test_goods_that_are_not_as_shown_are_not_sold(over: dict[str, Any], refusal: type[DomainError]) -> None:
    goods, method = make_retail_goods(), ways()["现金"]
    with pytest.raises(refusal):
        sell(wanted(goods, **over), method=method)
    assert (count(RetailOrder), stock_of(goods), count(StockChange)) == (0, 10, 1)


def test_a_price_that_changes_in_this_moment_is_seen_by_the_stock_itself() -> None:
    goods = make_retail_goods()
    reprice(goods, 3_000)
    with pytest.raises(PriceChanged, match="价格已变化"):
        stock.take_stock(goods.id, 1, price_fen=2_000, note="", by="system:tests")


def test_goods_off_sale_are_not_sold() -> None:
    goods, method = make_retail_goods(), ways()["现金"]
    draft = catalogue.GoodsDraft(goods.name, goods.category_id, "件", goods.price_fen, is_active=False)
    catalogue.change_goods(goods.id, draft, version=1, by="system:tests")
    with pytest.raises(GoodsOff):
        sell(wanted(goods), method=method)
    with pytest.raises(GoodsOff):
        stock.take_stock(goods.id, 1, price_fen=goods.price_fen, note="", by="system:tests")


def test_payments_that_are_not_the_sum_are_refused_and_nothing_is_kept() -> None:
    goods, method = make_retail_goods(), ways()["现金"]
    with pytest.raises(Invalid, match=r"支付合计19\.99元，与应付20\.00元不一致"):
        sell(wanted(goods), method=method, amount_fen=1_999)
    assert stock_of(goods) == 10


def test_nothing_is_sold_without_goods_to_nobody_or_by_nobody() -> None:
    goods, method = make_retail_goods(), ways()["现金"]
    cashier, patient = make_cashier(), make_patient()
    rest: dict[str, Any] = {"payments": [Paid(method, 2_000)], "cashier": cashier, "receipt_no": new_receipt_no()}
    for over, refusal in (
        ({"wanted": []}, Invalid),
        ({"patient_id": 10**6}, NotFound),
        ({"seller_id": 10**6}, Invalid),
    ):
        asked: dict[str, Any] = {"patient_id": patient.id, "seller_id": cashier.id, "wanted": [wanted(goods)]}
        with pytest.raises(refusal):
            selling.sell(order_no=selling.new_order_no(), **rest, **(asked | over))
    assert (stock_of(goods), count(RetailOrder)) == (10, 0)


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [
        ([("定金", 100)], "零售不能使用“定金”支付"),
        ([("分期甲", 100)], "零售不能使用“分期甲”支付"),
        ([("不存在", 100)], "支付方式“不存在”不存在或已停用"),
        ([("现金", 0)], "支付金额应大于0"),
    ],
)
def test_methods_are_those_of_the_counter(amounts: list[tuple[str, int]], sentence: str) -> None:
    ways("现金", "定金", "分期甲")
    with pytest.raises(Invalid, match=sentence):
        selling.read_payments(amounts)


def test_methods_keep_to_what_they_take_at_once() -> None:
    make_method("限额现金", least_fen=100, most_fen=500)
    for fen in (99, 501):
        with pytest.raises(Invalid, match=r"每笔应在1\.00至5\.00元之间"):
            selling.read_payments([("限额现金", fen)])
    assert selling.read_payments([("限额现金", 500)])[0].amount_fen == 500


def test_stored_value_pays_with_the_patient_s_password_only() -> None:
    method, goods = ways("储值余额")["储值余额"], make_retail_goods()
    patient = make_patient(balance_password="739164")
    make_balance(patient.id, 5_000)
    payments = [Paid(method, 2_000)]
    with pytest.raises(Invalid, match="须由客户输入余额密码"):
        selling.check_password(patient.id, payments, "")
    with pytest.raises(DomainError):
        selling.check_password(patient.id, payments, "111222")
    selling.check_password(patient.id, payments, "739164")
    order = sell(wanted(goods), patient=patient, method=method)
    assert stored(patient.id) == 3_000
    cancel(order)
    assert stored(patient.id) == 5_000


def stored(patient_id: int) -> int:
    from wxapp.wallet.services import patient_account

    return balance_of(patient_account(patient_id))


def test_cancelling_gives_stock_and_money_back() -> None:
    goods = make_retail_goods()
    order = sell(wanted(goods, 4), method=ways()["现金"])
    cancelled = cancel(order)
    assert (cancelled.status, cancelled.cancel_reason) == (RetailStatus.CANCELLED, "客户退货")
    assert changes(goods)[0] == (4, 10, StockReason.CANCELLED)
    subject = selling.subject_of(order.id)
    assert entries_of(subject) == []
    assert [(receipt.act, receipt.net_fen) for receipt in receipts_of(subject)] == [
        (Act.RETAIL, 8_000),
        (Act.RETAIL_CANCELLED, -8_000),
    ]
    assert balance_of(house_account("house.retail")) == 0


def test_a_second_cancel_fails_and_gives_nothing_more() -> None:
    goods = make_retail_goods()
    order = sell(wanted(goods, 4), method=ways()["现金"])
    cancel(order)
    with pytest.raises(AlreadyCancelled, match="已撤单"):
        cancel(order)
    assert (stock_of(goods), len(receipts_of(selling.subject_of(order.id)))) == (10, 2)


def test_what_went_off_sale_meanwhile_comes_back_all_the_same() -> None:
    goods = make_retail_goods()
    order = sell(wanted(goods), method=ways()["现金"])
    draft = catalogue.GoodsDraft(goods.name, goods.category_id, "件", 9_900, is_active=False)
    catalogue.change_goods(goods.id, draft, version=1, by="system:tests")
    cancel(order)
    assert stock_of(goods) == 10


def test_renaming_a_method_leaves_what_was_paid_alone() -> None:
    method: Method = ways()["现金"]
    order = sell(wanted(make_retail_goods()), method=method)
    assert entries_of(selling.subject_of(order.id))[0].method_name == "现金"
