"""What a right call of each changing interface leaves in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.contract.calls import NEW_PHONE, PREPARE, patient_of
from tests.contract.entries import SERVED
from tests.contract.house import House
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.loans.models import Instalment, Loan, LoanStatus
from wxapp.retail.models import RetailGoods, RetailLine, RetailOrder, RetailStatus
from wxapp.till.models import Act, Entry, Receipt
from wxapp.uploads.models import Upload
from wxapp.visits.models import (
    Decision,
    ExamKind,
    Interest,
    MachineBinding,
    Part,
    Picture,
    PlannedPayment,
    Procedure,
    Profile,
    Quote,
    QuoteLine,
    Review,
    Stage,
    StepKind,
    Visit,
)
from wxapp.visits.queries import people_of, steps_of
from wxapp.wallet import queries as wallet
from wxapp.wallet.house import house_account

Sent = dict[str, Any]
Effect = Callable[[House, Sent, Any], None]
EFFECTS: dict[str, Effect] = {}


def leaves(interface_id: str) -> Callable[[Effect], Effect]:
    def register(effect: Effect) -> Effect:
        EFFECTS[interface_id] = effect
        return effect

    return register


@pytest.mark.parametrize("interface_id", [one.id for one in SERVED.values() if one.method == "POST"])
def test_a_right_call_is_kept(house: House, interface_id: str):
    sent = PREPARE[interface_id](house)
    answer = house.done(interface_id, sent)
    db.session.expire_all()
    EFFECTS[interface_id](house, sent, answer)


@pytest.mark.parametrize("interface_id", [one.id for one in SERVED.values() if one.method == "POST"])
def test_a_right_call_without_commas_at_the_ends_of_lists_is_the_same(house: House, interface_id: str):
    sent = PREPARE[interface_id](house)
    cut = {key: value[:-1] if isinstance(value, str) and value.endswith(",") else value for key, value in sent.items()}
    answer = house.done(interface_id, cut)
    db.session.expire_all()
    EFFECTS[interface_id](house, sent, answer)


# --- reading ---------------------------------------------------------------------------------------------------------


def visit_of(sent: Sent) -> Visit:
    return db.session.get_one(Visit, int(sent["id"]))


def people(visit: Visit, part: Part) -> list[int]:
    return [person.staff_id for person in people_of([visit.id])[visit.id].get(part, [])]


def rows(model: Any, *conditions: Any) -> list[Any]:
    return list(db.session.scalars(sa.select(model).where(*conditions).order_by(model.id)))


def count(model: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def entries(subject: str) -> list[tuple[str, int, str]]:
    return [
        (one.method_name, one.amount_fen, one.remark)
        for one in rows(Entry, Entry.subject == subject, Entry.voided_at.is_(None))
    ]


# --- customers -------------------------------------------------------------------------------------------------------


@leaves("user.add")
def patient_with_a_first_visit(house: House, sent: Sent, _answer: Any) -> None:
    patient = patient_of(NEW_PHONE)
    visit = rows(Visit, Visit.patient_id == patient.id)[0]
    profile = rows(Profile, Profile.patient_id == patient.id)[0]
    assert (patient.name, patient.sex.value, patient.birthday) == (
        "李四",
        "female",
        date(clock.today().year - 20, 1, 2),
    )
    assert (visit.visit_no, visit.stage, visit.is_first) == (patient.record_no, Stage.BOOKED, True)
    assert (visit.channel, visit.social_account, visit.referral_source, visit.deposit_fen) == (
        "熟人介绍", "demo_account_01", 0, 0,
    )  # fmt: skip
    assert (profile.province, profile.city, profile.area, profile.address, profile.tag) == (
        "甲省", "乙市", "丙区", "丁路1号", 3,
    )  # fmt: skip
    assert people(visit, Part.LEAD_REFERRER) == [house.id_of("咨询师")]
    assert people(visit, Part.REFERRER) == [house.id_of("售后")]
    assert people(visit, Part.ESCORT) == [house.id_of("护士"), house.id_of("前台")], "in the order of entry"
    wanted = [int(one) for one in sent["project_id[]"]]
    assert [one.category_id for one in rows(Interest, Interest.visit_id == visit.id)] == wanted


@leaves("user.is_do")
def arrival(house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.reached_at) == (Stage.ARRIVED, clock.now())
    assert people(visit, Part.RECEPTIONIST) == [house.id_of("前台")]
    assert steps_of(visit.id)[StepKind.ARRIVAL].ended_at == clock.now()
    assert visit.current_step is StepKind.EXAMINATION


# --- retail ----------------------------------------------------------------------------------------------------------


@leaves("retail.get_cate_goods")
def nothing_new(_house: House, _sent: Sent, answer: Any) -> None:
    assert {(row["goods_title"], row["selling_price"], row["goods_stock"]) for row in answer["list"]} == {
        ("商品甲", "20.00", "10"), ("商品乙", "20.00", "10"),
    }  # fmt: skip


def stocks() -> list[int]:
    return [goods.stock for goods in rows(RetailGoods)]


@leaves("retail.index.submit")
def sale(house: House, _sent: Sent, _answer: Any) -> None:
    order = rows(RetailOrder)[0]
    assert (order.patient_id, order.seller_id, order.total_fen) == (house.patient.id, house.id_of("咨询师"), 6_000)
    assert [(line.name, line.price_fen, line.count) for line in rows(RetailLine)] == [
        ("商品甲", 2_000, 1), ("商品乙", 2_000, 2),
    ]  # fmt: skip
    assert stocks() == [9, 8]
    assert entries(f"retail:{order.id}") == [("支付宝", 1_000, ""), ("微信", 2_000, ""), ("现金", 3_000, "")]
    assert len(order.order_no) == 18
    assert order.order_no.startswith(f"{clock.local(clock.now()):%Y%m%d%H%M%S}")


@leaves("retail.cancel_order")
def cancelled_sale(_house: House, sent: Sent, _answer: Any) -> None:
    order = rows(RetailOrder)[0]
    assert (order.order_no, order.status) == (sent["order_no"], RetailStatus.CANCELLED)
    assert stocks() == [10, 10]
    assert entries(f"retail:{order.id}") == []
    assert sum(receipt.net_fen for receipt in rows(Receipt)) == 0


# --- diagnostics, triage ---------------------------------------------------------------------------------------------


@leaves("common.upload_one")
def upload(house: House, _sent: Sent, answer: Any) -> None:
    kept = rows(Upload)[0]
    assert (kept.path, kept.subject) == (answer["message"], "")
    assert kept.uploaded_by == f"staff:{house.id_of('检验科')}"


@leaves("triage.fenzhen")
def triage(house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.consultant_id) == (Stage.TRIAGED, house.id_of("咨询师"))
    assert people(visit, Part.TRIAGIST) == [house.id_of("超管")]
    steps = steps_of(visit.id)
    assert steps[StepKind.TRIAGE].ended_at == clock.now()
    assert visit.current_step is StepKind.CONSULTATION


@leaves("triage.edit")
def other_consultant(house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.consultant_id) == (Stage.TRIAGED, house.id_of("咨询师"))


# --- consultation and review -----------------------------------------------------------------------------------------

LINES = [("项目甲", 80_000, 1), ("项目乙", 120_000, 1), ("项目丙", 300_000, 1)]


def quoted(visit: Visit) -> list[tuple[str, int, int]]:
    return [(one.name, one.price_fen, one.count) for one in rows(QuoteLine, QuoteLine.quote_id == visit.quote_id)]


@leaves("consultation.consult")
def first_quote(_house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.list_total_fen, visit.offered_fen) == (Stage.IN_REVIEW, 500_000, 450_000)
    assert quoted(visit) == LINES
    assert [one.revision for one in rows(Quote, Quote.visit_id == visit.id)] == [1]
    assert visit.quote_remark == "老客户优惠"


@leaves("physical.complete")
def next_quote(_house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.offered_fen) == (Stage.IN_REVIEW, 450_000)
    assert quoted(visit) == LINES
    assert [one.revision for one in rows(Quote, Quote.visit_id == visit.id)] == [1, 2]


@leaves("consultation.pay")
def plan(_house: House, sent: Sent, _answer: Any) -> None:
    planned = rows(PlannedPayment, PlannedPayment.visit_id == int(sent["id"]))
    assert [(one.method_name, one.amount_fen, one.remark, one.periods, one.repayment_day) for one in planned] == [
        ("支付宝", 10_000, "备注1", None, None),
        ("微信", 20_000, "备注2", None, None),
        ("现金", 30_000, "备注3", None, None),
        ("分期甲", 150_000, "备注4", 12, 12),
        ("分期乙", 240_000, "备注5", 6, 8),
    ]


EFFECTS["examine.pay"] = plan


@leaves("external.set_machine")
def binding(house: House, _sent: Sent, _answer: Any) -> None:
    bound = rows(MachineBinding)
    assert [(one.patient_id, one.unbound_at) for one in bound] == [(house.patient.id, None)]


@leaves("common.get_project_ajax")
def found_projects(house: House, _sent: Sent, answer: Any) -> None:
    assert [(row["id"], row["name"], row["price"]) for row in answer] == [
        (str(one.id), one.name, f"{one.price_fen // 100}.00") for one in sorted(house.projects, key=lambda p: p.name)
    ]


@leaves("examine.pass")
def passed(house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.final_fen) == (Stage.APPROVED, visit.offered_fen)
    assert [(one.decision, one.by) for one in rows(Review)] == [(Decision.PASSED, f"staff:{house.id_of('超管')}")]
    assert people(visit, Part.REVIEWER) == [house.id_of("超管")]


@leaves("examine.edit")
def changed_price(_house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.final_fen) == (Stage.APPROVED, 420_000)
    assert quoted(visit) == LINES
    assert [(one.decision, one.final_fen) for one in rows(Review)] == [(Decision.CHANGED, 420_000)]


# --- cashier ---------------------------------------------------------------------------------------------------------


def loans(sent: Sent) -> list[tuple[str, int, int, int]]:
    return [
        (one.bank_name, one.amount_fen, one.periods, one.repayment_day)
        for one in rows(Loan, Loan.visit_id == int(sent["id"]), Loan.status == LoanStatus.OPEN)
    ]


TWO_LOANS = [("分期甲", 180_000, 12, 8), ("分期乙", 240_000, 6, 13)]


def books_agree(visit: Visit) -> None:
    """What stands on the visit, in the till and in the books is the same."""
    taken = sum(fen for _, fen, _ in entries(f"visit:{visit.id}"))
    assert (visit.collected_fen, wallet.balance_of(house_account("house.visits"))) == (taken, taken)


@leaves("collect.pay")
def collected(house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.is_collected, visit.collected_final_fen) == (Stage.COLLECTED, True, 450_000)
    assert entries(f"visit:{visit.id}") == [
        ("支付宝", 10_000, "备注1"), ("微信", 20_000, "备注2"), ("分期甲", 180_000, "备注3"), ("分期乙", 240_000, ""),
    ]  # fmt: skip
    assert loans(sent) == TWO_LOANS
    for loan in rows(Loan):
        parts = rows(Instalment, Instalment.loan_id == loan.id)
        assert (len(parts), sum(one.amount_fen for one in parts)) == (loan.periods, loan.amount_fen)
    assert people(visit, Part.CASHIER) == [house.id_of("前台")]
    assert count(Procedure) == 1
    books_agree(visit)


@leaves("collect.edit")
def changed_payments(_house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert visit.stage is Stage.COLLECTED
    standing = {("现金", 30_000, ""), ("分期甲", 180_000, "备注3"), ("分期乙", 240_000, "")}
    assert set(entries(f"visit:{visit.id}")) == standing
    assert loans(sent) == TWO_LOANS
    assert [one.act for one in rows(Receipt)] == [Act.COLLECTED, Act.CHANGED], "the first one is kept"
    books_agree(visit)


@leaves("collect.again")
def difference(_house: House, sent: Sent, _answer: Any) -> None:
    visit = visit_of(sent)
    assert (visit.stage, visit.collected_fen, visit.collected_final_fen) == (Stage.COLLECTED, 500_000, 500_000)
    assert entries(f"visit:{visit.id}")[-2:] == [("现金", 10_000, "补差价"), ("分期甲", 40_000, "")]
    assert loans(sent) == [*TWO_LOANS, ("分期甲", 40_000, 6, 31)]
    books_agree(visit)


# --- beside the contract ---------------------------------------------------------------------------------------------


def test_pictures_that_were_uploaded_are_put_to_the_visit_and_the_old_ones_are_kept(house: House):
    sent = PREPARE["physical.info"](house)
    visit = visit_of(sent)
    shown = house.done("physical.info", sent)["info"]
    assert visit.stage is Stage.EXAMINING
    for kind in ExamKind:
        there = rows(Picture, Picture.visit_id == visit.id, Picture.kind == kind, Picture.replaced_at.is_(None))
        assert [one.path for one in there] == shown[f"{kind.value}_img"]
    caller = house.caller("检验科")
    answer = caller.client.post(
        "/pc/physical/save_img",
        data={"id": sent["id"], "kind": "ct", "images": f"{shown['ct_img'][1]},"},
        headers={"X-CSRF-Token": caller.csrf},
    )
    assert answer.json["code"] == 1
    assert house.done("physical.info", sent)["info"]["ct_img"] == shown["ct_img"][1:]
    assert len(rows(Picture, Picture.visit_id == visit.id, Picture.kind == ExamKind.CT)) >= 2
