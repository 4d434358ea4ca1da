"""The cashier under load: a visit is collected once, nothing is given back twice, no deposit pays more than it is.

Each guard has a twin that takes it away and shows why it is there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.concurrency.test_recharge import Start
from tests.factories.cashier import make_collected, part
from tests.factories.configuration import make_methods
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, make_deposit, take_for
from tests.factories.visits import make_visit
from wxapp.cashier import services as cashier
from wxapp.cashier.services import Part, collecting
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import DomainError
from wxapp.hospital.models import Method
from wxapp.loans import services as loan_services
from wxapp.loans.models import Loan, LoanStatus
from wxapp.payments.invariants import check_all
from wxapp.till import queries as till
from wxapp.till import services as till_services
from wxapp.till.models import Act, CashUp, Deposit, Entry, Receipt
from wxapp.till.services import Paid, cash_ups, new_receipt_no, receipts, uses
from wxapp.visits.models import Procedure, Stage, Visit
from wxapp.visits.services import stages

pytestmark = pytest.mark.mariadb


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


class Counterpart:
    """What a test needs of the hospital, as plain values that threads may share."""

    def __init__(self) -> None:
        self.methods = make_methods()
        self.cashier = cashier_of(make_member())
        self.patient_id = make_patient().id
        for method in self.methods.values():
            db.session.refresh(method)
        db.session.expunge_all()


@pytest.fixture
def world(app: Flask) -> Counterpart:
    made: Counterpart = look(app, Counterpart)
    return made


def broken(app: Flask) -> set[str]:
    return look(app, lambda: {check.name for check in check_all() if not check.holds})


def no_lock(visit_id: int) -> Visit:
    """Read a visit without holding it, and wait as others read it, too."""
    visit = db.session.get_one(Visit, visit_id, populate_existing=True)
    time.sleep(0.05)
    return visit


class Unguarded:
    """Moves a visit whatever its stage is by now."""

    @staticmethod
    def move(row: Visit, new: Stage, *, by: str, why: str = "", **values: Any) -> None:
        change(sa.update(Visit).where(Visit.id == row.id).values(stage=new, **values))


# --- collecting ------------------------------------------------------------------------------------------------------


def mixed(methods: dict[str, Method]) -> Sequence[Part]:
    return [
        part(methods["现金"], 10_000),
        part(methods["微信"], 20_000),
        part(methods["分期甲"], 180_000, periods=12, day=31),
        part(methods["分期乙"], 240_000, periods=6),
    ]


def collect_by_many(app: Flask, world: Counterpart, many: int) -> tuple[Counter[str], int]:
    """Let so many collect one visit at once; return what came of it, and how often its money was taken."""
    visit_id = look(app, lambda: make_visit(stage=Stage.APPROVED, final_fen=450_000).id)
    parts = mixed(world.methods)

    def work() -> None:
        cashier.collect(visit_id, parts, by=world.cashier, receipt_no=new_receipt_no())

    outcome = crowd(app, [work] * many, at_once=many)
    entries = look(app, lambda: len(till.entries_of(f"visit:{visit_id}")))
    return outcome, entries // len(parts)


def test_fifty_collect_a_visit_once(app: Flask, world: Counterpart) -> None:
    outcome, times = collect_by_many(app, world, 50)
    assert outcome == {"done": 1, "stage_moved": 49}
    assert times == 1
    assert look(app, lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Loan))) == 2
    assert look(app, lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Procedure))) == 1
    assert broken(app) == set()


def test_twin_without_lock_and_stage_collects_twice(
    app: Flask, world: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "hold", no_lock)
    monkeypatch.setattr(stages, "VISIT", Unguarded)
    monkeypatch.setattr(collecting, "open_procedure", lambda *_, **__: None)
    _outcome, times = collect_by_many(app, world, 6)
    assert times > 1
    assert "cashier.collected" in broken(app)


def test_the_stage_alone_guards_too(app: Flask, world: Counterpart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads without holding still loses at the move, and takes back all that he booked."""
    monkeypatch.setattr(stages, "hold", no_lock)
    outcome, times = collect_by_many(app, world, 6)
    assert (outcome, times) == ({"done": 1, "stage_moved": 5}, 1)
    assert broken(app) == set()


def test_a_raised_price_is_collected_once(app: Flask, world: Counterpart) -> None:
    def prepare() -> int:
        visit_id = make_collected([part(world.methods["现金"], 1_000)], cashier=world.cashier).id
        with transaction():
            change(sa.update(Visit).where(Visit.id == visit_id).values(stage=Stage.COLLECT_AGAIN, final_fen=1_500))
        return visit_id

    visit_id = look(app, prepare)
    more = [part(world.methods["微信"], 500)]

    def work() -> None:
        cashier.collect_again(visit_id, more, by=world.cashier, receipt_no=new_receipt_no())

    assert crowd(app, [work] * 12) == {"done": 1, "stage_moved": 11}
    assert broken(app) == set()


def test_changes_at_once_leave_one_set_of_payments(app: Flask, world: Counterpart) -> None:
    visit_id = look(app, lambda: make_collected(mixed(world.methods), cashier=world.cashier).id)
    names = ["现金", "微信", "支付宝", "刷卡"]

    def change_to(name: str) -> Callable[[], None]:
        def work() -> None:
            cashier.change_payments(
                visit_id, [part(world.methods[name], 450_000)], by=world.cashier, receipt_no=new_receipt_no()
            )

        return work

    assert crowd(app, [change_to(name) for name in names * 4]) == {"done": 16}
    assert look(app, lambda: [entry.amount_fen for entry in till.entries_of(f"visit:{visit_id}")]) == [450_000]
    assert broken(app) == set()


# --- giving back -----------------------------------------------------------------------------------------------------


def give_back_by_many(app: Flask, world: Counterpart) -> Counter[str]:
    """Give the same payment back at many desks, whatever subject's row their use cases hold."""
    subject = "retail:1"

    def prepare() -> None:
        paid = Paid(world.methods["现金"], 1_000)
        take_for(subject, paid, patient_id=world.patient_id, cashier=world.cashier, payee="house.retail")

    look(app, prepare)
    together = Start(8)

    def work() -> None:
        entries = list(till.entries_of(subject))
        receipt_no = new_receipt_no()
        together.wait()
        if not entries:
            return
        _give_back(world, subject, entries, receipt_no)

    return crowd(app, [work] * 8)


def _give_back(world: Counterpart, subject: str, entries: list[Entry], receipt_no: str) -> None:
    with transaction():
        till_services.give_back(
            receipt_no=receipt_no,
            act=Act.RETAIL_CANCELLED,
            subject=subject,
            patient_id=world.patient_id,
            entries=entries,
            cashier=world.cashier,
            reason="撤单",
        )


def test_a_payment_is_given_back_once(app: Flask, world: Counterpart) -> None:
    assert give_back_by_many(app, world) == {"done": 1, "entry_voided": 7}
    assert broken(app) == set()


def test_twin_that_does_not_ask_whether_it_was_voided_hands_out_twice(
    app: Flask, world: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = receipts._void

    def without_asking(entries: Sequence[Entry], receipt: Receipt) -> list[Any]:
        try:
            return guarded(entries, receipt)
        except DomainError:
            return []  # goes on as if all were well

    monkeypatch.setattr(receipts, "_void", without_asking)
    assert give_back_by_many(app, world)["done"] > 1
    assert "till.receipts" in broken(app)


# --- deposits --------------------------------------------------------------------------------------------------------


def use_deposit_by_many(app: Flask, world: Counterpart) -> tuple[Counter[str], int]:
    """Pay ten bills of 100 with a deposit of 500 at once; return what came of it and what was paid by deposit."""
    look(
        app,
        lambda: make_deposit(
            500, patient_id=world.patient_id, method=world.methods["现金"], cashier=world.cashier
        ).id,
    )  # fmt: skip
    together = Start(10)

    def pay(number: int) -> Callable[[], None]:
        def work() -> None:
            together.wait()
            paid = Paid(world.methods["定金"], 100)
            take_for(f"retail:{number}", paid, patient_id=world.patient_id, cashier=world.cashier, payee="house.retail")

        return work

    outcome = crowd(app, [pay(number) for number in range(10)])
    paid = sa.select(sa.func.sum(Entry.amount_fen)).where(Entry.subject.startswith("retail:"))
    return outcome, int(look(app, lambda: db.session.scalar(paid)) or 0)


def test_a_deposit_pays_no_more_than_it_is(app: Flask, world: Counterpart) -> None:
    outcome, paid = use_deposit_by_many(app, world)
    assert (outcome, paid) == ({"done": 5, "deposit_too_small": 5}, 500)
    assert broken(app) == set()


def test_twin_that_reads_and_writes_what_is_left_pays_too_much(
    app: Flask, world: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counted:
        """Reads what is left, thinks, and writes what should be left then."""

        @staticmethod
        def take(_column: object, n: int, *where: sa.ColumnElement[bool]) -> bool:
            left = db.session.scalar(sa.select(Deposit.left_fen).where(*where)) or 0
            time.sleep(0.05)
            return left >= n and change(sa.update(Deposit).where(*where).values(left_fen=left - n)) == 1

    monkeypatch.setattr(uses, "core_db", Counted)
    _outcome, paid = use_deposit_by_many(app, world)
    assert paid > 500
    assert {"till.deposits", "till.deposit_books"} & broken(app)


def test_a_deposit_is_used_or_returned(app: Flask, world: Counterpart) -> None:
    def deposit() -> int:
        return make_deposit(
            500, patient_id=world.patient_id, method=world.methods["现金"], cashier=world.cashier
        ).id  # fmt: skip

    deposit_id = look(app, deposit)
    together = Start(8)

    def use() -> None:
        together.wait()
        paid = Paid(world.methods["定金"], 500)
        take_for("retail:1", paid, patient_id=world.patient_id, cashier=world.cashier, payee="house.retail")

    def give_back() -> None:
        together.wait()
        receipt_no = new_receipt_no()
        till_services.return_deposit(deposit_id, receipt_no=receipt_no, cashier=world.cashier, reason="取消")

    outcome = crowd(app, [use, give_back] * 4)
    assert outcome["done"] == 1
    assert outcome["deposit_too_small"] + outcome["deposit_gone"] == 7
    assert broken(app) == set()


# --- loans -----------------------------------------------------------------------------------------------------------


def repay_and_void(app: Flask, world: Counterpart) -> list[tuple[LoanStatus, int]]:
    """Repay loans and void them at once, many times; return where each stands, and what was repaid of it."""
    loan = [part(world.methods["分期甲"], 1_200, periods=12)]
    visit_ids = look(app, lambda: [make_collected(loan, cashier=world.cashier).id for _ in range(10)])

    def both(visit_id: int) -> list[Callable[[], None]]:
        together = Start(2)

        def repay() -> None:
            together.wait()
            with transaction():
                open_one = sa.update(Loan).where(Loan.visit_id == visit_id, Loan.status == LoanStatus.OPEN)
                change(open_one.values(repaid_fen=Loan.repaid_fen + 100))

        def void() -> None:
            together.wait()
            with transaction():
                loan_services.void_loans(visit_id, by=world.cashier.actor)

        return [repay, void]

    crowd(app, [work for visit_id in visit_ids for work in both(visit_id)], at_once=20)
    rows = look(app, lambda: db.session.execute(sa.select(Loan.status, Loan.repaid_fen)).all())
    return [(row.status, row.repaid_fen) for row in rows]


def test_a_loan_is_repaid_or_voided(app: Flask, world: Counterpart) -> None:
    stood = repay_and_void(app, world)
    assert set(stood) <= {(LoanStatus.OPEN, 100), (LoanStatus.VOIDED, 0)}


def test_twin_that_looks_before_it_voids_voids_what_is_being_repaid(
    app: Flask, world: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Looked:
        """Looks whether anything was repaid, and voids later."""

        @staticmethod
        def void(visit_id: int, **_: object) -> None:
            loan = db.session.scalars(sa.select(Loan).where(Loan.visit_id == visit_id)).one()
            if loan.repaid_fen:
                return
            time.sleep(0.05)
            change(sa.update(Loan).where(Loan.id == loan.id).values(status=LoanStatus.VOIDED, voided_at=clock.now()))

    monkeypatch.setattr(loan_services, "void_loans", Looked.void)
    assert (LoanStatus.VOIDED, 100) in repay_and_void(app, world)


# --- the end of the day ----------------------------------------------------------------------------------------------


def test_a_day_is_counted_at_one_desk_and_checked_once(app: Flask, world: Counterpart) -> None:
    today = clock.today()
    together = Start(6)

    def count() -> None:
        together.wait()
        cash_ups.count_up(world.cashier, today, {})

    assert crowd(app, [count] * 6) == {"done": 1, "stale": 5}
    cash_up_id = look(app, lambda: db.session.scalar(sa.select(CashUp.id)))

    def check() -> None:
        cash_ups.check_cash_up(cash_up_id, by="staff:99999", seen=1)

    outcome = crowd(app, [check] * 6)
    assert outcome["done"] == 1
    assert set(outcome) <= {"done", "stale", "cash_up_checked"}
