"""State machines: a move happens once, and only from where it was seen."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.mall import make_goods, make_order
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.core.states import history
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.states import ORDER


@pytest.fixture
def order(app: Flask) -> Order:
    return queries.get_order(make_order(make_goods()))


def test_a_move_is_written_down_with_who_and_why(order: Order) -> None:
    with transaction():
        ORDER.move(order, OrderStatus.CLOSED, by="staff:1", why="重复下单")
    assert order.status is OrderStatus.CLOSED
    assert [(step.old, step.new, step.actor, step.reason) for step in history(order)] == [
        ("awaiting_payment", "closed", "staff:1", "重复下单")
    ]


def test_a_move_that_is_not_in_the_table_is_refused(order: Order) -> None:
    with pytest.raises(IllegalTransition), transaction():
        ORDER.move(order, OrderStatus.REFUNDED, by="staff:1")


def test_many_move_together_or_none_does(app: Flask) -> None:
    goods = make_goods(stock=5)
    rows = [queries.get_order(make_order(goods, wechat_user_id=number)) for number in (1, 2)]
    move = partial(ORDER.move_all, Order, old=OrderStatus.AWAITING_PAYMENT, by="staff:1", why="重复下单")
    with pytest.raises(IllegalTransition), transaction():
        move([row.id for row in rows], new=OrderStatus.REFUNDED)
    with pytest.raises(IllegalTransition), transaction():
        move([rows[0].id, rows[1].id + 1], new=OrderStatus.CLOSED)
    assert [history(row) for row in rows] == [[], []]
    with transaction():
        move([row.id for row in rows], new=OrderStatus.CLOSED, close_reason="重复")
    db.session.expire_all()
    assert [(row.status, row.close_reason) for row in rows] == [(OrderStatus.CLOSED, "重复")] * 2
    assert [(step.new, step.actor, step.reason) for row in rows for step in history(row)] == [
        ("closed", "staff:1", "重复下单")
    ] * 2


def test_of_two_who_saw_the_same_status_one_moves(order: Order) -> None:
    with pytest.raises(IllegalTransition), transaction():
        assert order.status is OrderStatus.AWAITING_PAYMENT
        change(sa.update(Order).where(Order.id == order.id).values(status=OrderStatus.PAID))  # somebody else
        ORDER.move(order, OrderStatus.CLOSED, by="staff:1")
