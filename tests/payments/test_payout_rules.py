from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wxapp.payments.rules import bill_problem, fail_sentence, leaves_nothing, name_problem, never_arrived

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "is_sure"), [(0, False), (9, False), (10, True), (600, True)])
def test_no_such_transfer_is_believed_once_every_call_is_over(minutes: int, is_sure: bool) -> None:
    assert never_arrived(NOW - timedelta(minutes=minutes), now=NOW) is is_sure


def test_what_was_never_sent_has_not_arrived() -> None:
    assert never_arrived(None, now=NOW)


@pytest.mark.parametrize(
    ("code", "message", "is_clear"),
    [
        ("PARAMERROR", "参数错误", True),
        ("INVALIDREQUEST", "超过单笔转账上下限", True),
        ("INVALIDREQUEST", "商家单号已存在，但信息不一致", False),
        ("ALREADYEXISTS", "", False),
    ],
)
def test_a_refusal_of_a_number_that_exists_speaks_for_a_transfer(code: str, message: str, is_clear: bool) -> None:
    assert leaves_nothing(code, message) is is_clear


@pytest.mark.parametrize(
    ("fen", "name", "has_problem"),
    [(199_999, "", False), (200_000, "", True), (200_000, "王芳", False), (1, "", False)],
)
def test_large_amounts_need_a_name(fen: int, name: str, has_problem: bool) -> None:
    assert bool(name_problem(fen, name)) is has_problem


@pytest.mark.parametrize(
    ("fen", "openid", "number", "problem"),
    [
        (5_000, "o1", "B1", ""),
        (None, "", "", ""),
        (4_999, "o1", "B1", "金额不符"),
        (5_000, "o2", "B1", "收款人不符"),
        (5_000, "o1", "B2", "微信单号不符"),
    ],
)
def test_what_wechat_tells_is_compared_as_far_as_it_tells(
    fen: int | None, openid: str, number: str, problem: str
) -> None:
    found = bill_problem(
        told_fen=fen, told_openid=openid, told_bill_no=number, amount_fen=5_000, openid="o1", bill_no="B1"
    )
    assert found == problem


def test_the_first_number_of_wechat_is_taken_as_it_comes() -> None:
    told = {"told_fen": None, "told_openid": "", "told_bill_no": "B1"}
    assert bill_problem(**told, amount_fen=1, openid="o1", bill_no="") == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["NAME_NOT_CORRECT", "OVERDUE_CLOSE", "ACCOUNT_FROZEN", "SOMETHING_NEW", ""])
def test_people_are_told_in_a_sentence(reason: str) -> None:
    sentence = fail_sentence(reason)
    assert sentence
    assert not any(letter.isascii() and letter.isalpha() for letter in sentence)
