"""Signatures both ways, sealing, keys: worked out here with ``cryptography`` from the reference."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.pay import signing
from sandbox.pay.desk import Desk
from sandbox.pay.sealing import seal
from sandbox.world import World
from tests.sandbox.pay.merchant import APIV3_KEY, Merchant, merchant_key, opened, platform_key, verifies


def test_the_signed_text_of_a_request_is_five_lines_each_ended():
    assert (
        signing.request_message(method="GET", target="/v3/x?a=1", timestamp=1554208460, nonce="593BEC0C", body=b"")
        == b"GET\n/v3/x?a=1\n1554208460\n593BEC0C\n\n"
    )


def test_our_signature_is_plain_rsa_sha256():
    message = signing.answer_message(timestamp=1722850421, nonce="d824f2e0", body=b'{"a":1}')
    assert message == b'1722850421\nd824f2e0\n{"a":1}\n'
    platform_key().public_key().verify(
        base64.b64decode(signing.sign(platform_key(), message)), message, padding.PKCS1v15(), hashes.SHA256()
    )


def test_sealed_text_opens_with_key_nonce_and_associated_data():
    resource = seal("密文".encode(), apiv3_key=APIV3_KEY, associated_data="transaction", nonce="0123456789ab")
    assert resource["algorithm"] == "AEAD_AES_256_GCM"
    assert len(base64.b64decode(resource["ciphertext"])) == len("密文".encode()) + 16
    assert opened(resource).decode() == "密文"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic abc",
        'WECHATPAY2-SHA256-RSA2048 mchid="1"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="n",timestamp="x",serial_no="s",signature="g"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",mchid="1",nonce_str="n",timestamp="1",serial_no="s",signature="g"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="n",timestamp="1",serial_no="s",signature="g",more="m"',
    ],
)
def test_a_malformed_authorization_is_refused(header: str):
    with pytest.raises(signing.BadAuthorization):
        signing.parse_authorization(header)


def test_the_parts_of_the_authorization_may_come_in_any_order():
    header = 'WECHATPAY2-SHA256-RSA2048 signature="g==", serial_no="s",timestamp="7",mchid="1",nonce_str="n"'
    assert signing.parse_authorization(header) == signing.Authorization("1", "n", 7, "s", "g==")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"serial": "F" * 40},
        {"mchid": "1900000002"},
        {"shift": -301},
        {"shift": 301},
        {"send": b'{"mchid":"1900000001","more":1}'},
        {"headers": {"Authorization": ""}},
    ],
    ids=["serial", "mchid", "slow clock", "fast clock", "changed body", "no signature"],
)
def test_a_wrongly_signed_request_changes_nothing(merchant: Merchant, spoilt: dict[str, Any]):
    answer = merchant.call(
        "POST", "/v3/pay/transactions/out-trade-no/ORDER-0001/close", {"mchid": "1900000001"}, **spoilt
    )
    assert (answer.status_code, answer.json["code"]) == (401, "SIGN_ERROR")
    assert merchant.query().status_code == 404


def test_a_clock_five_minutes_off_still_passes(merchant: Merchant):
    target = "/v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000001"
    assert merchant.call("GET", target, shift=-299).status_code == 404


def test_the_query_is_part_of_what_is_signed(merchant: Merchant):
    target = "/v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000001"
    header = merchant.authorization("GET", target.partition("?")[0], b"")
    assert merchant.call("GET", target, headers={"Authorization": header}).status_code == 401


def test_a_body_needs_its_content_type(merchant: Merchant):
    target = "/v3/pay/transactions/out-trade-no/ORDER-0001/close"
    answer = merchant.call("POST", target, {"mchid": "1900000001"}, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json["code"]) == (400, "PARAM_ERROR")


@pytest.mark.parametrize("name", ["Accept", "User-Agent"])
def test_compulsory_headers(merchant: Merchant, name: str):
    target = "/v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000001"
    value = {"User-Agent": " ", "Accept": "text/html"}[name]
    answer = merchant.call("GET", target, headers={name: value})
    assert (answer.status_code, answer.json["code"]) == (400, "PARAM_ERROR")


def test_advancing_the_sandbox_clock_makes_no_request_stale(merchant: Merchant, world: World):
    world.advance(86_400)
    assert merchant.order().status_code == 200


def test_every_answer_is_signed_with_the_public_key_id(merchant: Merchant):
    for answer in (merchant.order(), merchant.query(), merchant.close()):
        assert answer.headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")
        assert answer.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
        assert answer.headers["Request-ID"].endswith("-0")
    refused = merchant.query("ORDER-0009").headers["Request-ID"]
    assert int(refused.partition("-")[2]) > 0
    for answer in (merchant.query(), merchant.query("ORDER-0009")):
        assert verifies(answer.headers, answer.data)


@pytest.mark.parametrize(
    ("twist", "is_right"),
    [
        ("answer_probe", False),
        ("answer_wrong_signature", False),
        ("answer_unknown_serial", True),
        ("answer_old", True),
    ],
)
def test_a_badly_signed_answer_has_taken_effect(merchant: Merchant, desk: Desk, twist: str, is_right: bool):
    desk.twists.order(twist, at="pay/jsapi")
    right = merchant.query("ORDER-0009").headers["Wechatpay-Serial"]
    answer = merchant.order()
    assert answer.status_code == 200
    assert verifies(answer.headers, answer.data) is is_right
    assert (answer.headers["Wechatpay-Serial"] == right) is (twist != "answer_unknown_serial")
    assert merchant.query().json["trade_state"] == "NOTPAY"


def test_a_probe_begins_as_wechats_do(merchant: Merchant, desk: Desk):
    desk.twists.order("answer_probe")
    assert merchant.order().headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")


def test_an_unsigned_answer_can_be_ordered(merchant: Merchant, desk: Desk):
    desk.twists.order("answer_unsigned")
    assert "Wechatpay-Signature" not in merchant.order().headers
    assert "Wechatpay-Signature" in merchant.order().headers


def test_the_general_fault_spoils_a_signature_too(merchant: Merchant, world: World):
    world.faults.order("pay/jsapi", "wrong_signature")
    answer = merchant.order()
    assert not verifies(answer.headers, answer.data)


def test_probes_come_now_and_then(make_app: Callable[..., Flask]):
    merchant = Merchant(make_app(probe_rate=1.0))
    assert merchant.order().headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")


def test_in_public_key_mode_there_are_no_certificates(merchant: Merchant):
    answer = merchant.call("GET", "/v3/certificates")
    assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_EXISTS")
    assert "无可用的平台证书" in answer.json["message"]


def certificates(merchant: Merchant) -> dict[str, x509.Certificate]:
    answer = merchant.call("GET", "/v3/certificates")
    assert answer.status_code == 200
    return {
        entry["serial_no"]: x509.load_pem_x509_certificate(opened(entry["encrypt_certificate"]))
        for entry in answer.json["data"]
    }


def verifies_with(certificate: x509.Certificate, answer: Any) -> bool:
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    return verifies(answer.headers, answer.data, key)


def test_certificate_mode_signs_with_the_certificate_it_hands_out(merchant: Merchant, desk: Desk):
    desk.switch_mode("certificate")
    [(serial, certificate)] = certificates(merchant).items()
    assert int(serial, 16) == certificate.serial_number
    assert len(serial) == 40
    answer = merchant.order()
    assert answer.headers["Wechatpay-Serial"] == serial
    assert verifies_with(certificate, answer)


def test_a_new_certificate_comes_while_the_old_one_is_still_listed(merchant: Merchant, desk: Desk):
    desk.switch_mode("certificate")
    [old] = certificates(merchant)
    fresh = desk.keys.rotate().serial
    both = certificates(merchant)
    assert set(both) == {old, fresh}
    answer = merchant.order()
    assert answer.headers["Wechatpay-Serial"] == fresh
    assert verifies_with(both[fresh], answer)
    assert not verifies_with(both[old], answer)


def test_a_new_public_key_in_mid_run(merchant: Merchant, desk: Desk, sandbox: Flask):
    before = merchant.order().headers["Wechatpay-Serial"]
    answer = sandbox.test_client().post("/__sandbox/pay/keys/rotate")
    after = merchant.order()
    assert after.headers["Wechatpay-Serial"] == answer.json["serial"] != before
    assert not verifies(after.headers, after.data)
    assert "BEGIN PUBLIC KEY" in answer.json["public_key"]


def test_the_control_page_chooses_the_mode(merchant: Merchant, sandbox: Flask):
    answer = sandbox.test_client().post("/__sandbox/pay/settings", json={"mode": "certificate"})
    assert answer.json["mode"] == "certificate"
    assert merchant.query().headers["Wechatpay-Serial"] == answer.json["serial"]
    assert sandbox.test_client().post("/__sandbox/pay/settings", json={"mode": "other"}).status_code == 400


def test_while_switching_over_the_request_chooses_the_key(merchant: Merchant, desk: Desk):
    desk.switch_mode("both")
    target = "/v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000001"
    asked = merchant.call("GET", target, headers={"Wechatpay-Serial": "PUB_KEY_ID_0"})
    assert asked.headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")
    assert not merchant.call("GET", target).headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")


def test_starting_over_forgets_keys_and_orders(merchant: Merchant, desk: Desk, world: World):
    desk.switch_mode("certificate")
    merchant.order()
    world.start_over()
    assert merchant.query().status_code == 404
    assert merchant.order().headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")


def test_a_sensitive_field_opens_with_our_key_only(desk: Desk):
    def locked(key: RSAPublicKey) -> str:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        return base64.b64encode(key.encrypt("王一".encode(), oaep)).decode()

    assert desk.keys.open_field(locked(platform_key().public_key()), field="/real_name") == "王一"
    with pytest.raises(Exception, match="PARAM_ERROR"):
        desk.keys.open_field(locked(merchant_key().public_key()), field="/real_name")


def test_without_keys_every_request_is_refused_and_says_why():
    merchant = Merchant(create_app(Config()))
    answer = merchant.call("GET", "/v3/certificates")
    assert answer.status_code == 401
    assert "公钥" in json.loads(answer.data)["message"]
