"""What orders and their money have to agree on; each check is shown to see what it is there for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.mall import make_goods, make_order
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.events import EventRow, EventState
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.services import refunds
from wxapp.payments import services as payments
from wxapp.payments import tasks
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, PaymentOrder

Clock = Callable[[timedelta], None]


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}


def turn(model: type[Any], no: str, **values: object) -> None:
    """Change a row as no use case would."""
    with transaction():
        db.session.execute(sa.update(model).where(model.no == no).values(values))


@pytest.fixture
def paid(app: Flask) -> Order:
    order = queries.get_order(make_order(make_goods(price_fen=10_000), quantity=2))
    payments.collect(order.payment_no, [(Method.CASH, 20_000)], by="staff:1")
    return queries.get_order(order.no)


def test_all_holds_at_every_step_of_an_order(paid: Order, at: Clock) -> None:
    make_order(make_goods())
    assert broken() == set()
    refund_no = refunds.request_refund(paid.no, pieces={paid.lines[0].id: 1}, reason="不想要了", by="staff:1")
    assert broken() == set()
    payments.approve_refund(refund_no, by="staff:2")
    at(timedelta(days=1))
    assert broken() == set()


def test_money_that_its_order_never_heard_of_is_seen(paid: Order, at: Clock) -> None:
    turn(Order, paid.no, status=OrderStatus.AWAITING_PAYMENT)
    assert broken() == set()  # it may be on its way
    at(timedelta(minutes=11))
    assert broken() == {"mall.paid"}
    assert tasks.check_payments() == 1


def test_an_order_without_money_is_seen(app: Flask) -> None:
    turn(Order, make_order(make_goods()), status=OrderStatus.PAID)
    assert broken() == {"mall.paid"}


def test_a_refund_that_its_order_never_heard_of_is_seen(paid: Order) -> None:
    turn(PaymentOrder, paid.payment_no, refunded_fen=10_000)
    assert "mall.refunded" in broken()


def test_a_fact_that_nobody_could_hear_is_seen(app: Flask) -> None:
    now = clock.now()
    with transaction():
        db.session.add(
            EventRow(
                name="PaymentReceived", listener="mall", payload="{}", state=EventState.DEAD, due_at=now,
                created_at=now, last_error="KeyError: goods",
            )
        )  # fmt: skip
    assert broken() == {"events.heard"}
