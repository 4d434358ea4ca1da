"""Explain this fen: what a commission, a reward and a reversal come from, and whose they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.distribution.earner import MOST_QUERIES, C, Phone, phone, text_of
from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_reward
from tests.factories.patients import make_wechat_user
from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.distribution import explaining
from wxapp.distribution.models import (
    AttributionWay,
    RewardStatus,
    TermsWay,
)
from wxapp.distribution.queries import income
from wxapp.distribution.rules.income import IncomeKind

__all__ = ["phone"]


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
