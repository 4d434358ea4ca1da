from __future__ import annotations

import pytest

from tests.wechat.against_sandbox.world import Outside
from wxapp.wechat.errors import (
    OAuthCodeInvalid,
)
from wxapp.wechat.oauth import USERINFO


def test_a_person_logs_in_once_with_each_code(outside: Outside):
    code = outside.log_in("1")
    identity = outside.oauth.exchange(code)
    assert (identity.openid, identity.is_snapshot_user) == (outside.openid(), False)
    with pytest.raises(OAuthCodeInvalid):
        outside.oauth.exchange(code)
    with pytest.raises(OAuthCodeInvalid):
        outside.oauth.exchange("never-given")


def test_a_person_who_agrees_shows_a_name_and_a_snapshot_is_marked(outside: Outside):
    identity = outside.oauth.exchange(outside.log_in("1", scope=USERINFO))
    profile = outside.oauth.profile(identity)
    assert (profile.openid, profile.nickname) == (outside.openid(), "三三")
    assert outside.oauth.exchange(outside.log_in("2", scope=USERINFO)).is_snapshot_user is True
