"""How the patient means to pay: its parts add up to the price, and loans are such as are on offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.configuration import make_method, make_methods
from tests.factories.quoting import make_reviewer
from tests.factories.visits import make_visit
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries import planned_of
from wxapp.visits.services.planning import Planned, plan_payments

pytestmark = pytest.mark.usefixtures("app")

FIVE = (
    Planned("支付宝", 10_000, "备注1"),
    Planned("微信", 20_000, "备注2"),
    Planned("现金", 30_000, "备注3"),
    Planned("分期甲", 150_000, "备注4", 12, 12),
    Planned("分期乙", 240_000, "备注5", 6, 8),
)
"""The contract's example: three ways to pay and two loans, 4500 yuan."""


@pytest.fixture
def visit() -> Visit:
    made = make_visit(stage=Stage.APPROVED, final_fen=450_000)
    make_methods()
    return made


def test_the_parts_are_kept_in_their_order(visit: Visit) -> None:
    plan_payments(visit.id, FIVE, total_fen=450_000, by=1)
    assert [
        Planned(one.method_name, one.amount_fen, one.remark, one.periods, one.repayment_day)
        for one in planned_of(visit.id)
    ] == list(FIVE)


def test_a_new_plan_replaces_the_old_one_as_a_whole(visit: Visit) -> None:
    plan_payments(visit.id, FIVE, by=1)
    plan_payments(visit.id, [Planned("现金", 450_000)], by=1)
    assert [(one.position, one.method_name) for one in planned_of(visit.id)] == [(0, "现金")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "至少"),
        ({0: {"amount_fen": 10_001}}, "合计4500.01元"),
        ({0: {"amount_fen": 0}, 1: {"amount_fen": 30_000}}, "第1笔支付（支付宝）金额应大于0"),
        ({0: {"method": "贝壳"}}, "第1笔支付方式“贝壳”不存在或已停用"),
        ({3: {"periods": None}}, "第4笔支付（分期甲）请填写贷款期数"),
        ({3: {"repayment_day": None}}, "第4笔支付（分期甲）还款日应为1至31日"),
        ({3: {"periods": None, "repayment_day": None}}, "第4笔支付（分期甲）请填写贷款期数"),
        ({2: {"periods": 6, "repayment_day": 1}}, "第3笔支付（现金）不是贷款"),
        ({4: {"periods": 7}}, "第5笔支付（分期乙）不提供7期"),
        ({4: {"repayment_day": 32}}, "第5笔支付（分期乙）还款日应为1至31"),
        ({4: {"repayment_day": 0}}, "第5笔支付（分期乙）还款日应为1至31"),
    ],
)
def test_a_broken_plan_saves_nothing(visit: Visit, change: dict[int, dict[str, object]], says: str) -> None:
    payments = [replace(one, **change.get(place, {})) for place, one in enumerate(FIVE)] if change else []
    with pytest.raises(Invalid) as refusal:
        plan_payments(visit.id, payments, by=1)
    assert says in refusal.value.message
    assert planned_of(visit.id) == []


def test_the_price_that_the_caller_takes_for_the_price_is_compared(visit: Visit) -> None:
    with pytest.raises(Invalid, match="付款金额应为4500"):
        plan_payments(visit.id, FIVE, total_fen=450_001, by=1)


def test_a_method_has_its_limits(visit: Visit) -> None:
    limited = make_method("限额付", most_fen=100_000)
    with pytest.raises(Invalid, match="金额应在"):
        plan_payments(visit.id, [Planned(limited.name, 450_000)], by=1)


def test_more_than_anybody_needs_is_refused(visit: Visit) -> None:
    with pytest.raises(Invalid, match="最多"):
        plan_payments(visit.id, [Planned("现金", 1)] * 51, by=1)


@pytest.mark.parametrize("stage", [Stage.IN_REVIEW, Stage.SENT_BACK])
def test_before_review_the_offered_price_counts(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    make_methods()
    plan_payments(visit.id, [Planned("现金", visit.offered_fen or 0)], by=1)
    with transaction():
        visit.offered_fen = 1
    with pytest.raises(Invalid):
        plan_payments(visit.id, [Planned("现金", 2)], by=1)


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED}))
def test_without_a_price_or_after_the_cashier_nothing_is_planned(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    make_methods()
    with pytest.raises(StageMoved):
        plan_payments(visit.id, [Planned("现金", 1)], by=1)


def test_a_stale_page_plans_nothing(visit: Visit) -> None:
    seen = visit.version
    plan_payments(visit.id, FIVE, by=1, version=seen)
    db.session.refresh(visit)
    assert visit.version == seen + 1
    with pytest.raises(Stale):
        plan_payments(visit.id, FIVE, by=1, version=seen)


def test_a_plan_that_differs_is_told_of_until_the_money_is_in(
    visit: Visit, client: FlaskClient, sign_in_staff: Callable[..., str]
) -> None:
    plan_payments(visit.id, FIVE, by=1)
    sign_in_staff(client, make_reviewer())
    for stage, is_told in ((Stage.APPROVED, True), (Stage.COLLECT_AGAIN, False)):
        with transaction():
            changed = sa.update(Visit).where(Visit.id == visit.id).values(stage=stage, final_fen=440_000)
            db.session.execute(changed)
        for path in (f"/pc/examine/details?id={visit.id}", f"/pc/visits/{visit.id}?part=quote"):
            page = client.get(path, headers={"Accept": "text/html"}).text
            assert "分期乙" in page
            assert ("付款计划与现在的价格不一致" in page) is is_told
