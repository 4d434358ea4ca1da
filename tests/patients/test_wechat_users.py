"""WeChat users: who they are, whether they follow, what they saw."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_patient, make_wechat_user
from tests.patients.conftest import code_of
from tests.settings import APPID
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.events import EventRow
from wxapp.patients import queries, services
from wxapp.patients.models import CodePurpose, Look
from wxapp.patients.tasks import remove_old
from wxapp.wechat.values import OAuthIdentity, OAuthProfile

pytestmark = pytest.mark.usefixtures("client")

PHONE = "13800000001"


def user_of(row):
    return queries.signed_in_user(row.id)


def send(sms, purpose=CodePurpose.BIND, phone=PHONE):
    services.send_code(purpose, phone, asked_by="1")
    return code_of(sms)


def test_who_enters_is_one_user_by_account_and_openid():
    first = services.enter(APPID, OAuthIdentity("o-1", "snsapi_base", "t"))
    assert services.enter(APPID, OAuthIdentity("o-1", "snsapi_base", "t")) == first
    assert services.enter(APPID, OAuthIdentity("O-1", "snsapi_base", "t")) != first
    assert services.enter("wx-another", OAuthIdentity("o-1", "snsapi_base", "t")) != first


def test_a_profile_is_kept_when_it_was_agreed_to():
    user = make_wechat_user(nickname="")
    services.keep_profile(user.id, OAuthProfile(user.openid, "芳芳👋", "https://thirdwx.qlogo.cn/a/132"))
    assert user_of(user).nickname == "芳芳👋"
    services.keep_profile(user.id, OAuthProfile(user.openid, "x", "javascript:alert(1)"))
    assert user_of(user).avatar_url == ""


def test_following_news_that_come_late_change_nothing():
    now = clock.now()
    services.follow(APPID, "o-9", at=now, scene="desk-3")
    services.unfollow(APPID, "o-9", at=now - timedelta(seconds=5))
    assert queries.find_user(APPID, "o-9").is_follower
    services.unfollow(APPID, "o-9", at=now + timedelta(seconds=5))
    services.follow(APPID, "o-9", at=now)
    assert not queries.find_user(APPID, "o-9").is_follower


def test_who_leaves_is_forgotten_but_the_record_stays():
    patient = make_patient()
    user = make_wechat_user(patient=patient, unionid="u-1", nickname="小芳", avatar_url="https://a.qlogo.cn/1")
    services.unfollow(APPID, user.openid, at=clock.now())
    left = queries.find_user(APPID, user.openid)
    assert (left.nickname, left.avatar_url, left.unionid, left.current_patient_id) == ("", "", None, None)
    assert queries.bound_patients(user.id) == []
    assert queries.get_patient(patient.id).record_no == patient.record_no


def test_looks_are_counted_by_day(at):
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    for _ in range(3):
        services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    at(timedelta(days=1))
    services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    assert [look.count for look in queries.looks_at(patient.id)] == [1, 3]


def test_housekeeping_removes_what_is_old(sms, at):
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    send(sms)
    services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    assert remove_old() == 0
    at(timedelta(days=2))
    assert remove_old() == 1
    assert db.session.scalars(sa.select(Look)).one()
    at(timedelta(days=3 * 365))
    assert remove_old() == 1


def test_nothing_is_published_of_names():
    """Events stay in a table for a month: they name people by key only."""
    make_wechat_user(patient=make_patient(name="王芳"))
    payloads = [row.payload for row in db.session.scalars(sa.select(EventRow))]
    assert not any("王芳" in payload for payload in payloads)
