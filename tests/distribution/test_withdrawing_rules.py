"""Rules of withdrawals, as tables of cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.distribution.rules.withdrawing import Conditions, is_same_name, percent

PLAIN = Conditions(least_fen=1_000, most_fen=20_000, per_day=3, fee_bp=0, tax_bp=0, is_reviewed=True)


def on(**over: Any) -> Conditions:
    return replace(PLAIN, **over)


@pytest.mark.parametrize(
    ("fee_bp", "tax_bp", "amount", "fee", "tax", "net"),
    [
        (0, 0, 12_345, 0, 0, 12_345),
        (60, 0, 12_345, 74, 0, 12_271),
        (60, 2_000, 12_345, 74, 2_469, 9_802),
        (1_000, 4_500, 1_001, 100, 450, 451),
        (1, 1, 9_999, 0, 0, 9_999),
    ],
)
def test_fee_and_tax_are_rounded_down(fee_bp: int, tax_bp: int, amount: int, fee: int, tax: int, net: int) -> None:
    parts = on(fee_bp=fee_bp, tax_bp=tax_bp).parts_of(amount)
    assert (parts.fee_fen, parts.tax_fen, parts.net_fen) == (fee, tax, net)


@given(st.integers(1, 10**9), st.integers(0, 1_000), st.integers(0, 4_500))
def test_the_parts_are_the_whole(amount: int, fee_bp: int, tax_bp: int) -> None:
    parts = on(fee_bp=fee_bp, tax_bp=tax_bp).parts_of(amount)
    assert parts.net_fen + parts.fee_fen + parts.tax_fen == amount
    assert parts.fee_fen * 10_000 <= amount * fee_bp
    assert parts.tax_fen * 10_000 <= amount * tax_bp
    assert parts.net_fen > 0


@pytest.mark.parametrize(
    ("amount", "available", "sentence"),
    [
        (1_000, 1_000, ""),
        (20_000, 20_000, ""),
        (999, 3_520, "每次可提现10.00至200.00元，当前可提现35.20元"),
        (20_001, 50_000, "每次可提现10.00至200.00元，当前可提现500.00元"),
        (20_001, -500, "每次可提现10.00至200.00元，当前可提现0.00元"),
        (0, 0, "每次可提现10.00至200.00元，当前可提现0.00元"),
    ],
)
def test_an_amount_within_the_limits(amount: int, available: int, sentence: str) -> None:
    assert PLAIN.limit_problem(amount, available) == sentence


def test_what_wechat_would_not_transfer_is_refused() -> None:
    small = on(least_fen=30, fee_bp=1_000)
    assert small.limit_problem(33, 100) == ""
    assert small.limit_problem(32, 100) == "扣除手续费和税款后不足0.30元，请提高提现金额"


def test_limits_that_exclude_each_other_let_nothing_out() -> None:
    wrong = on(least_fen=5_000, most_fen=1_000)
    assert wrong.limit_problem(3_000, 9_000) == "暂时不能提现，请联系医院"
    assert wrong.all_of(9_000) == 0


@pytest.mark.parametrize(
    ("available", "whole"), [(0, 0), (-5, 0), (999, 0), (1_000, 1_000), (19_999, 19_999), (50_000, 20_000)]
)
def test_all_means_what_is_there_up_to_the_most(available: int, whole: int) -> None:
    assert PLAIN.all_of(available) == whole


@pytest.mark.parametrize(
    ("typed", "registered", "is_same"),
    [
        ("王芳", "王芳", True),
        (" 王 芳　", "王芳", True),
        ("王方", "王芳", False),
        ("", "王芳", False),
        ("", "", False),
        ("阿依古丽•买买提", "阿依古丽·买买提", True),
        ("ＬＩ ｍｉｎｇ", "Li Ming", True),
        ("王芳芳", "王芳", False),
    ],
)
def test_a_name_is_the_same_whatever_its_blanks(typed: str, registered: str, is_same: bool) -> None:
    assert is_same_name(typed, registered) is is_same


@pytest.mark.parametrize(
    ("available", "pending", "over", "parts"),
    [
        (1_000, 0, {}, ()),
        (999, 0, {}, ("可提现余额为9.99元，满10.00元后可以提现。",)),
        (0, 500, {}, ("可提现余额为0.00元，满10.00元", "待结算佣金5.00元，转为可提现后计入余额")),
        (-1, 500, {}, ("还有0.01元待抵扣，抵扣完并且可提现余额满10.00元", "待结算佣金5.00元，转为可提现后先用于抵扣")),
        (5_000, 500, {"least_fen": 30_000}, ("暂时不能提现，请联系医院",)),
        (35, 0, {"least_fen": 30, "fee_bp": 2_000}, ("扣除手续费和税款后不足0.30元",)),
    ],
)
def test_why_nothing_can_be_taken_out(available: int, pending: int, over: Any, parts: tuple[str, ...]) -> None:
    said = on(**over).why_nothing(available, pending)
    assert len(said) == len(parts)
    for sentence, part in zip(said, parts, strict=True):
        assert part in sentence


@pytest.mark.parametrize(
    ("bp", "text"), [(1, "0.01%"), (60, "0.6%"), (100, "1%"), (2_000, "20%"), (1_234, "12.34%"), (1_030, "10.3%")]
)
def test_a_rate_in_words(bp: int, text: str) -> None:
    assert percent(bp) == text


def test_the_conditions_in_words_say_what_holds() -> None:
    text = "".join(PLAIN.in_words())
    assert all(part in text for part in ("10.00至200.00元", "最多3次", "不收手续费", "审核通过后"))
    assert "税" not in text.replace("手续费和税款", "")
    text = "".join(on(fee_bp=60, tax_bp=2_000, is_reviewed=False).in_words())
    assert all(part in text for part in ("0.6%", "20%", "身份证号", "提交后"))
    assert "审核通过后" not in text
