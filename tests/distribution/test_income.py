"""The distribution centre and income: figures that agree with the books, lines and pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.distribution.earner import MOST_QUERIES, C, Phone, make_everything, phone, text_of
from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_reward, make_withdrawal
from tests.factories.patients import make_wechat_user
from wxapp.core import clock, settings
from wxapp.core.db import transaction
from wxapp.distribution import kinds
from wxapp.distribution.models import (
    Distributor,
    DistributorStatus,
    RewardStatus,
    WithdrawalStatus,
)
from wxapp.distribution.queries import income
from wxapp.distribution.rules.income import Place, read_place
from wxapp.distribution.settings import IS_OPEN
from wxapp.distribution.views.centre import ENTRIES
from wxapp.wallet import queries as wallet

__all__ = ["phone"]


def set_status(distributor: Distributor, status: DistributorStatus, reason: str = "") -> None:
    with transaction():
        distributor.status, distributor.reason = status, reason


# --- figures ---------------------------------------------------------------------------------------------------------


def test_what_came_and_went_is_what_the_books_hold(phone: Phone) -> None:
    make_everything(phone.distributor)
    make_everything(make_distributor())  # somebody else's counts nowhere
    totals, balances = income.totals_of(phone.distributor.id), income.balances_of(phone.distributor.id)
    assert (totals.sales_fen, totals.team_fen, totals.other_fen) == (10_800, 3_200, 1_200)
    assert (totals.reversed_fen, totals.paid_out_fen, totals.on_its_way_fen) == (3_900, 1_500, 600)
    assert totals.earned_fen - totals.withdrawn_fen == balances.available_fen + balances.pending_fen
    assert totals.sales_pending_fen + totals.team_pending_fen == balances.pending_fen
    for kind, fen in ((kinds.AVAILABLE_ACCOUNT, balances.available_fen), (kinds.PENDING_ACCOUNT, balances.pending_fen)):
        account = wallet.find_account(kind, phone.distributor.id)
        assert account is not None
        assert account.balance_fen == fen


def test_who_has_earned_nothing_has_zeros_and_no_account(phone: Phone) -> None:
    page = text_of(phone.get())
    assert page.count("0.00") == 6
    assert wallet.find_account(kinds.AVAILABLE_ACCOUNT, phone.distributor.id) is None  # looking opens none


def test_todays_figures_are_those_of_the_hospitals_day(phone: Phone, at: Callable[[str], None]) -> None:
    me = phone.distributor
    at("2026-03-02 23:50")
    make_commission(me, line_fen=90_000)  # paid five minutes later, still on the 2nd
    at("2026-03-03 00:30")
    make_commission(me, line_fen=10_000, order_no="M1")
    make_commission(me, line_fen=5_000, order_no="M1")
    make_commission(me, seller=make_distributor(inviter=me), line_fen=70_000, rate=500)
    make_commission(me, status=C.PLACED, line_fen=80_000)
    today = income.booked_on(me.id, clock.today())
    assert (today.orders, today.sales_fen, today.commission_fen) == (1, 15_000, 1_000 + 500 + 3_500)


def test_todays_commission_says_what_it_is_made_of(phone: Phone, at: Callable[[str], None]) -> None:
    me = phone.distributor
    at("2026-03-02 12:00")
    friends = [make_distributor(inviter=me) for _ in range(3)]
    before = make_commission(me, line_fen=90_000)
    make_reward(me, friends[0], amount_fen=9_900)
    at("2026-03-03 00:30")
    assert "佣金净额 =" not in text_of(phone.get())
    make_reversal(before, amount_fen=800)
    make_reversal(make_commission(me, line_fen=10_000), amount_fen=300)
    make_commission(me, seller=friends[0], line_fen=70_000, rate=500)
    make_reward(me, friends[1], amount_fen=500, status=RewardStatus.REVERSED)
    make_reward(me, friends[2], amount_fen=700, status=RewardStatus.SKIPPED)
    shown = text_of(phone.get())
    assert "我的成交订单 1 我的销售额 ¥ 100.00 佣金净额 ¥ 34.00" in shown
    assert "佣金净额 = 分销收入 10.00 元 + 团队收入 35.00 元 + 其他收入 5.00 元 − 退款冲回 16.00 元" in shown


# --- the centre ------------------------------------------------------------------------------------------------------


def test_the_centre_shows_money_and_the_way_to_everything(phone: Phone, queries: list[str]) -> None:
    make_everything(phone.distributor)
    queries.clear()
    page = phone.get()
    assert len(queries) <= MOST_QUERIES
    shown = text_of(page)
    balances = income.balances_of(phone.distributor.id)
    assert f"可提现余额 ¥ {balances.available_fen / 100:.2f}" in shown
    assert f"¥ {balances.pending_fen / 100:.2f}" in shown
    assert "k7m2qx" in shown
    assert [entry.label for entry in ENTRIES if entry.label not in shown] == []


def test_a_debt_is_explained_and_not_withdrawn(phone: Phone) -> None:
    sold = make_commission(phone.distributor, status=C.AVAILABLE, line_fen=20_000)
    make_withdrawal(phone.distributor, amount_fen=2_000)
    make_reversal(sold, amount_fen=1_234)
    page = phone.get()
    shown = text_of(page)
    assert "待抵扣 ¥ 12.34" in shown
    assert "冲回的 12.34 元将由之后的佣金抵扣，您无需另外付款" in shown
    assert 'class="button"' not in page.text


def test_frozen_ones_see_why_and_withdraw_nothing(phone: Phone) -> None:
    make_commission(phone.distributor, status=C.AVAILABLE)
    assert 'class="button"' in phone.get().text
    set_status(phone.distributor, DistributorStatus.FROZEN, "宣传内容不实")
    page = phone.get()
    assert "您的分销资格已被冻结：宣传内容不实" in text_of(page)
    assert 'class="button"' not in page.text


def test_closed_ones_come_in_as_long_as_there_is_money(phone: Phone) -> None:
    set_status(phone.distributor, DistributorStatus.CLOSED)
    assert phone.get().status_code == 302
    make_commission(phone.distributor, status=C.AVAILABLE)
    page = phone.get()
    assert "您已退出分销" in text_of(page)
    assert 'class="button"' in page.text
    assert [entry.label for entry in ENTRIES if entry.label in text_of(page)] == [
        entry.label for entry in ENTRIES if entry.kind != "share"
    ]


def test_the_centre_says_that_distribution_is_paused(phone: Phone) -> None:
    settings.write(IS_OPEN, False, by="system:tests")
    assert "本院已暂停分销" in text_of(phone.get())


@pytest.mark.parametrize("path", ["", "/income", "/income/1", "/income/rewards/1", "/income/reversals/1"])
def test_who_is_no_distributor_is_led_to_the_form(
    client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str], path: str
) -> None:
    sign_in_wechat(client, make_wechat_user())
    answer = client.get(f"/earn{path}")
    assert (answer.status_code, answer.location) == (302, "/earn/join")


# --- lines -----------------------------------------------------------------------------------------------------------


def test_each_tab_shows_its_lines_with_number_time_amount_and_state(phone: Phone, queries: list[str]) -> None:
    me = phone.distributor
    friend = make_distributor(inviter=me, user=make_wechat_user(nickname="山间清风"))
    sold = make_commission(me, line_fen=10_000)
    team = make_commission(me, seller=friend, line_fen=60_000, rate=500, status=C.AVAILABLE)
    reward = make_reward(me, friend, amount_fen=880)
    back = make_reversal(team, amount_fen=1_000)
    out = make_withdrawal(me, amount_fen=900, status=WithdrawalStatus.FAILED)
    for kind, parts in {
        "sales": ("入职体检套餐", sold.order_no, "2026-03-02 10:00", "+10.00", "待结算", "订单完成7天后可提现"),
        "team": (team.order_no, "您邀请的分销员山***售出", "+30.00", "可提现", "有部分退款"),
        "other": ("邀请奖励 · 山***", reward.order_no, "+8.80", "已发放"),
        "spending": (out.no, "−9.00", "打款失败，已退回", back.order_no, "−10.00", "从可提现余额中扣除"),
    }.items():
        queries.clear()
        shown = text_of(phone.get(f"/income?kind={kind}"))
        assert len(queries) <= MOST_QUERIES
        assert [part for part in parts if part not in shown] == []
    assert sold.order_no in text_of(phone.get("/income?kind=nonsense"))


@pytest.mark.parametrize("kind", ["sales", "team", "other", "spending"])
def test_nothing_yet_says_so(phone: Phone, kind: str) -> None:
    assert "还没有" in text_of(phone.get(f"/income?kind={kind}"))


@pytest.mark.parametrize("kind", ["sales", "team", "other", "spending"])
def test_pages_show_each_line_once_newest_first(phone: Phone, kind: str) -> None:
    me = phone.distributor
    friend = make_distributor(inviter=me)
    for _ in range(15):
        make_commission(me, seller=friend, status=C.AVAILABLE)
        make_commission(me, status=C.REVERSED)
        make_reward(me, make_distributor(inviter=me), status=RewardStatus.REVERSED)
        make_withdrawal(me, amount_fen=100)
    more = {"sales": 10, "team": 10, "other": 10, "spending": 0}[kind]
    for _ in range(more):
        make_commission(me, seller=friend)
        make_commission(me)
        make_reward(me, make_distributor(inviter=me))
    path: str = f"/earn/income?kind={kind}"
    seen: list[str] = []
    pages = 0
    while path:
        page = phone.client.get(path).text
        lines = re.findall(r'<(?:a|div) class="earn-line".*?</(?:a|div)>', page, re.DOTALL)
        assert 0 < len(lines) <= 20
        seen += [" ".join(re.findall(r'href="([^"]+)"|earn-line__note">([^<]+)<', line)[0]) for line in lines]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = older.group(1).replace("&amp;", "&") if older else ""
        pages += 1
    expected = 45 if kind == "spending" else 25
    assert (len(seen), len(set(seen)), pages) == (expected, expected, -(-expected // 20))


def test_a_place_names_the_next_line_also_within_one_moment(phone: Phone) -> None:
    me = phone.distributor
    make_commission(me, status=C.AVAILABLE, line_fen=100_000)
    rows = [make_withdrawal(me, amount_fen=100) for _ in range(3)]  # the clock stands still
    make_reversal(make_commission(me), amount_fen=10)
    found = income.spent_of(me.id, before=None, limit=10)
    assert [one.place.table for one in found] == [1, 0, 0, 0]
    assert [one.row.id for one in found[1:]] == [row.id for row in reversed(rows)]
    for at in range(len(found)):
        rest = income.spent_of(me.id, before=read_place(str(found[at].place)), limit=10)
        assert [one.row for one in rest] == [one.row for one in found[at + 1 :]]


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(datetime(2026, 3, 2, 2, 0, 0, 123_000, tzinfo=UTC), 2, 77)
    assert read_place(str(place)) == place


@pytest.mark.parametrize("text", ["", "1", "x-1-2", "1-2", "-1-2-3", "1-22-3", "１-2-3", "9" * 15 + "-1-2", "1-2-3 "])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        read_place(text)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1-2-3", "99999999999999-9-1", "%00"])
@pytest.mark.parametrize("kind", ["sales", "spending"])
def test_rubbish_in_the_address_shows_a_page(phone: Phone, kind: str, before: str) -> None:
    make_everything(phone.distributor)
    assert phone.get(f"/income?kind={kind}&before={before}").status_code == 200
