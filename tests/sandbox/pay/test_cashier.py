"""The cashier in WeChat: the sheet, the decision, and who can't pay."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from sandbox.pay import cashier
from sandbox.pay.cashier import CashierRefusal
from sandbox.pay.desk import Desk
from sandbox.world import World
from tests.sandbox.pay.merchant import Merchant, signed

HOUR = 3600


@pytest.fixture
def in_phone(sandbox: Flask) -> Any:
    with sandbox.app_context():
        yield


@pytest.mark.usefixtures("in_phone")
def test_the_sheet_shows_payee_description_and_amount(merchant: Merchant, world: World):
    prepay_id = merchant.order().json["prepay_id"]
    sheet = cashier.check_jsapi(merchant.page_parameters(prepay_id), world.person("1"))
    assert sheet == cashier.Sheet(
        prepay_id=prepay_id, payee="示例医院", description="体检套餐", amount_fen=10_000, is_expired=False
    )


@pytest.mark.usefixtures("in_phone")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timeStamp": "1"}, "bad_parameter"),
        ({"timeStamp": 1772416800}, "missing_parameter"),
        ({"timeStamp": "1772416801"}, "bad_signature"),
        ({"nonceStr": "other"}, "bad_signature"),
        ({"package": "prepay_id=wx1"}, "bad_signature"),
        ({"paySign": "AAAA"}, "bad_signature"),
        ({"paySign": ""}, "missing_parameter"),
        ({"signType": "MD5"}, "sign_type"),
        ({"appId": "wx9999999999999999"}, "bad_signature"),
    ],
)
def test_a_wrong_call_opens_no_sheet(merchant: Merchant, world: World, change: dict[str, Any], code: str):
    params = merchant.page_parameters(merchant.order().json["prepay_id"]) | change
    with pytest.raises(CashierRefusal) as refused:
        cashier.check_jsapi(params, world.person("1"))
    assert refused.value.code == code


@pytest.mark.usefixtures("in_phone")
def test_the_package_names_a_prepay_id(world: World, merchant: Merchant):
    params = merchant.page_parameters("wx1")
    package = "product_id=1"
    text = f"{params['appId']}\n{params['timeStamp']}\n{params['nonceStr']}\n{package}\n"
    with pytest.raises(CashierRefusal, match="格式错误"):
        cashier.check_jsapi(params | {"package": package, "paySign": signed(text)}, world.person("1"))


@pytest.mark.usefixtures("in_phone")
def test_the_appid_of_the_page_is_that_of_the_order(merchant: Merchant, world: World):
    prepay_id = merchant.order().json["prepay_id"]
    with pytest.raises(CashierRefusal, match="AppID"):
        cashier.check_jsapi(merchant.page_parameters(prepay_id, appid="wx9999999999999999"), world.person("1"))


@pytest.mark.usefixtures("in_phone")
def test_an_unknown_prepay_id_opens_no_sheet(merchant: Merchant, world: World):
    with pytest.raises(CashierRefusal, match="无效"):
        cashier.check_jsapi(merchant.page_parameters("wx123"), world.person("1"))


@pytest.mark.usefixtures("in_phone")
def test_nobody_pays_with_somebody_elses_order(merchant: Merchant, world: World):
    prepay_id = merchant.order().json["prepay_id"]
    with pytest.raises(CashierRefusal, match="不一致"):
        cashier.check_jsapi(merchant.page_parameters(prepay_id), world.person("2"))
    with pytest.raises(CashierRefusal, match="不一致"):
        cashier.pay(prepay_id, "2")


@pytest.mark.usefixtures("in_phone")
def test_an_order_is_paid_once(merchant: Merchant, desk: Desk):
    first, second = merchant.order().json["prepay_id"], merchant.order().json["prepay_id"]
    cashier.pay(first, "1")
    for prepay_id in (first, second):
        with pytest.raises(CashierRefusal, match="已支付"):
            cashier.pay(prepay_id, "1")
    assert desk.books.money_of_people() == {"1": {"paid_fen": 10_000, "returned_fen": 0}}


def test_of_two_simultaneous_payments_one_goes_through(merchant: Merchant, sandbox: Flask, desk: Desk):
    prepay_id = merchant.order().json["prepay_id"]
    together = threading.Barrier(4, timeout=5)

    def press(_: int) -> bool:
        with sandbox.app_context():
            together.wait()
            try:
                return bool(cashier.pay(prepay_id, "1"))
            except CashierRefusal:
                return False

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]
    assert desk.books.balance_fen == 10_000


@pytest.mark.usefixtures("in_phone")
def test_leaving_the_cashier_leaves_the_order_open(merchant: Merchant):
    prepay_id = merchant.order().json["prepay_id"]
    cashier.refuse(prepay_id, "1")
    assert merchant.query().json["trade_state"] == "NOTPAY"
    cashier.pay(prepay_id, "1")


@pytest.mark.usefixtures("in_phone")
def test_a_prepay_id_dies_after_two_hours_and_the_order_lives_on(merchant: Merchant, world: World):
    prepay_id = merchant.order().json["prepay_id"]
    world.advance(2 * HOUR)
    sheet = cashier.check_jsapi(merchant.page_parameters(prepay_id), world.person("1"))
    assert sheet.is_expired
    with pytest.raises(CashierRefusal, match="过期"):
        cashier.pay(prepay_id, "1")
    cashier.pay(merchant.order().json["prepay_id"], "1")


@pytest.mark.usefixtures("in_phone")
def test_nobody_pays_after_time_expire(merchant: Merchant, world: World):
    prepay_id = merchant.order(time_expire="2026-03-02T10:30:00+08:00").json["prepay_id"]
    world.advance(1799)
    assert not cashier.check_jsapi(merchant.page_parameters(prepay_id), world.person("1")).is_expired
    world.advance(1)
    with pytest.raises(CashierRefusal, match="过期"):
        cashier.pay(prepay_id, "1")
    assert merchant.query().json["trade_state"] == "NOTPAY"


@pytest.mark.usefixtures("in_phone")
def test_less_than_a_minute_is_lifted_to_one(merchant: Merchant, world: World):
    prepay_id = merchant.order(time_expire="2026-03-02T10:00:05+08:00").json["prepay_id"]
    world.advance(59)
    cashier.pay(prepay_id, "1")


@pytest.mark.usefixtures("in_phone")
def test_the_phone_gets_a_voucher(merchant: Merchant, world: World):
    cashier.pay(merchant.order().json["prepay_id"], "1")
    [voucher] = world.chats["1"]
    assert voucher.body["title"] == "微信支付凭证"
    assert ["付款金额", "￥100.00"] in voucher.body["rows"]


def test_the_sheet_over_http(merchant: Merchant, sandbox: Flask):
    client = sandbox.test_client()
    prepay_id = merchant.order().json["prepay_id"]
    params = merchant.page_parameters(prepay_id)
    sheet = client.post("/__sandbox/pay/sheet", json={"person": "1", "params": params})
    assert (sheet.status_code, sheet.json["amount_fen"]) == (200, 10_000)
    assert client.post("/__sandbox/pay/refuse", json={"person": "1", "prepay_id": prepay_id}).status_code == 200
    paid = client.post("/__sandbox/pay/confirm", json={"person": "1", "prepay_id": prepay_id})
    assert paid.json["transaction_id"] == merchant.query().json["transaction_id"]
    again = client.post("/__sandbox/pay/sheet", json={"person": "1", "params": params})
    assert (again.status_code, again.json["code"]) == (409, "paid")
    assert client.post("/__sandbox/pay/sheet", json={"person": "9", "params": params}).status_code == 404
    assert client.post("/__sandbox/pay/sheet", json={"who": "1"}).status_code == 400
