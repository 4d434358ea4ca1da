from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import PrivateFormat

from tests.fakes.platform import private_pem, public_pem, rsa_key
from tests.wechat.pay_world import (
    APPID,
    MCHID,
    NEW_SERIAL,
    OLD_SERIAL,
    PAY,
    PayServer,
    merchant,
    pay_config,
    refund_fields,
    transaction,
)
from wxapp.core import clock
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.errors import (
    NotEnough,
    OrderClosed,
    OrderPaid,
    PayMisconfigured,
    PayNotFound,
    PayRateLimited,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import Order, RefundOrder, RefundState, TradeState

JSAPI = "/v3/pay/transactions/jsapi"
QUERY = "/v3/pay/transactions/out-trade-no/HOSP0001"
REFUNDS = "/v3/refund/domestic/refunds"
ORDER = Order("HOSP0001", "入职体检套餐", 1230, "o1", "https://h.test/pay/notify/wechat")
REFUND = RefundOrder("HOSPR0001", "HOSP0001", 230, 1230, "https://h.test/pay/notify/wechat-refund", "客户取消")


@pytest.fixture
def server(wechat):
    return PayServer(wechat)


@pytest.fixture
def pay(server):
    return merchant()


# --- what is asked


def test_an_order_is_placed_as_documented(pay, server):
    server.answer("POST", JSAPI, {"prepay_id": "wx201"})
    order = replace(
        ORDER, expires_at=datetime(2026, 3, 2, 2, 30, 0, 5000, tzinfo=UTC), attach="a", client_ip="203.0.113.7"
    )
    assert pay.order(order) == "wx201"
    assert server.sent() == {
        "appid": APPID,
        "mchid": MCHID,
        "description": "入职体检套餐",
        "out_trade_no": "HOSP0001",
        "time_expire": "2026-03-02T10:30:00+08:00",
        "attach": "a",
        "notify_url": "https://h.test/pay/notify/wechat",
        "amount": {"total": 1230, "currency": "CNY"},
        "payer": {"openid": "o1"},
        "scene_info": {"payer_client_ip": "203.0.113.7"},
    }
    assert server.requests[0].headers["Wechatpay-Serial"] == OLD_SERIAL


def test_what_is_not_given_is_not_sent(pay, server):
    server.answer("POST", JSAPI, {"prepay_id": "wx201"})
    pay.order(ORDER)
    assert set(server.sent()) == {
        "appid", "mchid", "description", "out_trade_no", "notify_url", "amount", "payer",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"out_trade_no": "HOSP1"},
        {"out_trade_no": "H" * 33},
        {"out_trade_no": "HOSP|0001"},
        {"out_trade_no": "HOSP/0001"},
        {"out_trade_no": "HOSP0001\n"},
        {"amount_fen": 0},
        {"amount_fen": 12.5},
        {"amount_fen": True},
        {"description": ""},
        {"description": "套" * 128},
        {"openid": ""},
        {"attach": "a" * 129},
        {"notify_url": "https://h.test/?a=1"},
        {"notify_url": "https://h.test/" + "a" * 250},
    ],
)
def test_an_order_that_wechat_would_refuse_is_not_sent(pay, wrong):
    with pytest.raises(ValueError, match=r"\w"):
        pay.order(replace(ORDER, **wrong))


@pytest.mark.parametrize(
    "wrong",
    [{"out_refund_no": ""}, {"out_refund_no": "R" * 65}, {"out_refund_no": "R|1"}, {"refund_fen": 0},
     {"refund_fen": 1231}, {"total_fen": 0}, {"reason": "原" * 27}, {"out_trade_no": "x"}],
)  # fmt: skip
def test_a_refund_that_wechat_would_refuse_is_not_sent(pay, wrong):
    with pytest.raises(ValueError, match=r"\w"):
        pay.refund(replace(REFUND, **wrong))


def test_the_payment_sheet_is_signed_for_this_order(pay):
    params = pay.jsapi_params("wx201").for_bridge()
    assert (params["appId"], params["package"], params["signType"]) == (APPID, "prepay_id=wx201", "RSA")
    assert params["timeStamp"] == str(int(clock.now().timestamp()))
    message = f"{APPID}\n{params['timeStamp']}\n{params['nonceStr']}\nprepay_id=wx201\n".encode()
    rsa_key("merchant").public_key().verify(base64.b64decode(params["paySign"]), message, padding.PKCS1v15(), SHA256())


def test_a_paid_order_is_read(pay, server):
    server.answer("GET", QUERY, transaction())
    payment = pay.query("HOSP0001")
    assert server.requests[0].path_url == f"{QUERY}?mchid={MCHID}"
    assert payment.state.is_paid
    assert (payment.total_fen, payment.openid, payment.transaction_id) == (1230, "o1", "4200000001")
    assert payment.paid_at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "is_paid"),
    [("NOTPAY", False), ("CLOSED", False), ("USERPAYING", False), ("PAYERROR", False), ("REFUND", True)],
)
def test_an_order_may_lack_what_only_payment_gives(pay, server, state, is_paid):
    fields = {name: transaction()[name] for name in ("appid", "mchid", "out_trade_no")}
    server.answer("GET", QUERY, {**fields, "trade_state": state, "trade_state_desc": "x"})
    payment = pay.query("HOSP0001")
    assert (payment.state, payment.state.is_paid, payment.total_fen) == (TradeState(state), is_paid, None)


def test_an_order_is_closed(pay, server):
    server.answer("POST", QUERY + "/close", status=204)
    pay.close("HOSP0001")
    assert server.sent() == {"mchid": MCHID}


@pytest.mark.parametrize("status", [202, 301])
def test_an_order_that_may_not_be_closed_is_not_taken_for_closed(pay, server, status):
    server.answer("POST", QUERY + "/close", status=status)
    with pytest.raises(PayUnknown):
        pay.close("HOSP0001")


def test_a_refund_is_asked_for_as_documented(pay, server):
    server.answer("POST", REFUNDS, refund_fields())
    refund = pay.refund(REFUND)
    assert server.sent() == {
        "out_trade_no": "HOSP0001",
        "out_refund_no": "HOSPR0001",
        "reason": "客户取消",
        "notify_url": "https://h.test/pay/notify/wechat-refund",
        "amount": {"refund": 230, "total": 1230, "currency": "CNY"},
    }
    assert (refund.state, refund.refund_fen, refund.total_fen) == (RefundState.PROCESSING, 230, 1230)


def test_a_refund_is_queried(pay, server):
    fields = refund_fields(status="SUCCESS", success_time="2026-03-02T10:05:00+08:00")
    server.answer("GET", REFUNDS + "/HOSPR0001", fields)
    refund = pay.query_refund("HOSPR0001")
    assert refund.state is RefundState.SUCCESS
    assert refund.succeeded_at == datetime(2026, 3, 2, 2, 5, tzinfo=UTC)


# --- what is answered


@pytest.mark.parametrize(
    ("status", "code", "message", "cls"),
    [
        (400, "PARAM_ERROR", "参数错误", PayRefused),
        (400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致", PayRefused),
        (400, "ORDERPAID", "该订单已支付", OrderPaid),
        (403, "ORDER_PAID", "", OrderPaid),
        (400, "INVALID_REQUEST", "该订单已支付", OrderPaid),
        (400, "ORDER_CLOSED", "该订单已关闭", OrderClosed),
        (400, "INVALID_REQUEST", "该订单已失效", OrderClosed),
        (403, "OUT_TRADE_NO_USED", "商户订单号重复", PayRefused),
        (404, "ORDER_NOT_EXIST", "订单不存在", PayNotFound),
        (404, "ORDERNOTEXIST", "订单不存在", PayNotFound),
        (404, "RESOURCE_NOT_EXISTS", "", PayNotFound),
        (403, "NOT_ENOUGH", "余额不足", NotEnough),
        (403, "NOTENOUGH", "余额不足", NotEnough),
        (401, "SIGN_ERROR", "签名错误", PayMisconfigured),
        (403, "NO_AUTH", "无权限", PayMisconfigured),
        (400, "APPID_MCHID_NOT_MATCH", "", PayMisconfigured),
        (429, "FREQUENCY_LIMITED", "", PayRateLimited),
        (403, "FREQUENCY_LIMIT_EXCEED", "", PayRateLimited),
        (500, "SYSTEM_ERROR", "", PayUnknown),
        (500, "SYSTEMERROR", "", PayUnknown),
        (400, "SYSTEM_ERROR", "", PayUnknown),
        (500, "PARAM_ERROR", "", PayUnknown),
        (202, "USERPAYING", "", PayUnknown),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_an_error_says_what_to_do(pay, server, status, code, message, cls, signed):
    server.answer("POST", REFUNDS, {"code": code, "message": message}, status=status, signed=signed)
    with pytest.raises((PayRefused, PayRateLimited, PayUnknown)) as caught:
        pay.refund(REFUND)
    assert type(caught.value) is cls
    if isinstance(caught.value, PayRefused):
        assert caught.value.code == code.replace("_", "")
        assert (caught.value.message, caught.value.status) == (message, status)


def test_a_limit_of_something_in_between_is_a_limit(pay, server):
    server.answer("POST", JSAPI, body=b"<html>slow down", status=429)
    with pytest.raises(PayRateLimited):
        pay.order(ORDER)


def test_a_refusal_keeps_the_request_number_for_the_log(pay, server):
    server.answer("POST", JSAPI, {"code": "PARAM_ERROR", "message": "x"}, status=400)
    with pytest.raises(PayRefused) as caught:
        pay.order(ORDER)
    assert caught.value.request_id == "08F-268578816"


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"<html>"), (403, b"<html>blocked by a proxy"), (400, b""), (404, b"[]"), (400, b'{"message":"x"}'),
     (400, b'{"code":1}'), (301, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b'{"prepay_id":1}'),
     (200, b'{"prepay_id":""}'), (301, b'{"prepay_id":"wx201"}'),
     (200, b"[" * 100_000), (204, b"")],
)  # fmt: skip
def test_an_unusable_answer_is_never_a_no(pay, server, status, body):
    server.answer("POST", JSAPI, body=body, status=status)
    with pytest.raises(PayUnknown):
        pay.order(ORDER)


@pytest.mark.parametrize(
    "how",
    [
        {"signature": "WECHATPAY/SIGNTEST/" + "A" * 300},
        {"signature": ""},
        {"signature": base64.b64encode(bytes(256)).decode()},
        {"age": 301},
        {"age": -301},
    ],
)
def test_a_refund_with_an_unverifiable_answer_may_have_happened(pay, server, how):
    server.answer("POST", REFUNDS, refund_fields(), **how)
    with pytest.raises(PayUnknown) as caught:
        pay.refund(REFUND)
    assert caught.value.sent is True


def test_an_unsigned_success_is_no_success(pay, server):
    server.answer("POST", REFUNDS, refund_fields(), signed=False)
    with pytest.raises(PayUnknown):
        pay.refund(REFUND)


@pytest.mark.parametrize("serial", ["PUB_KEY_ID_9999999999", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", ""])
def test_an_answer_with_an_unknown_key_makes_us_ask_nobody(pay, server, serial):
    server.platform.serial = serial
    server.answer("GET", QUERY, transaction())
    with pytest.raises(PayUnknown):
        pay.query("HOSP0001")
    assert {request.path_url.partition("?")[0] for request in server.requests} == {QUERY}


def test_a_probe_on_a_question_or_an_order_is_asked_again_once(pay, server):
    probe = {"signature": "WECHATPAY/SIGNTEST/" + "A" * 300}
    server.answer("GET", QUERY, transaction(), **probe)
    server.answer("GET", QUERY, transaction())
    server.answer("POST", JSAPI, {"prepay_id": "wx201"}, **probe)
    server.answer("POST", JSAPI, {"prepay_id": "wx201"})
    assert pay.query("HOSP0001").total_fen == 1230
    assert pay.order(ORDER) == "wx201"
    assert server.sent(2) == server.sent(3)


@pytest.mark.parametrize("path", [REFUNDS, QUERY + "/close"])
def test_a_probe_on_a_refund_or_a_close_is_left_to_the_caller(pay, server, path):
    server.answer("POST", path, refund_fields(), signature="WECHATPAY/SIGNTEST/A")
    act = (lambda: pay.refund(REFUND)) if path == REFUNDS else (lambda: pay.close("HOSP0001"))
    with pytest.raises(PayUnknown):
        act()
    assert len(server.requests) == 1


@pytest.mark.parametrize("serial", [OLD_SERIAL, NEW_SERIAL])
def test_answers_of_both_keys_are_taken_while_the_key_is_changed(pay, server, serial):
    server.platform.serial = serial
    server.answer("GET", QUERY, transaction())
    assert pay.query("HOSP0001").total_fen == 1230


def test_a_lost_answer_is_unknown(pay, wechat):
    wechat.post(PAY + REFUNDS, body=responses.ConnectionError("reset"))
    with pytest.raises(PayUnknown) as caught:
        pay.refund(REFUND)
    assert caught.value.sent is True


def test_a_closed_port_is_known_to_have_done_nothing():
    pay = Pay(pay_config(pay_url="http://127.0.0.1:9"), now=clock.now)
    with pytest.raises(PayUnknown) as caught:
        pay.order(ORDER)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "HOSP0002"},
        {"mchid": "1900000002"},
        {"trade_state": "HAPPY"},
        {"trade_state": None},
        {"attach": 5},
        {"amount": 12},
        {"amount": {"total": "1230"}},
        {"amount": {"total": 12.3}},
        {"amount": {"total": True}},
        {"amount": {"total": -1}},
        {"success_time": "yesterday"},
        {"success_time": "2026-03-02T10:00:00"},
    ],
)
def test_an_order_of_the_wrong_shape_or_of_another_is_not_believed(pay, server, change):
    server.answer("GET", QUERY, transaction(**change))
    with pytest.raises(PayUnknown):
        pay.query("HOSP0001")


def test_an_answer_about_another_refund_is_not_believed(pay, server):
    server.answer("POST", REFUNDS, refund_fields(out_refund_no="HOSPR0002"))
    with pytest.raises(PayUnknown):
        pay.refund(REFUND)


# --- keys


def test_keys_may_be_paths_and_the_private_key_of_the_older_kind(tmp_path, server):
    private, public = tmp_path / "merchant.pem", tmp_path / "platform.pem"
    private.write_text(private_pem(rsa_key("merchant"), PrivateFormat.TraditionalOpenSSL))
    public.write_text(public_pem(rsa_key(OLD_SERIAL)))
    pay = Pay(pay_config(private_key=private, public_keys={OLD_SERIAL: public}), now=clock.now)
    server.answer("GET", QUERY, transaction())
    assert pay.query("HOSP0001").total_fen == 1230


@pytest.mark.parametrize(
    "wrong",
    [
        {"apiv3_key": "short"},
        {"public_keys": {}},
        {"public_keys": {OLD_SERIAL: "no key"}},
        {"public_keys": {OLD_SERIAL: private_pem(rsa_key("merchant"))}},
        {"private_key": "no key"},
        {"private_key": public_pem(rsa_key("merchant"))},
        {"pay_url": "https://pay.test/"},
        {"appid": ""},
        {"mchid": ""},
        {"merchant_serial": ""},
        {"public_keys": {"": public_pem(rsa_key(OLD_SERIAL))}},
    ],
)
def test_a_configuration_that_can_not_work_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        Pay(pay_config(**wrong), now=clock.now)


def test_starting_asks_nobody_and_shows_no_secret(wechat):
    Pay(pay_config(), now=clock.now)
    assert len(wechat.calls) == 0
    assert "PRIVATE" not in repr(pay_config())
    assert pay_config().apiv3_key not in repr(pay_config())
