"""The distribution centre and income: figures that agree with the books, lines, pages, explanations, whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_reward, make_withdrawal
from tests.factories.patients import make_wechat_user
from wxapp.core import clock, settings
from wxapp.core.db import transaction
from wxapp.core.errors import NotFound
from wxapp.distribution import explaining, kinds
from wxapp.distribution.models import (
    AttributionWay,
    CommissionStatus,
    Distributor,
    DistributorStatus,
    RewardStatus,
    TermsWay,
    WithdrawalStatus,
)
from wxapp.distribution.queries import income
from wxapp.distribution.rules.income import IncomeKind, Place, read_place
from wxapp.distribution.settings import IS_OPEN
from wxapp.distribution.views.centre import ENTRIES
from wxapp.wallet import queries as wallet

C = CommissionStatus
MOST_QUERIES = 12


@dataclass
class Phone:
    """A distributor's telephone."""

    client: FlaskClient
    distributor: Distributor

    def get(self, path: str = "") -> Any:
        return self.client.get(f"/earn{path}")


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str]) -> Phone:
    user = make_wechat_user(nickname="晓晓")
    distributor = make_distributor(user=user, code="k7m2qx")
    sign_in_wechat(client, user)
    return Phone(client, distributor)


def text_of(page: Any) -> str:
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def set_status(distributor: Distributor, status: DistributorStatus, reason: str = "") -> None:
    with transaction():
        distributor.status, distributor.reason = status, reason


def make_everything(distributor: Distributor) -> None:
    """One of every kind of line, so that each sum has something in it."""
    friends = [make_distributor(inviter=distributor) for _ in range(3)]
    make_commission(distributor, status=C.PLACED, line_fen=7_700)
    make_commission(distributor, status=C.VOID, line_fen=5_500)
    make_commission(distributor, status=C.PENDING, line_fen=10_000)
    make_commission(distributor, status=C.AVAILABLE, line_fen=30_000)
    make_commission(distributor, status=C.REVERSED, line_fen=20_000)
    make_reversal(make_commission(distributor, status=C.PENDING, line_fen=40_000), amount_fen=1_000)
    make_reversal(make_commission(distributor, status=C.AVAILABLE, line_fen=8_000), amount_fen=200)
    make_commission(distributor, seller=friends[0], status=C.AVAILABLE, line_fen=60_000, rate=500)
    make_commission(distributor, seller=friends[0], status=C.PENDING, line_fen=4_000, rate=500)
    make_reward(distributor, friends[0], amount_fen=500)
    make_reward(distributor, friends[1], amount_fen=700, status=RewardStatus.REVERSED)
    make_reward(distributor, friends[2], amount_fen=900, status=RewardStatus.SKIPPED)
    make_withdrawal(distributor, amount_fen=1_500)
    make_withdrawal(distributor, amount_fen=600, status=WithdrawalStatus.REQUESTED)
    make_withdrawal(distributor, amount_fen=300, status=WithdrawalStatus.REJECTED)


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


# --- explained -------------------------------------------------------------------------------------------------------


def test_a_fen_is_explained(phone: Phone, queries: list[str]) -> None:
    one = make_commission(
        phone.distributor,
        line_fen=19_999,
        rate=325,
        due_at=clock.now() + timedelta(days=7),
        done_at=clock.now() + timedelta(hours=1),
    )
    queries.clear()
    shown = text_of(phone.get(f"/income/{one.id}"))
    assert len(queries) <= MOST_QUERIES
    assert "¥199.99 × 3.25% = ¥6.49（不足1分舍去）" in shown
    assert f"默认设置，版本{one.terms_id}" in shown
    assert "顾客打开您分享的商品后下单" in shown
    assert "预计3月9日可提现" in shown
    assert [title for title in ("顾客下单", "付款成功，佣金入账", "订单完成") if title not in shown] == []


def test_the_inviters_fen_names_who_sold_by_nickname_only(phone: Phone) -> None:
    friend = make_distributor(inviter=phone.distributor, name="周敏", user=make_wechat_user(nickname="山间清风"))
    one = make_commission(
        phone.distributor, seller=friend, way=TermsWay.FIXED, rate=300, quantity=2, attribution=AttributionWay.MEMBER
    )
    page = phone.get(f"/income/{one.id}")
    shown = text_of(page)
    assert "顾客是您邀请的分销员山***邀请的会员" in shown
    assert "¥3.00 × 2件 = ¥6.00" in shown
    assert not re.search("周敏|山间清风|1380000", page.text)


def test_who_sold_without_a_nickname_is_no_dash(phone: Phone) -> None:
    friend = make_distributor(inviter=phone.distributor, name="周敏", user=make_wechat_user(nickname=""))
    team = make_commission(phone.distributor, seller=friend)
    reward = make_reward(phone.distributor, friend, amount_fen=880)
    assert "您邀请的分销员售出" in text_of(phone.get("/income?kind=team"))
    assert "顾客打开您邀请的分销员分享的商品后下单" in text_of(phone.get(f"/income/{team.id}"))
    assert "邀请奖励 · 微信用户" in text_of(phone.get("/income?kind=other"))
    assert "微信用户" in text_of(phone.get(f"/income/rewards/{reward.id}"))


def test_what_the_price_cut_stands_in_the_explanation(phone: Phone) -> None:
    one = make_commission(
        phone.distributor, line_fen=1_000, way=TermsWay.FIXED, rate=500, quantity=3, frozen_fen=500, amount_fen=500
    )
    shown = text_of(phone.get(f"/income/{one.id}"))
    assert "¥5.00 × 3件 = ¥15.00" in shown
    assert "各级佣金合计不超过商品实付的一半，本项计¥5.00" in shown


def test_limits_and_refunds_stand_in_the_explanation(phone: Phone) -> None:
    one = make_commission(phone.distributor, line_fen=100_000, frozen_fen=8_000, cap_fen=8_000, amount_fen=6_000)
    make_reversal(one, amount_fen=1_500)
    shown = text_of(phone.get(f"/income/{one.id}"))
    assert "每笔订单佣金最多¥80.00，本项计¥80.00" in shown
    assert "本月佣金已达上限，入账¥60.00" in shown
    assert "已退款¥250.00，冲回¥15.00，保留¥45.00" in shown
    assert "退款冲回¥15.00" in shown
    assert "从待结算佣金中扣除" in shown


def test_a_reversal_is_explained_with_what_went_before(phone: Phone) -> None:
    one = make_commission(phone.distributor, line_fen=30_000, status=C.AVAILABLE)
    make_reversal(one, amount_fen=500)
    second = make_reversal(one, amount_fen=700)
    shown = text_of(phone.get(f"/income/reversals/{second.id}"))
    parts = ("原佣金 ¥30.00", "累计退款 ¥120.00", "可保留佣金 ¥18.00", "此前已冲回 ¥5.00", "本次冲回 ¥7.00", "−7.00")
    assert [part for part in parts if part not in shown] == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (RewardStatus.PAID, "奖励到账"),
        (RewardStatus.SKIPPED, "当日奖励次数已达上限，未发放"),
        (RewardStatus.REVERSED, "首笔订单已退款，奖励冲回"),
    ],
)
def test_a_reward_is_explained(phone: Phone, status: RewardStatus, sentence: str) -> None:
    one = make_reward(phone.distributor, make_distributor(inviter=phone.distributor), status=status)
    assert sentence in text_of(phone.get(f"/income/rewards/{one.id}"))


def test_a_strangers_fen_is_not_found(phone: Phone) -> None:
    other = make_distributor()
    one = make_commission(other, status=C.AVAILABLE)
    back = make_reversal(one, amount_fen=10)
    reward = make_reward(other, make_distributor(inviter=other))
    for path in (f"/income/{one.id}", f"/income/reversals/{back.id}", f"/income/rewards/{reward.id}"):
        assert phone.get(path).status_code == 404
    with pytest.raises(NotFound):  # also where its commission is not asked for
        income.own_reversal(phone.distributor.id, back.id)


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"status": C.PLACED}, "顾客付款后入账"),
        ({"status": C.VOID}, "订单未付款，已关闭"),
        ({"status": C.PENDING}, "订单完成7天后可提现"),
        ({"status": C.PENDING, "wait_days": 0}, "订单完成后即可提现"),
        ({"status": C.PENDING, "due_at": datetime(2026, 4, 8, 16, tzinfo=UTC)}, "预计4月9日可提现"),
        ({"status": C.PENDING, "due_at": datetime(2027, 1, 2, tzinfo=UTC)}, "预计2027年1月2日可提现"),
        (
            {"status": C.PENDING, "due_at": datetime(2026, 3, 1, tzinfo=UTC)},
            "即将转为可提现，订单有退款在处理的待其结束",
        ),
        ({"status": C.AVAILABLE}, "已计入可提现余额"),
        ({"status": C.REVERSED}, "订单已退款，佣金已全部冲回"),
    ],
)
def test_what_comes_next(phone: Phone, over: dict[str, Any], sentence: str) -> None:
    one = make_commission(phone.distributor, **over)
    assert explaining.what_next(one) == sentence
    assert sentence in text_of(phone.get(f"/income/{one.id}"))


@pytest.mark.parametrize(("rate_bp", "text"), [(500, "5%"), (325, "3.25%"), (350, "3.5%"), (5, "0.05%"), (0, "0%")])
def test_percent_for_people(rate_bp: int, text: str) -> None:
    assert explaining.percent(rate_bp) == text


def test_kinds_are_those_of_the_contract() -> None:
    assert {kind.value: kind.label for kind in IncomeKind} == {
        "sales": "分销收入",
        "team": "团队收入",
        "other": "其他收入",
    }
