"""Changing payments: what is put right touches nothing else, whatever has become of methods and accounts since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.cashier import make_collected, part
from tests.factories.configuration import make_method, make_methods
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, house, make_deposit
from tests.factories.visits import make_visit
from tests.factories.wallet import make_balance
from wxapp.cashier import services
from wxapp.cashier.errors import PasswordMissing
from wxapp.cashier.services import Part
from wxapp.core import clock
from wxapp.core.db import change, transaction
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Method, MethodKind
from wxapp.loans import queries as loans
from wxapp.loans.models import Loan, LoanStatus
from wxapp.payments.invariants import check_all
from wxapp.till import queries as till
from wxapp.till.errors import DepositGone, DepositTooSmall
from wxapp.till.models import Receipt
from wxapp.till.queries import deposit_left
from wxapp.till.services import Cashier, new_receipt_no, return_deposit
from wxapp.visits.models import Stage, Visit
from wxapp.wallet.services import patient_account, patient_balance, set_frozen, statement_of


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


@pytest.fixture
def cashier(app: Flask) -> Cashier:
    return cashier_of(make_member())


def change_to(visit: Visit, *parts: Part, by: Cashier, **over: Any) -> Receipt | None:
    return services.change_payments(visit.id, parts, by=by, receipt_no=new_receipt_no(), **over)


def booked(visit: Visit) -> list[tuple[str, int]]:
    return [(entry.method_name, entry.amount_fen) for entry in till.entries_of(f"visit:{visit.id}")]


def broken() -> set[str]:
    return {check.text for check in check_all() if not check.holds}


def set_method(method: Method, **values: Any) -> None:
    with transaction():
        change(sa.update(Method).where(Method.id == method.id).values(**values))


# --- loans -----------------------------------------------------------------------------------------------------------


def test_of_two_loans_that_are_alike_the_one_being_repaid_stays(
    methods: Mapping[str, Method], cashier: Cashier
) -> None:
    twin = part(methods["分期甲"], 1_200, periods=12)
    visit = make_collected([twin, twin], cashier=cashier)
    _first, second = loans.loans_of(visit.id)
    with transaction():
        change(sa.update(Loan).where(Loan.id == second.id).values(repaid_fen=100))
    change_to(visit, twin, part(methods["现金"], 1_200), by=cashier)
    statuses = {loan.id: loan.status for loan in loans.loans_of(visit.id, include_voided=True)}
    assert statuses == {_first.id: LoanStatus.VOIDED, second.id: LoanStatus.OPEN}


def test_a_loan_with_other_terms_begins_when_the_one_it_replaces_began(
    methods: Mapping[str, Method], cashier: Cashier, at: Callable[[str | timedelta], None]
) -> None:
    visit = make_collected([part(methods["分期甲"], 1_200, periods=12), part(methods["现金"], 600)], cashier=cashier)
    begun = clock.today()
    at(timedelta(days=40))
    change_to(
        visit,
        part(methods["分期甲"], 1_200, periods=6, day=31),
        part(methods["分期乙"], 600, periods=6),
        by=cashier,
    )
    corrected, new = loans.loans_of(visit.id)
    assert (corrected.begins_on, new.begins_on) == (begun, clock.today())
    due = loans.instalments_of([corrected.id])[corrected.id][0].due_on
    assert (due.year, due.month) == _month_after(begun)
    assert broken() == set()


def test_a_loan_for_another_price_is_lent_today(
    methods: Mapping[str, Method], cashier: Cashier, at: Callable[[str | timedelta], None]
) -> None:
    visit = make_collected([part(methods["分期甲"], 1_200, periods=12)], cashier=cashier)
    at(timedelta(days=40))
    with transaction():
        change(sa.update(Visit).where(Visit.id == visit.id).values(stage=Stage.COLLECT_AGAIN, final_fen=2_400))
    change_to(visit, part(methods["分期甲"], 2_400, periods=12), by=cashier)
    [loan] = loans.loans_of(visit.id)
    assert loan.begins_on == clock.today()


def _month_after(day: date) -> tuple[int, int]:
    return (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)


def test_another_remark_on_a_loan_is_no_reason_for_a_receipt(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["分期甲"], 1_200, periods=12)], cashier=cashier)
    assert change_to(visit, part(methods["分期甲"], 1_200, periods=12, remark="另记"), by=cashier) is None
    assert len(till.receipts_of(f"visit:{visit.id}")) == 1


# --- stored value ----------------------------------------------------------------------------------------------------


def paid_by_balance(methods: Mapping[str, Method], cashier: Cashier) -> tuple[Visit, Method]:
    balance = make_method("储值余额", MethodKind.BALANCE)
    visit = make_visit(stage=Stage.APPROVED, final_fen=1_000)
    make_balance(visit.patient_id, 800)
    return make_collected([part(balance, 500), part(methods["现金"], 500)], cashier=cashier, visit=visit), balance


def test_a_frozen_account_does_not_hinder_that_something_else_is_put_right(
    methods: Mapping[str, Method], cashier: Cashier
) -> None:
    visit, balance = paid_by_balance(methods, cashier)
    account = patient_account(visit.patient_id)
    set_frozen(account, True)
    before = len(statement_of(account))
    receipt = change_to(visit, part(balance, 500), part(methods["微信"], 500), by=cashier)
    assert receipt is not None
    assert (receipt.net_fen, booked(visit)) == (0, [("储值余额", 500), ("微信", 500)])
    assert (patient_balance(visit.patient_id), len(statement_of(account))) == (300, before)
    assert broken() == set()


def test_stored_value_pays_no_more_unless_the_patient_confirms(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit, balance = paid_by_balance(methods, cashier)
    more = [part(balance, 600), part(methods["现金"], 400)]
    with pytest.raises(PasswordMissing):
        change_to(visit, *more, by=cashier)
    less = [part(balance, 400), part(methods["现金"], 600)]
    change_to(visit, *less, by=cashier)
    with pytest.raises(PasswordMissing):  # the page saw 500 paid; somebody else has given 100 back meanwhile
        change_to(visit, part(balance, 500), part(methods["现金"], 500), by=cashier)
    change_to(visit, *more, by=cashier, has_password=True)
    assert patient_balance(visit.patient_id) == 200
    assert broken() == set()


# --- deposits --------------------------------------------------------------------------------------------------------


def test_a_deposit_of_which_the_rest_was_returned_pays_again_and_goes_back(
    methods: Mapping[str, Method], cashier: Cashier
) -> None:
    visit = make_visit(stage=Stage.APPROVED, final_fen=250)
    deposit = make_deposit(300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    make_collected([part(methods["定金"], 200), part(methods["微信"], 50)], cashier=cashier, visit=visit)

    def give_back() -> int:
        return return_deposit(deposit.id, receipt_no=new_receipt_no(), cashier=cashier, reason="退").net_fen

    assert give_back() == -100
    with pytest.raises(DepositGone):
        give_back()
    with pytest.raises(DepositTooSmall):  # what was returned pays for nothing more
        change_to(visit, part(methods["定金"], 250), by=cashier)
    change_to(visit, part(methods["定金"], 150), part(methods["微信"], 100), by=cashier)
    assert deposit_left(visit.patient_id) == 50
    change_to(visit, part(methods["微信"], 250), by=cashier)
    assert give_back() == -200
    assert (deposit_left(visit.patient_id), house("liability.deposit"), house("channel.cash")) == (0, 0, 0)
    assert broken() == set()


# --- methods that are no longer as they were -------------------------------------------------------------------------

FRONT_DESK = {Permission.VISIT_READ, Permission.VISIT_COLLECT}


@pytest.fixture
def csrf(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> str:
    return sign_in_staff(client, make_member(FRONT_DESK))


CHANGES: list[dict[str, Any]] = [
    {"is_active": False}, {"name": "分期甲（旧）"}, {"periods": "3"}, {"most_fen": 100},
    {"name": "甲", "is_active": False},
]  # fmt: skip


def lent(methods: Mapping[str, Method]) -> Visit:
    """Return a visit with a loan that is being repaid."""
    visit = make_collected([part(methods["分期甲"], 120_000, periods=12), part(methods["现金"], 50_000)])
    with transaction():
        change(sa.update(Loan).where(Loan.visit_id == visit.id).values(repaid_fen=100))
    return visit


@pytest.mark.parametrize("values", CHANGES)
def test_a_lender_that_has_changed_does_not_hinder_other_payments(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method], values: dict[str, Any]
) -> None:
    visit = lent(methods)
    set_method(methods["分期甲"], **values)
    page = client.get(f"/pc/collect/edit?id={visit.id}", headers={"Accept": "text/html"}).text
    name = values.get("name", "分期甲")
    assert f'<option value="{name}"' in page
    form = {
        "id": visit.id,
        "pay_method": [name, "微信"],
        "pay_amount": ["1200", "500"],
        "pay_remark": ["", ""],
        "pay_periods": ["12", ""],
        "pay_day": ["8", ""],
        "reason": "收款方式登记错误",
        "csrf_token": csrf,
    }
    assert client.post("/pc/collect/edit", data=form, headers={"Accept": "text/html"}).status_code == 303
    assert [name for name, _ in booked(visit)] == ["分期甲", "微信"]


@pytest.mark.parametrize("values", CHANGES)
def test_programs_may_name_it_as_it_was_called(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method], values: dict[str, Any]
) -> None:
    visit = lent(methods)
    bank_id = methods["分期甲"].id
    set_method(methods["分期甲"], **values)
    given = {
        "id": visit.id, "collect_num": "1200,500,", "collect_type": "分期甲,微信,", "bank_id": f"{bank_id},",
        "periods_num": "12,", "loan_num": "1200,", "repayment_date": "08,", "csrf_token": csrf,
    }  # fmt: skip
    answer = client.post("/pc/collect/edit", data=given).json
    assert answer is not None
    assert (answer["code"], answer["msg"]) == (1, "操作成功")
    assert [name for name, _ in booked(visit)] == ["分期甲", "微信"]


def test_nothing_new_is_taken_by_a_method_that_is_off(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    visit = make_collected([part(methods["刷卡"], 50_000), part(methods["现金"], 50_000)])
    set_method(methods["刷卡"], is_active=False)
    for amounts in ("600,400,", "500,500,"):
        types = "刷卡,刷卡," if amounts == "500,500," else "刷卡,现金,"
        given = {"id": visit.id, "collect_num": amounts, "collect_type": types, "csrf_token": csrf}
        answer = client.post("/pc/collect/edit", data=given).json
        assert answer is not None
        assert answer["code"] == 0
        assert "已停用" in answer["msg"]
    given = {"id": visit.id, "collect_num": "500,500,", "collect_type": "刷卡,微信,", "csrf_token": csrf}
    assert client.post("/pc/collect/edit", data=given).json["code"] == 1  # type: ignore[index]
    assert booked(visit) == [("刷卡", 50_000), ("微信", 50_000)]
