"""Redeeming under a rush: two nurses, and a refund in the same moment. Each guard has a twin without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import selectinload

from tests.concurrency.crowd import crowd
from tests.factories.mall import make_goods, make_order
from wxapp.core.db import change, db
from wxapp.core.states import StatusChange
from wxapp.mall import queries
from wxapp.mall.models import ItemStatus, Order, OrderItem, OrderStatus
from wxapp.mall.services import items, redemption, refunds
from wxapp.mall.states import ITEM
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_payments
from wxapp.payments.models import Method

NURSES = 20


@pytest.fixture
def order_no(real_database: Flask) -> str:
    """A paid order of one package with three items, the last of which is used: the order moves no more on the way."""
    with real_database.app_context():
        no = make_order(make_goods(items=("血常规", "彩超", "心电图"), price_fen=10_000))
        order = queries.get_order(no)
        payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:1")
        redeem(no, 3, "staff:1")
        return no


def wish(order_no: str, *positions: int) -> dict[tuple[int, int], int]:
    line_id = queries.get_order(order_no).lines[0].id
    return {(line_id, position): 1 for position in positions}


def redeem(order_no: str, position: int, by: str) -> None:
    redemption.redeem(order_no, wished=wish(order_no, position), by=by)


def ask_back(order_no: str, *positions: int) -> None:
    refunds.request_refund(order_no, wished=wish(order_no, *positions), reason="时间有变", by="wechat:1")


def redemptions() -> int:
    """Return how often an item was moved to used."""
    statement = sa.select(sa.func.count(StatusChange.id)).where(
        StatusChange.entity == OrderItem.__tablename__, StatusChange.new == ItemStatus.USED
    )
    return db.session.scalar(statement) or 0


def nurses_at_once(app: Flask, order_no: str) -> tuple[dict[str, int], int]:
    outcome = crowd(app, [partial(redeem, order_no, 1, f"staff:{n}") for n in range(NURSES)])
    with app.app_context():
        return dict(outcome), redemptions() - 1  # the one that was there


def test_of_twenty_nurses_one_redeems_an_item(real_database: Flask, order_no: str) -> None:
    outcome, times = nurses_at_once(real_database, order_no)
    assert (outcome, times) == ({"done": 1, "invalid": NURSES - 1}, 1)


def test_the_condition_alone_redeems_once(real_database: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the held row many see the item open; the condition lets one of them have it."""
    look_together(monkeypatch, count=2)
    outcome = crowd(real_database, [partial(redeem, order_no, 1, f"staff:{n}") for n in (1, 2)], at_once=2)
    with real_database.app_context():
        assert (outcome["done"], redemptions()) == (1, 2)


def test_without_condition_and_held_row_an_item_is_redeemed_twice(
    real_database: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_together(monkeypatch, count=2)
    monkeypatch.setattr(redemption, "ITEM", _Unguarded())
    outcome = crowd(real_database, [partial(redeem, order_no, 1, f"staff:{n}") for n in (1, 2)], at_once=2)
    assert outcome["done"] == 2


class _Unguarded:
    """The move without asking where the item is."""

    def try_move(
        self, model: type[Any], row_id: int, *, old: ItemStatus, new: ItemStatus, by: str, **values: Any
    ) -> bool:
        assert ITEM.allows(old, new)
        return change(sa.update(model).where(model.id == row_id).values(status=new, **values)) == 1


def look_together(monkeypatch: pytest.MonkeyPatch, *, count: int) -> None:
    """Take the held row away, and let all look before anybody writes."""
    meet = threading.Barrier(count)
    together = threading.local()
    open_items: Callable[[int], list[queries.OpenItem]] = queries.open_items

    def read_plainly(order_no: str) -> Order:
        statement = sa.select(Order).where(Order.no == order_no).options(selectinload(Order.lines))
        return db.session.scalars(statement.execution_options(populate_existing=True)).one()

    def look(order_id: int) -> list[queries.OpenItem]:
        seen = open_items(order_id)
        if not getattr(together, "met", False):  # once a thread: who has to repeat does not wait again
            together.met = True
            meet.wait(timeout=20)
        return seen

    monkeypatch.setattr(items, "hold_order", read_plainly)
    monkeypatch.setattr(queries, "open_items", look)


# --- an order ends with its last item --------------------------------------------------------------------------------


def both_items_at_once(app: Flask, order_no: str) -> OrderStatus:
    outcome = crowd(app, [partial(redeem, order_no, 1, "staff:1"), partial(redeem, order_no, 2, "staff:2")], at_once=2)
    assert outcome == {"done": 2}
    with app.app_context():
        return queries.get_order(order_no).status


def test_two_nurses_with_the_last_two_items_finish_the_order(real_database: Flask, order_no: str) -> None:
    assert both_items_at_once(real_database, order_no) is OrderStatus.DONE


def test_without_the_held_row_nobody_finishes_it(
    real_database: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sees the other's item still open."""
    look_together(monkeypatch, count=2)
    item_counts = queries.item_counts
    count_together(monkeypatch)
    assert both_items_at_once(real_database, order_no) is OrderStatus.IN_USE
    with real_database.app_context():
        assert set(item_counts(queries.get_order(order_no).id)) == {ItemStatus.USED}


def count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    meet = threading.Barrier(2)
    item_counts = queries.item_counts

    def count(order_id: int) -> dict[ItemStatus, int]:
        counted = item_counts(order_id)
        meet.wait(timeout=20)
        return counted

    monkeypatch.setattr(queries, "item_counts", count)


# --- a refund in the same moment -------------------------------------------------------------------------------------


@pytest.mark.parametrize("round_no", range(5))
def test_of_redemption_and_refund_exactly_one_wins(real_database: Flask, order_no: str, round_no: int) -> None:
    works = [partial(redeem, order_no, 1, "staff:1"), partial(ask_back, order_no, 1)]
    outcome = crowd(real_database, works[:: 1 if round_no % 2 else -1], at_once=2)
    assert (outcome["done"], sum(outcome.values())) == (1, 2)
    with real_database.app_context():
        order = queries.get_order(order_no)
        counts = queries.item_counts(order.id)
        assert counts.get(ItemStatus.USED, 0) + counts.get(ItemStatus.REFUNDING, 0) == 2
        assert order.status in (OrderStatus.IN_USE, OrderStatus.REFUNDING)
        assert [check.name for check in check_payments() if not check.holds] == []


def redeem_between_look_and_refund(app: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let the one who asks for the money back look before the item is used, and write after it."""
    with app.app_context():
        seen = queries.open_items(queries.get_order(order_no).id)
        redeem(order_no, 1, "staff:1")
    monkeypatch.setattr(queries, "open_items", lambda _order_id: seen)
    return dict(crowd(app, [partial(ask_back, order_no, 1)]))


def test_who_looked_too_early_gets_nothing_back(
    real_database: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert redeem_between_look_and_refund(real_database, order_no, monkeypatch) == {"not_refundable": 1}


def test_without_the_condition_a_used_item_is_paid_back(
    real_database: Flask, order_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refunds, "_set_aside", _set_aside_unguarded)
    assert redeem_between_look_and_refund(real_database, order_no, monkeypatch) == {"done": 1}


def _set_aside_unguarded(chosen: list[queries.OpenItem], refund_no: str) -> None:
    step = sa.update(OrderItem).where(OrderItem.id.in_([item.id for item in chosen]))
    change(step.values(status=ItemStatus.REFUNDING, refund_no=refund_no))


# --- an application in the same moment as its decision ---------------------------------------------------------------


def test_of_taking_back_and_approving_exactly_one_wins(real_database: Flask, order_no: str) -> None:
    with real_database.app_context():
        refund_no = refunds.request_refund(order_no, wished=wish(order_no, 1), reason="a", by="wechat:1")

    def take_back() -> None:
        refunds.withdraw_refund(queries.get_order(order_no), refund_no, by="wechat:1")

    outcome = crowd(real_database, [take_back, partial(payments.approve_refund, refund_no, by="staff:2")], at_once=2)
    assert (outcome["done"], sum(outcome.values())) == (1, 2)
    with real_database.app_context():
        assert [check.name for check in check_payments() if not check.holds] == []


def test_a_refund_asked_for_twenty_times_at_once_is_one(real_database: Flask, order_no: str) -> None:
    outcome = crowd(real_database, [partial(ask_back, order_no, 1, 2)] * 20)
    assert outcome == {"done": 1, "not_refundable": 19}
