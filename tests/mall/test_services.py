"""Ordering: every rule, refusal, retry and double press."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.factories.mall import CONTACT, make_goods, make_order
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.mall import queries
from wxapp.mall.errors import GoodsUnavailable, NotRefundable, OutOfStock, PriceChanged, TooManyUnpaid
from wxapp.mall.models import Goods, Order, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import catalogue, ordering, refunds
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.errors import AlreadyPaid, SamePerson
from wxapp.payments.models import Method

STAFF, OTHER = "staff:1", "staff:2"


def stock_of(goods: Goods) -> int:
    return queries.get_goods(goods.id).stock


def place(*wanted: Wanted, key: str = "key-1") -> str:
    return ordering.place_order(wechat_user_id=1, patient_id=1, wanted=wanted, contact=CONTACT, once_key=key)


def pay(order_no: str) -> None:
    """The cashier takes the money."""
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by=STAFF)


# --- placing ---------------------------------------------------------------------------------------------------------


def test_an_order_takes_its_stock_and_waits_for_money(app: Flask) -> None:
    goods = make_goods(stock=5, price_fen=9_900)
    order = queries.get_order(place(Wanted(goods.id, 2, 9_900)))
    assert re.fullmatch(r"N202603021\d{4}", order.no)
    assert (order.status, order.total_fen, stock_of(goods)) == (OrderStatus.AWAITING_PAYMENT, 19_800, 3)
    assert re.fullmatch(r"\d{12}", order.redemption_code)
    assert [(line.goods_name, line.unit_price_fen, line.quantity) for line in order.lines] == [(goods.name, 9_900, 2)]


def test_order_numbers_count_up_from_10001_each_day(app: Flask, at: Callable[[timedelta], None]) -> None:
    goods = make_goods()
    assert make_order(goods) == "N2026030210001"
    assert make_order(goods) == "N2026030210002"
    at(timedelta(days=1))
    assert make_order(goods) == "N2026030310001"


def test_a_second_press_gives_the_same_order(app: Flask) -> None:
    goods = make_goods(stock=5)
    assert len({place(Wanted(goods.id, 2, goods.price_fen)) for _ in range(3)}) == 1
    assert stock_of(goods) == 3


def test_nothing_is_taken_when_one_line_lacks_stock(app: Flask) -> None:
    plenty, scarce = make_goods(stock=9), make_goods(stock=1)
    with pytest.raises(OutOfStock):
        place(Wanted(plenty.id, 1, plenty.price_fen), Wanted(scarce.id, 2, scarce.price_fen))
    assert (stock_of(plenty), stock_of(scarce)) == (9, 1)
    assert db.session.query(Order).count() == 0


def test_another_price_is_told_and_not_charged(app: Flask) -> None:
    goods = make_goods(price_fen=10_000)
    with pytest.raises(PriceChanged):
        place(Wanted(goods.id, 1, 9_999))
    assert stock_of(goods) == 10


def test_what_is_not_on_sale_is_not_sold(app: Flask) -> None:
    goods = make_goods()
    catalogue.put_on_sale(goods.id, is_on_sale=False)
    with pytest.raises(GoodsUnavailable):
        place(Wanted(goods.id, 1, goods.price_fen))
    with pytest.raises(GoodsUnavailable):
        place(Wanted(999_999, 1, 1))


@pytest.mark.parametrize("quantity", [0, -1, 100])
def test_a_quantity_out_of_range_is_refused(app: Flask, quantity: int) -> None:
    goods = make_goods(stock=1000)
    with pytest.raises(Invalid):
        place(Wanted(goods.id, quantity, goods.price_fen))


def test_nobody_hoards_stock_without_paying(app: Flask) -> None:
    goods = make_goods(stock=100)
    for _ in range(5):
        make_order(goods)
    with pytest.raises(TooManyUnpaid):
        make_order(goods)
    make_order(goods, wechat_user_id=2)


# --- what becomes of it ----------------------------------------------------------------------------------------------


def test_cancelling_gives_the_stock_back_once(app: Flask) -> None:
    goods = make_goods(stock=5)
    order_no = make_order(goods, quantity=2)
    for _ in range(2):
        ordering.cancel_order(queries.get_order(order_no), by="wechat:1", reason="用户取消")
    order = queries.get_order(order_no)
    assert (order.status, order.close_reason, stock_of(goods)) == (OrderStatus.CLOSED, "用户取消", 5)


def test_an_order_that_nobody_pays_is_closed_in_time(app: Flask, at: Callable[[timedelta], None]) -> None:
    goods = make_goods(stock=5)
    order_no = make_order(goods)
    at(timedelta(minutes=29))
    payments.close_expired()
    assert queries.get_order(order_no).status is OrderStatus.AWAITING_PAYMENT
    at(timedelta(minutes=2))
    payments.close_expired()
    assert (queries.get_order(order_no).status, stock_of(goods)) == (OrderStatus.CLOSED, 5)


def test_paying_at_the_hospital_waits_for_the_cashier(app: Flask, at: Callable[[timedelta], None]) -> None:
    goods = make_goods(stock=5)
    order_no = make_order(goods)
    payments.choose_at_hospital(queries.get_order(order_no).payment_no, by="wechat:1")
    at(timedelta(days=6))
    payments.close_expired()
    assert queries.get_order(order_no).status is OrderStatus.AWAITING_HOSPITAL
    pay(order_no)
    order = queries.get_order(order_no)
    assert (order.status, order.payment_method, queries.get_goods(goods.id).sales) == (OrderStatus.PAID, "cash", 1)


def test_a_paid_order_can_not_be_cancelled(app: Flask) -> None:
    goods = make_goods(stock=5)
    order_no = make_order(goods)
    pay(order_no)
    with pytest.raises(AlreadyPaid):
        ordering.cancel_order(queries.get_order(order_no), by="wechat:1", reason="用户取消")
    assert (queries.get_order(order_no).status, stock_of(goods)) == (OrderStatus.PAID, 4)


def test_hearing_of_the_money_twice_changes_nothing(app: Flask) -> None:
    goods = make_goods(stock=5)
    order_no = make_order(goods)
    pay(order_no)
    order = queries.get_order(order_no)
    ordering.mark_paid(order_no, payment_no=order.payment_no, amount_fen=1, method="cash", landed_late=False)
    assert (queries.get_goods(goods.id).sales, stock_of(goods)) == (1, 4)


# --- giving back -----------------------------------------------------------------------------------------------------


def paid_order(goods: Goods, quantity: int) -> Order:
    order_no = make_order(goods, quantity=quantity)
    pay(order_no)
    return queries.get_order(order_no)


def refund(order: Order, quantity: int) -> str:
    return refunds.request_refund(order.no, pieces={order.lines[0].id: quantity}, reason="不来了", by=STAFF)


def give_back(refund_no: str) -> None:
    """Another person approves, and the cashier hands the notes over."""
    payments.approve_refund(refund_no, by=OTHER)
    for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
        payments.finish_by_hand(part.id, by=STAFF, way=Method.CASH)


def test_a_part_goes_back_and_the_rest_stays_usable(app: Flask) -> None:
    goods = make_goods(stock=5, price_fen=3_333)
    order = paid_order(goods, 3)
    refund_no = refund(order, 1)
    assert queries.get_order(order.no).status is OrderStatus.REFUNDING
    give_back(refund_no)
    order = queries.get_order(order.no)
    assert (order.status, order.refunded_fen, stock_of(goods)) == (OrderStatus.PAID, 3_333, 3)
    assert queries.get_goods(goods.id).sales == 2


def test_many_parts_end_at_exactly_the_whole(app: Flask) -> None:
    goods = make_goods(stock=5, price_fen=3_333)
    order = paid_order(goods, 3)
    for _ in range(3):
        give_back(refund(order, 1))
    order = queries.get_order(order.no)
    assert (order.status, order.refunded_fen, order.total_fen) == (OrderStatus.REFUNDED, 9_999, 9_999)
    assert (stock_of(goods), queries.get_goods(goods.id).sales) == (5, 0)


def test_one_does_not_approve_one_s_own_refund(app: Flask) -> None:
    order = paid_order(make_goods(), 1)
    refund_no = refund(order, 1)
    with pytest.raises(SamePerson):
        payments.approve_refund(refund_no, by=STAFF)


def test_a_refused_refund_leaves_the_order_as_it_was(app: Flask) -> None:
    goods = make_goods(stock=5)
    order = paid_order(goods, 2)
    payments.reject_refund(refund(order, 2), by=OTHER, reason="已使用")
    order = queries.get_order(order.no)
    assert (order.status, order.refunded_fen, order.lines[0].refunded_quantity, stock_of(goods)) == (
        OrderStatus.PAID,
        0,
        0,
        3,
    )


def test_a_second_refund_waits_for_the_first(app: Flask) -> None:
    order = paid_order(make_goods(), 2)
    refund(order, 1)
    with pytest.raises(NotRefundable):
        refund(order, 1)


@pytest.mark.parametrize("quantity", [-1, 0, 3])
def test_no_more_pieces_go_back_than_were_bought(app: Flask, quantity: int) -> None:
    order = paid_order(make_goods(), 2)
    with pytest.raises(Invalid):
        refund(order, quantity)
    assert queries.get_order(order.no).status is OrderStatus.PAID


def test_an_unpaid_order_has_nothing_to_give_back(app: Flask) -> None:
    order_no = make_order(make_goods())
    order = queries.get_order(order_no)
    with pytest.raises(NotRefundable):
        refund(order, 1)


# --- late money ------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed_order(app: Flask) -> Order:
    goods = make_goods(stock=1)
    order_no = make_order(goods)
    ordering.cancel_order(queries.get_order(order_no), by="wechat:1", reason="用户取消")
    return queries.get_order(order_no)


def arrive_late(order: Order, monkeypatch: pytest.MonkeyPatch, decided: list[str]) -> None:
    monkeypatch.setattr(payments, "take_late", lambda *_, **__: decided.append("taken"))
    monkeypatch.setattr(payments, "refund_late", lambda *_, **__: decided.append("given back"))
    ordering.mark_paid(
        order.no, payment_no=order.payment_no, amount_fen=order.total_fen, method="wechat", landed_late=True
    )


def test_late_money_reopens_the_order_if_its_stock_is_there(
    closed_order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[str] = []
    arrive_late(closed_order, monkeypatch, decided)
    order = queries.get_order(closed_order.no)
    assert (order.status, decided) == (OrderStatus.PAID, ["taken"])
    assert queries.get_goods(order.lines[0].goods_id).stock == 0


def test_late_money_is_taken_also_before_the_closing_is_heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    goods, decided = make_goods(stock=1), list[str]()
    order_no = make_order(goods)
    arrive_late(queries.get_order(order_no), monkeypatch, decided)
    ordering.close_for_unpaid(order_no, reason="超时")
    assert (queries.get_order(order_no).status, decided, stock_of(goods)) == (OrderStatus.PAID, ["taken"], 0)


def test_late_money_goes_back_if_the_stock_is_gone(closed_order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    goods_id = closed_order.lines[0].goods_id
    with transaction():
        queries.get_goods(goods_id).stock = 0
    decided: list[str] = []
    arrive_late(closed_order, monkeypatch, decided)
    assert (queries.get_order(closed_order.no).status, decided) == (OrderStatus.CLOSED, ["given back"])


def test_a_redemption_code_that_is_taken_is_drawn_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    goods = make_goods(stock=5)
    first = queries.get_order(make_order(goods)).redemption_code
    drawn = iter([first, "000000000017"])
    monkeypatch.setattr("wxapp.core.ids.digits", lambda count: next(drawn))
    assert queries.get_order(make_order(goods)).redemption_code == "000000000017"
    db.session.expire_all()
    assert queries.get_goods(goods.id).stock == 3
