"""Wherever the power goes off: money, loans, deposits, stock and the visit are as before, and a second try does all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.cashier import make_collected, part
from tests.factories.configuration import make_method, make_methods
from tests.factories.patients import make_patient
from tests.factories.retail import make_retail_goods, wanted
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, make_deposit
from tests.factories.visits import make_visit
from tests.factories.wallet import make_balance
from wxapp.cashier import services
from wxapp.core import idempotency
from wxapp.core.db import db
from wxapp.hospital.models import MethodKind
from wxapp.loans.models import Loan
from wxapp.payments.invariants import check_all
from wxapp.retail.models import RetailGoods, RetailOrder
from wxapp.retail.services import selling
from wxapp.till import services as till
from wxapp.till.models import Deposit, Entry, Receipt
from wxapp.till.services import Paid, new_receipt_no
from wxapp.visits.models import Procedure, Stage, Visit
from wxapp.wallet.models import Account, Transfer

MOST_STATEMENTS = 80


class PowerCut(Exception):
    """Nothing in the program handles this."""


@contextmanager
def power_cut(after: int) -> Iterator[None]:
    """Let so many statements through, and no more."""
    left = after

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal left
        if statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            return
        left -= 1
        if left < 0:
            raise PowerCut

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", count)


def state() -> list[Any]:
    """Return what a half-done thing would leave behind."""
    db.session.rollback()
    counted = [Receipt, Entry, Transfer, Loan, Procedure, RetailOrder, idempotency.IdempotencyRow]
    columns = [Visit.stage, Visit.version, Deposit.left_fen, Account.balance_fen, RetailGoods.stock]
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in counted] + [
        db.session.scalars(sa.select(column).order_by(column.class_.id)).all() for column in columns
    ]


def collecting() -> Callable[[], object]:
    methods, cashier = make_methods(), cashier_of(make_member())
    balance = make_method("储值余额", MethodKind.BALANCE)
    visit = make_visit(stage=Stage.APPROVED, final_fen=2_600)
    make_balance(visit.patient_id, 500)
    make_deposit(300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    parts = [
        part(methods["现金"], 100), part(balance, 500), part(methods["定金"], 300),
        part(methods["分期甲"], 1_200, periods=12), part(methods["分期乙"], 500, periods=6),
    ]  # fmt: skip
    visit_id = visit.id
    return lambda: services.collect(visit_id, parts, by=cashier, receipt_no=new_receipt_no())


def changing() -> Callable[[], object]:
    methods, cashier = make_methods(), cashier_of(make_member())
    balance = make_method("储值余额", MethodKind.BALANCE)
    visit = make_visit(stage=Stage.APPROVED, final_fen=2_000)
    make_balance(visit.patient_id, 500)
    make_deposit(300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    paid = [part(balance, 500), part(methods["定金"], 300), part(methods["分期甲"], 1_200, periods=12)]
    visit_id = make_collected(paid, cashier=cashier, visit=visit).id
    parts = [part(balance, 400), part(methods["定金"], 200), part(methods["分期甲"], 1_400, periods=6)]
    return lambda: services.change_payments(visit_id, parts, by=cashier, receipt_no=new_receipt_no())


def returning() -> Callable[[], object]:
    methods, cashier = make_methods(), cashier_of(make_member())
    visit = make_visit(stage=Stage.APPROVED, final_fen=200)
    deposit = make_deposit(300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    make_collected([part(methods["定金"], 200)], cashier=cashier, visit=visit)
    deposit_id = deposit.id
    return lambda: till.return_deposit(deposit_id, receipt_no=new_receipt_no(), cashier=cashier, reason="取消")


def selling_goods() -> Callable[[], object]:
    methods, cashier = make_methods(), cashier_of(make_member())
    patient, goods = make_patient(), make_retail_goods(price_fen=1_000, stock=5)
    given: dict[str, Any] = {
        "patient_id": patient.id,
        "seller_id": cashier.id,
        "wanted": [wanted(goods, 2)],
        "payments": [Paid(methods["现金"], 500), Paid(methods["微信"], 1_500)],
        "cashier": cashier,
    }
    return lambda: selling.sell(order_no=selling.new_order_no(), receipt_no=new_receipt_no(), **given)


def cancelling() -> Callable[[], object]:
    order, cashier = selling_goods()(), cashier_of(make_member())
    assert isinstance(order, RetailOrder)
    order_no = order.order_no
    return lambda: selling.cancel(order_no, receipt_no=new_receipt_no(), cashier=cashier, reason="退货")


@pytest.mark.parametrize("prepare", [collecting, changing, returning, selling_goods, cancelling])
def test_half_of_it_never_happens(app: Flask, prepare: Callable[[], Callable[[], object]]) -> None:
    work = prepare()
    before = state()
    for statements in range(MOST_STATEMENTS):
        try:
            with power_cut(statements):
                work()
        except PowerCut:
            assert state() == before, f"after {statements} statements"
        else:
            break
    else:
        pytest.fail("it never came to an end")
    assert statements > 5
    assert state() != before
    assert [check.text for check in check_all() if not check.holds] == []
