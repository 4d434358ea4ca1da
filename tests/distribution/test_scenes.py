"""Posters' codes and links of distributors: how they are made and renewed, and what a scan is answered."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods
from tests.factories.patients import make_wechat_user
from tests.settings import APPID
from wxapp.core import clock, settings
from wxapp.core.db import db, transaction
from wxapp.core.errors import Unavailable
from wxapp.core.events import EventRow, EventState
from wxapp.distribution.models import (
    DistributorStatus,
    Membership,
    Opening,
    Scan,
    ScanOutcome,
    ScanWay,
    Scene,
    SceneKind,
)
from wxapp.distribution.queries import sharing
from wxapp.distribution.rules.sharing import Bar, bar_of, has_expired, is_token, needs_renewal
from wxapp.distribution.services.scenes import link_of, scene_of
from wxapp.distribution.settings import IS_OPEN
from wxapp.mall.models import GoodsPicture
from wxapp.patients.queries import find_user
from wxapp.wechat.errors import Unavailable as WechatAway

K = SceneKind


@pytest.mark.parametrize(
    ("text", "good"),
    [("0" * 32, True), ("f" * 31, False), ("f" * 33, False), ("F" * 32, False), ("", False), ("٣" * 32, False)],
)
def test_what_may_be_a_token(text, good):
    assert is_token(text) is good


@pytest.mark.parametrize(
    ("own", "active", "expired", "bar"),
    [
        (False, True, False, None),
        (True, False, True, Bar.OWN),
        (False, False, True, Bar.INACTIVE),
        (False, True, True, Bar.EXPIRED),
    ],
)
def test_why_a_scan_has_no_effect(own, active, expired, bar):
    assert bar_of(is_own=own, is_active=active, has_expired=expired) is bar


# --- making and renewing ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("client")
def test_a_scene_is_made_once_for_each_kind_and_goods():
    distributor, other = make_distributor(), make_distributor()
    first = link_of(distributor, K.GOODS, 7)
    assert link_of(distributor, K.GOODS, 7).id == first.id
    others = [link_of(distributor, K.GOODS, 8), link_of(distributor, K.INVITE_MEMBER), link_of(other, K.GOODS, 7)]
    assert len({first.token, *(one.token for one in others)}) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", one.token) for one in others)


@pytest.mark.usefixtures("client")
def test_a_code_is_asked_for_once_and_renewed_in_its_last_week(account, at):
    distributor = make_distributor()
    scene = scene_of(distributor, K.INVITE_MEMBER)
    assert account.qrcodes == {"ticket-1": scene.token}
    assert scene.qr_url == "http://weixin.example/q/ticket-1"
    assert scene.expires_at == clock.now() + timedelta(days=30)
    at(timedelta(days=23))
    assert scene_of(distributor, K.INVITE_MEMBER).qr_url.endswith("ticket-1")
    at(timedelta(minutes=1))
    renewed = scene_of(distributor, K.INVITE_MEMBER)
    assert (renewed.token, renewed.qr_url) == (scene.token, "http://weixin.example/q/ticket-2")
    assert renewed.expires_at == clock.now() + timedelta(days=30)
    assert not needs_renewal(renewed.expires_at, now=clock.now())


@pytest.mark.usefixtures("client")
def test_while_wechat_is_away_an_old_code_will_do_but_no_dead_one(account, at):
    distributor = make_distributor()
    account.fail_next(WechatAway("away", sent=False))
    with pytest.raises(Unavailable, match="重试"):
        scene_of(distributor, K.INVITE_MEMBER)
    first = scene_of(distributor, K.INVITE_MEMBER)  # the retry finds the same scene
    at(timedelta(days=25))
    account.fail_next(WechatAway("away", sent=False))
    assert scene_of(distributor, K.INVITE_MEMBER).qr_url == first.qr_url
    at(timedelta(days=5))
    account.fail_next(WechatAway("away", sent=False))
    with pytest.raises(Unavailable):
        scene_of(distributor, K.INVITE_MEMBER)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Scene)) == 1


@pytest.mark.usefixtures("client")
def test_wechat_is_not_asked_inside_a_transaction(account):
    distributor = make_distributor()
    with pytest.raises(RuntimeError), transaction():
        scene_of(distributor, K.INVITE_MEMBER)
    assert account.qrcodes == {}


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def scan(client, weixin, account):
    """Scan a scene as somebody, once and again as WeChat repeats it; return the answer, which is the same."""

    def do(scene, *, follows=True, openid="o-person-1", at=None):
        weixin.openid = openid
        key = {"EventKey": scene} if follows else {"EventKey": f"qrscene_{scene}"}
        fields = weixin.fields(MsgType="event", Event="SCAN" if follows else "subscribe", Ticket="t", **key)
        answers = []
        for _ in range(2):
            push = weixin.push(fields)
            response = client.post("/wechat/callback", query_string=push.query, data=push.body)
            assert response.status_code == 200
            answers.append(weixin.open_reply(response.text) if response.text else {})
        assert answers[0] == answers[1]
        return answers[0]

    return do


def rows(model):
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


@pytest.mark.parametrize("follows", [True, False])
def test_a_scan_of_an_invitation_to_distributors_brings_the_form(scan, follows):
    distributor = make_distributor(name="陈晓")
    scene = scene_of(distributor, K.INVITE_DISTRIBUTOR)
    card = scan(scene.token, follows=follows)
    assert (card["MsgType"], card["ArticleCount"], card["Title"]) == ("news", "1", "申请分销")
    assert card["Description"].startswith("陈*邀请您成为分销员")
    assert card["Url"] == f"http://localhost/s/{scene.token}"
    assert card["PicUrl"] == "http://localhost/static/img/share.png"
    (noted,) = rows(Scan)
    assert (noted.way, noted.outcome) == (ScanWay.SCAN, ScanOutcome.NOTED)
    assert sharing.invited_by(find_user(APPID, "o-person-1").id).id == distributor.id


@pytest.mark.parametrize("follows", [True, False])
def test_a_scan_of_an_invitation_to_members_binds_and_brings_the_offer(scan, follows):
    distributor = make_distributor()
    scene = scene_of(distributor, K.INVITE_MEMBER)
    card = scan(scene.token, follows=follows)
    assert (card["Title"], card["Url"]) == ("享优惠", f"http://localhost/s/{scene.token}")
    (member,) = rows(Membership)
    user = find_user(APPID, "o-person-1")
    assert (member.wechat_user_id, member.distributor_id, member.scene_id) == (user.id, distributor.id, scene.id)
    assert [one.outcome for one in rows(Scan)] == [ScanOutcome.BOUND]


def test_a_scan_of_goods_brings_them_with_price_and_picture_and_does_not_open_them(scan):
    goods = make_goods(name="入职体检", summary="含胸片", price_fen=12_850)
    with transaction():
        db.session.add(GoodsPicture(goods_id=goods.id, token="cover-token", position=0))
    scene = scene_of(make_distributor(), K.GOODS, goods.id)
    card = scan(scene.token)
    assert (card["Title"], card["Description"]) == ("入职体检", "¥128.50\n含胸片")
    assert card["PicUrl"] == "http://localhost/media/cover-token"
    assert card["Url"] == f"http://localhost/s/{scene.token}"
    assert rows(Opening) == []


@pytest.mark.parametrize("change", [{"is_on_sale": False}, None])
def test_goods_that_are_not_sold_are_answered_with_a_sentence(scan, change):
    goods_id = make_goods(**change).id if change else 999
    scene = scene_of(make_distributor(), K.GOODS, goods_id)
    answer = scan(scene.token)
    assert answer["MsgType"] == "text"
    assert "已下架" in answer["Content"]
    assert '<a href="http://localhost/mall">' in answer["Content"]


@pytest.mark.parametrize("follows", [True, False])
def test_a_forged_scene_gets_the_usual_welcome(scan, follows):
    answer = scan("0" * 32, follows=follows)
    assert "感谢关注" in answer["Content"]
    assert rows(Scan) == []


def test_a_scene_that_is_not_ours_stays_unanswered(scan):
    assert scan("gate-2") == {}


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("status", [DistributorStatus.FROZEN, DistributorStatus.CLOSED])
def test_a_frozen_distributors_code_binds_nobody_and_says_so(scan, kind, follows, status):
    scene = scene_of(make_distributor(status=status), kind, make_goods().id if kind is K.GOODS else 0)
    answer = scan(scene.token, follows=follows)
    assert "已停用" in answer["Content"]
    assert [one.outcome for one in rows(Scan)] == [ScanOutcome.INACTIVE]
    assert rows(Membership) == []
    assert sharing.invited_by(find_user(APPID, "o-person-1").id) is None


def test_while_distribution_is_closed_nobody_is_bound(scan):
    settings.write(IS_OPEN, False, by="staff:1")
    scene = scene_of(make_distributor(), K.INVITE_MEMBER)
    assert "已停用" in scan(scene.token)["Content"]
    assert rows(Membership) == []


def test_an_expired_code_says_so_and_binds_nobody(scan, at):
    scene = scene_of(make_distributor(), K.INVITE_MEMBER)
    at(timedelta(days=30))
    assert has_expired(scene.expires_at, at=clock.now())
    assert "已过期" in scan(scene.token)["Content"]
    assert [one.outcome for one in rows(Scan)] == [ScanOutcome.EXPIRED]
    assert rows(Membership) == []


@pytest.mark.parametrize("kind", list(K))
def test_ones_own_code_is_recognised(scan, kind):
    distributor = make_distributor(user=make_wechat_user(openid="o-owner"))
    scene = scene_of(distributor, kind, make_goods().id if kind is K.GOODS else 0)
    assert "您自己的" in scan(scene.token, openid="o-owner")["Content"]
    assert [one.outcome for one in rows(Scan)] == [ScanOutcome.OWN]
    assert rows(Membership) == []
    assert sharing.invited_by(distributor.wechat_user_id) is None


def test_no_scan_is_a_fault_of_a_listener(scan):
    for kind in K:
        scan(scene_of(make_distributor(), kind, 999).token, openid=f"o-{kind}")
    assert {row.state for row in rows(EventRow)} == {EventState.HEARD}


def test_a_scan_costs_little(client, weixin, account, queries):
    goods = make_goods()
    scene = scene_of(make_distributor(), K.GOODS, goods.id)
    push = weixin.event("SCAN", EventKey=scene.token, Ticket="t")
    queries.clear()
    client.post("/wechat/callback", query_string=push.query, data=push.body)
    assert len(queries) < 45


# --- the inviter of who wants to join --------------------------------------------------------------------------------


def test_the_last_invitation_counts_whose_distributor_is_active(scan):
    first, second, frozen = make_distributor(), make_distributor(), make_distributor()
    for distributor in (first, second, frozen):
        scan(scene_of(distributor, K.INVITE_DISTRIBUTOR).token)
    user_id = find_user(APPID, "o-person-1").id
    assert sharing.invited_by(user_id).id == frozen.id
    with transaction():
        frozen.status = DistributorStatus.FROZEN
    assert sharing.invited_by(user_id).id == second.id
    scan(scene_of(first, K.INVITE_MEMBER).token)  # another kind of invitation
    assert sharing.invited_by(user_id).id == second.id
    assert sharing.invited_by(make_wechat_user().id) is None
