"""Collecting, changing and collecting again: payments, loans, stage and books are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.cashier import make_collected, part
from tests.factories.configuration import make_method, make_methods, make_project
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, house, make_deposit
from tests.factories.visits import make_visit
from tests.factories.wallet import make_balance
from wxapp.cashier import services
from wxapp.cashier.errors import PriceLowered, SumDiffers
from wxapp.cashier.services import Part
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Stale
from wxapp.hospital.models import Method, MethodKind
from wxapp.loans import queries as loans
from wxapp.loans.errors import LoanRepaid
from wxapp.loans.models import Loan, LoanStatus
from wxapp.till import queries as till
from wxapp.till import services as till_services
from wxapp.till.errors import DepositTooSmall
from wxapp.till.models import Act, Receipt
from wxapp.till.services import Cashier, new_receipt_no
from wxapp.visits import queries as visits
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Part as InVisit
from wxapp.visits.models import Procedure, ProcedureStatus, Stage, StepKind, Visit
from wxapp.visits.queries.procedures import find_procedure
from wxapp.visits.services import reviewing
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.wallet import services as wallet
from wxapp.wallet.errors import InsufficientBalance


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


@pytest.fixture
def cashier(app: Flask) -> Cashier:
    return cashier_of(make_member())


def approved(fen: int, **over: Any) -> Visit:
    return make_visit(stage=Stage.APPROVED, final_fen=fen, **over)


def collect(visit: Visit, *parts: Part, by: Cashier, **over: Any) -> Receipt:
    return services.collect(visit.id, parts, by=by, receipt_no=new_receipt_no(), **over)


def again(visit: Visit, *parts: Part, by: Cashier) -> Receipt:
    return services.collect_again(visit.id, parts, by=by, receipt_no=new_receipt_no())


def change_to(visit: Visit, *parts: Part, by: Cashier, **over: Any) -> Receipt | None:
    return services.change_payments(visit.id, parts, by=by, receipt_no=new_receipt_no(), **over)


def set_visit(visit: Visit, **values: Any) -> None:
    with transaction():
        change(sa.update(Visit).where(Visit.id == visit.id).values(**values))


def booked(visit: Visit) -> list[tuple[str, int]]:
    return [(entry.method_name, entry.amount_fen) for entry in till.entries_of(f"visit:{visit.id}")]


def broken() -> set[str]:
    checks = [*wallet.invariants(), *till_services.invariants(), *services.invariants()]
    return {check.text for check in checks if not check.holds}


def mixed(methods: Mapping[str, Method]) -> Sequence[Part]:
    return [
        part(methods["支付宝"], 10_000, remark="备注1"),
        part(methods["微信"], 20_000),
        part(methods["分期甲"], 180_001, periods=12, day=31),
        part(methods["分期乙"], 240_000, periods=6, day=8),
    ]


def test_a_mixed_payment_with_two_loans(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(450_001)
    receipt = collect(visit, *mixed(methods), by=cashier)
    db.session.refresh(visit)
    assert (visit.stage, visit.is_collected, visit.collected_fen, visit.collected_final_fen) == (
        Stage.COLLECTED, True, 450_001, 450_001,
    )  # fmt: skip
    assert (receipt.net_fen, receipt.act) == (450_001, Act.COLLECTED)
    assert booked(visit) == [("支付宝", 10_000), ("微信", 20_000), ("分期甲", 180_001), ("分期乙", 240_000)]
    first, second = loans.loans_of(visit.id)
    dues = loans.instalments_of([first.id, second.id])
    assert [due.amount_fen for due in dues[first.id]] == [15_000] * 11 + [15_001]
    assert [f"{due.due_on}" for due in dues[first.id]][:3] == ["2026-04-30", "2026-05-31", "2026-06-30"]
    assert [due.amount_fen for due in dues[second.id]] == [40_000] * 6
    assert (house("house.visits"), house("receivable.loan")) == (450_001, -420_001)
    assert broken() == set()


def test_collecting_ends_the_step_and_opens_the_procedure(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(100)
    collect(visit, part(methods["现金"], 100), by=cashier)
    steps = visits.steps_of(visit.id)
    assert (steps[StepKind.COLLECTION].ended_at, steps[StepKind.COLLECTION].staff_id) == (clock.now(), cashier.id)
    assert steps[StepKind.ASSIGNMENT].started_at == clock.now()
    procedure = find_procedure(visit.id)
    assert procedure is not None
    assert (procedure.status, procedure.created_at) == (ProcedureStatus.WAITING, clock.now())
    assert [person.name for person in visits.people_of([visit.id])[visit.id][InVisit.CASHIER]] == [cashier.name]


@pytest.mark.parametrize(("fen", "told"), [(99, "还差0.01元"), (101, "多出0.01元"), (10_000, "多出99.00元")])
def test_the_payments_are_the_final_price(methods: Mapping[str, Method], cashier: Cashier, fen: int, told: str) -> None:
    visit = approved(100)
    with pytest.raises(SumDiffers, match=told):
        collect(visit, part(methods["现金"], fen), by=cashier)
    assert (booked(visit), find_procedure(visit.id), house("house.visits")) == ([], None, 0)


def test_a_price_of_nothing_is_collected_without_payments(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(0)
    assert collect(visit, by=cashier).net_fen == 0
    db.session.refresh(visit)
    assert visit.stage is Stage.COLLECTED
    assert broken() == set()


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.APPROVED])
def test_only_approved_visits_are_collected(methods: Mapping[str, Method], cashier: Cashier, stage: Stage) -> None:
    visit = make_visit(stage=stage, final_fen=100)
    with pytest.raises(StageMoved):
        collect(visit, part(methods["现金"], 100), by=cashier)
    assert booked(visit) == []


def test_a_stale_page_collects_nothing(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(100)
    with pytest.raises(Stale):
        collect(visit, part(methods["现金"], 100), by=cashier, seen=visit.version + 1)
    assert booked(visit) == []


def test_collecting_twice_collects_once(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(100)
    collect(visit, part(methods["现金"], 100), by=cashier)
    with pytest.raises(StageMoved):
        collect(visit, part(methods["现金"], 100), by=cashier)
    assert (booked(visit), house("house.visits")) == ([("现金", 100)], 100)


def test_deposit_and_stored_value_pay_their_parts(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(1_000)
    balance = make_method("储值余额", MethodKind.BALANCE)
    make_balance(visit.patient_id, 500)
    deposit = make_deposit(
        300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier, subject=f"visit:{visit.id}"
    )
    with pytest.raises(InsufficientBalance):
        collect(visit, part(balance, 700), part(methods["定金"], 300), by=cashier)
    with pytest.raises(DepositTooSmall):
        collect(visit, part(balance, 500), part(methods["定金"], 500), by=cashier)
    collect(visit, part(balance, 500), part(methods["定金"], 300), part(methods["现金"], 200), by=cashier)
    db.session.refresh(deposit)
    assert (deposit.left_fen, wallet.patient_balance(visit.patient_id)) == (0, 0)
    assert broken() == set()


def test_at_most_forty_questions_for_five_payments_and_two_loans(
    methods: Mapping[str, Method], cashier: Cashier, queries: list[str]
) -> None:
    visit = approved(450_001 + 600)
    parts = [*mixed(methods), part(methods["现金"], 100), part(methods["刷卡"], 200), part(methods["现金"], 300)]
    receipt_no = new_receipt_no()
    queries.clear()
    services.collect(visit.id, parts, by=cashier, receipt_no=receipt_no)
    assert len(queries) < 40, "\n".join(queries)


def test_methods_are_read_with_one_question(
    methods: Mapping[str, Method], cashier: Cashier, queries: list[str]
) -> None:
    visit = approved(450_001)
    receipt_no = new_receipt_no()
    queries.clear()
    services.collect(visit.id, mixed(methods), by=cashier, receipt_no=receipt_no)
    assert sum("FROM hospital_method" in one for one in queries) == 1


def test_money_of_a_visit_that_is_not_collected_is_found(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["现金"], 100)], cashier=cashier)
    set_visit(visit, final_fen=None)
    assert any("已收银的到院单收款等于最终价" in text for text in broken())
    set_visit(visit, final_fen=100, is_collected=False)
    assert any("已收银的到院单收款等于最终价" in text for text in broken())


# --- again -----------------------------------------------------------------------------------------------------------


def raise_price(visit: Visit, fen: int) -> None:
    set_visit(visit, stage=Stage.COLLECT_AGAIN, final_fen=fen)


def test_a_raised_price_is_collected_by_its_difference(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["现金"], 1_000)], cashier=cashier)
    raise_price(visit, 1_500)
    with pytest.raises(SumDiffers, match=r"应收5\.00元"):
        again(visit, part(methods["现金"], 1_500), by=cashier)
    receipt = again(visit, part(methods["微信"], 200), part(methods["分期甲"], 300, periods=6), by=cashier)
    db.session.refresh(visit)
    assert (visit.stage, visit.collected_fen, visit.collected_final_fen) == (Stage.COLLECTED, 1_500, 1_500)
    assert (receipt.act, receipt.net_fen) == (Act.COLLECTED_AGAIN, 500)
    assert booked(visit) == [("现金", 1_000), ("微信", 200), ("分期甲", 300)]
    assert broken() == set()
    with pytest.raises(StageMoved):
        again(visit, part(methods["微信"], 500), by=cashier)


def test_a_visit_under_operation_goes_back_there(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["现金"], 1_000)], cashier=cashier)
    with transaction():
        change(sa.update(Procedure).where(Procedure.visit_id == visit.id).values(status=ProcedureStatus.ASSIGNED))
    raise_price(visit, 1_001)
    again(visit, part(methods["现金"], 1), by=cashier)
    db.session.refresh(visit)
    assert visit.stage is Stage.IN_PROCEDURE


@pytest.mark.parametrize("is_lowered", [False, True])
@pytest.mark.parametrize(
    ("status", "step"),
    [
        (ProcedureStatus.WAITING, StepKind.ASSIGNMENT),
        (ProcedureStatus.OPERATING, StepKind.OPERATION),
        (ProcedureStatus.DONE, StepKind.DEPARTURE),
    ],
)
def test_what_was_current_before_review_changed_the_price_is_current_again(
    methods: Mapping[str, Method], cashier: Cashier, status: ProcedureStatus, step: StepKind, *, is_lowered: bool
) -> None:
    project = make_project(price_fen=2_000)
    visit = make_collected([part(methods["现金"], 1_000)], cashier=cashier, projects=[project])
    with transaction():
        change(sa.update(Procedure).where(Procedure.visit_id == visit.id).values(status=status))
    fen = 900 if is_lowered else 1_500
    reviewing.change_price(visit.id, [QuotedLine(project.id, 1, 2_000)], final_fen=fen, by=make_member().id)
    db.session.refresh(visit)
    assert (visit.stage, visit.current_step) == (Stage.COLLECT_AGAIN, StepKind.COLLECTION)
    if is_lowered:
        change_to(visit, part(methods["现金"], fen), by=cashier)
    else:
        again(visit, part(methods["现金"], 500), by=cashier)
    db.session.refresh(visit)
    assert visit.current_step is step
    ends = {one.kind: one.ended_at for one in visits.steps_of(visit.id).values()}
    assert ends[StepKind.COLLECTION] is not None
    assert ends[step] is None


def test_a_lowered_price_is_given_back_by_a_change(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["现金"], 1_000)], cashier=cashier)
    raise_price(visit, 600)
    with pytest.raises(PriceLowered):
        again(visit, by=cashier)
    receipt = change_to(visit, part(methods["现金"], 600), by=cashier)
    db.session.refresh(visit)
    assert receipt is not None
    assert (receipt.net_fen, visit.stage, visit.collected_fen) == (-400, Stage.COLLECTED, 600)
    assert (house("channel.cash"), house("house.visits")) == (-600, 600)
    assert broken() == set()


# --- changing --------------------------------------------------------------------------------------------------------


def test_a_change_voids_and_books_anew(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected(mixed(methods), cashier=cashier)
    db.session.refresh(visit)
    before = (visit.stage, visit.version)
    receipt = change_to(visit, part(methods["刷卡"], 450_001), by=cashier, reason="方式登记错误")
    db.session.refresh(visit)
    assert receipt is not None
    assert (receipt.net_fen, receipt.reason, visit.collected_fen) == (0, "方式登记错误", 450_001)
    assert (visit.stage, visit.version) == (before[0], before[1] + 1)
    assert booked(visit) == [("刷卡", 450_001)]
    history = till.entries_of(f"visit:{visit.id}", include_voided=True)
    assert [entry.voided_at is None for entry in history] == [False] * 4 + [True]
    assert [loan.status for loan in loans.loans_of(visit.id, include_voided=True)] == [LoanStatus.VOIDED] * 2
    assert (house("house.visits"), house("receivable.loan"), house("channel.card")) == (450_001, 0, -450_001)
    assert broken() == set()


def repay(visit: Visit, fen: int = 1) -> None:
    loan = loans.loans_of(visit.id)[0]
    with transaction():
        change(sa.update(Loan).where(Loan.id == loan.id).values(repaid_fen=fen))


def test_a_loan_that_is_being_repaid_stays_as_it_is(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected(mixed(methods), cashier=cashier)
    repay(visit)
    kept = part(methods["分期甲"], 180_001, periods=12, day=31)
    for other in (
        part(methods["分期甲"], 180_001, periods=12, day=30),
        part(methods["分期甲"], 180_001, periods=6, day=31),
        part(methods["现金"], 180_001),
    ):
        with pytest.raises(LoanRepaid):
            change_to(visit, other, part(methods["现金"], 270_000), by=cashier)
    assert booked(visit)[0] == ("支付宝", 10_000)
    change_to(visit, kept, part(methods["现金"], 270_000), by=cashier)
    assert booked(visit) == [("分期甲", 180_001), ("现金", 270_000)]
    loan, gone = loans.loans_of(visit.id, include_voided=True)
    assert (loan.status, loan.repaid_fen, gone.status) == (LoanStatus.OPEN, 1, LoanStatus.VOIDED)


def test_what_is_booked_already_changes_nothing(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected(mixed(methods), cashier=cashier)
    assert change_to(visit, *reversed(mixed(methods)), by=cashier) is None
    assert len(till.receipts_of(f"visit:{visit.id}")) == 1


def test_a_deposit_comes_back_and_pays_again(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = approved(500)
    deposit = make_deposit(300, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    collect(visit, part(methods["定金"], 300), part(methods["现金"], 200), by=cashier)
    change_to(visit, part(methods["定金"], 250), part(methods["微信"], 250), by=cashier)
    db.session.refresh(deposit)
    assert (deposit.left_fen, house("liability.deposit")) == (50, 50)
    assert broken() == set()


@pytest.mark.parametrize("stage", [Stage.APPROVED, Stage.REFUSED, Stage.IN_REVIEW, Stage.BOOKED])
def test_nothing_is_changed_before_it_was_collected(
    methods: Mapping[str, Method], cashier: Cashier, stage: Stage
) -> None:
    visit = make_visit(stage=stage, final_fen=100)
    with pytest.raises(StageMoved):
        change_to(visit, part(methods["现金"], 100), by=cashier)


def test_a_mistake_may_be_found_after_the_patient_has_left(methods: Mapping[str, Method], cashier: Cashier) -> None:
    visit = make_collected([part(methods["现金"], 100)], cashier=cashier)
    set_visit(visit, stage=Stage.LEFT)
    change_to(visit, part(methods["微信"], 100), by=cashier)
    db.session.refresh(visit)
    assert (visit.stage, booked(visit)) == (Stage.LEFT, [("微信", 100)])
