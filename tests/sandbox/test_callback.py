"""Pushes on the wire. The expected side is written out here and shares nothing with the sandbox."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask.testing import FlaskClient
from werkzeug.wrappers import Request, Response

from sandbox.callback import crypto
from sandbox.world import World
from tests.sandbox.surroundings import AES_KEY, APPID, GH, TOKEN, Backend, eventually

FAILURE = "该公众号提供的服务出现故障，请稍后再试"


def sha(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def opened(sealed: str, key: str = AES_KEY) -> str:
    raw_key = base64.b64decode(key + "=")
    decryptor = Cipher(algorithms.AES(raw_key), modes.CBC(raw_key[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    length = int.from_bytes(plain[16:20], "big")
    assert plain[20 + length :].decode() == APPID
    return plain[20 : 20 + length].decode()


def field_of(xml: str, name: str) -> str:
    value = xml.split(f"<{name}>", 1)[1].split(f"</{name}>", 1)[0]
    return value.removeprefix("<![CDATA[").removesuffix("]]>")


def body(request: Request) -> str:
    return request.get_data(as_text=True)


def text_reply(world: World, text: str) -> str:
    openid = world.openid(world.person("1"))
    return (
        f"<xml><ToUserName>{openid}</ToUserName><FromUserName>{GH}</FromUserName><CreateTime>1</CreateTime>"
        f"<MsgType>text</MsgType><Content>{text}</Content></xml>"
    )


def sealed_reply(plain: str, *, appid: str = APPID, token: str = TOKEN) -> str:
    sealed = crypto.encrypt(AES_KEY, appid, plain)
    signature = sha(token, "1", "n", sealed)
    return (
        f"<xml><Encrypt>{sealed}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        "<TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
    )


def push(http: FlaskClient, name: str = "text", **more: Any) -> Any:
    fields = more.pop("fields", {"Content": "你好", "MsgId": 7}) if name == "text" else more.pop("fields", {})
    answer = http.post("/__sandbox/pushes", json={"person": "1", "name": name, "fields": fields, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def lines(world: World, person_id: str = "1") -> list[str]:
    with world.lock:
        return [entry.body.get("text", entry.kind) for entry in world.chats[person_id]]


def test_the_signature_of_the_reference_vector() -> None:
    assert crypto.sign("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


class TestUrlCheck:
    def test_only_the_exact_echo_passes(self, http: FlaskClient, backend: Backend) -> None:
        backend.answer = lambda request: Response(request.args["echostr"])
        assert http.post("/__sandbox/callback/verify").json["passed"] is True
        query = backend.seen[0].args
        assert query["signature"] == sha(TOKEN, query["timestamp"], query["nonce"])

    @pytest.mark.parametrize("answer", ["{}\n", '"{}"', "\ufeff{}", ""])
    def test_anything_around_it_fails(self, http: FlaskClient, backend: Backend, answer: str) -> None:
        backend.answer = lambda request: Response(answer.format(request.args["echostr"]))
        assert http.post("/__sandbox/callback/verify").json["passed"] is False

    def test_settings_are_saved_only_if_the_address_passes(self, http: FlaskClient, backend: Backend) -> None:
        backend.answer = lambda _: Response("no")
        assert http.post("/__sandbox/callback", json={"mode": "plain"}).status_code == 409
        assert http.get("/__sandbox/callback").json["mode"] == "safe"
        backend.answer = lambda request: Response(request.args["echostr"])
        assert http.post("/__sandbox/callback", json={"mode": "plain"}).json["mode"] == "plain"


class TestModes:
    def test_safe_shows_the_receiver_and_nothing_else(self, http: FlaskClient, backend: Backend) -> None:
        push(http)
        (request,) = backend.posts()
        query = request.args
        assert query["encrypt_type"] == "aes"
        assert query["signature"] == sha(TOKEN, query["timestamp"], query["nonce"])
        sealed = field_of(body(request), "Encrypt")
        assert query["msg_signature"] == sha(TOKEN, query["timestamp"], query["nonce"], sealed)
        assert "Content" not in body(request)
        inner = opened(sealed)
        assert (field_of(inner, "Content"), field_of(inner, "MsgId")) == ("你好", "7")

    class TestPlain:
        @pytest.fixture
        def settings(self) -> dict[str, Any]:
            return {"official_account": {"mode": "plain"}}

        def test_plain_is_plain(self, http: FlaskClient, backend: Backend, world: World) -> None:
            push(http)
            (request,) = backend.posts()
            assert "encrypt_type" not in request.args
            assert request.args["openid"] == world.openid(world.person("1"))
            assert field_of(body(request), "Content") == "你好"

        def test_a_cdata_end_in_a_text_does_no_harm(self, http: FlaskClient, backend: Backend) -> None:
            push(http, fields={"Content": "a]]>b"})
            assert "a]]]]><![CDATA[>b" in body(backend.posts()[0])

        def test_a_doctype_and_a_huge_body_come_on_order(self, http: FlaskClient, backend: Backend) -> None:
            push(http, twists=["doctype"])
            push(http, twists=["huge"])
            entity, huge = (body(request) for request in backend.posts())
            assert "<!ENTITY" in entity
            assert len(huge.encode()) > 5_000_000

        def test_lists_come_as_repeated_elements_and_as_json(self, http: FlaskClient, backend: Backend) -> None:
            many = [{"TemplateId": "a"}, {"TemplateId": "b"}]
            fields = {"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": {"List": many}}
            push(http, "subscribe_msg_popup_event", fields=fields)
            push(http, "subscribe_msg_popup_event", fields=fields, as_json=True)
            xml, text = (body(request) for request in backend.posts())
            assert xml.count("<List>") == 2
            assert json.loads(text)["SubscribeMsgPopupEvent"]["List"] == many

    class TestCompatible:
        @pytest.fixture
        def settings(self) -> dict[str, Any]:
            return {"official_account": {"mode": "compatible"}}

        def test_both_are_there(self, http: FlaskClient, backend: Backend) -> None:
            push(http)
            text = body(backend.posts()[0])
            assert field_of(text, "Content") == field_of(opened(field_of(text, "Encrypt")), "Content") == "你好"

        def test_the_plain_fields_can_lie(self, http: FlaskClient, backend: Backend) -> None:
            push(http, twists=["differing_plain"])
            text = body(backend.posts()[0])
            assert field_of(text, "Content") == "你好_changed"
            assert field_of(opened(field_of(text, "Encrypt")), "Content") == "你好"

        def test_a_plain_and_an_encrypted_reply_are_both_understood(
            self, http: FlaskClient, backend: Backend, world: World
        ) -> None:
            backend.answer = lambda _: Response(text_reply(world, "一"))
            push(http)
            backend.answer = lambda _: Response(sealed_reply(text_reply(world, "二")))
            push(http)
            assert lines(world) == ["一", "二"]


class TestWrongOnPurpose:
    def test_wrong_signature(self, http: FlaskClient, backend: Backend) -> None:
        push(http, twists=["wrong_signature"])
        query = backend.posts()[0].args
        assert query["signature"] != sha(TOKEN, query["timestamp"], query["nonce"])

    def test_wrong_msg_signature_leaves_the_signature_right(self, http: FlaskClient, backend: Backend) -> None:
        push(http, twists=["wrong_msg_signature"])
        request = backend.posts()[0]
        query, sealed = request.args, field_of(body(request), "Encrypt")
        assert query["signature"] == sha(TOKEN, query["timestamp"], query["nonce"])
        assert query["msg_signature"] != sha(TOKEN, query["timestamp"], query["nonce"], sealed)

    @pytest.mark.parametrize(
        ("twist", "why"),
        [
            ("foreign_appid", "foreign AppID"),
            ("broken_padding", "bad padding"),
            ("cut_cipher", "cut cipher text"),
        ],
    )
    def test_only_the_cipher_text_is_broken(self, http: FlaskClient, backend: Backend, twist: str, why: str) -> None:
        push(http, twists=[twist])
        request = backend.posts()[0]
        query, sealed = request.args, field_of(body(request), "Encrypt")
        assert query["msg_signature"] == sha(TOKEN, query["timestamp"], query["nonce"], sealed)
        with pytest.raises(crypto.BadCipher, match=why):
            crypto.decrypt(AES_KEY, APPID, sealed)

    def test_a_stale_push_is_signed_rightly(self, http: FlaskClient, backend: Backend) -> None:
        push(http, twists=["stale"])
        query = backend.posts()[0].args
        assert int(query["timestamp"]) < time.time() - 3000
        assert query["signature"] == sha(TOKEN, query["timestamp"], query["nonce"])


def test_after_a_rotation_both_keys_are_used_for_a_while(http: FlaskClient, backend: Backend) -> None:
    new = "b" * 42 + "A"
    http.post("/__sandbox/callback?check=0", json={"aes_key": new, "use_key": "alternate"})
    push(http)
    push(http)
    old_one, new_one = (field_of(body(request), "Encrypt") for request in backend.posts())
    assert "你好" in opened(old_one, AES_KEY)
    assert "你好" in opened(new_one, new)


class TestSilence:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"timing": {"callback_timeout": 0.3}}

    def test_silence_brings_the_same_push_three_more_times_freshly_signed(
        self, http: FlaskClient, backend: Backend, world: World
    ) -> None:
        def slow(_: Request) -> Response:
            time.sleep(0.6)
            return Response("")

        backend.answer = slow
        assert push(http)["outcome"] == "failed"
        requests = backend.wait_for(4)
        assert len(requests) == 4
        assert len({request.args["nonce"] for request in requests}) == 4
        inner = {opened(field_of(body(request), "Encrypt")) for request in requests}
        assert len(inner) == 1
        assert lines(world) == [FAILURE]

    def test_an_answer_that_drips_is_cut_too(self, http: FlaskClient, backend: Backend) -> None:
        def drip() -> Any:
            for _ in range(20):
                yield b" "
                time.sleep(0.05)

        backend.answer = lambda _: Response(drip())
        assert push(http)["deliveries"][0]["outcome"] == "no answer"


class TestRetries:
    def test_a_server_error_is_tried_again_until_it_works(
        self, http: FlaskClient, backend: Backend, world: World
    ) -> None:
        backend.answer = lambda _: Response(status=500 if len(backend.posts()) < 3 else 200)
        pushed = push(http)
        assert [delivery["outcome"] for delivery in pushed["deliveries"]] == ["refused", "refused", "taken"]
        assert lines(world) == []

    @pytest.mark.parametrize("answer", ["", "success"])
    def test_empty_and_success_stop_the_retries(self, http: FlaskClient, backend: Backend, answer: str) -> None:
        backend.answer = lambda _: Response(answer)
        assert push(http)["outcome"] == "taken"
        assert len(backend.posts()) == 1

    def test_a_push_can_be_delivered_again_as_it_was(self, http: FlaskClient, backend: Backend) -> None:
        pushed = push(http)
        http.post(f"/__sandbox/pushes/{pushed['id']}/again", json={})
        one, two = (opened(field_of(body(request), "Encrypt")) for request in backend.posts())
        assert one == two


class TestReplies:
    @pytest.mark.parametrize(
        "broken",
        [
            "ok",
            "<xml><a></xml>",
            "<html></html>",
            "{}",
            "PLAIN",
            "FOREIGN",
            "SIGNATURE",
            "STRANGER",
            "LONG",
        ],
    )
    def test_an_invalid_reply_shows_that_the_service_failed(
        self, http: FlaskClient, backend: Backend, world: World, broken: str
    ) -> None:
        good = text_reply(world, "好")
        answers = {
            "PLAIN": good,
            "FOREIGN": sealed_reply(good, appid="wx" + "9" * 16),
            "SIGNATURE": sealed_reply(good, token="other"),
            "STRANGER": sealed_reply(good.replace(GH, "gh_other")),
            "LONG": sealed_reply(text_reply(world, "好" * 683)),
        }
        backend.answer = lambda _: Response(answers.get(broken, broken))
        assert push(http)["outcome"] == "failed"
        assert len(backend.posts()) == 1
        assert lines(world) == [FAILURE]

    def test_an_encrypted_text_stands_in_the_chat(self, http: FlaskClient, backend: Backend, world: World) -> None:
        backend.answer = lambda _: Response(sealed_reply(text_reply(world, "欢迎")))
        assert push(http)["outcome"] == "replied"
        assert lines(world) == ["欢迎"]

    def test_articles_stand_in_the_chat_one_of_them(self, http: FlaskClient, backend: Backend, world: World) -> None:
        item = "<item><Title>标题</Title><Description>说明</Description><Url>{}</Url></item>"
        plain = text_reply(world, "").replace("<MsgType>text</MsgType><Content></Content>", "<MsgType>news</MsgType>")
        articles = "".join(item.format(f"{backend.url}/a{number}") for number in range(2))
        plain = plain.replace("</xml>", f"<ArticleCount>2</ArticleCount><Articles>{articles}</Articles></xml>")
        backend.answer = lambda _: Response(sealed_reply(plain))
        push(http)
        (entry,) = world.chats["1"]
        assert [article["title"] for article in entry.body["articles"]] == ["标题"]
        shown = http.get("/__sandbox/people/1/phone").json["chats"][0]["entries"][0]
        assert shown["body"]["articles"][0]["url"].startswith("http://p-1.localhost:")

    def test_of_parallel_duplicates_one_reply_is_shown(self, http: FlaskClient, backend: Backend, world: World) -> None:
        backend.answer = lambda _: Response(sealed_reply(text_reply(world, "一次")))
        push(http, twists=["duplicate"])
        assert len(backend.posts()) == 2
        assert lines(world) == ["一次"]

    def test_a_reply_to_an_event_that_takes_none_is_ignored(
        self, http: FlaskClient, backend: Backend, world: World
    ) -> None:
        backend.answer = lambda _: Response("anything")
        pushed = push(http, "VIEW", fields={"Event": "VIEW", "EventKey": "http://x"})
        assert pushed["outcome"] == "taken"
        assert lines(world) == []


class TestFaults:
    def test_a_push_can_be_lost(self, http: FlaskClient, backend: Backend) -> None:
        http.post("/__sandbox/faults", json={"endpoint": "callback/text", "kind": "lost"})
        assert push(http)["outcome"] == "lost"
        push(http)
        assert len(backend.posts()) == 1

    def test_a_push_can_be_overtaken(self, http: FlaskClient, backend: Backend) -> None:
        http.post("/__sandbox/faults", json={"endpoint": "callback/unsubscribe", "kind": "out_of_order"})
        http.post("/__sandbox/people/1/unfollow")
        http.post("/__sandbox/people/1/follow")
        requests = backend.wait_for(2)
        events = [field_of(opened(field_of(body(request), "Encrypt")), "Event") for request in requests]
        assert events == ["subscribe", "unsubscribe"]

    def test_two_events_of_one_second(self, http: FlaskClient, backend: Backend) -> None:
        for name, key in (("SCAN", "door"), ("VIEW", "http://x")):
            push(http, name, fields={"Event": name, "EventKey": key, "CreateTime": 1_700_000_000})
        inner = [opened(field_of(body(request), "Encrypt")) for request in backend.posts()]
        assert {field_of(text, "CreateTime") for text in inner} == {"1700000000"}


def test_what_was_sent_is_in_the_log(http: FlaskClient, world: World) -> None:
    push(http)
    (call,) = http.get("/__sandbox/calls?endpoint=callback*&direction=out").json
    assert (call["endpoint"], call["status"]) == ("callback/text", 200)
    assert "<Encrypt>" in call["body"]


def test_a_dead_backend_is_no_answer(http: FlaskClient, world: World) -> None:
    object.__setattr__(world.config.backend, "url", "http://127.0.0.1:9")
    assert push(http)["outcome"] == "failed"
    eventually(lambda: lines(world) == [FAILURE])
