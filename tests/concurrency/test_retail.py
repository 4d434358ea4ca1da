"""The counter under a rush. Each guard has a twin that takes it away and must fail."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_patient
from tests.factories.retail import BY, make_cashier, make_retail_goods, reprice, wanted, ways
from wxapp.core.db import change, db
from wxapp.core.states import Machine
from wxapp.hospital.models import Method
from wxapp.patients.models import Patient
from wxapp.retail import queries
from wxapp.retail.models import RetailGoods, RetailOrder, RetailStatus, StockChange, StockReason
from wxapp.retail.services import selling, stock
from wxapp.retail.services.stock import Counted
from wxapp.till.models import Entry
from wxapp.till.services import Cashier, Paid, new_receipt_no
from wxapp.wallet.services import balance_of, house_account

PIECES, BUYERS = 10, 50
Shop = tuple[int, int, Cashier, int]


@pytest.fixture
def shop(real_database: Flask) -> Shop:
    """Goods of which there are ten, a patient, who sells, and a method."""
    with real_database.app_context():
        return make_retail_goods(stock=PIECES).id, make_patient().id, make_cashier(), ways("现金")["现金"].id


def buy(shop: Shop, *, count: int = 1, price_fen: int = 2_000) -> str:
    goods_id, patient_id, cashier, method_id = shop
    goods, method = queries.get_goods(goods_id), db.session.get_one(Method, method_id)
    return selling.sell(
        order_no=selling.new_order_no(),
        receipt_no=new_receipt_no(),
        patient_id=patient_id,
        seller_id=cashier.id,
        wanted=[wanted(goods, count, price_fen=price_fen)],
        payments=[Paid(method, price_fen * count)],
        cashier=cashier,
    ).order_no


def rush(app: Flask, shop: Shop) -> tuple[dict[str, int], int, int]:
    """Let everybody buy one piece; return what came of it, sales written, and the stock left."""
    outcome = crowd(app, [partial(buy, shop)] * BUYERS)
    with app.app_context():
        sales = db.session.scalar(sa.select(sa.func.count(RetailOrder.id))) or 0
        return dict(outcome), sales, queries.get_goods(shop[0]).stock


def test_of_fifty_buyers_ten_get_one_of_ten_pieces(real_database: Flask, shop: Shop) -> None:
    outcome, sales, left = rush(real_database, shop)
    assert outcome == {"done": PIECES, "retail_out_of_stock": BUYERS - PIECES}
    assert (sales, left) == (PIECES, 0)
    with real_database.app_context():
        lefts = db.session.scalars(
            sa.select(StockChange.left).where(StockChange.reason == StockReason.SOLD).order_by(StockChange.id)
        ).all()
        assert sorted(lefts) == list(range(PIECES))
        assert balance_of(house_account("house.retail")) == PIECES * 2_000


@pytest.mark.mariadb  # on SQLite whoever writes is alone
def test_without_the_condition_more_is_sold_than_there_is(
    real_database: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_compare_write(column: Any, n: int, *where: Any) -> bool:
        left = db.session.scalar(sa.select(column).where(*where))
        if left is None or left < n:
            return False
        return change(sa.update(RetailGoods).where(*where).values(stock=left - n)) == 1

    monkeypatch.setattr(stock, "take", read_compare_write)
    _outcome, sales, _left = rush(real_database, shop)
    assert sales > PIECES


def test_order_numbers_of_one_second_differ(real_database: Flask) -> None:
    with real_database.app_context():
        shop = make_retail_goods(stock=100).id, make_patient().id, make_cashier(), ways("现金")["现金"].id
    assert crowd(real_database, [partial(buy, shop)] * 60) == {"done": 60}
    with real_database.app_context():
        numbers = set(db.session.scalars(sa.select(RetailOrder.order_no)))
        assert (len(numbers), {len(no) for no in numbers}) == (60, {18})


def cancel(shop: Shop, order_no: str) -> None:
    selling.cancel(order_no, receipt_no=new_receipt_no(), cashier=shop[2], reason="")


def cancelled_at_once(app: Flask, shop: Shop) -> tuple[dict[str, int], int, int]:
    with app.app_context():
        order_no = buy(shop, count=4)
    outcome = crowd(app, [partial(cancel, shop, order_no)] * 20)
    with app.app_context():
        return dict(outcome), queries.get_goods(shop[0]).stock, balance_of(house_account("house.retail"))


def test_of_twenty_who_cancel_one_does(real_database: Flask, shop: Shop) -> None:
    outcome, left, earned = cancelled_at_once(real_database, shop)
    assert outcome == {"done": 1, "retail_already_cancelled": 19}
    assert (left, earned) == (PIECES, 0)


def test_without_asking_for_the_status_again_stock_comes_back_twice(
    real_database: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: everybody saw a sale that was still good; what the till keeps is taken away with it."""
    barrier = threading.Barrier(2)

    def move(_self: Machine[Any], row: Any, new: RetailStatus, **_: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=5)
        change(sa.update(RetailOrder).where(RetailOrder.id == row.id).values(status=new))

    monkeypatch.setattr(Machine, "move", move)
    monkeypatch.setattr(selling, "give_back", lambda **_: None)
    with real_database.app_context():
        order_no = buy(shop, count=4)
    crowd(real_database, [partial(cancel, shop, order_no)] * 2)
    with real_database.app_context():
        assert queries.get_goods(shop[0]).stock == PIECES + 4


def test_a_price_that_rises_during_a_rush_is_paid_by_nobody_at_the_old_one(real_database: Flask, shop: Shop) -> None:
    def raise_price() -> None:
        reprice(queries.get_goods(shop[0]), 3_000)

    outcome = crowd(real_database, [partial(buy, shop)] * 5 + [raise_price] + [partial(buy, shop)] * 20)
    assert set(outcome) <= {"done", "retail_price_changed", "retail_out_of_stock"}
    with real_database.app_context():
        sold = db.session.scalar(sa.select(sa.func.count(RetailOrder.id))) or 0
        taken = db.session.scalar(sa.select(sa.func.sum(Entry.amount_fen))) or 0
        assert (queries.get_goods(shop[0]).stock, taken) == (PIECES - sold, sold * 2_000)


def test_a_count_and_sales_at_once_never_lose_a_piece(real_database: Flask, shop: Shop) -> None:
    def enter() -> None:
        stock.enter_count([Counted(shop[0], PIECES, PIECES - 2)], note="", by=BY)

    outcome = crowd(real_database, [partial(buy, shop)] * 3 + [enter] * 3 + [partial(buy, shop)] * 3)
    assert outcome["done"] + outcome["retail_stock_moved"] == 9
    with real_database.app_context():
        changes = db.session.scalar(sa.select(sa.func.sum(StockChange.change)))
        assert queries.get_goods(shop[0]).stock == changes
        assert db.session.scalar(sa.select(sa.func.count(Patient.id))) == 1
