"""The nightly checks: quiet while all is well, and each finds what it is there for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.retail import make_cashier, make_retail_goods, sell, wanted, ways
from wxapp.core.db import db, transaction
from wxapp.payments.invariants import check_all
from wxapp.retail.models import RetailGoods, RetailOrder, RetailStatus
from wxapp.retail.services import selling
from wxapp.till.services import new_receipt_no

pytestmark = pytest.mark.usefixtures("app", "database")


def broken() -> list[str]:
    return [check.name for check in check_all() if not check.holds]


@pytest.fixture
def orders() -> list[RetailOrder]:
    """A sale that holds, and one that was cancelled."""
    goods, method = make_retail_goods(), ways()["现金"]
    kept, cancelled = sell(wanted(goods, 2), method=method), sell(wanted(goods), method=method)
    selling.cancel(cancelled.order_no, receipt_no=new_receipt_no(), cashier=make_cashier(), reason="")
    make_retail_goods(stock=0)
    return [kept, cancelled]


def alter(statement: sa.Update) -> None:
    with transaction():
        db.session.execute(statement)


def test_after_sales_and_cancelling_all_agrees(orders: list[RetailOrder]) -> None:
    assert broken() == []


def test_a_stock_without_its_reason_is_found(orders: list[RetailOrder]) -> None:
    alter(sa.update(RetailGoods).where(RetailGoods.stock > 0).values(stock=RetailGoods.stock + 1))
    assert broken() == ["retail.stock"]


def test_a_total_that_is_not_that_of_the_lines_is_found(orders: list[RetailOrder]) -> None:
    alter(sa.update(RetailOrder).where(RetailOrder.id == orders[0].id).values(total_fen=1))
    assert broken() == ["retail.lines", "retail.paid"]


@pytest.mark.parametrize(("number", "status"), [(0, RetailStatus.CANCELLED), (1, RetailStatus.PAID)])
def test_a_status_without_its_money_is_found(orders: list[RetailOrder], number: int, status: RetailStatus) -> None:
    alter(sa.update(RetailOrder).where(RetailOrder.id == orders[number].id).values(status=status))
    assert broken() == ["retail.paid"]
