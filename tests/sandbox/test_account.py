"""Messages, menu, codes and media of the official account."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from sandbox.account.codes import picture, read_picture
from sandbox.callback import crypto
from sandbox.world import World
from tests.sandbox.surroundings import AES_KEY, APPID, Backend, eventually

SEND, CUSTOM = "/cgi-bin/message/template/send", "/cgi-bin/message/custom/send"
GOOD = {"character_string1": "HX1", "thing2": "入职体检", "time3": "2026-03-02 10:00"}


def openid(world: World, person_id: str = "1") -> str:
    return world.openid(world.person(person_id))


def message(world: World, person_id: str = "1", template_id: str = "category", **values: str) -> dict[str, Any]:
    data = {name: {"value": value} for name, value in (GOOD | values).items()}
    return {"touser": openid(world, person_id), "template_id": template_id, "data": data}


def cards(world: World, person_id: str = "1") -> list[dict[str, Any]]:
    with world.lock:
        return [entry.body for entry in world.chats[person_id] if entry.kind == "template"]


def pushed(backend: Backend, count: int = 1) -> list[str]:
    found = []
    for request in backend.wait_for(count):
        sealed = request.get_data(as_text=True).split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        found.append(crypto.decrypt(AES_KEY, APPID, sealed))
    return found


def status_of(text: str) -> str:
    return text.split("<Status><![CDATA[")[1].split("]]>", maxsplit=1)[0]


class TestTemplates:
    def test_a_message_is_shown_and_its_fate_is_told(self, call: Any, world: World, backend: Backend) -> None:
        answer = call(SEND, message(world) | {"url": f"{backend.url}/orders/1"})
        assert re.fullmatch(r"\d{19}", str(answer["msgid"]))
        (event,) = pushed(backend)
        assert f"<MsgID>{answer['msgid']}</MsgID>" in event
        assert status_of(event) == "success"
        (card,) = cards(world)
        assert card["title"] == "下单成功通知"
        assert card["rows"] == [["订单号", "HX1"], ["项目", "入职体检"], ["时间", "2026-03-02 10:00"]]

    def test_who_blocks_messages_shows_only_in_the_event(self, call: Any, world: World, backend: Backend) -> None:
        assert call(SEND, message(world, "3"))["errcode"] == 0
        assert status_of(pushed(backend)[0]) == "failed:user block"
        assert cards(world, "3") == []

    def test_refusals(self, call: Any, world: World) -> None:
        assert call(SEND, message(world, "2"))["errcode"] == 43004
        assert call(SEND, message(world, template_id="none"))["errcode"] == 40037
        foreign = world.person("1").openid_for("wx9999999999999999")
        assert call(SEND, message(world) | {"touser": foreign})["errcode"] == 40003
        world.person("1").blacklisted = True
        assert call(SEND, message(world))["errcode"] == 43019

    @pytest.mark.parametrize(
        ("key", "value"), [("thing2", "字" * 21), ("thing2", ""), ("character_string1", "订单"), ("time3", "明天")]
    )
    def test_a_bad_value_names_its_field(self, call: Any, world: World, key: str, value: str) -> None:
        answer = call(SEND, message(world, **{key: value}))
        assert answer["errcode"] == 47003
        assert answer["errmsg"].startswith(f"argument invalid! data.{key}.value invalid rid: ")
        assert cards(world) == []

    def test_a_missing_key_is_refused_and_an_extra_one_ignored(self, call: Any, world: World) -> None:
        body = message(world, thing9="x")
        assert call(SEND, body)["errcode"] == 0
        del body["data"]["thing2"]
        assert call(SEND, body)["errcode"] == 47003

    def test_an_old_template_folds_and_hides(self, call: Any, world: World) -> None:
        data = {"first": {"value": "您好"}, "keyword1": {"value": "长" * 25}, "remark": {"value": "再见"}}
        call(SEND, {"touser": openid(world), "template_id": "old", "data": data})
        eventually(lambda: cards(world))
        assert cards(world)[0]["rows"] == [["姓名", "长" * 20 + "…"]]

    def test_the_same_client_msg_id_goes_out_once_in_ten_minutes(
        self, call: Any, world: World, backend: Backend
    ) -> None:
        body = message(world) | {"client_msg_id": "outbox-1"}
        first, second = call(SEND, body), call(SEND, body)
        assert second["errcode"] == 0
        assert first["msgid"] == second["msgid"]
        other = call(SEND, message(world, "3") | {"client_msg_id": "outbox-1"})
        assert other["msgid"] != first["msgid"]
        world.advance(601)
        assert call(SEND, body)["msgid"] != first["msgid"]
        backend.wait_for(3)
        assert len(cards(world)) == 2

    def test_the_quota_ends(self, call: Any, http: FlaskClient, world: World) -> None:
        http.post("/__sandbox/quotas", json={"path": SEND, "limit": 1})
        call(SEND, message(world))
        assert call(SEND, message(world))["errcode"] == 45009


class TestTemplateEvents:
    def test_it_can_be_lost(self, call: Any, http: FlaskClient, world: World, backend: Backend) -> None:
        http.post("/__sandbox/faults", json={"endpoint": "callback/TEMPLATESENDJOBFINISH", "kind": "lost"})
        call(SEND, message(world))
        eventually(lambda: [push["outcome"] for push in http.get("/__sandbox/pushes").json] == ["lost"])
        assert backend.posts() == []

    def test_it_can_come_before_the_answer_and_with_another_status(
        self, call: Any, http: FlaskClient, world: World, backend: Backend
    ) -> None:
        name = "callback/TEMPLATESENDJOBFINISH"
        http.post("/__sandbox/faults", json={"endpoint": name, "kind": "early"})
        http.post("/__sandbox/faults", json={"endpoint": name, "kind": "error", "message": "failed: system failed"})
        call(SEND, message(world))
        assert status_of(pushed(backend)[0]) == "failed: system failed"  # there already, without waiting
        assert cards(world) == []

    def test_it_can_come_twice_and_late_again(
        self, call: Any, http: FlaskClient, world: World, backend: Backend
    ) -> None:
        http.post("/__sandbox/faults", json={"endpoint": "callback/TEMPLATESENDJOBFINISH", "kind": "duplicate"})
        msgid = call(SEND, message(world))["msgid"]
        backend.wait_for(2)
        http.post(f"/__sandbox/templates/sent/{msgid}/event", json={"status": "failed:user block"})
        assert {status_of(event) for event in pushed(backend, 3)} == {"success", "failed:user block"}


def test_the_templates_are_listed(http: FlaskClient, token: str) -> None:
    listed = http.get("/cgi-bin/template/get_all_private_template", query_string={"access_token": token}).json
    assert [template["template_id"] for template in listed["template_list"]] == ["category", "old"]
    assert "{{thing2.DATA}}" in listed["template_list"][0]["content"]


class TestServiceMessages:
    def text(self, world: World, content: str = "您好") -> dict[str, Any]:
        return {"touser": openid(world), "msgtype": "text", "text": {"content": content}}

    def test_without_a_window_nothing_may_be_sent(self, call: Any, world: World) -> None:
        assert call(CUSTOM, self.text(world))["errcode"] == 45015

    def test_five_after_a_message_within_forty_eight_hours(self, call: Any, http: FlaskClient, world: World) -> None:
        http.post("/__sandbox/people/1/say", json={"text": "在吗"})
        assert [call(CUSTOM, self.text(world))["errcode"] for _ in range(6)] == [0] * 5 + [45047]
        http.post("/__sandbox/people/1/say", json={"text": "在吗"})
        world.account.tokens = {
            key: type(one)(stable=True, expires_at=one.expires_at + 200_000)
            for key, one in world.account.tokens.items()
        }
        world.advance(48 * 3600 + 1)
        assert call(CUSTOM, self.text(world))["errcode"] == 45015

    def test_three_within_a_minute_after_a_tap_and_a_link_opens_none(
        self, call: Any, http: FlaskClient, world: World
    ) -> None:
        buttons = [
            {"type": "click", "name": "客服", "key": "k"},
            {"type": "view", "name": "商城", "url": "http://x.cn"},
        ]
        call("/cgi-bin/menu/create", {"button": buttons})
        http.post("/__sandbox/people/1/tap", json={"position": [1]})
        assert call(CUSTOM, self.text(world))["errcode"] == 45015
        http.post("/__sandbox/people/1/tap", json={"position": [0]})
        assert [call(CUSTOM, self.text(world))["errcode"] for _ in range(4)] == [0] * 3 + [45047]
        http.post("/__sandbox/people/1/tap", json={"position": [0]})
        world.advance(61)
        assert call(CUSTOM, self.text(world))["errcode"] == 45015

    def test_a_follow_opens_one_and_an_unfollow_closes_all(self, call: Any, http: FlaskClient, world: World) -> None:
        http.post("/__sandbox/people/2/follow")
        body = self.text(world) | {"touser": openid(world, "2")}
        assert call(CUSTOM, body)["errcode"] == 0
        http.post("/__sandbox/people/2/unfollow")
        assert call(CUSTOM, body)["errcode"] == 45015

    def test_a_tap_on_an_item_counts_as_a_tap(self, call: Any, http: FlaskClient, world: World) -> None:
        http.post("/__sandbox/people/1/say", json={"text": "满意", "msgmenu_id": "101"})
        assert [call(CUSTOM, self.text(world))["errcode"] for _ in range(4)] == [0] * 3 + [45047]

    def test_kinds(self, call: Any, http: FlaskClient, world: World) -> None:
        http.post("/__sandbox/people/1/say", json={"text": "在吗"})
        who = {"touser": openid(world)}
        article = {"title": "标题", "description": "", "url": "http://x.cn", "picurl": ""}
        menu = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}], "tail_content": ""}
        assert call(CUSTOM, {**who, "msgtype": "news", "news": {"articles": [article]}})["errcode"] == 0
        assert call(CUSTOM, {**who, "msgtype": "msgmenu", "msgmenu": menu})["errcode"] == 0
        assert call(CUSTOM, {**who, "msgtype": "news", "news": {"articles": [article] * 2}})["errcode"] == 45008
        assert call(CUSTOM, {**who, "msgtype": "image", "image": {"media_id": "none"}})["errcode"] == 40007
        assert call(CUSTOM, {**who, "msgtype": "fax", "fax": {}})["errcode"] == 40008
        assert call(CUSTOM, self.text(world, "字" * 683))["errcode"] == 45002
        assert [entry.kind for entry in world.chats["1"]] == ["text", "news", "msgmenu"]

    def test_the_uniform_message_is_withdrawn(self, call: Any) -> None:
        assert call("/cgi-bin/message/wxopen/template/uniform_send", {"touser": "x"})["errcode"] == 45109


def button(**changed: Any) -> dict[str, Any]:
    return {"type": "click", "name": "菜单", "key": "k"} | changed


class TestMenu:
    @pytest.mark.parametrize(
        ("buttons", "code"),
        [
            ([], 40016),
            ([button()] * 4, 40016),
            ([button(name="名" * 6)], 40018),
            ([button(key="k" * 129)], 40019),
            ([button(type="view", url="http://x.cn/" + "u" * 1014)], 40020),
            ([button(type="view", url="javascript:1")], 40055),
            ([button(type="view", url="")], 40020),
            ([button(type="unheard")], 40017),
            ([{"name": "多", "sub_button": [button()] * 6}], 40023),
            ([{"name": "深", "sub_button": [{"name": "二", "sub_button": [button()]}]}], 40022),
            ([{"name": "长", "sub_button": [button(name="名" * 21)]}], 40025),
            ([{"name": "键", "sub_button": [button(key="k" * 129)]}], 40026),
            ([{"name": "址", "sub_button": [button(type="view", url="http://x.cn/" + "u" * 1014)]}], 40027),
            ([{"name": "型", "sub_button": [button(type="unheard")]}], 40024),
            ([{"name": "域", "sub_button": [button(type="view", url="ftp://x.cn")]}], 40054),
        ],
    )
    def test_limits(self, call: Any, buttons: list[Any], code: int) -> None:
        assert call("/cgi-bin/menu/create", {"button": buttons})["errcode"] == code

    def test_published_shown_and_taken_away(self, call: Any, http: FlaskClient, token: str) -> None:
        buttons = [button(key="k" * 128), {"name": "更多", "sub_button": [button(name="名" * 20)] * 5}]
        query = {"access_token": token}
        assert http.get("/cgi-bin/menu/get", query_string=query).json["errcode"] == 46003
        assert call("/cgi-bin/menu/create", {"button": buttons})["errcode"] == 0
        assert http.get("/cgi-bin/menu/get", query_string=query).json["menu"]["button"] == buttons
        assert http.get("/__sandbox/people/1/phone").json["account"]["menu"] == buttons
        http.get("/cgi-bin/menu/delete", query_string=query)
        assert http.get("/cgi-bin/menu/get", query_string=query).json["errcode"] == 46003

    def test_taps_push_what_they_should(self, call: Any, http: FlaskClient, world: World, backend: Backend) -> None:
        link = button(type="view", url=f"{backend.url}/mall?x=1")
        scan = button(type="scancode_waitmsg", key="scan")
        call("/cgi-bin/menu/create", {"button": [button(), {"name": "多", "sub_button": [link, scan]}]})
        assert http.post("/__sandbox/people/1/tap", json={"position": [0]}).json == {"do": "chat"}
        assert "<Event><![CDATA[CLICK]]></Event>" in pushed(backend, 1)[0]
        opened = http.post("/__sandbox/people/1/tap", json={"position": [1, 0]}).json
        assert opened["url"].startswith("http://p-1.localhost:")
        assert opened["url"].endswith("/mall?x=1")
        assert f"<EventKey><![CDATA[{backend.url}/mall?x=1]]></EventKey>" in pushed(backend, 2)[1]
        assert http.post("/__sandbox/people/1/tap", json={"position": [1, 1]}).json["do"] == "scan"
        http.post("/__sandbox/people/1/tap", json={"position": [1, 1], "scanned": "ABC"})
        assert "<ScanResult><![CDATA[ABC]]></ScanResult>" in pushed(backend, 3)[2]
        assert http.post("/__sandbox/people/1/tap", json={"position": [2]}).status_code == 409
        assert http.post("/__sandbox/people/1/tap", json={"position": [1]}).status_code == 409


class TestCodes:
    def make(self, call: Any, action: str, scene: dict[str, Any], **more: Any) -> Any:
        return call("/cgi-bin/qrcode/create", {"action_name": action, "action_info": {"scene": scene}, **more})

    @pytest.mark.parametrize(
        ("action", "scene", "more", "code"),
        [
            ("QR_STR_SCENE", {"scene_str": "x" * 65}, {}, 40053),
            ("QR_STR_SCENE", {"scene_str": ""}, {}, 40053),
            ("QR_SCENE", {"scene_id": 0}, {}, 40053),
            ("QR_SCENE", {"scene_id": 2**32}, {}, 40053),
            ("QR_LIMIT_SCENE", {"scene_id": 100_001}, {}, 40053),
            ("QR_STR_SCENE", {"scene_str": "x"}, {"expire_seconds": 2_592_001}, 40035),
            ("QR_OTHER", {"scene_str": "x"}, {}, 40052),
        ],
    )
    def test_limits(self, call: Any, action: str, scene: dict[str, Any], more: dict[str, Any], code: int) -> None:
        assert self.make(call, action, scene, **more)["errcode"] == code

    def test_the_default_life_is_a_minute_and_a_permanent_code_has_none(self, call: Any) -> None:
        assert self.make(call, "QR_STR_SCENE", {"scene_str": "x"})["expire_seconds"] == 60
        assert "expire_seconds" not in self.make(call, "QR_LIMIT_STR_SCENE", {"scene_str": "x"})

    class TestFewPermanent:
        @pytest.fixture
        def settings(self) -> dict[str, Any]:
            return {"limits": {"permanent_codes": 2}}

        def test_one_too_many_is_refused_and_a_known_scene_is_not_new(self, call: Any) -> None:
            make = TestCodes().make
            for scene in (1, 2, 1):
                assert "ticket" in make(call, "QR_LIMIT_SCENE", {"scene_id": scene})
            assert make(call, "QR_LIMIT_SCENE", {"scene_id": 3})["errcode"] == 45029

    def test_the_picture_can_be_scanned(self, call: Any, http: FlaskClient, world: World, backend: Backend) -> None:
        code = self.make(call, "QR_STR_SCENE", {"scene_str": "bind-7"})
        image = http.get("/cgi-bin/showqrcode", query_string={"ticket": code["ticket"]})
        assert image.mimetype == "image/jpg"
        assert read_picture(image.data) == code["url"]
        upload = {"picture": (io.BytesIO(image.data), "code.jpg")}
        assert http.post("/__sandbox/people/1/scan", data=upload).json["do"] == "chat"
        (event,) = pushed(backend)
        assert "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[bind-7]]></EventKey>" in event
        assert f"<Ticket><![CDATA[{code['ticket']}]]></Ticket>" in event

    def test_who_scans_as_a_stranger_follows(
        self, call: Any, http: FlaskClient, world: World, backend: Backend
    ) -> None:
        code = self.make(call, "QR_SCENE", {"scene_id": 7})
        http.post("/__sandbox/people/2/scan", json={"text": code["url"]})
        assert "<EventKey><![CDATA[qrscene_7]]></EventKey>" in pushed(backend)[0]
        assert world.person("2").follows

    def test_an_expired_code_does_nothing(self, call: Any, http: FlaskClient, world: World, backend: Backend) -> None:
        code = self.make(call, "QR_STR_SCENE", {"scene_str": "x"}, expire_seconds=30)
        world.advance(31)
        assert http.post("/__sandbox/people/2/scan", json={"text": code["url"]}).json["do"] == "nothing"
        assert not world.person("2").follows
        assert backend.posts() == []

    def test_other_things_to_scan(self, http: FlaskClient, backend: Backend) -> None:
        scan = "/__sandbox/people/1/scan"
        assert http.get("/cgi-bin/showqrcode?ticket=none").status_code == 404
        opened = http.post(scan, json={"text": f"{backend.url}/mall"}).json
        assert opened["url"].startswith("http://p-1.localhost:")
        assert http.post(scan, json={"text": "hello"}).status_code == 409
        assert http.post(scan, data={"picture": (io.BytesIO(b"no picture"), "x.png")}).status_code == 409
        upload = {"picture": (io.BytesIO(picture("https://example.org/")), "x.jpg")}
        assert http.post(scan, data=upload).json["url"] == "https://example.org/"


class TestMedia:
    def upload(self, http: FlaskClient, token: str, kind: str, content: bytes, mime: str) -> Any:
        # Packed here: for a large file the test client would leave a temporary one open.
        packed = requests.Request("POST", "http://x", files={"media": ("file", content, mime)}).prepare()
        return http.post(
            "/cgi-bin/media/upload",
            query_string={"access_token": token, "type": kind},
            data=packed.body,
            content_type=packed.headers["Content-Type"],
        ).json

    def test_a_file_lives_three_days(self, http: FlaskClient, world: World, token: str) -> None:
        media_id = self.upload(http, token, "image", b"png", "image/png")["media_id"]
        query = {"access_token": token, "media_id": media_id}
        assert http.get("/cgi-bin/media/get", query_string=query).data == b"png"
        world.account.tokens[token].expires_at += 400_000
        world.advance(3 * 86_400)
        assert http.get("/cgi-bin/media/get", query_string=query).json["errcode"] == 40007

    @pytest.mark.parametrize(
        ("kind", "size", "mime", "code"),
        [
            ("fax", 1, "image/png", 40004),
            ("image", 1, "text/plain", 40005),
            ("image", 10 * 1024 * 1024 + 1, "image/png", 40006),
            ("thumb", 64 * 1024 + 1, "image/jpeg", 40006),
            ("image", 0, "image/png", 40006),
        ],
    )
    def test_limits(self, http: FlaskClient, token: str, kind: str, size: int, mime: str, code: int) -> None:
        assert self.upload(http, token, kind, b"x" * size, mime)["errcode"] == code


class TestUsers:
    def info(self, http: FlaskClient, token: str, openid: str) -> Any:
        query = {"access_token": token, "openid": openid, "lang": "zh_CN"}
        return http.get("/cgi-bin/user/info", query_string=query).json

    def test_of_a_stranger_only_the_ids_are_told(self, http: FlaskClient, world: World, token: str) -> None:
        ids = {"openid": openid(world, "2"), "unionid": world.person("2").unionid}
        assert self.info(http, token, openid(world, "2")) == {"subscribe": 0, **ids}

    def test_of_a_follower_also_how_they_came(self, http: FlaskClient, world: World, token: str, call: Any) -> None:
        asked = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "door"}}}
        code = call("/cgi-bin/qrcode/create", asked)
        http.post("/__sandbox/people/2/scan", json={"text": code["url"]})
        told = self.info(http, token, openid(world, "2"))
        assert (told["subscribe"], told["subscribe_scene"]) == (1, "ADD_SCENE_QR_CODE")
        assert told["qr_scene_str"] == "door"

    def test_an_openid_of_another_account_is_refused(self, http: FlaskClient, world: World, token: str) -> None:
        assert self.info(http, token, world.person("1").openid_for("wx9"))["errcode"] == 40003


def test_a_push_about_a_text_carries_a_new_number_each_time(http: FlaskClient, backend: Backend) -> None:
    backend.answer = lambda _: Response("success")
    for _ in range(2):
        http.post("/__sandbox/people/1/say", json={"text": "好"})
    numbers = {re.search(r"<MsgId>(\d{19})</MsgId>", text).group(1) for text in pushed(backend, 2)}  # type: ignore[union-attr]
    assert len(numbers) == 2
