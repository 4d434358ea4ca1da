"""Ordering under a rush. Each guard has a twin that takes it away and must fail."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.mall import make_goods, make_order
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core.db import change, db
from wxapp.core.errors import IllegalTransition
from wxapp.core.ids import Sequence, next_in_day
from wxapp.mall import queries, rules
from wxapp.mall.models import Goods, Order, OrderStatus
from wxapp.mall.services import ordering
from wxapp.payments import services as payments
from wxapp.payments.models import Method

PIECES, BUYERS = 10, 1000


@pytest.fixture
def goods(real_database: Flask) -> tuple[int, int]:
    """Key of goods of which there are ten, and of a patient."""
    with real_database.app_context():
        return make_goods(stock=PIECES).id, make_patient().id


def rush(app: Flask, goods: tuple[int, int], *, buyers: int = BUYERS) -> tuple[dict[str, int], int, int]:
    """Let everybody buy one piece; return what came of it, orders written, and the stock left."""
    goods_id, patient_id = goods

    def buy(buyer: int) -> None:
        make_order(queries.get_goods(goods_id), wechat_user_id=buyer, patient_id=patient_id, key=f"press-{buyer:06d}")

    outcome = crowd(app, [partial(buy, buyer) for buyer in range(1, buyers + 1)])
    with app.app_context():
        orders = db.session.scalar(sa.select(sa.func.count(Order.id))) or 0
        return dict(outcome), orders, queries.get_goods(goods_id).stock


def test_of_a_thousand_buyers_ten_get_one_of_ten_pieces(real_database: Flask, goods: tuple[int, int]) -> None:
    outcome, orders, left = rush(real_database, goods)
    assert outcome == {"done": PIECES, "out_of_stock": BUYERS - PIECES}
    assert (orders, left) == (PIECES, 0)


def test_without_the_condition_more_is_sold_than_there_is(
    real_database: Flask, goods: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_compare_write(column: Any, n: int, *where: Any) -> bool:
        left = db.session.scalar(sa.select(column).where(*where))
        if left < n:
            return False
        return change(sa.update(Goods).where(*where).values(stock=left - n)) == 1

    monkeypatch.setattr(ordering, "take", read_compare_write)
    _outcome, orders, _left = rush(real_database, goods, buyers=200)
    assert orders > PIECES


def test_order_numbers_are_unique_and_without_gaps_of_their_own(real_database: Flask) -> None:
    with real_database.app_context():
        goods_id, patient_id = make_goods(stock=200).id, make_patient().id
    outcome, orders, _left = rush(real_database, (goods_id, patient_id), buyers=100)
    assert (outcome, orders) == ({"done": 100}, 100)
    with real_database.app_context():
        numbers = sorted(db.session.scalars(sa.select(Order.no)))
    assert [int(no[-5:]) for no in numbers] == list(range(10001, 10101))
    assert all(re.fullmatch(r"N\d{8}[1-9]\d{4}", no) for no in numbers)


def test_numbers_that_are_read_and_written_repeat(
    real_database: Flask, goods: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a number that is counted instead of drawn."""

    def counted() -> str:
        last = db.session.scalar(sa.select(sa.func.max(Order.no)))
        return rules.order_number(rules.date(2026, 3, 2), int(last[-5:]) + 1 if last else 10001)

    monkeypatch.setattr(ordering, "_new_order_no", counted)
    with real_database.app_context():
        goods_id, patient_id = make_goods(stock=200).id, make_patient().id
    with pytest.raises(sa.exc.IntegrityError):
        rush(real_database, (goods_id, patient_id), buyers=100)


def test_a_button_pressed_twenty_times_at_once_places_one_order(real_database: Flask, goods: tuple[int, int]) -> None:
    goods_id, patient_id = goods

    def press() -> None:
        make_order(queries.get_goods(goods_id), wechat_user_id=1, patient_id=patient_id, key="the-same-key")

    assert crowd(real_database, [press] * 20) == {"done": 20}
    with real_database.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Order.id))) == 1
        assert queries.get_goods(goods_id).stock == PIECES - 1


def place_at_once(app: Flask, *, orders: int) -> dict[str, int]:
    """Let one WeChat user place so many orders in the same moment, each with a key of its own."""
    with app.app_context():
        goods_id, patient = make_goods(stock=100).id, make_patient()
        patient_id, user_id = patient.id, make_wechat_user(patient=patient).id

    def place(number: int) -> None:
        make_order(
            queries.get_goods(goods_id), wechat_user_id=user_id, patient_id=patient_id, key=f"press-{number:06d}"
        )

    return dict(crowd(app, [partial(place, number) for number in range(orders)]))


def test_orders_of_one_user_at_once_do_not_pass_his_limit(real_database: Flask) -> None:
    assert place_at_once(real_database, orders=24) == {"done": 5, "too_many_unpaid": 19}


def test_without_holding_the_user_the_limit_is_passed(
    real_database: Flask, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin. On SQLite whoever writes is alone, so the count in the transaction is taken away too."""
    if engine_name == "sqlite":
        monkeypatch.setattr(ordering, "_hold_buyer", lambda _user_id: None)
    monkeypatch.setattr("wxapp.mall.services.ordering.users.hold", lambda _user_id: None)
    counted, count = threading.Barrier(8), queries.unpaid_count

    def count_together(wechat_user_id: int) -> int:
        unpaid = count(wechat_user_id)
        with suppress(threading.BrokenBarrierError):  # the last ones may be fewer
            counted.wait(timeout=5)
        return unpaid

    monkeypatch.setattr(queries, "unpaid_count", count_together)
    assert place_at_once(real_database, orders=24)["done"] > 5


def test_of_cancelling_and_paying_at_once_one_wins_and_nothing_is_half(
    real_database: Flask, goods: tuple[int, int]
) -> None:
    goods_id, patient_id = goods
    for _ in range(12):
        with real_database.app_context():
            before = queries.get_goods(goods_id).stock
            order = queries.get_order(make_order(queries.get_goods(goods_id), patient_id=patient_id))
            no, payment_no, total = order.no, order.payment_no, order.total_fen

        def cancel(no: str = no) -> None:
            ordering.cancel_order(queries.get_order(no), by="wechat:1", reason="用户取消")

        def collect(payment_no: str = payment_no, total: int = total) -> None:
            payments.collect(payment_no, [(Method.CASH, total)], by="staff:1")

        outcome = crowd(real_database, [cancel, collect])
        assert outcome["done"] == 1, outcome
        with real_database.app_context():
            order, stock = queries.get_order(no), queries.get_goods(goods_id).stock
            assert (order.status, stock) in [(OrderStatus.PAID, before - 1), (OrderStatus.CLOSED, before)]


def test_of_twenty_clerks_who_close_an_order_one_does(real_database: Flask, goods: tuple[int, int]) -> None:
    goods_id, patient_id = goods
    with real_database.app_context():
        no = make_order(queries.get_goods(goods_id), quantity=3, patient_id=patient_id)

    def close() -> None:
        ordering.close_for_unpaid(no, reason="重复下单")

    crowd(real_database, [close] * 20)
    with real_database.app_context():
        assert queries.get_goods(goods_id).stock == PIECES


def test_without_the_status_in_the_update_stock_comes_back_twice(
    real_database: Flask, goods: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a state machine that trusts what was read. Both clerks have read before either writes."""
    both_have_read = threading.Barrier(2)

    def trusting(_self: Any, row: Any, new: Any, *, by: str, why: str = "", **values: Any) -> None:
        if row.status is OrderStatus.CLOSED:
            raise IllegalTransition
        both_have_read.wait(timeout=30)
        change(sa.update(Order).where(Order.id == row.id).values(status=new, **values))

    monkeypatch.setattr(type(ordering.ORDER), "move", trusting)
    goods_id, patient_id = goods
    with real_database.app_context():
        no = make_order(queries.get_goods(goods_id), quantity=3, patient_id=patient_id)

    def close() -> None:
        ordering.close_for_unpaid(no, reason="重复下单")

    crowd(real_database, [close] * 2)
    with real_database.app_context():
        assert queries.get_goods(goods_id).stock > PIECES


def test_a_sequence_that_begins_under_a_rush_begins_once(real_database: Flask) -> None:
    drawn: list[int] = []
    day = rules.date(2026, 3, 2)
    crowd(real_database, [lambda: drawn.append(next_in_day("new", day, first=1))] * 50)
    assert sorted(drawn) == list(range(1, 51))
    with real_database.app_context():
        assert db.session.scalar(sa.select(Sequence.value).where(Sequence.name == "new:20260302")) == 50
