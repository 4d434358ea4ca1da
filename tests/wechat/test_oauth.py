from __future__ import annotations

import pytest

from wxapp.core import clock
from wxapp.wechat.errors import OAuthCodeInvalid, Unavailable
from wxapp.wechat.oauth import USERINFO, OAuth

TOKEN = "https://api.test/sns/oauth2/access_token"


@pytest.fixture
def oauth(config, wechat):
    return OAuth(config, now=clock.now)


def test_the_parameters_of_the_authorize_page_stand_in_wechats_order(oauth):
    assert oauth.authorize_url(return_url="https://h.test/wechat/login/return?a=1", state="aZ09") == (
        "https://open.test/connect/oauth2/authorize?appid=wx0123456789abcdef"
        "&redirect_uri=https%3A%2F%2Fh.test%2Fwechat%2Flogin%2Freturn%3Fa%3D1"
        "&response_type=code&scope=snsapi_base&state=aZ09#wechat_redirect"
    )


@pytest.mark.parametrize("state", ["", "a-b", "a b", "a" * 129, "é"])
def test_a_state_that_wechat_would_drop_is_refused(oauth, state):
    with pytest.raises(ValueError, match="state"):
        oauth.authorize_url(return_url="https://h.test/", state=state)


def test_an_unknown_scope_is_refused(oauth):
    with pytest.raises(ValueError, match="scope"):
        oauth.authorize_url(return_url="https://h.test/", state="a", scope="snsapi_login")


def test_a_code_becomes_a_person(oauth, wechat, calls):
    wechat.get(TOKEN, json={"access_token": "at", "refresh_token": "rt", "openid": "o1", "scope": "snsapi_base"})
    identity = oauth.exchange("c1")
    assert (identity.openid, identity.unionid, identity.is_snapshot_user) == ("o1", "", False)
    assert calls("oauth2")[0].params == {
        "appid": "wx0123456789abcdef",
        "secret": "very-secret",
        "code": "c1",
        "grant_type": "authorization_code",
    }
    assert "at" not in repr(identity).replace("False", "")


def test_a_snapshot_user_is_told_apart(oauth, wechat):
    wechat.get(TOKEN, json={"access_token": "at", "openid": "o1", "scope": USERINFO, "is_snapshotuser": 1})
    assert oauth.exchange("c1").is_snapshot_user is True


@pytest.mark.parametrize("code", [40029, 40163, 42003])
def test_a_used_or_old_code_sends_to_the_log_in(oauth, wechat, code):
    wechat.get(TOKEN, json={"errcode": code, "errmsg": "code been used, rid: 1-2"})
    with pytest.raises(OAuthCodeInvalid):
        oauth.exchange("c1")


@pytest.mark.parametrize("answer", [{}, {"openid": "o1"}, {"access_token": "t"}, {"openid": 1, "access_token": "t"}])
def test_an_answer_without_openid_is_nobody(oauth, wechat, answer):
    wechat.get(TOKEN, json=answer)
    with pytest.raises(Unavailable):
        oauth.exchange("c1")


def test_two_people_in_one_client_are_not_mixed_up(oauth, wechat):
    wechat.get(TOKEN, json={"access_token": "t1", "openid": "o1", "scope": USERINFO})
    wechat.get(TOKEN, json={"access_token": "t2", "openid": "o2", "scope": USERINFO})
    first, second = oauth.exchange("c1"), oauth.exchange("c2")
    wechat.get(
        "https://api.test/sns/userinfo", json={"openid": "o1", "nickname": "甲", "headimgurl": "https://i.test/1"}
    )
    profile = oauth.profile(first)
    assert (profile.openid, profile.nickname, profile.avatar_url) == ("o1", "甲", "https://i.test/1")
    assert wechat.calls[-1].request.params["access_token"] == "t1"
    assert second.openid == "o2"
