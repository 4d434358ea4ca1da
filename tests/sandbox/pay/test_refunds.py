"""Refunds: accepted, settled, refused; and what that does to the money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from sandbox.pay import cashier, moments
from sandbox.pay.desk import Desk
from sandbox.pay.outbox import Outbox
from sandbox.world import World
from tests.sandbox.pay.merchant import Backend, Merchant

Pay = Callable[..., str]
MakeApp = Callable[..., Flask]
DAY = 24 * 3600


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def returned(desk: Desk, person: str = "1") -> int:
    return desk.books.money_of_people()[person]["returned_fen"]


def settled(desk: Desk, world: World) -> None:
    world.advance(world.config.timing.refund_delay)
    desk.tick()


def test_a_refund_is_accepted_first_and_done_later(
    merchant: Merchant, pay: Pay, desk: Desk, world: World, backend: Backend
):
    transaction_id = pay()
    accepted = merchant.refund(reason="取消预约").json
    assert accepted["status"] == "PROCESSING"
    assert "success_time" not in accepted
    assert accepted["amount"]["refund"] == accepted["amount"]["payer_refund"] == 10_000
    assert (accepted["transaction_id"], accepted["channel"]) == (transaction_id, "ORIGINAL")
    assert merchant.query().json["trade_state"] == "REFUND"
    desk.tick()
    assert merchant.find_refund().json["status"] == "PROCESSING"
    assert returned(desk) == 0
    settled(desk, world)
    found = merchant.find_refund().json
    assert (found["status"], found["success_time"][:10]) == ("SUCCESS", "2026-03-02")
    assert returned(desk) == 10_000
    assert backend.events == ["TRANSACTION.SUCCESS", "REFUND.SUCCESS"]
    told = backend.received[1].plain
    assert (told["refund_status"], told["out_refund_no"], told["refund_id"]) == (
        "SUCCESS",
        "REFUND-1",
        accepted["refund_id"],
    )
    assert "status" not in told
    assert told["amount"] == {"total": 10_000, "refund": 10_000, "payer_total": 10_000, "payer_refund": 10_000}


def test_the_phone_hears_of_the_refund(merchant: Merchant, pay: Pay, desk: Desk, world: World):
    pay()
    merchant.refund(reason="取消预约")
    settled(desk, world)
    assert world.chats["1"][-1].body["title"] == "退款到账通知"
    assert ["退款原因", "取消预约"] in world.chats["1"][-1].body["rows"]


def test_a_refund_can_name_the_transaction(merchant: Merchant, pay: Pay):
    transaction_id = pay()
    assert merchant.refund(out_trade_no=..., transaction_id=transaction_id).status_code == 200


def test_both_numbers_must_agree(merchant: Merchant, pay: Pay):
    pay()
    other = pay("ORDER-0002")
    assert refusal(merchant.refund(transaction_id=other)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("out_trade_no", ...),
        ("out_refund_no", "r" * 65),
        ("out_refund_no", "R/1"),
        ("reason", "取" * 27),
        ("amount", {"refund": 0, "total": 10_000, "currency": "CNY"}),
        ("amount", {"refund": 10.0, "total": 10_000, "currency": "CNY"}),
        ("amount", {"refund": 1, "total": 10_000}),
        ("notify_url", "http://hospital.example/x"),
        ("funds_account", "UNSETTLED"),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_refused(merchant: Merchant, pay: Pay, field: str, value: Any):
    pay()
    assert refusal(merchant.refund(**{field: value})) == (400, "PARAM_ERROR")


def test_a_total_that_is_not_the_orders(merchant: Merchant, pay: Pay):
    pay()
    assert refusal(merchant.refund(fen=1, total=9_999)) == (400, "INVALID_REQUEST")


@pytest.mark.usefixtures("backend")
def test_what_is_not_paid_is_not_refunded(merchant: Merchant):
    assert refusal(merchant.refund()) == (404, "RESOURCE_NOT_EXISTS")
    merchant.order()
    assert refusal(merchant.refund()) == (404, "RESOURCE_NOT_EXISTS")
    assert refusal(merchant.find_refund()) == (404, "RESOURCE_NOT_EXISTS")


def test_the_same_number_again_refunds_once(merchant: Merchant, pay: Pay, desk: Desk, world: World):
    pay()
    first = merchant.refund(fen=4_000).json
    assert merchant.refund(fen=4_000).json == first
    settled(desk, world)
    assert merchant.refund(fen=4_000).json["status"] == "SUCCESS"
    assert returned(desk) == 4_000


@pytest.mark.parametrize("other", [{"fen": 4_001}, {"reason": "另一个原因"}, {"order": "ORDER-0002"}])
def test_the_same_number_with_other_parameters_is_refused(merchant: Merchant, pay: Pay, other: dict[str, Any]):
    pay()
    pay("ORDER-0002")
    merchant.refund(fen=4_000)
    assert refusal(merchant.refund(**({"fen": 4_000} | other))) == (400, "INVALID_REQUEST")


def test_another_number_refunds_twice(merchant: Merchant, pay: Pay, desk: Desk, world: World):
    pay()
    merchant.refund("REFUND-1", fen=4_000)
    merchant.refund("REFUND-2", fen=4_000)
    settled(desk, world)
    assert returned(desk) == 8_000


def test_an_answer_lost_after_acceptance_has_refunded(merchant: Merchant, pay: Pay, desk: Desk, world: World):
    pay()
    desk.twists.order("error_after", at="pay/refund", code="SYSTEM_ERROR")
    assert refusal(merchant.refund()) == (500, "SYSTEM_ERROR")
    assert merchant.refund().json["status"] == "PROCESSING"
    settled(desk, world)
    assert returned(desk) == 10_000


def test_never_more_than_was_paid(merchant: Merchant, pay: Pay):
    pay()
    merchant.refund("REFUND-1", fen=6_000)
    assert refusal(merchant.refund("REFUND-2", fen=4_001)) == (400, "INVALID_REQUEST")
    assert merchant.refund("REFUND-3", fen=4_000).status_code == 200


def test_at_most_fifty_part_refunds(merchant: Merchant, pay: Pay):
    pay()
    assert {merchant.refund(f"REFUND-{number}", fen=1).status_code for number in range(50)} == {200}
    answer = merchant.refund("REFUND-50", fen=1)
    assert refusal(answer) == (400, "INVALID_REQUEST")
    assert "50" in answer.json["message"]


def test_a_year_later_it_is_too_late(merchant: Merchant, pay: Pay, world: World):
    pay()
    world.advance(365 * DAY)
    assert merchant.refund("REFUND-1", fen=1).status_code == 200
    world.advance(1)
    assert refusal(merchant.refund("REFUND-2", fen=1)) == (400, "INVALID_REQUEST")


def test_a_year_from_a_leap_day_ends_on_the_first_of_march():
    leap = moments.read("2028-02-29T10:00:00+08:00")
    assert moments.shown(moments.year_after(leap)) == "2029-03-01T10:00:00+08:00"


def test_an_abnormal_refund_waits_for_a_hand(merchant: Merchant, pay: Pay, desk: Desk, world: World, backend: Backend):
    pay()
    desk.twists.order("refund_abnormal")
    refund_id = merchant.refund().json["refund_id"]
    settled(desk, world)
    assert merchant.find_refund().json["status"] == "ABNORMAL"
    assert backend.events[-1] == "REFUND.ABNORMAL"
    assert returned(desk) == 0
    target = f"/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund"
    answer = merchant.call("POST", target, {"out_refund_no": "REFUND-1", "type": "MERCHANT_BANK_CARD"})
    assert answer.json["status"] == "PROCESSING"
    settled(desk, world)
    assert (merchant.find_refund().json["status"], backend.events[-1]) == ("SUCCESS", "REFUND.SUCCESS")
    assert refusal(merchant.call("POST", target, {"out_refund_no": "REFUND-1", "type": "MERCHANT_BANK_CARD"})) == (
        400,
        "INVALID_REQUEST",
    )


@pytest.mark.parametrize(
    ("refund_id", "body", "expected"),
    [
        ("50300", {}, (404, "RESOURCE_NOT_EXISTS")),
        (..., {"out_refund_no": "REFUND-2"}, (404, "RESOURCE_NOT_EXISTS")),
        (..., {}, (400, "INVALID_REQUEST")),
        (..., {"type": "CASH"}, (400, "PARAM_ERROR")),
        (..., {"bank_account": "not encrypted"}, (400, "PARAM_ERROR")),
    ],
    ids=["unknown", "another number", "not abnormal", "wrong type", "plain bank account"],
)
def test_only_an_abnormal_refund_is_sent_elsewhere(
    merchant: Merchant, pay: Pay, refund_id: Any, body: dict[str, str], expected: tuple[int, str]
):
    pay()
    known = merchant.refund().json["refund_id"]
    target = f"/v3/refund/domestic/refunds/{known if refund_id is ... else refund_id}/apply-abnormal-refund"
    fields = {"out_refund_no": "REFUND-1", "type": "USER_BANK_CARD"} | body
    assert refusal(merchant.call("POST", target, fields)) == expected


def test_a_closed_refund_gives_the_money_free_for_a_new_number(
    merchant: Merchant, pay: Pay, desk: Desk, world: World, backend: Backend
):
    pay()
    desk.twists.order("refund_closed", number="REFUND-1")
    merchant.refund("REFUND-1")
    settled(desk, world)
    assert (merchant.find_refund("REFUND-1").json["status"], backend.events[-1]) == ("CLOSED", "REFUND.CLOSED")
    assert desk.books.balance_fen == 10_000
    assert merchant.refund("REFUND-1").json["status"] == "CLOSED"
    assert merchant.refund("REFUND-2").json["status"] == "PROCESSING"


def test_a_stuck_refund_is_settled_by_hand(merchant: Merchant, pay: Pay, desk: Desk, world: World, sandbox: Flask):
    pay()
    desk.twists.order("refund_stuck")
    merchant.refund()
    world.advance(30 * DAY)
    desk.tick()
    assert merchant.find_refund().json["status"] == "PROCESSING"
    client = sandbox.test_client()
    assert client.post("/__sandbox/pay/refunds/REFUND-1/settle", json={"state": "PROCESSING"}).status_code == 400
    assert client.post("/__sandbox/pay/refunds/REFUND-1/settle", json={"state": "SUCCESS"}).json["state"] == "SUCCESS"
    assert client.post("/__sandbox/pay/refunds/REFUND-1/settle", json={"state": "CLOSED"}).status_code == 400
    assert client.post("/__sandbox/pay/refunds/REFUND-9/settle", json={"state": "CLOSED"}).status_code == 404
    assert returned(desk) == 10_000


def test_an_empty_account_refuses_and_a_top_up_helps_the_same_number(
    merchant: Merchant, pay: Pay, desk: Desk, world: World, sandbox: Flask
):
    pay()
    client = sandbox.test_client()
    assert client.post("/__sandbox/pay/balance", json={"change_fen": -1}).json == {"balance_fen": 9_999}
    assert refusal(merchant.refund()) == (403, "NOT_ENOUGH")
    assert merchant.find_refund().status_code == 404
    client.post("/__sandbox/pay/balance", json={"change_fen": 1})
    assert merchant.refund().json["status"] == "PROCESSING"
    settled(desk, world)
    assert (returned(desk), desk.books.balance_fen) == (10_000, 0)
    assert client.post("/__sandbox/pay/balance", json={"change_fen": -1}).status_code == 400


def test_a_refund_without_notify_url_is_not_told(
    merchant: Merchant, pay: Pay, desk: Desk, world: World, backend: Backend
):
    pay()
    merchant.refund(notify_url=...)
    settled(desk, world)
    assert backend.events == ["TRANSACTION.SUCCESS"]


def test_the_whole_fee_comes_back_with_the_whole_amount(make_app: MakeApp):
    app = make_app(fee_bp=60, opening_balance_fen=500)
    merchant, desk = Merchant(app), app.extensions["pay_desk"]
    desk.outbox = Outbox(desk, send=Backend().receive)
    prepay_id = merchant.order(amount={"total": 9_999, "currency": "CNY"}).json["prepay_id"]
    with app.app_context():
        cashier.pay(prepay_id, "1")
    assert desk.books.balance_fen == 500 + 9_999 - 60
    for number, fen in enumerate((3_333, 3_333, 3_333)):
        assert merchant.refund(f"REFUND-{number}", fen=fen, total=9_999).status_code == 200
    assert desk.books.balance_fen == 500
    assert sum(each.fen for each in desk.books.movements if each.account == "BASIC") == 500


def test_the_money_route_tells_the_truth(merchant: Merchant, pay: Pay, desk: Desk, world: World, sandbox: Flask):
    pay("ORDER-0001", fen=10_000)
    pay("ORDER-0002", fen=500, person="2")
    merchant.refund(fen=2_500)
    settled(desk, world)
    truth = sandbox.test_client().get("/__sandbox/pay/money").json
    assert truth["people"] == {
        "1": {"paid_fen": 10_000, "returned_fen": 2_500},
        "2": {"paid_fen": 500, "returned_fen": 0},
    }
    assert truth["merchant"]["received_fen"] == 10_500
    assert truth["merchant"]["returned_fen"] == 2_500
    assert truth["merchant"]["balance_fen"] == 8_000
    [first, second] = sandbox.test_client().get("/__sandbox/pay/orders?paid=1").json["orders"]
    assert (first["refunded_fen"], first["state"], second["state"]) == (2_500, "REFUND", "SUCCESS")
    assert [each["out_refund_no"] for each in first["refunds"]] == ["REFUND-1"]
    assert sandbox.test_client().get("/__sandbox/pay/refunds").json["refunds"][0]["state"] == "SUCCESS"
    assert sandbox.test_client().get("/__sandbox/pay/orders/ORDER-0009").status_code == 404
