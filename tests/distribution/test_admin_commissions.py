"""Staff's pages of commissions and rewards: lists with sums, filters, export, and where each fen comes from."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_reward, make_withdrawal
from tests.factories.mall import make_category
from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.distribution.models import (
    CommissionStatus,
    DistributorStatus,
    RewardStatus,
    Scope,
    TermsWay,
    WithdrawalStatus,
)
from wxapp.distribution.services import terms

P = Permission
C = CommissionStatus
JSON = {"Accept": "application/json"}


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/distribution/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/distribution/{path}", headers=JSON).json

    def search(self, path: str, q: str) -> str:
        fields = {"csrf_token": self.csrf, "page_of": f"/pc/distribution/{path}", "private": "q", "q": q}
        answer = self.client.post("/pc/table-filter", data=fields)
        assert "13800" not in answer.location
        return text_of(self.client.get(answer.location))


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(P.DISTRIBUTION_READ, P.TABLE_EXPORT, P.ORDER_READ, P.DASHBOARD_READ)


def text_of(page: Any) -> str:
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def numbers(answer: Any) -> set[str]:
    return {row["order_no"] for row in answer["list"]}


def test_the_list_adds_up_what_it_shows(desk: Desk) -> None:
    seller = make_distributor(name="周敏", phone="13800004711")
    inviter = make_distributor(name="陈晓")
    make_commission(seller, status=C.PLACED, line_fen=5_000)
    make_reversal(make_commission(seller, line_fen=20_000), amount_fen=300)
    make_commission(inviter, seller=seller, status=C.AVAILABLE, line_fen=20_000, rate=500)
    make_commission(seller, status=C.REVERSED, line_fen=7_000)
    make_commission(seller, status=C.VOID, line_fen=9_000)
    everything = desk.ask("commissions")["sums"]
    assert everything == {
        "count": 5,
        "placed": "5.00",
        "booked": "37.00",
        "reversed": "10.00",
        "pending": "17.00",
        "available": "10.00",
    }
    shown = desk.search("commissions", "13800004711")
    assert "共4条" in shown
    assert "已入账 ¥27.00" in shown
    assert "周*" in shown
    assert not re.search("周敏|13800004711", shown)


def test_each_filter_leaves_what_was_asked_for(desk: Desk) -> None:
    one, later = make_distributor(), clock.now() + timedelta(days=3)
    early = make_commission(one, status=C.AVAILABLE)
    late = make_commission(one, placed_at=later)
    team = make_commission(make_distributor(), seller=one, placed_at=later)
    assert numbers(desk.ask("commissions")) == {early.order_no, late.order_no, team.order_no}
    assert numbers(desk.ask(f"commissions?order_no={late.order_no}")) == {late.order_no}
    assert numbers(desk.ask("commissions?level=inviter")) == {team.order_no}
    assert numbers(desk.ask("commissions?status=available")) == {early.order_no}
    assert numbers(desk.ask("commissions?since=2026-03-03")) == {late.order_no, team.order_no}
    assert numbers(desk.ask("commissions?until=2026-03-04")) == {early.order_no}


def test_an_expected_day_is_named_as_such(desk: Desk) -> None:
    one, due = make_distributor(), clock.now() + timedelta(days=3)
    make_commission(one, status=C.PENDING, due_at=due)
    assert "2026-03-05 预计" in text_of(desk.get("commissions"))
    make_commission(one, status=C.REVERSED, due_at=due)
    assert text_of(desk.get("commissions")).count("2026-03-05") == 1


@pytest.mark.parametrize("address", ["since=x", "status=x", "level=third", "order_no=" + "9" * 30])
def test_wrong_filters_are_named(desk: Desk, address: str) -> None:
    page = desk.get(f"commissions?{address}")
    assert page.status_code == 422
    assert "筛选条件有误" in page.text


def test_the_list_is_exported_with_numbers_for_money(desk: Desk) -> None:
    make_commission(make_distributor(name="周敏"), line_fen=12_345)
    answer = desk.get("commissions?export=xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    found = dict(zip(rows[0], rows[1], strict=True))
    assert (found["商品实付"], found["入账"], found["标准"], found["分销员"]) == (123.45, 12.34, "10%", "周*")


def test_a_commission_is_explained_with_people_and_books(desk: Desk, queries: list[str]) -> None:
    seller, inviter = make_distributor(name="周敏", code="aaaaaa"), make_distributor(name="陈晓", code="bbbbbb")
    one = make_commission(inviter, seller=seller, status=C.AVAILABLE, line_fen=80_000, rate=500)
    make_reversal(one, amount_fen=1_000)
    path = f"commissions/{one.id}"
    queries.clear()
    shown = text_of(desk.get(path))
    assert len(queries) <= 12
    parts = (
        "团队收入 可提现",
        "¥800.00 × 5% = ¥40.00",
        "陈* （bbbbbb）",
        "周* （aaaaaa）",
        f"版本 {one.terms_id}（默认）",
        "佣金入账（待结算）",
        "分销佣金支出 分销员待结算账户 ¥40.00",
        "分销员待结算账户 分销员可提现账户 ¥40.00",
        f"佣金冲回 业务号 {one.id}:20000 分销员可提现账户 分销佣金支出 ¥10.00",
        "¥200.00 ¥10.00 可提现余额",
    )
    assert [part for part in parts if part not in shown] == []


def test_a_reward_is_explained_with_its_books_and_its_sale(desk: Desk) -> None:
    inviter, invitee = make_distributor(name="陈晓"), make_distributor(name="周敏")
    one = make_reward(inviter, invitee, amount_fen=880, status=RewardStatus.REVERSED)
    make_reward(inviter, make_distributor(), status=RewardStatus.SKIPPED)
    shown = text_of(desk.get("rewards?status=reversed"))
    assert "8.80" in shown
    assert "共 1 条" in shown
    shown = text_of(desk.get(f"rewards/{one.id}"))
    assert "邀请奖励 已冲回" in shown
    assert "分销佣金支出 分销员可提现账户 ¥8.80" in shown
    assert "邀请奖励冲回" in shown
    assert f"commissions/{one.commission_id}" in desk.get(f"rewards/{one.id}").text
    assert f"rewards/{one.id}" in desk.get(f"commissions/{one.commission_id}").text


@pytest.mark.parametrize("path", ["commissions", "commissions/1", "rewards", "rewards/1", "figures", "ranking"])
def test_who_may_not_look_is_refused(sit: Sit, path: str) -> None:
    assert sit(P.DASHBOARD_READ).get(path).status_code == 403


@pytest.mark.parametrize("path", ["commissions/77", "rewards/77"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_the_start_page_counts_what_waits_for_whom(sit: Sit) -> None:
    def cards(*rights: Permission) -> str:
        return text_of(sit(P.DASHBOARD_READ, *rights).client.get("/pc/"))

    deciders = (P.DISTRIBUTION_REVIEW, P.WITHDRAWAL_REVIEW, P.COMMISSION_CONFIRM)
    assert not re.search("等待审核|等待确认", cards(*deciders))
    make_distributor(status=DistributorStatus.APPLIED)
    one = make_distributor()
    make_commission(one, status=C.AVAILABLE, line_fen=100_000)
    for _ in range(2):
        make_withdrawal(one, status=WithdrawalStatus.REQUESTED)
    category = make_category()
    terms.propose(terms.Proposal(Scope.CATEGORY, category.id, TermsWay.PERCENT, 500, 0), by="staff:1")
    shown = cards(*deciders)
    assert "分销申请 1 等待审核" in shown
    assert "佣金提现 2 等待审核" in shown
    assert "佣金设置 1 等待确认" in shown
    assert not re.search("等待审核|等待确认", cards())
