from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.wrappers import Request, Response

from tests.fakes.store import MemoryStore
from tests.wechat.against_sandbox.world import AES_KEY, APPID, TOKEN, Outside
from wxapp.core import clock
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import OfficialAccountConfig
from wxapp.wechat.errors import (
    BadOpenid,
    ConfigurationFault,
    NotSubscribed,
    QuotaExceeded,
    Rejected,
    TokenInvalid,
    Unavailable,
    WindowClosed,
)
from wxapp.wechat.jssdk import JsSdk
from wxapp.wechat.menu import Entry, Kind, build
from wxapp.wechat.pushes import Kind as PushKind
from wxapp.wechat.replies import Text
from wxapp.wechat.values import Choice, TemplateMessage


def test_a_template_message_is_accepted_and_its_result_told(outside: Outside):
    message = TemplateMessage(
        outside.openid(), "T1", {"character_string1": "HOSP0001", "thing2": "入职体检套餐"}, "outbox-1"
    )
    msgid = outside.account.send_template(message)
    query, _, body = outside.backend.wait_for("/wechat/callback")
    push = outside.callback.receive(query, body)
    assert (push.kind, push.msg_id, push.status) == (PushKind.TEMPLATE_RESULT, str(msgid), "success")
    assert outside.account.send_template(message) > 0
    assert len([line for line in outside.seen("people/1/chat?chat=hospital") if line["kind"] == "template"]) == 1


def test_the_templates_of_the_account_are_known(outside: Outside):
    (template,) = outside.account.templates()
    assert (template.template_id, template.keys) == ("T1", ("character_string1", "thing2"))


def test_refusals_have_their_class(outside: Outside):
    good = {"character_string1": "HOSP0001", "thing2": "套餐"}

    def send(openid: str = outside.openid(), template_id: str = "T1", **values: str) -> int:
        return outside.account.send_template(TemplateMessage(openid, template_id, {**good, **values}, "m"))

    with pytest.raises(NotSubscribed):
        send(outside.openid("2"))
    with pytest.raises(BadOpenid):
        send("o-nobody")
    with pytest.raises(Rejected) as unknown:
        send(template_id="T9")
    assert unknown.value.field == "template_id"
    with pytest.raises(Rejected) as wrong:
        send(thing2="字" * 21)
    assert wrong.value.field == "thing2"
    assert wrong.value.rid


def test_quota_and_reply_window_have_their_class(outside: Outside):
    outside.control("quotas", path="/cgi-bin/message/template/send", limit=0)
    with pytest.raises(QuotaExceeded) as caught:
        outside.account.send_template(
            TemplateMessage(outside.openid(), "T1", {"character_string1": "1", "thing2": "套"}, "m")
        )
    assert clock.now() < caught.value.until <= clock.now() + timedelta(days=1)
    with pytest.raises(WindowClosed):
        outside.account.send_text(outside.openid(), "您好")


def test_a_dead_token_is_replaced_once_and_the_call_succeeds(outside: Outside):
    outside.store.set(f"wechat:token:{APPID}", "dead", ttl=1000)
    assert outside.account.follower(outside.openid()).is_following is True
    assert outside.store.get(f"wechat:token:{APPID}") != "dead"


def test_a_token_that_ends_early_is_replaced(outside: Outside):
    outside.account.menu()
    outside.control("clock", advance=7300)
    assert outside.account.menu() is None


def test_a_wrong_secret_is_told_apart(outside: Outside):
    config = OfficialAccountConfig(appid=APPID, secret="wrong", token=TOKEN, aes_keys=(AES_KEY,), api_url=outside.url)
    with pytest.raises(ConfigurationFault):
        OfficialAccount(config, store=MemoryStore(), now=clock.now).menu()


def test_the_menu_is_published_read_and_removed(outside: Outside):
    menu = build(
        [
            Entry("挂号", Kind.VIEW, url="https://h.test/booking"),
            Entry("服务", entries=(Entry("联系我们", Kind.CLICK, key="contact"),)),
        ]
    )
    assert outside.account.menu() is None
    outside.account.create_menu(menu)
    assert outside.account.menu() is not None
    outside.account.delete_menu()
    assert outside.account.menu() is None


def test_a_code_is_made_shown_and_scanned(outside: Outside):
    code = outside.account.create_qrcode("scene-1", expires_in=600)
    assert code.expires_in == 600
    assert outside.account.create_qrcode("door", expires_in=None).expires_in is None
    assert len(outside.account.qrcode_image(code.ticket)) > 100
    with pytest.raises(Rejected):
        outside.account.qrcode_image("unknown")
    outside.control("people/1/scan", text=code.url)
    query, _, body = outside.backend.wait_for("/wechat/callback")
    push = outside.callback.receive(query, body)
    assert (push.kind, push.scene, push.ticket) == (PushKind.SCAN, "scene-1", code.ticket)


def test_media_go_there_and_come_back(outside: Outside):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    media_id = outside.account.upload_media("image", name="a.png", content=picture, content_type="image/png")
    assert outside.account.download_media(media_id).content == picture
    with pytest.raises(Rejected):
        outside.account.download_media("unknown")


def test_a_page_is_signed_with_a_ticket_of_the_sandbox(outside: Outside):
    page = JsSdk(APPID, outside.account, store=outside.store, now=clock.now).config_for(f"{outside.backend_url}/mall")
    assert len(page.signature) == 40


def test_a_conversation_is_answered_in_the_chat(outside: Outside):
    def reply(request: Request) -> Response:
        push = outside.callback.receive(request.args.to_dict(), request.get_data())
        return Response(outside.callback.render(push, Text(f"收到：{push.content}")))

    outside.backend.answer = reply
    said = outside.control("people/1/say", text="您好 <b>")
    assert said is not None
    query, _, _ = outside.backend.wait_for("/wechat/callback")
    assert query["encrypt_type"] == "aes"
    outside.backend.answer = lambda _: Response("")
    outside.account.send_text(outside.openid(), "稍后为您安排")
    outside.account.send_choices(outside.openid(), head="满意吗", choices=[Choice("1", "满意")], tail="谢谢")
    texts = str(outside.world.snapshot())
    assert "收到：您好" in texts
    assert "稍后为您安排" in texts


def test_the_address_passes_the_check_of_the_console(outside: Outside):
    outside.backend.answer = lambda request: Response(outside.callback.verify_url(request.args.to_dict()))
    assert outside.control("callback/verify")["passed"] is True


@pytest.mark.parametrize("kind", ["status", "act_then_status", "cut_body"])
def test_a_fault_of_the_network_is_unavailable(outside: Outside, kind: str):
    outside.control("faults", endpoint="cgi-bin/user/info", kind=kind)
    with pytest.raises(Unavailable):
        outside.account.follower(outside.openid())
    assert outside.account.follower(outside.openid()).is_following is True


def test_endless_40001_ends_after_one_refresh_and_one_retry(outside: Outside):
    outside.control("faults", endpoint="cgi-bin/user/info", kind="error", code="40001", count=10)
    with pytest.raises(TokenInvalid):
        outside.account.follower(outside.openid())
    assert (outside.calls("cgi-bin/user/info"), outside.calls("cgi-bin/stable_token")) == (2, 2)
