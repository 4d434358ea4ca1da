"""Carts, reviews and invoices with many presses at once: the database decides, and each guard has a twin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.mall import CONTACT, fill_cart, make_done_order, make_goods, make_paid_order
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core.db import db
from wxapp.mall import queries, rules
from wxapp.mall.cart_models import CartLine, Invoice, InvoiceTitle, Review, TitleKind
from wxapp.mall.models import Order
from wxapp.mall.rules import Wanted
from wxapp.mall.services import cart, invoices, ordering, reviews
from wxapp.mall.services.invoices import MadeOut
from wxapp.mall.services.reviews import ReviewDraft

pytestmark = pytest.mark.mariadb

MANY = 16
Works = list[Callable[[], object]]


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def drop_key(app: Flask, table: str, key: str, column: str) -> None:
    """Take a unique key away; a foreign key needs an index in its place."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text(f"CREATE INDEX for_the_foreign_key ON {table} ({column})"))
        connection.execute(sa.text(f"DROP INDEX {key} ON {table}"))


@pytest.fixture
def user_id(real_database: Flask) -> int:
    with real_database.app_context():
        return make_wechat_user(patient=make_patient()).id


# --- into the cart ---------------------------------------------------------------------------------------------------


def adding(user_id: int, goods_ids: list[int]) -> Works:
    return [
        partial(cart.add_to_cart, user_id, goods_id=goods_id, quantity=1, once_key=f"press-{number:06d}")
        for number, goods_id in enumerate(goods_ids)
    ]


def let_all_count_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the user for nobody, and let everybody count before anybody writes."""
    together, counted = threading.Barrier(MANY, timeout=20), queries.cart_count

    def count_and_wait(user_id: int) -> int:
        found = counted(user_id)
        together.wait()
        return found

    monkeypatch.setattr(cart, "users", SimpleNamespace(hold=lambda _user_id: None))
    monkeypatch.setattr(cart, "queries", SimpleNamespace(cart_count=count_and_wait))


@pytest.fixture
def goods_ids(real_database: Flask) -> list[int]:
    with real_database.app_context():
        return [make_goods(stock=500).id for _ in range(MANY)]


def test_the_same_goods_from_many_tabs_are_one_line(real_database: Flask, user_id: int, goods_ids: list[int]) -> None:
    assert crowd(real_database, adding(user_id, goods_ids[:1] * MANY)) == {"done": MANY}
    with real_database.app_context():
        assert [card.quantity for card in queries.cart_of(user_id)] == [MANY]


def test_the_unique_key_alone_makes_them_one_line(
    real_database: Flask, user_id: int, goods_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_all_count_first(monkeypatch)
    assert crowd(real_database, adding(user_id, goods_ids[:1] * MANY), at_once=MANY) == {"done": MANY}
    with real_database.app_context():
        assert [card.quantity for card in queries.cart_of(user_id)] == [MANY]


def test_without_the_key_they_are_many_lines(
    real_database: Flask, user_id: int, goods_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    drop_key(real_database, "mall_cart_line", "uq_mall_cart_line_wechat_user_id_goods_id", "wechat_user_id")
    let_all_count_first(monkeypatch)
    crowd(real_database, adding(user_id, goods_ids[:1] * MANY), at_once=MANY)
    assert count(real_database, CartLine) > 1


def test_a_cart_never_holds_more_lines_than_it_may(
    real_database: Flask, user_id: int, goods_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_CART_LINES", 5)
    assert crowd(real_database, adding(user_id, goods_ids)) == {"done": 5, "cart_full": MANY - 5}
    assert count(real_database, CartLine) == 5


def test_without_holding_the_user_a_cart_holds_more(
    real_database: Flask, user_id: int, goods_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    monkeypatch.setattr(rules, "MAX_CART_LINES", 5)
    let_all_count_first(monkeypatch)
    crowd(real_database, adding(user_id, goods_ids), at_once=MANY)
    assert count(real_database, CartLine) > 5


# --- from the cart to the order --------------------------------------------------------------------------------------


def ordering_the_cart(app: Flask, user_id: int) -> Works:
    with app.app_context():
        goods = make_goods(stock=500)
        fill_cart(user_id, goods, quantity=2)
        wanted, patient_id = [Wanted(goods.id, 2, goods.price_fen)], make_patient().id
    return [
        partial(
            ordering.place_order,
            wechat_user_id=user_id,
            patient_id=patient_id,
            wanted=wanted,
            contact=CONTACT,
            once_key=f"press-{number:06d}",
            is_from_cart=True,
        )
        for number in range(MANY)
    ]


def test_a_cart_is_ordered_once_from_however_many_tabs(real_database: Flask, user_id: int) -> None:
    works = ordering_the_cart(real_database, user_id)
    assert crowd(real_database, works) == {"done": 1, "cart_changed": MANY - 1}
    assert (count(real_database, Order), count(real_database, CartLine)) == (1, 0)


def test_without_asking_what_left_the_cart_it_is_ordered_again(
    real_database: Flask, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the lines are taken out, but nobody asks whether they were there."""

    def take_out(wechat_user_id: int, wanted: list[Wanted]) -> None:
        cart.remove(wechat_user_id, [line.goods_id for line in wanted])

    works = ordering_the_cart(real_database, user_id)
    monkeypatch.setattr(ordering, "cart", SimpleNamespace(hand_over=take_out))
    crowd(real_database, works)
    assert count(real_database, Order) > 1


def test_an_order_that_fails_leaves_the_cart_as_it_was(real_database: Flask, user_id: int) -> None:
    works = ordering_the_cart(real_database, user_id)
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE mall_goods SET stock = 1"))
    assert crowd(real_database, works) == {"out_of_stock": MANY}
    assert (count(real_database, Order), count(real_database, CartLine)) == (0, 1)


# --- reviews ---------------------------------------------------------------------------------------------------------


def reviewing(app: Flask) -> Works:
    with app.app_context():
        order_no = make_done_order(make_goods())

    def write(number: int) -> None:
        order = queries.get_order(order_no)
        draft = ReviewDraft(5, f"第{number}次", is_anonymous=True)
        reviews.write_review(
            order, order.lines[0], draft, wechat_user_id=1, by="wechat:1", tokens=(), key=f"press-{number:06d}"
        )

    return [partial(write, number) for number in range(MANY)]


def test_a_line_is_reviewed_once(real_database: Flask) -> None:
    assert crowd(real_database, reviewing(real_database)) == {"done": 1, "already_reviewed": MANY - 1}
    assert count(real_database, Review) == 1


def test_without_the_key_a_line_is_reviewed_often(real_database: Flask) -> None:
    """The twin."""
    drop_key(real_database, "mall_review", "uq_mall_review_order_line_id", "order_line_id")
    crowd(real_database, reviewing(real_database))
    assert count(real_database, Review) > 1


# --- invoices --------------------------------------------------------------------------------------------------------


def asking(orders: list[str], user_id: int) -> Works:
    made_out = MadeOut(TitleKind.PERSONAL, "林小满", "", "lin@example.com", "")

    def ask(number: int, order_no: str) -> None:
        order = queries.get_order(order_no)
        invoices.request_invoice(order, made_out, wechat_user_id=user_id, once_key=f"press-{number:06d}")

    return [partial(ask, number, order_no) for number, order_no in enumerate(orders)]


def test_an_order_gets_one_open_invoice(real_database: Flask, user_id: int) -> None:
    with real_database.app_context():
        order_no = make_paid_order(make_goods())
    assert crowd(real_database, asking([order_no] * MANY, user_id)) == {"done": 1, "invoice_open": MANY - 1}
    assert count(real_database, Invoice) == 1


def test_without_the_key_an_order_gets_many(real_database: Flask, user_id: int) -> None:
    """The twin."""
    with real_database.app_context():
        order_no = make_paid_order(make_goods())
    drop_key(real_database, "mall_invoice", "uq_mall_invoice_open_order_id", "open_order_id")
    crowd(real_database, asking([order_no] * MANY, user_id))
    assert count(real_database, Invoice) > 1


def test_the_same_title_for_many_orders_at_once_is_kept_once(real_database: Flask, user_id: int) -> None:
    with real_database.app_context():
        goods = make_goods(stock=50)
        orders = [make_paid_order(goods) for _ in range(4)]
    assert crowd(real_database, asking(orders, user_id)) == {"done": 4}
    assert (count(real_database, Invoice), count(real_database, InvoiceTitle)) == (4, 1)
