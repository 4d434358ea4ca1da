"""WeChat's doors: the log-in and the callback."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_patient, make_wechat_user
from tests.settings import APPID
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.core.events import EventRow, EventState
from wxapp.core.sessions import SessionRow
from wxapp.messages.events import OpenidRefused, PushReceived
from wxapp.patients import handlers, queries
from wxapp.patients.models import Push, WechatUser
from wxapp.patients.settings import TRANSFER_TO_SERVICE
from wxapp.wechat.errors import OAuthCodeInvalid, Unavailable
from wxapp.wechat.values import OAuthProfile


def begin(browser, where="/me", **query):
    """Ask for the log-in; return the state that WeChat is given."""
    response = browser.get("/wechat/login", query_string={"next": where, **query})
    assert response.status_code == 302
    return parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]


def come_back(browser, code, state):
    return browser.get("/wechat/login/return", query_string={"code": code, "state": state})


# --- log-in ----------------------------------------------------------------------------------------------------------


def test_a_page_leads_through_the_login_and_back(wechat_browser, oauth):
    first = wechat_browser.get("/me/patients?a=1")
    assert first.headers["Location"] == "/wechat/login?next=%2Fme%2Fpatients%3Fa%3D1"
    asked = wechat_browser.get(first.headers["Location"]).headers["Location"]
    query = parse_qs(urlsplit(asked).query)
    assert query["redirect_uri"] == ["http://localhost/wechat/login/return"]
    assert query["scope"] == ["snsapi_base"]
    done = come_back(wechat_browser, oauth.log_in("o-1"), query["state"][0])
    assert done.headers["Location"] == "/me/patients?a=1"
    assert wechat_browser.get("/me/patients").status_code == 200
    user = queries.find_user(APPID, "o-1")
    assert user.seen_at is not None
    assert not user.is_follower


def test_the_profile_is_asked_for_only_where_it_is_shown(wechat_browser, oauth, client):
    response = wechat_browser.get("/wechat/login?profile=1&next=/me")
    assert "scope=snsapi_userinfo" in response.headers["Location"]
    state = parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]
    code = oauth.log_in("o-2")
    oauth.codes[code] = oauth.codes[code].__class__("o-2", "snsapi_userinfo", "t")
    oauth.profiles["o-2"] = OAuthProfile("o-2", "芳芳", "https://thirdwx.qlogo.cn/x/132")
    come_back(wechat_browser, code, state)
    page = wechat_browser.get("/me")
    assert "芳芳" in page.text
    assert "https://thirdwx.qlogo.cn/x/132" in page.text
    assert "img-src https://thirdwx.qlogo.cn " in page.headers["Content-Security-Policy"]


def test_a_new_session_begins_with_each_login(wechat_browser, oauth):
    come_back(wechat_browser, oauth.log_in("o-1"), begin(wechat_browser))
    old = wechat_browser.get_cookie("wxapp-wechat").value
    come_back(wechat_browser, oauth.log_in("o-1"), begin(wechat_browser))
    assert wechat_browser.get_cookie("wxapp-wechat").value != old
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SessionRow)) == 1


def test_a_state_is_good_once(wechat_browser, oauth):
    state = begin(wechat_browser)
    come_back(wechat_browser, oauth.log_in("o-1"), state)
    again = come_back(wechat_browser, oauth.log_in("o-2"), state)
    assert again.status_code == 400
    assert "登录已过期" in again.text
    assert queries.find_user(APPID, "o-2") is None


@pytest.mark.parametrize("state", ["", "a" * 32, "a-b", "é", "x" * 200])
def test_a_made_up_state_signs_nobody_in(wechat_browser, oauth, state):
    response = come_back(wechat_browser, oauth.log_in("o-1"), state)
    assert response.status_code == 400
    assert wechat_browser.get_cookie("wxapp-wechat") is None


def test_a_state_belongs_to_the_browser_that_asked(app, wechat_browser, oauth):
    state = begin(wechat_browser)
    other = app.test_client()
    assert come_back(other, oauth.log_in("o-1"), state).status_code == 400
    assert other.get_cookie("wxapp-wechat") is None


def test_a_state_ends_after_ten_minutes(wechat_browser, oauth, at):
    state = begin(wechat_browser)
    at(timedelta(minutes=10, seconds=1))
    assert come_back(wechat_browser, oauth.log_in("o-1"), state).status_code == 400


def test_a_used_code_is_asked_for_again_once_then_a_page_says_so(wechat_browser, oauth):
    again = come_back(wechat_browser, "used", begin(wechat_browser, "/me/patients"))
    assert again.status_code == 302
    assert "/authorize?" in again.headers["Location"]
    state = parse_qs(urlsplit(again.headers["Location"]).query)["state"][0]
    oauth.fail_next(OAuthCodeInvalid(40163, "code been used"))
    failed = come_back(wechat_browser, "used", state)
    assert failed.status_code == 400
    assert "登录未成功" in failed.text
    assert "/wechat/login?next=%2Fme%2Fpatients" in failed.text


def test_the_second_code_signs_in(wechat_browser, oauth):
    again = come_back(wechat_browser, "used", begin(wechat_browser, "/me/patients"))
    state = parse_qs(urlsplit(again.headers["Location"]).query)["state"][0]
    assert come_back(wechat_browser, oauth.log_in("o-1"), state).headers["Location"] == "/me/patients"


def test_when_wechat_is_away_the_page_says_try_again(wechat_browser, oauth):
    state = begin(wechat_browser)
    oauth.fail_next(Unavailable("time-out", sent=True))
    response = come_back(wechat_browser, oauth.log_in("o-1"), state)
    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_who_declines_gets_a_page(wechat_browser, oauth):
    assert "取消" in come_back(wechat_browser, "", begin(wechat_browser)).text


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/wechat/login",
              "/a\nb", "\thttp://evil.example", "/" + "x" * 600, ""],
)  # fmt: skip
def test_the_login_leads_to_pages_of_ours_only(wechat_browser, oauth, where):
    state = begin(wechat_browser, where)
    assert come_back(wechat_browser, oauth.log_in("o-1"), state).headers["Location"] == "/"


def test_outside_wechat_nobody_is_sent_to_wechat(client, oauth):
    assert client.get("/wechat/login?next=/me").headers["Location"] == "/me"
    page = client.get("/me")
    assert page.status_code == 200
    assert "请在微信中打开" in page.text
    assert '<svg class="qr"' in page.text


def test_a_snapshot_visitor_sees_pages_and_is_told_why_binding_waits(wechat_browser, oauth):
    come_back(wechat_browser, oauth.log_in("o-virtual", is_snapshot_user=True), begin(wechat_browser))
    assert wechat_browser.get("/me").status_code == 200
    assert "使用完整服务" in wechat_browser.get("/me/bind").text


# --- callback --------------------------------------------------------------------------------------------------------


def post(client, push):
    return client.post("/wechat/callback", query_string=push.query, data=push.body)


def test_wechat_verifies_our_address(client, weixin):
    query = weixin.query() | {"echostr": "5927782489442352469"}
    response = client.get("/wechat/callback", query_string=query)
    assert (response.status_code, response.get_data()) == (200, b"5927782489442352469")
    assert client.get("/wechat/callback", query_string=query | {"signature": "0" * 40}).status_code == 403


def test_a_new_follower_is_welcomed_with_the_menus_entries(client, weixin):
    response = post(client, weixin.event("subscribe", EventKey="qrscene_desk-3", Ticket="t"))
    reply = weixin.open_reply(response.text)
    assert reply["MsgType"] == "text"
    assert reply["ToUserName"] == weixin.openid
    assert "感谢关注" in reply["Content"]
    assert '<a href="http://localhost/me">个人中心</a>' in reply["Content"]
    assert '<a href="http://localhost/about">医院简介</a>' in reply["Content"]
    assert len(reply["Content"].encode()) <= 2048
    user = queries.find_user(APPID, weixin.openid)
    assert (user.is_follower, user.scene) == (True, "desk-3")


def test_a_repeat_gets_the_same_answer_and_changes_nothing(client, weixin):
    fields = weixin.fields(MsgType="event", Event="subscribe")
    first, second = post(client, weixin.push(fields)), post(client, weixin.push(fields))
    assert weixin.open_reply(first.text)["Content"] == weixin.open_reply(second.text)["Content"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Push)) == 1
    listeners = db.session.scalars(sa.select(EventRow.listener).where(EventRow.name == "PushReceived")).all()
    assert len(listeners) == len(set(listeners))


def test_the_very_same_request_again_is_answered_with_nothing(client, weixin):
    push = weixin.event("subscribe")
    post(client, push)
    again = post(client, push)
    assert (again.status_code, again.get_data()) == (200, b"")


def test_who_leaves_loses_bindings_and_sessions(client, weixin, sign_in_wechat):
    user = make_wechat_user(openid=weixin.openid, patient=make_patient())
    sign_in_wechat(client, user)
    assert client.get("/me").status_code == 200
    post(client, weixin.event("unsubscribe"))
    db.session.expire_all()
    assert not queries.find_user(APPID, weixin.openid).is_follower
    assert queries.bound_patients(user.id) == []
    assert "请在微信中打开" in client.get("/me").text


def test_a_scan_is_remembered_and_needs_no_answer(client, weixin):
    response = post(client, weixin.event("SCAN", EventKey="gate-2", Ticket="t"))
    assert response.get_data() == b""
    assert queries.find_user(APPID, weixin.openid).scene == "gate-2"


@pytest.mark.parametrize("event", ["VIEW", "CLICK", "LOCATION", "something_new"])
def test_other_events_are_taken_in_silence(client, weixin, event):
    assert (post(client, weixin.event(event, EventKey="k")).status_code) == 200
    assert db.session.scalars(sa.select(EventRow.state)).all().count(EventState.DEAD) == 0


def test_a_message_is_answered_for_customer_service_and_not_kept(client, weixin):
    response = post(client, weixin.text("我胸口疼"))
    assert "客服" in weixin.open_reply(response.text)["Content"]
    kept = [row.payload for row in db.session.scalars(sa.select(EventRow))]
    assert not any("胸口" in payload for payload in kept)


def test_a_message_can_be_handed_to_the_people_of_customer_service(client, weixin):
    settings.write(TRANSFER_TO_SERVICE, True, by="staff:1")
    assert weixin.open_reply(post(client, weixin.text("在吗")).text)["MsgType"] == "transfer_customer_service"


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda push: (push.query | {"signature": "0" * 40}, push.body), 403),
        (lambda push: (push.query | {"msg_signature": "0" * 40}, push.body), 403),
        (lambda push: ({}, push.body), 403),
        (lambda push: (push.query, b"<xml></xml>"), 400),
        (lambda push: (push.query, b"not xml"), 400),
        (lambda push: (push.query, b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'), 400),
        (lambda push: (push.query, b"x" * (64 * 1024 + 1)), 413),
    ],
)
def test_what_is_not_genuine_is_refused_and_leaves_no_trace(client, weixin, spoil, status):
    push = weixin.event("subscribe")
    query, body = spoil(push)
    response = client.post("/wechat/callback", query_string=query, data=body)
    assert (response.status_code, response.get_data()) == (status, b"")
    assert db.session.scalars(sa.select(Push)).all() == []
    assert post(client, push).status_code == 200
    assert queries.find_user(APPID, weixin.openid) is not None


def test_an_old_push_is_refused(client, weixin):
    assert post(client, weixin.event("subscribe", age=301)).status_code == 403


def test_when_we_fail_wechat_may_send_the_very_same_request_again(client, weixin, monkeypatch):
    push = weixin.event("subscribe")
    with monkeypatch.context() as broken:
        broken.setattr("wxapp.patients.wechat_door.reply_to", _fail)
        assert post(client, push).status_code == 500
    assert post(client, push).status_code == 200


def _fail(push):
    raise ValueError("our own fault")


def test_a_push_asks_little_of_the_database(client, weixin, queries):
    """It has to be answered within a second, whatever else goes on."""
    post(client, weixin.event("SCAN", EventKey="gate-2", Ticket="t"))
    assert len(queries) < 40


# --- what hears of it ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("client")
def test_an_openid_that_wechat_refuses_no_longer_follows():
    user = make_wechat_user()
    handlers.stop_sending(OpenidRefused(user.openid, "43101"))
    db.session.refresh(user)
    assert user.is_follower
    handlers.stop_sending(OpenidRefused(user.openid, "43004"))
    db.session.refresh(user)
    assert not user.is_follower


@pytest.mark.usefixtures("client")
def test_a_push_heard_twice_changes_nothing():
    event = PushReceived("subscribe", "o-5", "2026-03-02T02:00:00+00:00", scene="a")
    handlers.keep_followers(event)
    handlers.keep_followers(event)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(WechatUser)) == 1


@pytest.mark.usefixtures("client")
def test_a_patient_is_reached_by_followers_and_phone():
    patient = make_patient(phone="13800000007")
    follower = make_wechat_user(patient=patient)
    make_wechat_user(patient=patient, is_follower=False)
    reached = [(address.channel.value, address.to) for address in handlers.addresses_of_patient(patient.id)]
    assert reached == [("oa_template", follower.openid), ("sms", "13800000007")]
