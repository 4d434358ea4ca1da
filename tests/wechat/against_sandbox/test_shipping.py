"""Deliveries of the mini-program: the sandbox holds the money until our client has told of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from sandbox.pay.books import Order
from tests.fakes.store import MemoryStore
from tests.wechat.against_sandbox.world import MCHID, Outside
from wxapp.core import clock
from wxapp.wechat.config import MiniProgramConfig
from wxapp.wechat.errors import AlreadyShipped, ConfigurationFault, PaymentUnseen, Rejected
from wxapp.wechat.mini_program import MiniProgram
from wxapp.wechat.values import Delivery, Logistics

UPLOAD = "wxa/sec/order/upload_shipping_info"
AT = datetime(2026, 3, 2, 2, 0, 0, 120_000, tzinfo=UTC)


@pytest.fixture
def program(outside: Outside) -> MiniProgram:
    app = outside.world.config.mini_program
    return MiniProgram(
        MiniProgramConfig(app.appid, app.secret, api_url=outside.url), store=MemoryStore(), now=clock.now
    )


def pay_in(outside: Outside, out_trade_no: str, *, appid: str, is_paid: bool = True) -> str:
    """Let person 1 pay 12.30 yuan in an app; return the number of the transaction, "" if nothing was paid."""
    with outside.world.change():
        books = outside.world.pay.books
        order = Order(
            out_trade_no=out_trade_no, appid=appid, mchid=MCHID, openid=outside.world.person("1").openid_for(appid),
            description="入职体检套餐", total_fen=1230, notify_url="https://h.test/", attach=None, pays_until=9e9,
            request={}, made_at=0.0,
        )  # fmt: skip
        books.add_order(order)
        if is_paid:
            books.mark_paid(order, payer_id="1", fee_fen=0, now=outside.world.now())
        return order.transaction_id or ""


def delivery(outside: Outside, transaction_id: str, *, person: str = "1") -> Delivery:
    appid = outside.world.config.mini_program.appid
    openid = outside.world.person(person).openid_for(appid)
    return Delivery(transaction_id, openid, "入职体检套餐×1", Logistics.SELF_PICKUP, AT)


def held(outside: Outside) -> int:
    return int(outside.seen("pay/money")["merchant"]["held_fen"])


def test_the_money_is_held_until_the_delivery_is_told(outside: Outside, program: MiniProgram) -> None:
    transaction_id = pay_in(outside, "HOSP0001", appid=outside.world.config.mini_program.appid)
    assert held(outside) == 1230
    answer = requests.post(f"{outside.url}/__sandbox/pay/balance", json={"change_fen": -1}, timeout=5)
    assert answer.status_code == 400
    program.upload_shipping(delivery(outside, transaction_id))
    assert held(outside) == 0
    shipping = outside.seen("pay/orders/HOSP0001")["shipping"]
    assert (shipping["logistics_type"], shipping["description"]) == (4, "入职体检套餐×1")
    assert shipping["made_at"] == "2026-03-02T10:00:00.120+08:00"


def test_what_wechat_does_not_know_is_tried_again(outside: Outside, program: MiniProgram) -> None:
    mini = outside.world.config.mini_program.appid
    of_account = pay_in(outside, "HOSP0001", appid=outside.config.appid)
    pay_in(outside, "HOSP0002", appid=mini, is_paid=False)
    for transaction_id in (of_account, "4200000000000000000000000000"):
        with pytest.raises(PaymentUnseen):
            program.upload_shipping(delivery(outside, transaction_id))
    transaction_id = pay_in(outside, "HOSP0003", appid=mini)
    outside.control("faults", endpoint=UPLOAD, kind="error", code="10060001", message="支付单不存在")
    with pytest.raises(PaymentUnseen):
        program.upload_shipping(delivery(outside, transaction_id))
    program.upload_shipping(delivery(outside, transaction_id))
    assert held(outside) == 0


def test_a_delivery_is_told_once_and_may_be_replaced_once(outside: Outside, program: MiniProgram) -> None:
    transaction_id = pay_in(outside, "HOSP0001", appid=outside.world.config.mini_program.appid)
    for _ in range(2):
        program.upload_shipping(delivery(outside, transaction_id))
    with pytest.raises(AlreadyShipped):
        program.upload_shipping(delivery(outside, transaction_id))


def test_another_payer_is_refused(outside: Outside, program: MiniProgram) -> None:
    transaction_id = pay_in(outside, "HOSP0001", appid=outside.world.config.mini_program.appid)
    with pytest.raises(Rejected):
        program.upload_shipping(delivery(outside, transaction_id, person="2"))


def test_the_program_has_a_token_of_its_own(outside: Outside, program: MiniProgram) -> None:
    transaction_id = pay_in(outside, "HOSP0001", appid=outside.world.config.mini_program.appid)
    program.upload_shipping(delivery(outside, transaction_id))
    outside.account.menu()  # the account's token works beside it
    outside.control("faults", endpoint=UPLOAD, kind="expired_token")
    program.upload_shipping(delivery(outside, transaction_id))
    body = delivery(outside, transaction_id)
    stranger = MiniProgram(
        MiniProgramConfig(outside.world.config.mini_program.appid, "wrong", api_url=outside.url),
        store=MemoryStore(),
        now=clock.now,
    )
    with pytest.raises(ConfigurationFault):
        stranger.upload_shipping(body)


def test_a_time_in_seconds_is_no_time(outside: Outside) -> None:
    app = outside.world.config.mini_program
    asked = {"grant_type": "client_credential", "appid": app.appid, "secret": app.secret}
    token = requests.post(f"{outside.url}/cgi-bin/stable_token", json=asked, timeout=5).json()["access_token"]
    body = {
        "order_key": {"order_number_type": 2, "transaction_id": "1"},
        "logistics_type": 4,
        "delivery_mode": 1,
        "shipping_list": [{"item_desc": "套餐"}],
        "payer": {"openid": "o"},
    }
    for moment in (1_772_418_000, "2026-03-02 10:00:00", "2026-03-02T10:00:00"):
        answer = requests.post(
            f"{outside.url}/{UPLOAD}?access_token={token}", json={**body, "upload_time": moment}, timeout=5
        )
        assert answer.json()["errcode"] == 268485224
