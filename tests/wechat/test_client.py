from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import responses

from wxapp.wechat.errors import (
    Advice,
    BadOpenid,
    ConfigurationFault,
    MediaGone,
    NoConsent,
    NotReachable,
    NotSubscribed,
    OAuthCodeInvalid,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
    WechatError,
    WindowClosed,
    error_for,
    quota_reset,
    token_error_for,
)
from wxapp.wechat.values import Article, Choice, MiniProgramPage, TemplateMessage

API = "https://api.test"
SEND = f"{API}/cgi-bin/message/template/send"
CUSTOM = f"{API}/cgi-bin/message/custom/send"
OK = {"errcode": 0, "errmsg": "ok"}
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def message(**changes):
    values = {"openid": "o1", "template_id": "T1", "values": {"thing1": "内科"}, "message_id": "outbox-7"}
    return TemplateMessage(**{**values, **changes})


def sent(calls, part):
    (request,) = calls(part)
    return json.loads(request.body)


# --- messages


def test_a_template_message_carries_our_id_and_returns_a_long_msgid(account, wechat, calls):
    wechat.post(SEND, json={**OK, "msgid": 3_812_345_678_901_234_567})
    assert account.send_template(message(url="https://h.test/o/1")) == 3_812_345_678_901_234_567
    assert sent(calls, "template/send") == {
        "touser": "o1",
        "template_id": "T1",
        "data": {"thing1": {"value": "内科"}},
        "client_msg_id": "outbox-7",
        "url": "https://h.test/o/1",
    }
    assert "内科".encode() in calls("template/send")[0].body  # not escaped: the text counts as WeChat counts it


def test_a_template_message_may_lead_to_a_mini_program(account, wechat, calls):
    wechat.post(SEND, json={**OK, "msgid": 1})
    account.send_template(message(mini_program=MiniProgramPage("wxmini", "pages/a")))
    assert sent(calls, "template/send")["miniprogram"] == {"appid": "wxmini", "pagepath": "pages/a"}


@pytest.mark.parametrize("message_id", ["", "x" * 33])
def test_a_template_message_without_a_usable_id_is_not_made(message_id):
    with pytest.raises(ValueError, match="message_id"):
        message(message_id=message_id)


def test_an_accepted_message_without_msgid_is_unknown(account, wechat):
    wechat.post(SEND, json=OK)
    with pytest.raises(Unavailable) as caught:
        account.send_template(message())
    assert caught.value.sent is True


def test_templates_tell_which_values_they_need(account, wechat):
    wechat.get(
        f"{API}/cgi-bin/template/get_all_private_template",
        json={
            "template_list": [
                {
                    "template_id": "T1",
                    "title": "下单成功",
                    "content": "单号:{{character_string1.DATA}}\n时间:{{time2.DATA}}",
                }
            ]
        },
    )
    (template,) = account.templates()
    assert (template.template_id, template.title, template.keys) == ("T1", "下单成功", ("character_string1", "time2"))


def test_customer_service_messages_have_the_documented_shape(account, wechat, calls):
    wechat.post(CUSTOM, json=OK)
    account.send_text("o1", "您好")
    account.send_image("o1", "m1")
    account.send_news("o1", Article("标题", "说明", "https://h.test/", "https://h.test/p.png"))
    account.send_choices("o1", head="满意吗", choices=[Choice("1", "满意"), Choice("2", "不满意")], tail="谢谢")
    text, image, news, menu = (json.loads(request.body) for request in calls("custom/send"))
    assert text == {"touser": "o1", "msgtype": "text", "text": {"content": "您好"}}
    assert image == {"touser": "o1", "msgtype": "image", "image": {"media_id": "m1"}}
    assert news["news"]["articles"] == [
        {"title": "标题", "description": "说明", "url": "https://h.test/", "picurl": "https://h.test/p.png"}
    ]
    assert menu["msgmenu"] == {
        "head_content": "满意吗",
        "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
        "tail_content": "谢谢",
    }


# --- people, menu, codes, media


def test_a_follower_and_a_stranger_are_told_apart(account, wechat):
    info = f"{API}/cgi-bin/user/info"
    wechat.get(
        info,
        json={
            "subscribe": 1,
            "openid": "o1",
            "subscribe_time": 1_700_000_000,
            "unionid": "u1",
            "qr_scene_str": "doctor-7",
            "subscribe_scene": "ADD_SCENE_QR_CODE",
        },
    )
    wechat.get(info, json={"subscribe": 0, "openid": "o2"})
    person = account.follower("o1")
    assert (person.is_following, person.unionid, person.scene) == (True, "u1", "doctor-7")
    assert person.followed_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert account.follower("o2").is_following is False


def test_the_menu_is_created_read_and_removed(account, wechat, calls):
    menu = {"button": [{"type": "click", "name": "你好", "key": "hello"}]}
    wechat.post(f"{API}/cgi-bin/menu/create", json=OK)
    wechat.get(f"{API}/cgi-bin/menu/get", json={"menu": menu})
    wechat.get(f"{API}/cgi-bin/menu/delete", json=OK)
    account.create_menu(menu)
    assert sent(calls, "menu/create") == menu
    assert account.menu() == menu
    account.delete_menu()
    assert len(calls("menu/delete")) == 1


def test_no_menu_is_none(account, wechat):
    wechat.get(f"{API}/cgi-bin/menu/get", json={"errcode": 46003, "errmsg": "menu no exist"})
    assert account.menu() is None


def test_codes_are_temporary_or_permanent(account, wechat, calls):
    create = f"{API}/cgi-bin/qrcode/create"
    wechat.post(create, json={"ticket": "t1", "expire_seconds": 600, "url": "http://weixin.qq.com/q/1"})
    wechat.post(create, json={"ticket": "t2", "url": "http://weixin.qq.com/q/2"})
    assert account.create_qrcode("once", expires_in=600).expires_in == 600
    assert account.create_qrcode("door", expires_in=None).expires_in is None
    temporary, permanent = (json.loads(request.body) for request in calls("qrcode/create"))
    assert temporary == {
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "once"}},
        "expire_seconds": 600,
    }
    assert permanent == {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "door"}}}


@pytest.mark.parametrize(("scene", "expires_in"), [("", 60), ("x" * 65, 60), ("x", 0), ("x", 2_592_001)])
def test_impossible_codes_are_not_asked_for(account, scene, expires_in):
    with pytest.raises(ValueError, match="1"):
        account.create_qrcode(scene, expires_in=expires_in)


def test_the_picture_of_a_code_comes_from_the_configured_host(account, wechat, calls):
    wechat.get("https://mp.test/cgi-bin/showqrcode", body=b"\xff\xd8jpeg", content_type="image/jpg")
    assert account.qrcode_image("gQ/+=") == b"\xff\xd8jpeg"
    (request,) = calls("showqrcode")
    assert request.params == {"ticket": "gQ/+="}
    assert "access_token" not in request.url


def test_an_unknown_ticket_is_rejected_and_an_error_page_is_no_picture(account, wechat):
    wechat.get("https://mp.test/cgi-bin/showqrcode", status=404)
    wechat.get("https://mp.test/cgi-bin/showqrcode", body="<html>", content_type="text/html")
    with pytest.raises(Rejected):
        account.qrcode_image("t")
    with pytest.raises(Unavailable):
        account.qrcode_image("t")


def test_media_come_as_bytes_a_video_as_an_address_and_an_old_one_not_at_all(account, wechat):
    get = f"{API}/cgi-bin/media/get"
    wechat.get(get, body=b"\x89PNG\xff", content_type="image/png")
    wechat.get(get, json={"video_url": "http://v.test/1"})
    wechat.get(get, json={"errcode": 40007, "errmsg": "invalid media_id"})
    picture = account.download_media("m1")
    assert (picture.content, picture.content_type) == (b"\x89PNG\xff", "image/png")
    assert account.download_media("m2").video_url == "http://v.test/1"
    with pytest.raises(MediaGone):
        account.download_media("m3")


def test_a_file_name_that_may_not_arrive_is_refused(account):
    with pytest.raises(ValueError, match="ASCII"):
        account.upload_media("image", name="图.png", content=b"x", content_type="image/png")


# --- errors


@pytest.mark.parametrize(
    ("code", "cls", "advice"),
    [
        (40003, BadOpenid, Advice.NEXT_CHANNEL),
        (43004, NotSubscribed, Advice.NEXT_CHANNEL),
        (50005, NotSubscribed, Advice.NEXT_CHANNEL),
        (43019, NotReachable, Advice.NEXT_CHANNEL),
        (43101, NoConsent, Advice.NEXT_CHANNEL),
        (48002, NoConsent, Advice.NEXT_CHANNEL),
        (45015, WindowClosed, Advice.NEXT_CHANNEL),
        (45047, WindowClosed, Advice.NEXT_CHANNEL),
        (45009, QuotaExceeded, Advice.STOP),
        (45011, RateLimited, Advice.WAIT),
        (40037, Rejected, Advice.ALARM),
        (47003, Rejected, Advice.FIX),
        (48001, ConfigurationFault, Advice.ALARM),
        (40164, ConfigurationFault, Advice.ALARM),
        (40029, OAuthCodeInvalid, Advice.LOG_IN),
        (40163, OAuthCodeInvalid, Advice.LOG_IN),
        (-1, Unavailable, Advice.RETRY),
        (99999, WechatError, Advice.FIX),
    ],
)
def test_each_code_has_its_class_and_advice(account, wechat, code, cls, advice):
    wechat.post(SEND, json={"errcode": code, "errmsg": "no hint: [x] rid: 65a1-0b2c"})
    with pytest.raises(WechatError) as caught:
        account.send_template(message())
    assert type(caught.value) is cls
    assert (caught.value.errcode, caught.value.advice, caught.value.rid) == (code, advice, "65a1-0b2c")


def test_a_refused_value_names_its_field():
    error = error_for(47003, "argument invalid! data.thing2.value invalid rid: 1-2", now=NOW)
    assert isinstance(error, Rejected)
    assert error.field == "thing2"


def test_an_unknown_template_names_the_template():
    error = error_for(40037, "invalid template_id", now=NOW)
    assert isinstance(error, Rejected)
    assert error.field == "template_id"


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        ("2026-03-02T15:59:59+00:00", "2026-03-02T16:00:00+00:00"),
        ("2026-03-02T16:00:00+00:00", "2026-03-03T16:00:00+00:00"),
    ],
)
def test_a_quota_starts_anew_at_midnight_in_beijing(now, midnight):
    assert quota_reset(datetime.fromisoformat(now)) == datetime.fromisoformat(midnight)
    error = error_for(45009, "reach max api daily quota limit", now=datetime.fromisoformat(now))
    assert isinstance(error, QuotaExceeded)
    assert error.until == datetime.fromisoformat(midnight)


def test_40001_of_the_token_interface_means_our_secret():
    assert isinstance(token_error_for(40001, "invalid credential", now=NOW), ConfigurationFault)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "body": "<html>Bad Gateway"},
        {"body": "<html>maintenance"},
        {"body": '{"errcode": 0, "msgid'},
        {"body": "[]"},
        {"body": '"text"'},
        {"body": '{"errcode": "many"}'},
        {"body": "[" * 100_000},
        {"body": responses.ConnectionError("reset")},
        {"status": 302, "headers": {"Location": "https://elsewhere.test/"}},
    ],
    ids=["502", "html", "cut", "list", "string", "errcode", "nested", "reset", "redirect"],
)
def test_an_unusable_answer_leaves_the_outcome_unknown(account, wechat, answer):
    wechat.post(SEND, **answer)
    with pytest.raises(Unavailable) as caught:
        account.send_template(message())
    assert caught.value.sent is True


def test_a_class_of_wechatpy_with_another_host_is_stopped(account):
    with pytest.raises(RuntimeError, match="another host"):
        account._api.wxa.get_wxa_code("pages/a")


def test_wechatpy_never_fetches_a_token_itself(account):
    with pytest.raises(RuntimeError, match="AccessTokens"):
        account._api.fetch_access_token()
