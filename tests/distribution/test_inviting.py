"""邀请分销, 邀请会员: the poster, the link, and what is shown while WeChat is away."""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from tests.factories.distribution import make_distributor
from tests.factories.patients import make_wechat_user
from wxapp.core import settings
from wxapp.distribution.models import DistributorStatus, SceneKind
from wxapp.distribution.services.scenes import link_of
from wxapp.distribution.settings import IS_OPEN
from wxapp.h5.posters import keeping
from wxapp.wechat.errors import Unavailable

PAGES = {
    SceneKind.INVITE_DISTRIBUTOR: ("/earn/invite/distributors", "/earn/posters/distributors.png"),
    SceneKind.INVITE_MEMBER: ("/earn/invite/members", "/earn/posters/members.png"),
}
ALL = [path for paths in PAGES.values() for path in paths]


@pytest.fixture
def mine(client, account, sign_in_wechat):
    """The distributor who looks."""
    return sign_in(client, sign_in_wechat, make_distributor(name="陈晓"))


def sign_in(client, sign_in_wechat, distributor):
    sign_in_wechat(client, SimpleNamespace(id=distributor.wechat_user_id))
    return distributor


@pytest.mark.parametrize("kind", list(PAGES))
def test_the_page_has_a_poster_and_passes_the_link_on(client, mine, account, kind):
    page, poster = PAGES[kind]
    shown = client.get(page)
    token = link_of(mine, kind).token
    assert shown.status_code == 200
    assert f'src="{poster}"' in shown.text
    assert f'data-link="http://localhost/s/{token}"' in shown.text
    assert "二维码有效期至3月31日" in shown.text  # to the last whole day
    assert "陈晓" not in shown.text
    assert list(account.qrcodes.values()) == [token]


@pytest.mark.parametrize("kind", list(PAGES))
def test_the_poster_is_a_picture_of_ones_own_that_is_not_sent_twice(client, mine, account, kind, monkeypatch):
    drawn = []
    draw = keeping.drawing.draw_poster
    monkeypatch.setattr(keeping.drawing, "draw_poster", lambda poster: drawn.append(poster) or draw(poster))
    answer = client.get(PAGES[kind][1])
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert Image.open(BytesIO(answer.data)).size == (750, 1334)
    assert answer.headers["Cache-Control"].startswith("private")
    (poster,) = drawn
    assert poster.code == "http://weixin.example/q/ticket-1"
    assert poster.inviter == "陈* 邀请您"
    again = client.get(PAGES[kind][1], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, len(drawn)) == (304, b"", 1)


@pytest.mark.parametrize("kind", list(PAGES))
def test_while_wechat_is_away_the_page_says_so_and_keeps_the_link(client, mine, account, kind):
    page, poster = PAGES[kind]
    account.fail_next(Unavailable("away", sent=False))
    shown = client.get(page)
    assert shown.status_code == 200
    assert "二维码还未生成" in shown.text
    assert f'href="{page}">重试' in shown.text
    assert f"http://localhost/s/{link_of(mine, kind).token}" in shown.text
    assert poster not in shown.text
    account.fail_next(Unavailable("away", sent=False))
    assert client.get(poster).status_code == 503
    assert client.get(page).text.count(poster) == 1  # the retry


def test_the_page_says_when_the_hospital_has_stopped(client, mine):
    settings.write(IS_OPEN, False, by="staff:1")
    assert "暂停开展分销" in client.get("/earn/invite/members").text


def test_an_old_code_is_renewed_by_looking(client, mine, account, at):
    client.get("/earn/posters/members.png")
    at(timedelta(days=5))
    client.get("/earn/posters/members.png")
    assert len(account.qrcodes) == 1


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("status", [DistributorStatus.FROZEN, DistributorStatus.CLOSED])
def test_who_is_frozen_gets_no_poster(client, account, sign_in_wechat, path, status):
    sign_in(client, sign_in_wechat, make_distributor(status=status))
    answer = client.get(path)
    assert answer.status_code in {302, 403}
    assert account.qrcodes == {}
    if status is DistributorStatus.FROZEN:
        assert "已被冻结" in answer.text


@pytest.mark.parametrize("path", ALL)
def test_who_is_none_is_led_to_the_form_or_refused(client, account, sign_in_wechat, path):
    sign_in_wechat(client, make_wechat_user())
    answer = client.get(path)
    assert answer.status_code == (403 if path.endswith("png") else 302)
    assert account.qrcodes == {}


def test_nobody_is_asked_for_a_poster_without_a_log_in(client):
    assert client.get("/earn/posters/members.png").mimetype == "text/html"
