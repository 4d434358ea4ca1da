"""One visit through the hands of all, told over HTTP as programs of the house call it; the amounts are done by hand.

Lin comes for an operation: list price 5,000.00, offered 4,500.00, decided 4,300.00, raised to 5,100.00 after the
cashier has collected. She has paid a deposit of 500.00, and two lenders pay parts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.contract.calls import NEW_PHONE, lines, new_customer, picture
from tests.contract.house import House, make_house
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.loans.models import Instalment, Loan
from wxapp.staff.models import Role
from wxapp.till.models import Act, Deposit, DepositStatus, Entry, Receipt
from wxapp.visits.models import Departure, Part, Procedure, ProcedureStatus, Quote, Stage, StepKind, Visit
from wxapp.visits.queries import people_of, steps_of
from wxapp.wallet.house import house_account
from wxapp.wallet.queries import balance_of
from wxapp.wallet.tasks import check_ledger

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
TELLING = "2026-03-02"


@pytest.fixture
def house(app: Flask, database: None) -> House:
    made = make_house(app)
    doctor = db.session.scalars(sa.select(Role).where(Role.label == "医生")).one()
    made.members["医生"] = make_member(roles=[doctor], name="医生甲")
    return made


def post(house: House, role: str, path: str, **fields: Any) -> Any:
    """Send a form of the house's own pages, as a program."""
    caller = house.caller(role)
    answer = caller.client.post(path, data=fields, headers={**JSON, "X-CSRF-Token": caller.csrf})
    assert (answer.status_code, answer.json["code"]) == (200, 1), answer.json
    return answer.json


@pytest.fixture
def later(house: House, at: Any) -> Callable[[str | timedelta], None]:
    """Move the clock; who was idle so long signs in again."""

    def move(to: str | timedelta) -> None:
        at(to)
        house.sign_out()

    return move


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{TELLING} {text}").replace(tzinfo=clock.HOSPITAL_ZONE)


def entries(visit_id: int) -> list[tuple[str, int]]:
    wanted = sa.select(Entry).where(Entry.subject == f"visit:{visit_id}", Entry.voided_at.is_(None))
    return [(one.method_name, one.amount_fen) for one in db.session.scalars(wanted.order_by(Entry.id))]


def in_the_books(account: str) -> int:
    return balance_of(house_account(account))


def stage_of(visit_id: int) -> Stage:
    db.session.expire_all()
    return db.session.get_one(Visit, visit_id).stage


def schedule_of(bank: str) -> list[tuple[date, int]]:
    wanted = sa.select(Instalment).join(Loan, Loan.id == Instalment.loan_id).where(Loan.bank_name == bank)
    return [(one.due_on, one.amount_fen) for one in db.session.scalars(wanted.order_by(Instalment.period))]


def test_a_visit_goes_through_all_hands_and_every_fen_is_accounted_for(
    house: House, later: Callable[[str | timedelta], None]
):
    # The front desk writes her down; she pays a deposit in cash.
    later(f"{TELLING} 09:00")
    house.done("user.add", {**new_customer(house), "earnest_money": "500.00"}, role="前台")
    visit = db.session.query(Visit).one()
    visit_id, sent = visit.id, {"id": str(visit.id)}
    assert in_the_books("liability.deposit") == 50_000
    assert stage_of(visit_id) is Stage.BOOKED
    wanted_row = house.done("user.index", {"status": "1"}, role="前台")["list"]
    assert [(row["id"], row["earnest_money"], row["type"]) for row in wanted_row] == [(sent["id"], "500.00", "0")]

    later(f"{TELLING} 10:00")
    house.done("user.is_do", sent, role="前台")
    house.done("user.is_do", sent, role="前台")  # pressed twice: success without effect
    assert stage_of(visit_id) is Stage.ARRIVED

    # Photo room and laboratory.
    later(f"{TELLING} 10:10")
    for role, kind in (("拍照室", "preoperative"), ("检验科", "blood")):
        path = house.done("common.upload_one", {"file": (picture(), "a.jpg")}, role=role)["message"]
        post(house, role, "/pc/physical/save_img", id=sent["id"], kind=kind, images=f"{path},")
        later(timedelta(minutes=10))
    assert stage_of(visit_id) is Stage.EXAMINING

    # Triage, consultation, review.
    later(f"{TELLING} 10:40")
    consultant = {"consultation_user_id": str(house.id_of("咨询师"))}
    house.done("triage.fenzhen", {**sent, **consultant}, role="超管")
    later(f"{TELLING} 11:00")
    quote = {**sent, **consultant, **lines(house), "discount_price": "4500.00", "edit_remark": "两项同做"}
    house.done("consultation.consult", quote, role="咨询师")
    shown = house.done("examine.details", sent, role="超管")["info"]
    assert (shown["all_price"], shown["discount_price"], shown["status"]) == ("5000.00", "4500.00", "1")
    later(f"{TELLING} 11:10")
    house.done("examine.edit", {**sent, **lines(house), "pay_price": "4300.00"}, role="超管")
    house.done(
        "consultation.pay",
        {
            **sent,
            "pay_price": "4300.00",
            "collect_num": "500.00,600.00,1200.00,2000.00,",
            "collect_type": "定金,微信,分期甲,分期乙,",
            "collect_remark": " , , , ,",
            "periods_num": " , ,12,6,",
            "repayment_date": " , ,31,5,",
            "loan_num": "1200.00,2000.00,",
        },
        role="咨询师",
    )
    planned = house.done("consultation.particulars", sent, role="咨询师")["info"]["start_collect"]
    assert [(one["col_type"], one["col_num"], one["periods_num"], one["repayment_date"]) for one in planned] == [
        ("定金", "500.00", "0", " "), ("微信", "600.00", "0", " "), ("分期甲", "1200.00", "12", "31"),
        ("分期乙", "2000.00", "6", "5"),
    ]  # fmt: skip

    # The cashier takes it: 500.00 of the deposit, 600.00 by a code, 1,200.00 and 2,000.00 lent.
    later(f"{TELLING} 11:30")
    house.done(
        "collect.pay",
        {
            **sent,
            "collect_num": "500.00,600.00,1200.00,2000.00,",
            "collect_type": "定金,微信,分期甲,分期乙,",
            "collect_remarks": " , , , ,",
            "bank_id": f"{house.methods['分期甲'].id},{house.methods['分期乙'].id},",
            "periods_num": "12,6,",
            "loan_num": "1200.00,2000.00,",
            "repayment_date": "31,5,",
        },
        role="前台",
    )
    assert stage_of(visit_id) is Stage.COLLECTED
    assert entries(visit_id) == [("定金", 50_000), ("微信", 60_000), ("分期甲", 120_000), ("分期乙", 200_000)]
    assert in_the_books("liability.deposit") == 0
    assert in_the_books("house.visits") == 430_000
    assert in_the_books("receivable.loan") == -320_000
    assert db.session.query(Deposit).one().left_fen == 0
    assert db.session.query(Deposit).one().status is DepositStatus.USED
    ends = [date(2026, 3 + number, day) for number, day in enumerate((30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)]
    ends += [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]
    assert schedule_of("分期甲") == [(day, 10_000) for day in ends], "a day 31 is the last one of short months"
    fifth = [date(2026, 4 + number, 5) for number in range(6)]
    assert schedule_of("分期乙") == list(zip(fifth, [33_333] * 5 + [33_335], strict=True)), "the last takes the rest"

    # One more piece of the first project: the price is raised to 5,100.00, and 800.00 are open.
    later(f"{TELLING} 11:40")
    more = {**lines(house), "num": "2,1,1,"}
    house.done("examine.edit", {**sent, **more, "pay_price": "5100.00"}, role="超管")
    shown = house.done("collect.details", sent, role="前台")["info"]
    assert (shown["status"], shown["pay_price"], shown["old_pay_price"]) == ("4", "5100.00", "4300.00")
    assert shown["collect_remarks"] == "未结清"
    later(f"{TELLING} 11:45")
    house.done(
        "collect.again",
        {**sent, "collect_num": "300.00,500.00,", "collect_type": "现金,刷卡,", "collect_remarks": " , ,"},
        role="前台",
    )
    assert stage_of(visit_id) is Stage.COLLECTED
    # The card had not gone through: she pays it all in cash. The loans stay as they are.
    house.done(
        "collect.edit",
        {
            **sent,
            "collect_num": "500.00,600.00,1200.00,2000.00,800.00,",
            "collect_type": "定金,微信,分期甲,分期乙,现金,",
            "collect_remarks": " , , , ,刷卡未成功,",
            "bank_id": f"{house.methods['分期甲'].id},{house.methods['分期乙'].id},",
            "periods_num": "12,6,",
            "loan_num": "1200.00,2000.00,",
            "repayment_date": "31,5,",
        },
        role="前台",
    )
    taken = dict(entries(visit_id))
    assert taken == {"定金": 50_000, "微信": 60_000, "分期甲": 120_000, "分期乙": 200_000, "现金": 80_000}
    assert sum(taken.values()) == 510_000
    assert in_the_books("house.visits") == 510_000
    assert in_the_books("channel.card") == 0
    assert in_the_books("channel.cash") == -(50_000 + 80_000)
    assert db.session.query(Loan).count() == 2
    acts = [one.act for one in db.session.query(Receipt).order_by(Receipt.id)]
    assert acts == [Act.DEPOSIT, Act.COLLECTED, Act.COLLECTED_AGAIN, Act.CHANGED]

    # The operation, and leaving.
    later(f"{TELLING} 12:00")
    arranged = {
        "physician_id": str(house.id_of("医生")), "nurse_id": str(house.id_of("护士")), "room": "1号手术室",
        "planned_at": f"{TELLING} 12:30", "has_consent": "1",
    }  # fmt: skip
    post(house, "护士", "/pc/procedure/edit", **sent, **arranged)
    later(f"{TELLING} 12:30")
    post(house, "护士", "/pc/procedure/start", **sent)
    later(f"{TELLING} 14:00")
    post(house, "护士", "/pc/procedure/end", **sent)
    assert stage_of(visit_id) is Stage.IN_PROCEDURE
    later(f"{TELLING} 16:00")
    post(
        house, "售后主管", "/pc/leave/confirm", **sent, results_handed_over="1", medicine_handed_over="1",
        next_visit_on="2026-03-16",
    )  # fmt: skip

    assert stage_of(visit_id) is Stage.LEFT
    _times_are_recorded(visit_id)
    _people_are_recorded(house, visit_id)
    _nobody_else_saw_it(house, sent)
    procedure = db.session.query(Procedure).one()
    assert procedure.status is ProcedureStatus.DONE
    assert (procedure.started_at, procedure.ended_at) == (moment("12:30"), moment("14:00"))
    assert db.session.query(Departure).one().undone_at is None
    assert [one.revision for one in db.session.query(Quote).order_by(Quote.id)][-1] >= 2
    assert check_ledger() == 0


def _times_are_recorded(visit_id: int) -> None:
    steps = steps_of(visit_id)
    times = {
        kind: (clock.local(step.started_at), clock.local(step.ended_at) if step.ended_at else None)
        for kind, step in steps.items()
    }
    assert times == {
        StepKind.ARRIVAL: (moment("09:00"), moment("10:00")),
        StepKind.EXAMINATION: (moment("10:00"), moment("10:20")),
        StepKind.TRIAGE: (moment("10:20"), moment("10:40")),
        StepKind.CONSULTATION: (moment("10:40"), moment("11:00")),
        StepKind.REVIEW: (moment("11:00"), moment("11:40")),  # decided again
        StepKind.COLLECTION: (moment("11:10"), moment("11:45")),
        StepKind.ASSIGNMENT: (moment("11:30"), moment("12:00")),
        StepKind.OPERATION: (moment("12:00"), moment("14:00")),
        StepKind.DEPARTURE: (moment("14:00"), moment("16:00")),
    }


def _people_are_recorded(house: House, visit_id: int) -> None:
    people = {part: [one.staff_id for one in found] for part, found in people_of([visit_id])[visit_id].items()}
    assert people == {
        Part.LEAD_REFERRER: [house.id_of("咨询师")],
        Part.REFERRER: [house.id_of("售后")],
        Part.ESCORT: [house.id_of("护士"), house.id_of("前台")],
        Part.RECEPTIONIST: [house.id_of("前台")],
        Part.TRIAGIST: [house.id_of("超管")],
        Part.CONSULTANT: [house.id_of("咨询师")],
        Part.REVIEWER: [house.id_of("超管")],
        Part.CASHIER: [house.id_of("前台")],
        Part.NURSE: [house.id_of("护士")],
        Part.PHYSICIAN: [house.id_of("医生")],
    }


def _nobody_else_saw_it(house: House, sent: dict[str, str]) -> None:
    """Who has no part in the visit does not see it, and every look at the details stands in the log."""
    other = make_member(roles=list(house.members["咨询师"].roles), name="另一位咨询师")
    house.members["另一位"] = other
    answer = house.call("consultation.particulars", sent, role="另一位")
    assert answer.json["code"] == 0
    assert NEW_PHONE not in answer.text
    looks = db.session.scalars(sa.select(AuditRow.subject).where(AuditRow.action == "audit.look")).all()
    assert f"visit:{sent['id']}" in looks


def test_a_refused_visit_comes_back_to_where_it_was(house: House):
    visit = house.visit(Stage.TRIAGED)
    post(house, "售后主管", f"/pc/visits/{visit.id}/refuse", remark="近期服用抗凝药", version=visit.version)
    row = house.done("user.index", {"status": "3"})["list"][0]
    assert (row["type"], row["status"], row["is_pay"]) == ("1", "1", "0"), "the codes stay those of before"
    quote = {"id": str(visit.id), "consultation_user_id": str(house.id_of("咨询师")), **lines(house)}
    refused = house.call("consultation.consult", quote, role="咨询师")
    assert refused.json["msg"] == "操作失败：状态已变化，请刷新"
    db.session.refresh(visit)
    post(house, "售后主管", f"/pc/visits/{visit.id}/restore", remark="已停药两周", version=visit.version)
    assert stage_of(visit.id) is Stage.TRIAGED
    house.done("consultation.consult", quote, role="咨询师")
