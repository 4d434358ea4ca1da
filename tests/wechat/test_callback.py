from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.pushes import FakeCallback, encrypt, seal, sha1, xml
from tests.wechat.conftest import AES_KEY, OLD_AES_KEY
from wxapp.core import clock
from wxapp.wechat.callback import MAX_BODY, Callback, CallbackRefused, Reason
from wxapp.wechat.config import CallbackMode
from wxapp.wechat.pushes import Kind
from wxapp.wechat.replies import Text
from wxapp.wechat.sealing import signature

MODES = list(CallbackMode)


@pytest.fixture
def fake(config):
    return FakeCallback(config)


@pytest.fixture
def callback(config, store):
    return Callback(config, store=store, now=clock.now)


def reason(callback, request):
    with pytest.raises(CallbackRefused) as caught:
        callback.receive(request.query, request.body)
    return caught.value.reason


# --- signature


def test_the_published_vector():
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_the_address_is_confirmed_with_exactly_the_echo(callback, fake):
    assert callback.verify_url({**fake.query(), "echostr": "4375120948345356249"}) == "4375120948345356249"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"signature": "0" * 40}, Reason.BAD_SIGNATURE),
        ({"signature": ""}, Reason.BAD_SIGNATURE),
        ({"signature": "签名"}, Reason.BAD_SIGNATURE),
        ({"nonce": "other"}, Reason.BAD_SIGNATURE),
        ({"timestamp": "1"}, Reason.BAD_SIGNATURE),
        ({"echostr": "<script>alert(1)</script>"}, Reason.UNREADABLE),
        ({"echostr": ""}, Reason.UNREADABLE),
        ({"echostr": "签名"}, Reason.UNREADABLE),
        ({"echostr": "1" * 129}, Reason.UNREADABLE),
    ],
)
def test_a_wrong_check_of_the_address_is_refused(callback, fake, change, expected):
    with pytest.raises(CallbackRefused) as caught:
        callback.verify_url({**fake.query(), "echostr": "1", **change})
    assert caught.value.reason is expected


@pytest.mark.parametrize("age", [301, -301])
def test_old_and_early_requests_are_refused(callback, fake, age):
    assert reason(callback, fake.text("您好", age=age)) is Reason.STALE
    with pytest.raises(CallbackRefused):
        callback.verify_url({**fake.query(age=age), "echostr": "1"})


@pytest.mark.parametrize("timestamp", ["", "now", "full width", "9" * 5000])
def test_a_signed_timestamp_that_is_none_is_refused(callback, config, timestamp):
    if timestamp == "full width":
        timestamp = str(int(clock.now().timestamp())).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)})
    query = {"timestamp": timestamp, "nonce": "n", "signature": sha1(config.token, timestamp, "n"), "echostr": "1"}
    with pytest.raises(CallbackRefused) as caught:
        callback.verify_url(query)
    assert caught.value.reason is Reason.STALE


def test_a_request_without_a_nonce_is_refused_though_it_is_signed(callback, config):
    timestamp = str(int(clock.now().timestamp()))
    query = {"timestamp": timestamp, "nonce": "", "signature": sha1(config.token, timestamp), "echostr": "1"}
    with pytest.raises(CallbackRefused):
        callback.verify_url(query)


def test_nothing_at_all_is_refused(callback):
    with pytest.raises(CallbackRefused):
        callback.receive({}, b"")
    with pytest.raises(CallbackRefused):
        callback.verify_url({})


# --- modes


@pytest.mark.parametrize("mode", MODES)
def test_a_text_arrives_in_every_mode(make_config, store, mode):
    config = make_config(mode=mode)
    request = FakeCallback(config).text("您好 <医生> & 护士")
    push = Callback(config, store=store, now=clock.now).receive(request.query, request.body)
    assert (push.kind, push.openid, push.content) == (Kind.TEXT, "o-person-1", "您好 <医生> & 护士")
    assert (push.account, push.created_at) == (config.original_id, clock.now())


@pytest.mark.parametrize("mode", [CallbackMode.SAFE, CallbackMode.COMPATIBLE])
def test_a_plain_push_is_refused_where_encryption_is_agreed(make_config, store, mode):
    request = FakeCallback(make_config(mode=CallbackMode.PLAIN)).text("您好")
    assert reason(Callback(make_config(mode=mode), store=store, now=clock.now), request) is Reason.NOT_ENCRYPTED


def test_the_plain_fields_beside_an_encrypted_message_are_not_believed(make_config, store):
    config = make_config(mode=CallbackMode.COMPATIBLE)
    fake = FakeCallback(config)
    sealed = seal(xml(fake.fields(MsgType="text", Content="真", MsgId=1)).encode(), aes_key=AES_KEY, appid=config.appid)
    request = fake.sealed(sealed, fake.fields(FromUserName="o-somebody-else", MsgType="text", Content="假", MsgId=2))
    push = Callback(config, store=store, now=clock.now).receive(request.query, request.body)
    assert (push.content, push.openid) == ("真", "o-person-1")


def test_a_json_push_is_the_same_as_an_xml_push(callback, fake, config):
    fields = fake.fields(MsgType="text", Content="您好", MsgId=12345678901234567)
    sealed = seal(json.dumps(fields).encode(), aes_key=AES_KEY, appid=config.appid)
    request = fake.sealed(sealed)
    body = json.dumps({"ToUserName": "gh", "Encrypt": sealed}).encode()
    push = callback.receive(request.query, body)
    assert (push.content, push.msg_id, push.dedupe_key) == ("您好", "12345678901234567", "m:12345678901234567")


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({"EventKey": None}, True),
        ({"EventKey": True}, False),
        ({"FromUserName": 1.5}, False),
        ({"FromUserName": "o" * 513}, False),
        ({"EventKey": "k" * 2048}, True),
        ({"EventKey": "k" * 2049}, False),
        ({"MsgType": "text", "Content": "字" * 3000}, True),
    ],
)
def test_fields_have_kind_and_length(callback, fake, config, change, is_taken):
    fields = {**fake.fields(MsgType="event", Event="CLICK"), **change}
    request = fake.sealed(seal(json.dumps(fields).encode(), aes_key=AES_KEY, appid=config.appid))
    if is_taken:
        assert callback.receive(request.query, request.body).openid == "o-person-1"
    else:
        assert reason(callback, request) is Reason.UNREADABLE


def test_the_previous_key_still_opens_and_seals_the_reply(make_config, store):
    new = make_config(aes_keys=(AES_KEY, OLD_AES_KEY))
    old = FakeCallback(make_config(aes_keys=(OLD_AES_KEY,)))
    callback = Callback(new, store=store, now=clock.now)
    request = old.text("您好")
    push = callback.receive(request.query, request.body)
    assert old.open_reply(callback.render(push, Text("好")))["Content"] == "好"


# --- hostile input


def damaged(fake, config):
    """Each way in which the inside can be wrong while the outside is signed rightly."""
    message = xml(fake.fields(MsgType="text", Content="您好", MsgId=1)).encode()
    right = seal(message, aes_key=AES_KEY, appid=config.appid)
    head = os.urandom(16)

    def changed(**changes):
        return seal(xml(fake.fields(**changes)).encode(), aes_key=AES_KEY, appid=config.appid)

    return {
        "another appid": seal(message, aes_key=AES_KEY, appid="wxffffffffffffffff"),
        "no appid": seal(message, aes_key=AES_KEY, appid=""),
        "another key": seal(message, aes_key=OLD_AES_KEY, appid=config.appid),
        "padding of zeros": seal(message, aes_key=AES_KEY, appid=config.appid, pad=bytes(_fill(message, config))),
        "padding over 32": seal(
            message, aes_key=AES_KEY, appid=config.appid, pad=bytes([_fill(message, config)]) * _fill(message, config)
        ),
        "uneven padding": seal(
            message,
            aes_key=AES_KEY,
            appid=config.appid,
            pad=b"\x01" * (_fill(message, config) - 33) + bytes([_fill(message, config) - 32]),
        ),
        "length over the end": encrypt(head + b"\xff\xff\xff\xff" + b"x" * 11 + b"\x01", AES_KEY),
        "only padding": encrypt(b"\x20" * 32, AES_KEY),
        "a single block": encrypt(b"\x10" * 16, AES_KEY),
        "half a block": base64.b64encode(b"x" * 24).decode(),
        "cut text": right[: len(right) // 2],
        "not base64": "!" + right[1:],
        "empty": "",
        "not UTF-8": seal(b"\xff\xfe\xfd", aes_key=AES_KEY, appid=config.appid),
        "not XML": seal(b"hello", aes_key=AES_KEY, appid=config.appid),
        "a DTD": seal(b"<!DOCTYPE xml><xml><a>1</a></xml>", aes_key=AES_KEY, appid=config.appid),
        "no fields": seal(b"<xml/>", aes_key=AES_KEY, appid=config.appid),
        "too deep": seal(
            message.replace(b"</xml>", b"<x>" * 20 + b"</x>" * 20 + b"</xml>"), aes_key=AES_KEY, appid=config.appid
        ),
        "a list": seal(b"[1]", aes_key=AES_KEY, appid=config.appid),
        "NaN": seal(b'{"MsgType": NaN}', aes_key=AES_KEY, appid=config.appid),
        "deep JSON": seal(b'{"a":' * 30_000, aes_key=AES_KEY, appid=config.appid),
        "no sender": changed(MsgType="text", FromUserName=""),
        "no account": changed(MsgType="text", ToUserName=""),
        "no type": changed(MsgType=""),
        "no time": changed(MsgType="text", CreateTime="soon"),
        "time before 1970": changed(MsgType="text", CreateTime="-5"),
        "full-width time": changed(MsgType="text", CreateTime="１７"),
        "endless time": seal(
            xml(fake.fields(MsgType="text", CreateTime="9" * 400)).encode(), aes_key=AES_KEY, appid=config.appid
        ),
        "an object as openid": seal(
            xml(fake.fields(MsgType="text", FromUserName={"a": 1})).encode(), aes_key=AES_KEY, appid=config.appid
        ),
        "a list as key": seal(
            xml(fake.fields(MsgType="event", Event="CLICK", EventKey=["a", "b"])).encode(),
            aes_key=AES_KEY,
            appid=config.appid,
        ),
    }


def _fill(message, config):
    return 32 - (20 + len(message) + len(config.appid)) % 32 + 32


CASES = [
    "another appid", "no appid", "another key", "padding of zeros", "padding over 32", "uneven padding",
    "length over the end", "only padding", "a single block", "half a block", "cut text", "not base64", "empty",
    "not UTF-8", "not XML", "a DTD", "no fields", "too deep", "a list", "NaN", "deep JSON", "no sender",
    "no account", "no type", "no time", "time before 1970", "full-width time", "endless time",
    "an object as openid", "a list as key",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_message_is_refused_and_leaves_no_trace(callback, fake, config, store, case):
    cases = damaged(fake, config)
    assert set(cases) == set(CASES)
    assert reason(callback, fake.sealed(cases[case])) is Reason.UNREADABLE
    assert store.keys() == frozenset()


def test_a_wrong_msg_signature_is_refused_even_with_the_right_signature(callback, fake, store):
    request = fake.text("您好")
    for wrong in (request.query["signature"], "", "0" * 40):
        assert (
            reason(callback, replace(request, query={**request.query, "msg_signature": wrong})) is Reason.BAD_SIGNATURE
        )
    assert store.keys() == frozenset()


def test_a_wrong_signature_is_refused_even_with_the_right_msg_signature(callback, fake):
    request = fake.text("您好")
    assert reason(callback, replace(request, query={**request.query, "signature": "0" * 40})) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "bb">]><xml><Encrypt>&b;</Encrypt></xml>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><xml><Encrypt>1</Encrypt></xml>',
        b"<xml><Encrypt>1</Encrypt>",
        b"<xml><Encrypt><a>1</a></Encrypt></xml>",
        b"",
        b"\xff",
        b"{",
        b"[]",
    ],
)
def test_a_hostile_document_is_refused(callback, fake, body):
    request = fake.sealed("1")
    assert reason(callback, replace(request, body=body)) is Reason.UNREADABLE


def test_an_entity_in_a_plain_push_is_refused(make_config, store):
    config = make_config(mode=CallbackMode.PLAIN)
    body = b'<!DOCTYPE a [<!ENTITY b "o1">]><xml><FromUserName>&b;</FromUserName></xml>'
    callback = Callback(config, store=store, now=clock.now)
    assert reason(callback, replace(FakeCallback(config).text("x"), body=body)) is Reason.UNREADABLE


def test_a_large_body_is_refused_unread(callback, fake):
    request = fake.text("您好")
    assert reason(callback, replace(request, body=b"x" * (MAX_BODY + 1))) is Reason.TOO_LARGE


# --- repeats


def test_the_same_request_is_taken_once(callback, fake):
    request = fake.text("您好")
    callback.receive(request.query, request.body)
    assert reason(callback, request) is Reason.REPLAYED


def test_a_request_whose_processing_failed_may_come_again(callback, fake):
    request = fake.text("您好")
    callback.forget(callback.receive(request.query, request.body))
    assert callback.receive(request.query, request.body).content == "您好"


def test_a_repeat_with_a_new_signature_has_the_same_dedupe_key(callback, fake):
    first, second = fake.text("您好", msg_id=7), fake.text("您好", msg_id=7)
    keys = {callback.receive(request.query, request.body).dedupe_key for request in (first, second)}
    assert keys == {"m:7"}


def test_a_request_stays_known_for_as_long_as_it_is_fresh(callback, fake, at):
    request = fake.text("您好", age=-299)
    callback.receive(request.query, request.body)
    at(timedelta(seconds=598))
    assert reason(callback, request) is Reason.REPLAYED


# --- configuration


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"secret": ""},
        {"appid": ""},
        {"aes_keys": (AES_KEY + "A",)},
        {"aes_keys": ()},
        {"aes_keys": ("short",)},
        {"aes_keys": ("!" * 43,)},
        {"aes_keys": (AES_KEY,) * 3},
        {"api_url": "api.weixin.qq.com"},
        {"api_url": "https://api.test/"},
    ],
)
def test_a_configuration_that_can_not_work_is_refused(make_config, wrong):
    with pytest.raises(ValueError, match=r"\w"):
        make_config(**wrong)


def test_a_plain_account_needs_no_key(make_config):
    assert make_config(mode=CallbackMode.PLAIN, aes_keys=()).aes_keys == ()


def test_a_configuration_shows_no_secret(config):
    assert not [word for word in ("very-secret", "calltoken", AES_KEY) if word in repr(config)]
