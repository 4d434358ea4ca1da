"""Placing, finding and closing orders, and the cashier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from sandbox.pay import cashier
from sandbox.pay.cashier import CashierRefusal
from sandbox.pay.desk import Desk
from sandbox.world import World
from tests.sandbox.pay.merchant import APPID, Backend, Merchant

Pay = Callable[..., str]
HOUR = 3600


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_an_order_gives_a_prepay_id_and_waits_for_payment(merchant: Merchant):
    answer = merchant.order()
    assert answer.status_code == 200
    assert answer.json["prepay_id"].startswith("wx2026")
    found = merchant.query().json
    assert (found["trade_state"], found["trade_state_desc"]) == ("NOTPAY", "订单未支付")
    assert not {"transaction_id", "amount", "payer", "success_time"} & set(found)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("out_trade_no", "12345"),
        ("out_trade_no", "x" * 33),
        ("out_trade_no", "ORDER 0001"),
        ("out_trade_no", 1234567),
        ("amount", {"total": 0, "currency": "CNY"}),
        ("amount", {"total": 1.0, "currency": "CNY"}),
        ("amount", {"total": True, "currency": "CNY"}),
        ("amount", {"total": "1", "currency": "CNY"}),
        ("amount", {"total": 1, "currency": "USD"}),
        ("amount", {"total": 1, "discount": 0}),
        ("amount", {}),
        ("notify_url", "http://hospital.example/notify"),
        ("notify_url", "https://hospital.example/notify?a=1"),
        ("notify_url", "https://hospital.example/" + "n" * 240),
        ("description", ""),
        ("description", "套" * 128),
        ("description", ...),
        ("attach", "a" * 129),
        ("attach", None),
        ("time_expire", "2026-13-45T10:00:00+08:00"),
        ("time_expire", "tomorrow"),
        ("payer", {"openid": "o" * 28}),
        ("payer", {"openid": "", "name": "x"}),
        ("limit_pay", ["no_credits"]),
        ("limit_pay", []),
        ("limit_pay", "no_credit"),
        ("payer", "o123"),
        ("support_fapiao", "true"),
        ("scene_info", {"device_id": "1"}),
        ("detail", {"goods_detail": [{"quantity": 1}]}),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_refused(merchant: Merchant, field: str, value: Any):
    answer = merchant.order(**{field: value})
    assert refusal(answer) == (400, "PARAM_ERROR")
    assert merchant.order().status_code == 200


def test_an_unknown_field_is_named(merchant: Merchant):
    answer = merchant.order(amount={"total": 1, "currency": "CNY", "totall": 1})
    assert "非法的额外参数" in answer.json["message"]
    assert answer.json["detail"]["field"] == "/amount/totall"


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "ÿ"])
def test_a_body_that_is_no_object_is_refused(merchant: Merchant, body: str):
    target = "/v3/pay/transactions/jsapi"
    header = merchant.authorization("POST", target, body.encode())
    answer = merchant.call("POST", target, send=body.encode(), headers={"Authorization": header})
    assert refusal(answer) == (400, "PARAM_ERROR")


def test_all_optional_fields_are_taken(merchant: Merchant):
    answer = merchant.order(
        time_expire="2026-03-02T12:00:00+08:00",
        attach="附加",
        goods_tag="WXG",
        limit_pay=["no_credit"],
        support_fapiao=True,
        detail={"cost_price": 1, "goods_detail": [{"merchant_goods_id": "1", "quantity": 1, "unit_price": 1}]},
        scene_info={"payer_client_ip": "127.0.0.1", "device_id": "D1", "store_info": {"id": "1"}},
        settle_info={"profit_sharing": False},
        notify_url="https://hospital.example/notify",
    )
    assert answer.status_code == 200


def test_an_http_notify_url_of_the_backend_can_be_refused_too(make_app: Callable[..., Flask]):
    assert refusal(Merchant(make_app(https_only=True)).order()) == (400, "PARAM_ERROR")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [("mchid", "1900000009", "MCH_NOT_EXISTS"), ("appid", "wx9999999999999999", "APPID_MCHID_NOT_MATCH")],
)
def test_a_foreign_merchant_or_appid(merchant: Merchant, field: str, value: str, code: str):
    assert refusal(merchant.order(**{field: value})) == (400, code)


def test_an_openid_belongs_to_one_appid(make_app: Callable[..., Flask]):
    merchant = Merchant(make_app(other_appids=["wx0000000000000002"]))
    mini = merchant.openid(appid="wx0000000000000002")
    assert refusal(merchant.order(payer={"openid": mini})) == (400, "PARAM_ERROR")
    assert merchant.order(appid="wx0000000000000002", payer={"openid": mini}).status_code == 200


def test_the_same_request_again_gives_another_prepay_id(merchant: Merchant):
    first, second = merchant.order().json["prepay_id"], merchant.order().json["prepay_id"]
    assert first != second


def test_the_same_number_with_other_parameters_is_refused(merchant: Merchant):
    merchant.order()
    answer = merchant.order(amount={"total": 9_999, "currency": "CNY"})
    assert refusal(answer) == (400, "INVALID_REQUEST")
    assert "参数与首次请求时不一致" in answer.json["message"]


def test_the_number_of_another_appids_order_is_used_up(make_app: Callable[..., Flask]):
    merchant = Merchant(make_app(other_appids=["wx0000000000000002"]))
    merchant.order()
    other = {"appid": "wx0000000000000002", "payer": {"openid": merchant.openid(appid="wx0000000000000002")}}
    assert refusal(merchant.order(**other)) == (403, "OUT_TRADE_NO_USED")


def test_a_paid_order_is_not_taken_again(merchant: Merchant, pay: Pay):
    pay()
    answer = merchant.order()
    assert refusal(answer) == (400, "ORDER_PAID")
    assert "该订单已支付" in answer.json["message"]


def test_a_closed_order_is_not_taken_again(merchant: Merchant):
    merchant.order()
    merchant.close()
    assert refusal(merchant.order()) == (400, "ORDER_CLOSED")


def test_a_paid_order_is_found_by_both_numbers(merchant: Merchant, pay: Pay):
    transaction_id = pay(attach="附加", scene_info={"payer_client_ip": "127.0.0.1", "device_id": "D1"})
    by_number = merchant.query().json
    by_transaction = merchant.call("GET", f"/v3/pay/transactions/id/{transaction_id}?mchid=1900000001").json
    assert by_number == by_transaction
    assert by_number["trade_state"] == "SUCCESS"
    assert by_number["transaction_id"] == transaction_id
    assert len(transaction_id) == 28
    assert by_number["amount"] == {
        "total": 10_000,
        "payer_total": 10_000,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    assert by_number["payer"] == {"openid": merchant.openid()}
    assert by_number["attach"] == "附加"
    assert by_number["scene_info"] == {"device_id": "D1"}
    assert by_number["success_time"] == "2026-03-02T10:00:00+08:00"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v3/pay/transactions/out-trade-no/NOBODYS?mchid=1900000001", (404, "ORDER_NOT_EXIST")),
        ("/v3/pay/transactions/id/4200?mchid=1900000001", (404, "ORDER_NOT_EXIST")),
        ("/v3/pay/transactions/out-trade-no/ORDER-0001", (400, "PARAM_ERROR")),
        ("/v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000009", (400, "MCH_NOT_EXISTS")),
    ],
)
def test_queries_that_find_nothing(merchant: Merchant, target: str, expected: tuple[int, str]):
    merchant.order()
    assert refusal(merchant.call("GET", target)) == expected


def test_closing_twice_is_fine_and_ends_payment(merchant: Merchant, sandbox: Flask):
    prepay_id = merchant.order().json["prepay_id"]
    for _ in range(2):
        answer = merchant.close()
        assert (answer.status_code, answer.data) == (204, b"")
    assert merchant.query().json["trade_state"] == "CLOSED"
    with sandbox.app_context(), pytest.raises(CashierRefusal, match="已关闭"):
        cashier.pay(prepay_id, "1")


def test_a_paid_order_is_not_closed(merchant: Merchant, pay: Pay):
    pay()
    answer = merchant.close()
    assert refusal(answer) == (400, "ORDER_PAID")
    assert "订单已支付" in answer.json["message"]
    assert merchant.query().json["trade_state"] == "SUCCESS"


def test_closing_what_does_not_exist(merchant: Merchant):
    assert refusal(merchant.close()) == (404, "ORDER_NOT_EXIST")
    assert refusal(merchant.call("POST", "/v3/pay/transactions/out-trade-no/ORDER-0001/close", {})) == (
        400,
        "PARAM_ERROR",
    )


def test_a_payment_overtakes_the_close(merchant: Merchant, desk: Desk, backend: Backend):
    desk.twists.order("paid_before_close", number="ORDER-0001")
    merchant.order()
    assert refusal(merchant.close()) == (400, "ORDER_PAID")
    desk.tick()
    assert backend.events == ["TRANSACTION.SUCCESS"]


def test_a_payment_succeeds_although_the_close_was_accepted(merchant: Merchant, desk: Desk, backend: Backend):
    desk.twists.order("paid_despite_close")
    merchant.order()
    assert merchant.close().status_code == 204
    assert merchant.query().json["trade_state"] == "SUCCESS"
    desk.tick()
    assert backend.events == ["TRANSACTION.SUCCESS"]


def test_an_unpaid_order_is_closed_after_seven_days(merchant: Merchant, world: World):
    merchant.order()
    world.advance(7 * 24 * HOUR - 60)
    assert merchant.query().json["trade_state"] == "NOTPAY"
    world.advance(60)
    assert merchant.query().json["trade_state"] == "CLOSED"
    assert refusal(merchant.order()) == (400, "ORDER_CLOSED")


def test_an_order_placed_with_error_after_effect_exists(merchant: Merchant, desk: Desk):
    desk.twists.order("error_after", at="pay/jsapi", code="SYSTEM_ERROR")
    assert refusal(merchant.order()) == (500, "SYSTEM_ERROR")
    assert merchant.query().json["trade_state"] == "NOTPAY"


def test_an_order_refused_before_effect_does_not_exist(merchant: Merchant, desk: Desk):
    desk.twists.order("error_before", at="pay/jsapi", code="FREQUENCY_LIMITED")
    assert refusal(merchant.order()) == (429, "FREQUENCY_LIMITED")
    assert refusal(merchant.query()) == (404, "ORDER_NOT_EXIST")


def test_a_twist_may_be_meant_for_one_number_only(merchant: Merchant, desk: Desk):
    desk.twists.order("error_before", number="ORDER-0002", code="SYSTEM_ERROR", count=None)
    assert merchant.order("ORDER-0001").status_code == 200
    assert merchant.order("ORDER-0002").status_code == 500
    assert merchant.query("ORDER-0002").status_code == 500


def test_the_general_fault_names_a_code_too(merchant: Merchant, world: World):
    world.faults.order("pay/jsapi", "error", code="RULE_LIMIT")
    assert refusal(merchant.order()) == (403, "RULE_LIMIT")


def test_older_spellings_can_be_chosen(merchant: Merchant, sandbox: Flask):
    sandbox.test_client().post("/__sandbox/pay/settings", json={"old_spelling": True})
    assert refusal(merchant.query()) == (404, "ORDERNOTEXIST")


def test_every_call_is_on_record(merchant: Merchant, world: World):
    merchant.order()
    [call] = world.recorder.calls(endpoint="pay/jsapi")
    assert '"out_trade_no": "ORDER-0001"' in call.body
    assert "prepay_id" in call.answer
    assert call.answer_headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")
    assert APPID in call.body
