"""Opening a distributor's link: who is noted, who is bound, and where it leads."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods, make_paid_order
from tests.factories.patients import make_wechat_user
from wxapp.core import clock, settings
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.limits import Limit
from wxapp.distribution.models import DistributorStatus, Membership, Opening, Scan, ScanOutcome, ScanWay, SceneKind
from wxapp.distribution.queries import sharing
from wxapp.distribution.services.opening import open_link
from wxapp.distribution.services.scenes import link_of
from wxapp.distribution.settings import IS_OPEN
from wxapp.distribution.views import links
from wxapp.patients.queries import signed_in_user

K = SceneKind


def visitor(**over):
    return signed_in_user(make_wechat_user(**over).id)


def rows(model):
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


def opened(token, user):
    return open_link(token, user)[1]


pytestmark = pytest.mark.usefixtures("client")


def test_a_link_is_resolved_with_one_question(queries):
    scene = link_of(make_distributor(name="陈晓"), K.GOODS, 7)
    token = scene.token
    queries.clear()
    shared = sharing.get_shared(token)
    assert len(queries) == 1
    assert (shared.kind, shared.goods_id, shared.is_active, shared.name) == (K.GOODS, 7, True, "陈晓")
    for wrong in ("x", "0" * 33, "' or 1=1"):
        assert sharing.find_shared(wrong) is None
    assert len(queries) == 1


@pytest.mark.parametrize("token", ["0" * 32, "nothing", ""])
def test_an_unknown_link_is_not_found(token):
    with pytest.raises(NotFound):
        open_link(token, visitor())
    assert rows(Scan) == []


def test_goods_that_were_opened_are_remembered_with_the_last_time(at):
    distributor, goods, user = make_distributor(), make_goods(), visitor()
    token = link_of(distributor, K.GOODS, goods.id).token
    assert opened(token, user) is ScanOutcome.NOTED
    at(timedelta(days=2))
    opened(token, user)
    opened(link_of(make_distributor(), K.GOODS, goods.id).token, user)
    mine, other = rows(Opening)
    assert (mine.wechat_user_id, mine.goods_id, mine.distributor_id) == (user.id, goods.id, distributor.id)
    assert (mine.times, mine.opened_at, other.times) == (2, clock.now(), 1)
    assert [one.way for one in rows(Scan)] == [ScanWay.LINK] * 3


@pytest.mark.parametrize("status", [DistributorStatus.FROZEN, DistributorStatus.CLOSED])
def test_a_frozen_distributors_link_counts_for_nothing(status):
    distributor, user = make_distributor(status=status), visitor()
    for kind in K:
        assert opened(link_of(distributor, kind, 5 if kind is K.GOODS else 0).token, user) is ScanOutcome.INACTIVE
    assert (rows(Opening), rows(Membership), sharing.invited_by(user.id)) == ([], [], None)


def test_while_distribution_is_closed_links_count_for_nothing():
    settings.write(IS_OPEN, False, by="staff:1")
    assert opened(link_of(make_distributor(), K.INVITE_MEMBER).token, visitor()) is ScanOutcome.INACTIVE
    assert rows(Membership) == []


def test_ones_own_share_is_kept_as_opened_but_invites_nobody():
    """Whether buying through one's own share pays is a setting: the order decides."""
    distributor = make_distributor()
    me = signed_in_user(distributor.wechat_user_id)
    for kind in K:
        assert opened(link_of(distributor, kind, 5 if kind is K.GOODS else 0).token, me) is ScanOutcome.OWN
    assert len(rows(Opening)) == 1
    assert (rows(Membership), sharing.invited_by(me.id)) == ([], None)


def test_a_snapshot_user_leaves_a_trace_and_nothing_else():
    user = visitor(is_snapshot=True)
    for kind in K:
        assert opened(link_of(make_distributor(), kind, 5 if kind is K.GOODS else 0).token, user) is ScanOutcome.NOTED
    assert (rows(Opening), rows(Membership), len(rows(Scan))) == ([], [], 3)


# --- members ---------------------------------------------------------------------------------------------------------


def test_the_first_invitation_binds_for_good():
    first, second, user = make_distributor(), make_distributor(), visitor()
    assert opened(link_of(first, K.INVITE_MEMBER).token, user) is ScanOutcome.BOUND
    assert opened(link_of(second, K.INVITE_MEMBER).token, user) is ScanOutcome.ALREADY
    assert opened(link_of(first, K.INVITE_MEMBER).token, user) is ScanOutcome.ALREADY
    assert [(one.wechat_user_id, one.distributor_id) for one in rows(Membership)] == [(user.id, first.id)]


def test_who_has_paid_an_order_before_is_not_new():
    user = visitor()
    make_paid_order(make_goods(), wechat_user_id=user.id)
    assert opened(link_of(make_distributor(), K.INVITE_MEMBER).token, user) is ScanOutcome.NOT_NEW
    assert rows(Membership) == []


# --- the page --------------------------------------------------------------------------------------------------------


def test_links_lead_on(client, sign_in_wechat):
    distributor, goods = make_distributor(name="陈晓"), make_goods()
    sign_in_wechat(client, make_wechat_user())
    to = {
        K.GOODS: f"/mall/goods/{goods.id}",
        K.INVITE_DISTRIBUTOR: "/earn/join",
        K.INVITE_MEMBER: f"/earn/welcome?from={link_of(distributor, K.INVITE_MEMBER).token}",
    }
    for kind, address in to.items():
        token = link_of(distributor, kind, goods.id if kind is K.GOODS else 0).token
        answer = client.get(f"/s/{token}")
        assert (answer.status_code, answer.headers["Location"]) == (302, address)
    page = client.get(to[K.INVITE_MEMBER])
    assert "陈* 邀请您" in page.text
    assert "陈晓" not in page.text
    assert goods.name in page.text
    assert f'data-link="http://localhost/s/{link_of(distributor, K.INVITE_MEMBER).token}"' in page.text


@pytest.mark.parametrize("garbage", ["", "?from=", "?from=x", "?from=" + "0" * 32])
def test_the_welcome_needs_no_invitation(client, sign_in_wechat, garbage):
    sign_in_wechat(client, make_wechat_user())
    page = client.get(f"/earn/welcome{garbage}")
    assert page.status_code == 200
    assert "邀请您" not in page.text


def test_an_unknown_link_is_a_clear_page(client, sign_in_wechat):
    sign_in_wechat(client, make_wechat_user())
    page = client.get("/s/" + "0" * 32)
    assert page.status_code == 404
    assert "链接不存在或已失效" in page.text


def test_wechat_is_logged_in_silently_and_comes_back(wechat_browser, oauth):
    token = link_of(make_distributor(), K.INVITE_MEMBER).token
    away = wechat_browser.get(f"/s/{token}")
    assert (away.status_code, away.headers["Location"]) == (302, f"/wechat/login?next=%2Fs%2F{token}")
    assert rows(Scan) == []
    sent = wechat_browser.get(away.headers["Location"]).headers["Location"]
    state = sent.partition("state=")[2].partition("#")[0]
    back = wechat_browser.get(f"/wechat/login/return?code={oauth.log_in('o-new')}&state={state}")
    assert back.headers["Location"] == f"/s/{token}"
    assert wechat_browser.get(back.headers["Location"]).status_code == 302
    assert [one.outcome for one in rows(Scan)] == [ScanOutcome.BOUND]


def test_another_browser_is_shown_how_to_open_it_in_wechat(client):
    token = link_of(make_distributor(), K.INVITE_MEMBER).token
    page = client.get(f"/s/{token}")
    assert (page.status_code, f"http://localhost/s/{token}" in page.text) == (200, True)
    assert "微信扫一扫" in page.text
    assert rows(Scan) == []


def test_an_opening_asks_little_of_the_database(client, sign_in_wechat, queries):
    token = link_of(make_distributor(), K.GOODS, make_goods().id).token
    sign_in_wechat(client, make_wechat_user())
    client.get(f"/s/{token}")
    queries.clear()
    client.get(f"/s/{token}")
    assert len(queries) <= 10


def test_who_opens_without_end_is_told_to_wait(client, sign_in_wechat, monkeypatch):
    monkeypatch.setattr(links, "OPENINGS", Limit("test.open", count=2, seconds=3600))
    token = link_of(make_distributor(), K.GOODS, make_goods().id).token
    sign_in_wechat(client, make_wechat_user())
    assert [client.get(f"/s/{token}").status_code for _ in range(3)] == [302, 302, 429]
    assert len(rows(Scan)) == 2
