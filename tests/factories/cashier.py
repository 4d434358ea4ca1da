"""Visits that are paid, by the use cases of the cashier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tests.factories.configuration import make_method
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, make_deposit
from tests.factories.visits import make_visit
from wxapp.cashier import services
from wxapp.cashier.rules import Terms
from wxapp.cashier.services import Part
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method, MethodKind
from wxapp.patients.models import Patient
from wxapp.till.cash_lines import lines_of
from wxapp.till.services import Cashier, count_up, new_receipt_no
from wxapp.visits.models import Stage, Visit


def part(method: Method, amount_fen: int, *, periods: int = 0, day: int = 8, remark: str = "") -> Part:
    """Return a payment; with ``periods`` it is a loan."""
    return Part(method, amount_fen, remark, Terms(periods, day) if periods else None)


def make_collected(
    parts: Sequence[Part], *, cashier: Cashier | None = None, visit: Visit | None = None, **over: Any
) -> Visit:
    """Return a visit that is paid with these parts."""
    total = sum(one.amount_fen for one in parts)
    visit = visit or make_visit(stage=Stage.APPROVED, final_fen=total, **over)
    services.collect(visit.id, parts, by=cashier or cashier_of(make_member()), receipt_no=new_receipt_no())
    return visit


def fill_collections(hospital_patient_id: int) -> dict[str, Any]:
    """Return the arguments of the cashier's pages: visits that are to be collected, paid, and to be collected again."""
    methods = hospital.methods_by_name(["收银现金", "收银分期"])
    cash = methods.get("收银现金") or make_method("收银现金", MethodKind.CASH)
    bank = methods.get("收银分期") or make_method("收银分期", MethodKind.BANK)
    cashier, patient = cashier_of(make_member()), db.session.get_one(Patient, hospital_patient_id)
    deposit = make_deposit(100, patient_id=patient.id, method=cash, cashier=cashier)
    parts = [part(cash, 100), part(bank, 1_200, periods=12)]
    paid = make_collected(parts, cashier=cashier, patient=patient)
    again = make_collected(parts, cashier=cashier)
    with transaction():
        raised = {"stage": Stage.COLLECT_AGAIN, "final_fen": 1_400}
        change(sa.update(Visit).where(Visit.id == again.id).values(**raised))
    make_visit(stage=Stage.APPROVED, final_fen=100)
    expected = {line.kind: line.expected_fen for line in lines_of(cashier.id, clock.today())}
    return {
        "to_collect_visit_id": make_visit(stage=Stage.APPROVED, final_fen=100, patient=patient).id,
        "paid_visit_id": paid.id,
        "again_visit_id": again.id,
        "deposit_no": deposit.no,
        "cash_up_id": count_up(cashier, clock.today(), expected).id,
    }
