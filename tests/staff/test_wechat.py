"""A member of staff links the own WeChat by scanning a code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.patients import make_wechat_user
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db, transaction
from wxapp.staff.errors import LinkExpired, WechatTaken
from wxapp.staff.queries import wechat_of
from wxapp.staff.services import wechat

pytestmark = pytest.mark.usefixtures("app")

At = Callable[[str | timedelta], None]


BY = "wechat:1"


def link(code: str, *, appid: str, openid: str) -> None:
    wechat.confirm_link(code, appid=appid, openid=openid, by=BY)


def openids(member_id: int) -> list[tuple[str, str]]:
    return [(one.appid, one.openid) for one in wechat_of([member_id])]


def test_a_confirmed_code_links(app: Flask) -> None:
    member = make_member(name="林审核")
    code = wechat.begin_link(member.id)
    assert wechat.find_scanned(code).name == "林审核"
    assert openids(member.id) == []
    link(code, appid="wx-a", openid="o-1")
    assert openids(member.id) == [("wx-a", "o-1")]


def test_a_code_works_once() -> None:
    code = wechat.begin_link(make_member().id)
    link(code, appid="wx-a", openid="o-1")
    for use in (lambda: wechat.find_scanned(code), lambda: link(code, appid="wx-a", openid="o-2")):
        with pytest.raises(LinkExpired):
            use()


def test_a_code_ends_after_five_minutes_and_with_the_next_one(at: At) -> None:
    member = make_member()
    first = wechat.begin_link(member.id)
    second = wechat.begin_link(member.id)
    with pytest.raises(LinkExpired):
        wechat.find_scanned(first)
    at(timedelta(minutes=5))
    with pytest.raises(LinkExpired):
        link(second, appid="wx-a", openid="o-1")


def test_an_account_that_is_off_links_nothing() -> None:
    member = make_member()
    code = wechat.begin_link(member.id)
    with transaction():
        member.is_active = False
    with pytest.raises(LinkExpired):
        link(code, appid="wx-a", openid="o-1")


def test_a_wechat_user_is_one_member_at_each_account() -> None:
    first, second = make_member(), make_member()
    link(wechat.begin_link(first.id), appid="wx-a", openid="o-1")
    code = wechat.begin_link(second.id)
    with pytest.raises(WechatTaken):
        link(code, appid="wx-a", openid="o-1")
    link(code, appid="wx-b", openid="o-1")
    assert openids(second.id) == [("wx-b", "o-1")]


def test_an_account_that_is_off_gives_its_wechat_user_free() -> None:
    gone, back = make_member(), make_member()
    link(wechat.begin_link(gone.id), appid="wx-a", openid="o-1")
    with transaction():
        gone.is_active = False
    link(wechat.begin_link(back.id), appid="wx-a", openid="o-1")
    assert openids(back.id) == [("wx-a", "o-1")]
    with transaction():
        gone.is_active = True
    assert openids(gone.id) == []


def test_another_telephone_replaces_the_one_before_at_the_same_account() -> None:
    member = make_member()
    for appid, openid in (("wx-a", "o-1"), ("wx-b", "o-2"), ("wx-a", "o-3")):
        link(wechat.begin_link(member.id), appid=appid, openid=openid)
    assert sorted(openids(member.id)) == [("wx-a", "o-3"), ("wx-b", "o-2")]
    assert wechat.unlink(member.id) == 2
    assert openids(member.id) == []


def test_the_way_over_both_pages(
    app: Flask, client: FlaskClient, sign_in_staff: Callable[..., str], sign_in_wechat: Callable[..., str]
) -> None:
    member, user = make_member(name="林审核"), make_wechat_user()
    csrf = sign_in_staff(client, member)
    assert "未关联" in client.get("/pc/account/wechat", headers={"Accept": "text/html"}).text
    shown = client.post("/pc/account/wechat/code", data={"csrf_token": csrf}, headers={"Accept": "text/html"})
    assert '<svg class="qr"' in shown.text
    assert 'class="qr__ground" fill="#fff"' in shown.text  # staff pages have no style for codes: all would be black
    code = wechat.begin_link(member.id)
    phone = app.test_client()
    token = sign_in_wechat(phone, user)
    page = phone.get(f"/staff/link/{code}")
    assert "林审核" in page.text
    assert openids(member.id) == []
    done = phone.post(f"/staff/link/{code}", data={"csrf_token": token})
    assert done.status_code == 303
    assert "关联完成" in phone.get(done.location).text
    assert openids(member.id) == [(user.appid, user.openid)]
    told = sa.select(AuditRow.actor, AuditRow.subject).where(AuditRow.action == wechat.LINKED)
    assert db.session.execute(told).all() == [(f"wechat:{user.id}", f"staff:{member.id}")]
    assert re.search("已关联", client.get("/pc/account", headers={"Accept": "text/html"}).text)
    assert phone.get(f"/staff/link/{code}").status_code == 404
    client.post("/pc/account/wechat/unlink", data={"csrf_token": csrf})
    assert openids(member.id) == []


def test_a_virtual_account_is_not_linked(client: FlaskClient, sign_in_wechat: Callable[..., str]) -> None:
    member, user = make_member(), make_wechat_user(is_snapshot=True)
    code = wechat.begin_link(member.id)
    token = sign_in_wechat(client, user)
    assert client.post(f"/staff/link/{code}", data={"csrf_token": token}).status_code == 403
    assert openids(member.id) == []
