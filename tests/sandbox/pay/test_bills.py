"""Bills: when, what is in them, and the wrong ones."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.pay import bill_text, refunds
from sandbox.pay.books import RefundState
from sandbox.pay.desk import Desk
from sandbox.world import World
from tests.sandbox.pay.merchant import Backend, Merchant

Pay = Callable[..., str]
HOUR, DAY = 3600, 24 * 3600
TODAY = "2026-03-02"


def ask(merchant: Merchant, date: str = TODAY, bill_type: str = "ALL", tar_type: str = "") -> Any:
    query = f"bill_date={date}&bill_type={bill_type}" + (f"&tar_type={tar_type}" if tar_type else "")
    return merchant.call("GET", f"/v3/bill/tradebill?{query}")


def ask_funds(merchant: Merchant, account_type: str = "BASIC") -> Any:
    return merchant.call("GET", f"/v3/bill/fundflowbill?bill_date={TODAY}&account_type={account_type}")


def fetch(merchant: Merchant, answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    base, _, rest = answer.json["download_url"].partition("/v3/")
    assert base == "http://127.0.0.1:8001"
    return merchant.call("GET", f"/v3/{rest}")


def read(text: str) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return detail rows and summary by header name."""
    *lines, end = text.split("\r\n")
    assert end == ""
    header, *rows, summary_header, summary = [line.split(",") for line in lines]
    assert all(value.startswith("`") for row in [*rows, summary] for value in row)
    named = [dict(zip(header, (value[1:] for value in row), strict=True)) for row in rows]
    return named, dict(zip(summary_header, (value[1:] for value in summary), strict=True))


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.fixture
def day(merchant: Merchant, pay: Pay, desk: Desk, world: World, backend: Backend) -> None:
    """Two payments and a refund on one day, then ten o'clock of the next."""
    pay("ORDER-0001", fen=10_000, attach="附加")
    pay("ORDER-0002", fen=505, person="2")
    merchant.refund("REFUND-1", fen=2_550)
    world.advance(2)
    desk.tick()
    world.advance(DAY - 2)


def test_a_bill_comes_at_ten_the_next_day(merchant: Merchant, pay: Pay, world: World):
    pay()
    assert refusal(ask(merchant)) == (400, "STATEMENT_CREATING")
    world.advance(DAY - 1)
    assert refusal(ask(merchant)) == (400, "STATEMENT_CREATING")
    world.advance(1)
    assert ask(merchant).status_code == 200


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-03-01", (400, "NO_STATEMENT_EXIST")),
        ("2026-03-04", (400, "INVALID_REQUEST")),
        ("2025-11-01", (400, "INVALID_REQUEST")),
        ("20260302", (400, "PARAM_ERROR")),
        ("2026-02-30", (400, "PARAM_ERROR")),
        ("", (400, "PARAM_ERROR")),
    ],
)
@pytest.mark.usefixtures("day")
def test_days_without_a_bill(merchant: Merchant, date: str, expected: tuple[int, str]):
    assert refusal(ask(merchant, date)) == expected


@pytest.mark.usefixtures("day")
def test_wrong_kinds_are_refused(merchant: Merchant):
    assert refusal(ask(merchant, bill_type="SOME")) == (400, "PARAM_ERROR")
    assert refusal(ask(merchant, tar_type="ZIP")) == (400, "PARAM_ERROR")
    assert refusal(ask_funds(merchant, "OTHER")) == (400, "PARAM_ERROR")
    assert refusal(ask_funds(merchant, "FEES")) == (400, "NO_STATEMENT_EXIST")


@pytest.mark.usefixtures("day")
def test_the_bill_lists_payments_and_refunds_in_yuan(merchant: Merchant):
    asked = ask(merchant)
    answer = fetch(merchant, asked)
    assert asked.json["hash_type"] == "SHA1"
    assert asked.json["hash_value"] == hashlib.sha1(answer.data).hexdigest()
    rows, summary = read(answer.data.decode())
    assert [row["商户订单号"] for row in rows] == ["ORDER-0001", "ORDER-0002", "ORDER-0001"]
    paid, other, refund = rows
    assert (paid["交易状态"], paid["订单金额"], paid["应结订单金额"], paid["商户数据包"]) == (
        "SUCCESS",
        "100.00",
        "100.00",
        "附加",
    )
    assert other["订单金额"] == "5.05"
    assert (refund["交易状态"], refund["商户退款单号"], refund["退款金额"], refund["申请退款金额"]) == (
        "REFUND",
        "REFUND-1",
        "25.50",
        "25.50",
    )
    assert refund["退款状态"] == "SUCCESS"
    assert summary == {
        "总交易单数": "3",
        "应结订单总金额": "105.05",
        "退款总金额": "25.50",
        "充值券退款总金额": "0.00",
        "手续费总金额": "0.00",
        "订单总金额": "105.05",
        "申请退款总金额": "25.50",
    }


@pytest.mark.usefixtures("day")
def test_the_three_kinds_have_their_own_columns(merchant: Merchant):
    paid, _ = read(fetch(merchant, ask(merchant, bill_type="SUCCESS")).text)
    refunds, _ = read(fetch(merchant, ask(merchant, bill_type="REFUND")).text)
    assert len(paid) == 2
    assert "商户退款单号" not in paid[0]
    assert [row["商户退款单号"] for row in refunds] == ["REFUND-1"]
    assert refunds[0]["退款申请时间"] == "2026-03-02 10:00:00"
    assert refunds[0]["退款成功时间"] == "2026-03-02 10:00:02"


def test_a_refund_stands_on_the_day_it_was_asked_for_and_keeps_its_state(
    merchant: Merchant, pay: Pay, desk: Desk, world: World
):
    pay()
    desk.twists.order("refund_stuck")
    merchant.refund(fen=1)
    world.advance(DAY + 1)
    before, _ = read(fetch(merchant, ask(merchant, bill_type="REFUND")).text)
    refunds.settle(desk, desk.books.refunds["REFUND-1"], RefundState.SUCCESS)
    world.advance(DAY)
    after, _ = read(fetch(merchant, ask(merchant, bill_type="REFUND")).text)
    assert before == after
    assert after[0]["退款状态"] == "PROCESSING"
    assert refusal(ask(merchant, "2026-03-03")) == (400, "NO_STATEMENT_EXIST")


def test_what_was_not_paid_is_not_listed(merchant: Merchant, world: World):
    merchant.order()
    world.advance(DAY)
    assert refusal(ask(merchant)) == (400, "NO_STATEMENT_EXIST")


@pytest.mark.usefixtures("day")
def test_a_packed_bill_is_hashed_unpacked(merchant: Merchant):
    asked = ask(merchant, tar_type="GZIP")
    assert asked.json["download_url"].endswith("&tartype=gzip")
    raw = gzip.decompress(fetch(merchant, asked).data)
    assert hashlib.sha1(raw).hexdigest() == asked.json["hash_value"]


@pytest.mark.usefixtures("day")
def test_the_file_is_not_signed_but_the_request_must_be(merchant: Merchant):
    asked = ask(merchant)
    assert not {name for name, _ in fetch(merchant, asked).headers if name.startswith("Wechatpay-")}
    target = "/v3/" + asked.json["download_url"].partition("/v3/")[2]
    assert refusal(merchant.call("GET", target, headers={"Authorization": ""})) == (401, "SIGN_ERROR")


@pytest.mark.usefixtures("day")
def test_the_link_lives_five_minutes(merchant: Merchant, world: World):
    asked = ask(merchant)
    world.advance(299)
    assert fetch(merchant, asked).status_code == 200
    world.advance(1)
    assert fetch(merchant, asked).status_code == 400
    assert merchant.call("GET", "/v3/billdownload/file?token=guess").status_code == 400


@pytest.mark.usefixtures("day")
def test_a_wrong_hash(merchant: Merchant, desk: Desk):
    desk.twists.order("bill_wrong_hash")
    asked = ask(merchant)
    assert hashlib.sha1(fetch(merchant, asked).data).hexdigest() != asked.json["hash_value"]


@pytest.mark.usefixtures("day")
@pytest.mark.parametrize(
    ("twist", "numbers", "amounts"),
    [
        ("bill_missing_row", ["ORDER-0001", "ORDER-0001"], ["100.00", "0.00"]),
        ("bill_other_amount", ["ORDER-0001", "ORDER-0002", "ORDER-0001"], ["100.00", "5.06", "0.00"]),
    ],
)
def test_a_bill_that_disagrees_about_one_order(
    merchant: Merchant, desk: Desk, twist: str, numbers: list[str], amounts: list[str]
):
    desk.twists.order(twist, number="ORDER-0002")
    asked = ask(merchant)
    answer = fetch(merchant, asked)
    rows, summary = read(answer.text)
    assert hashlib.sha1(answer.data).hexdigest() == asked.json["hash_value"]
    assert [row["商户订单号"] for row in rows] == numbers
    assert [row["订单金额"] for row in rows] == amounts
    assert summary["总交易单数"] == str(len(rows))


@pytest.mark.usefixtures("day")
def test_a_bill_with_an_order_that_is_not_ours(merchant: Merchant, desk: Desk):
    desk.twists.order("bill_extra_row")
    rows, summary = read(fetch(merchant, ask(merchant)).text)
    assert len(rows) == 4
    assert rows[3]["商户订单号"].startswith("NO")
    assert summary["订单总金额"] == "205.05"
    assert len(read(fetch(merchant, ask(merchant)).text)[0]) == 3


@pytest.mark.usefixtures("day")
def test_the_refund_row_can_be_hit_too(merchant: Merchant, desk: Desk):
    desk.twists.order("bill_other_amount", number="REFUND-1")
    rows, _ = read(fetch(merchant, ask(merchant)).text)
    assert rows[2]["退款金额"] == "25.51"


@pytest.mark.usefixtures("day")
def test_the_fund_bill_follows_the_account(merchant: Merchant):
    rows, summary = read(fetch(merchant, ask_funds(merchant)).text)
    assert [(row["业务类型"], row["收支类型"], row["收支金额(元)"], row["账户结余(元)"]) for row in rows] == [
        ("交易", "收入", "100.00", "100.00"),
        ("交易", "收入", "5.05", "105.05"),
        ("退款", "支出", "25.50", "79.55"),
    ]
    assert rows[2]["业务凭证号"] == "REFUND-1"
    assert summary == {
        "资金流水总笔数": "3.0",
        "收入笔数": "2.0",
        "收入金额": "105.05",
        "支出笔数": "1.0",
        "支出金额": "25.50",
    }


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (5, "0.05"), (-105, "-1.05"), (123_456, "1234.56")])
def test_yuan(fen: int, text: str):
    assert bill_text.yuan(fen) == text


@pytest.mark.usefixtures("day")
def test_a_bill_can_be_refused_by_order(merchant: Merchant, desk: Desk):
    desk.twists.order("error_before", at="pay/tradebill", code="SYSTEM_ERROR")
    assert refusal(ask(merchant)) == (500, "SYSTEM_ERROR")
