from __future__ import annotations

import json

import pytest

from tests.fakes.platform import Platform
from tests.wechat.pay_world import MCHID, NEW_SERIAL, OLD_SERIAL, merchant, transaction
from wxapp.wechat.pay.errors import NoticeReason, NoticeRefused
from wxapp.wechat.pay.notices import MAX_BODY
from wxapp.wechat.pay.values import RefundState

PAID = "TRANSACTION.SUCCESS"


def refund_told(**changes):
    return {
        "mchid": MCHID,
        "out_trade_no": "HOSP0001",
        "transaction_id": "4200000001",
        "out_refund_no": "HOSPR0001",
        "refund_id": "5000000001",
        "refund_status": "SUCCESS",
        "success_time": "2026-03-02T10:05:00+08:00",
        "user_received_account": "支付用户零钱",
        "amount": {"total": 1230, "refund": 230, "payer_total": 1230, "payer_refund": 230},
        **changes,
    }


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture
def pay(wechat):
    return merchant()


def reason(read, headers, body):
    with pytest.raises(NoticeRefused) as caught:
        read(headers, body)
    return caught.value.reason


@pytest.mark.parametrize("serial", [OLD_SERIAL, NEW_SERIAL])
@pytest.mark.parametrize("bound_to", ["transaction", "", None])
def test_a_payment_is_told(pay, platform, serial, bound_to):
    platform.serial = serial
    body = platform.notice(PAID, transaction(), bound_to=bound_to)
    notice = pay.payment_notice(platform.headers(body), body)
    assert notice.notice_id == "EV-1"
    assert (notice.payment.out_trade_no, notice.payment.total_fen, notice.payment.openid) == ("HOSP0001", 1230, "o1")


@pytest.mark.parametrize("state", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_the_end_of_a_refund_is_told(pay, platform, state):
    body = platform.notice(f"REFUND.{state}", refund_told(refund_status=state), bound_to="refund")
    notice = pay.refund_notice(platform.headers(body), body)
    assert (notice.refund.state, notice.refund.out_refund_no) == (RefundState(state), "HOSPR0001")
    assert (notice.refund.refund_fen, notice.refund.total_fen) == (230, 1230)


def test_the_names_of_headers_may_be_written_in_any_way(pay, platform):
    body = platform.notice(PAID, transaction())
    headers = {name.upper(): value for name, value in platform.headers(body).items()}
    assert pay.payment_notice(headers, body).payment.total_fen == 1230


@pytest.mark.parametrize("age", [301, -301])
def test_an_old_or_early_notice_is_refused(pay, platform, age):
    body = platform.notice(PAID, transaction())
    assert reason(pay.payment_notice, platform.headers(body, age=age), body) is NoticeReason.STALE
    assert pay.payment_notice(platform.headers(body, age=age // 301 * 299), body)


@pytest.mark.parametrize("serial", ["PUB_KEY_ID_9999999999", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", ""])
def test_an_unknown_serial_is_refused_without_asking_anybody(pay, platform, wechat, serial):
    platform.serial = serial
    body = platform.notice(PAID, transaction())
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNKNOWN_SERIAL
    assert len(wechat.calls) == 0


def test_a_signature_by_another_key_under_a_known_serial_is_refused(pay, platform):
    body = platform.notice(PAID, transaction())
    stranger = Platform(serial="stranger")
    headers = {**stranger.headers(body), "Wechatpay-Serial": OLD_SERIAL}
    assert reason(pay.payment_notice, headers, body) is NoticeReason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + "A" * 300},
        {"Wechatpay-Signature": ""},
        {"Wechatpay-Signature": "签名"},
        {"Wechatpay-Nonce": "other"},
        {"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"},
    ],
)
def test_a_probe_or_a_changed_signature_is_refused(pay, platform, change):
    body = platform.notice(PAID, transaction())
    headers = {**platform.headers(body), **change}
    assert reason(pay.payment_notice, headers, body) is NoticeReason.BAD_SIGNATURE


@pytest.mark.parametrize("timestamp", ["", "now", "9" * 5000, "-1"])
def test_a_timestamp_that_is_none_is_refused(pay, platform, timestamp):
    body = platform.notice(PAID, transaction())
    headers = {**platform.headers(body), "Wechatpay-Timestamp": timestamp}
    assert reason(pay.payment_notice, headers, body) is NoticeReason.STALE


def test_a_changed_body_is_refused(pay, platform):
    body = platform.notice(PAID, transaction())
    headers = platform.headers(body)
    assert reason(pay.payment_notice, headers, body + b" ") is NoticeReason.BAD_SIGNATURE
    assert reason(pay.payment_notice, headers, json.dumps(json.loads(body), indent=1).encode()) is (
        NoticeReason.BAD_SIGNATURE
    )


def test_no_headers_and_no_body_are_refused(pay):
    assert reason(pay.payment_notice, {}, b"") is NoticeReason.UNKNOWN_SERIAL


def test_a_large_body_is_refused_unread(pay, platform):
    body = b" " * (MAX_BODY + 1)
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.TOO_LARGE


def test_a_notice_sealed_with_another_key_is_refused(pay, platform):
    platform.apiv3_key = "another-key-of-thirty-two-bytes!"
    body = platform.notice(PAID, transaction())
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"{}", b"[" * 30_000, b'{"id":"1","event_type":"x","resource":NaN}',
     b'{"id":1,"event_type":"TRANSACTION.SUCCESS","resource":{}}',
     b'{"id":"1","event_type":"TRANSACTION.SUCCESS","resource":[]}',
     b'{"id":"1","event_type":"TRANSACTION.SUCCESS","resource":{"algorithm":"AEAD_AES_256_GCM"}}'],
)  # fmt: skip
def test_a_signed_body_that_is_no_notice_is_refused(pay, platform, body):
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


@pytest.mark.parametrize("notice_id", [1, None, ["EV-1"]])
def test_a_notice_without_an_id_is_refused(pay, platform, notice_id):
    body = json.dumps({**json.loads(platform.notice(PAID, transaction())), "id": notice_id}).encode()
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


@pytest.mark.parametrize(
    "change",
    [{"algorithm": "AEAD_SM4_GCM"}, {"nonce": ""}, {"nonce": 1}, {"ciphertext": "!"}, {"ciphertext": ""},
     {"associated_data": "other"}, {"associated_data": 7}],
)  # fmt: skip
def test_a_resource_that_can_not_be_opened_is_refused(pay, platform, change):
    body = platform.notice(PAID, transaction(), **change)
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


@pytest.mark.parametrize("change", [{"mchid": "1900000002"}, {"appid": "wxffffffffffffffff"}])
def test_a_payment_to_somebody_else_is_refused(pay, platform, change):
    body = platform.notice(PAID, transaction(**change))
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.NOT_OURS


def test_a_refund_of_somebody_else_is_refused(pay, platform):
    body = platform.notice("REFUND.SUCCESS", refund_told(mchid="1900000002"))
    assert reason(pay.refund_notice, platform.headers(body), body) is NoticeReason.NOT_OURS


@pytest.mark.parametrize(
    "change",
    [{"trade_state": "NOTPAY"}, {"transaction_id": None}, {"amount": {}}, {"amount": {"total": 12.3}},
     {"out_trade_no": None}, {"payer": "o1"}],
)  # fmt: skip
def test_a_payment_that_tells_too_little_is_refused(pay, platform, change):
    body = platform.notice(PAID, transaction(**change))
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


def test_a_refund_whose_state_is_not_its_event_is_refused(pay, platform):
    body = platform.notice("REFUND.SUCCESS", refund_told(refund_status="CLOSED"))
    assert reason(pay.refund_notice, platform.headers(body), body) is NoticeReason.UNREADABLE


@pytest.mark.parametrize("event", ["REFUND.SUCCESS", "TRANSACTION.PARTLY", ""])
def test_another_event_is_no_payment(pay, platform, event):
    body = platform.notice(event, transaction())
    assert reason(pay.payment_notice, platform.headers(body), body) is NoticeReason.UNKNOWN_EVENT


def test_a_payment_is_no_refund(pay, platform):
    body = platform.notice(PAID, transaction())
    assert reason(pay.refund_notice, platform.headers(body), body) is NoticeReason.UNKNOWN_EVENT
