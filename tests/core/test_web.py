"""What no request may bring down: numbers, addresses, cookies and texts that only a program would send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import PASSWORD, make_member
from wxapp.admin.models import AuditRow
from wxapp.core import sessions
from wxapp.core.db import AppendOnly, Model, change, transaction
from wxapp.core.permissions import Permission
from wxapp.core.states import StatusChange
from wxapp.wallet.models import Transfer

SignIn = Callable[[FlaskClient, Any], str]
HUGE = "9" * 30
IN_WECHAT = {"User-Agent": "MicroMessenger"}


@pytest.mark.parametrize("path", ["/mall/goods/{}", "/physicians/{}", "/me/messages/{}", "/me/patients/{}"])
def test_a_number_that_no_row_has_is_no_page(client: FlaskClient, sign_in_wechat: SignIn, path: str) -> None:
    sign_in_wechat(client, make_wechat_user(patient=make_patient()))
    for number in ("999999999", HUGE, "1" + "0" * 18):
        assert client.get(path.format(number), headers=IN_WECHAT).status_code == 404


def test_a_list_goes_on_only_behind_a_row(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, make_wechat_user(patient=make_patient()))
    for before in ("5", HUGE, "-1", "x", "٣"):
        assert client.get("/me/wallet", query_string={"before": before}, headers=IN_WECHAT).status_code == 200


def test_a_huge_number_in_a_form_is_refused(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    csrf = sign_in_wechat(client, make_wechat_user(patient=make_patient()))
    answer = client.post("/me/patients", data={"patient": HUGE, "csrf_token": csrf}, headers=IN_WECHAT)
    assert answer.status_code == 422
    assert "数值过大" in answer.text


@pytest.mark.parametrize("address", ["//[", "http://[", "/pc/\\\\evil"])
def test_a_broken_address_leads_nowhere(client: FlaskClient, address: str) -> None:
    assert client.get("/pc/login", query_string={"next": address}).status_code == 200


def test_broken_headers_are_foreign(client: FlaskClient, sign_in_staff: SignIn) -> None:
    csrf = sign_in_staff(client, make_member({Permission.GOODS_READ}))
    refused = client.post("/pc/account/sessions/end-others", headers={"X-CSRF-Token": csrf, "Origin": "http://["})
    assert refused.status_code == 419
    done = client.post("/pc/account/sessions/end-others", headers={"X-CSRF-Token": csrf, "Referer": "http://["})
    assert done.status_code == 303


def test_a_broken_referrer_leads_home(client: FlaskClient) -> None:
    answer = client.post("/me/sign-out", headers={"Referer": "http://[", **IN_WECHAT})
    assert answer.status_code == 419


@pytest.mark.parametrize("body", ['{"username": "\\ud800", "password": "x"}', '{"csrf_token": "\\ud800"}'])
def test_half_a_character_is_refused(client: FlaskClient, sign_in_staff: SignIn, body: str) -> None:
    csrf = sign_in_staff(client, make_member({Permission.GOODS_READ}))
    for path in ("/pc/login", "/pc/table-filter", "/pc/logout"):
        answer = client.post(path, data=body, content_type="application/json", headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 422, path
        assert answer.get_json()["msg"] == "操作失败：请求内容含有无法识别的字符"


@pytest.mark.parametrize("cookie", ["x" * 3000, "ä" * 40, "short"])
def test_a_made_up_visitor_gets_a_name_of_ours(client: FlaskClient, cookie: str) -> None:
    client.set_cookie(sessions._cookie_name("visitor"), cookie, domain="localhost")
    answer = client.get("/wechat/login", headers=IN_WECHAT)
    assert answer.status_code == 302
    kept = client.get_cookie(sessions._cookie_name("visitor"), domain="localhost")
    assert kept is not None
    assert kept.value != cookie


@pytest.mark.parametrize("origin", ["null", "https://evil.test"])
def test_no_foreign_page_signs_anybody_in(client: FlaskClient, origin: str) -> None:
    member = make_member({Permission.GOODS_READ})
    typed = {"username": member.username, "password": PASSWORD}
    assert client.post("/pc/login", data=typed, headers={"Origin": origin}).status_code == 419
    assert client.post("/pc/login", data=typed).status_code == 303


@pytest.mark.parametrize("table", [AuditRow, StatusChange, Transfer])
def test_what_is_only_ever_added_is_neither_changed_nor_removed(app: Flask, table: type[Model]) -> None:
    for statement in (sa.delete(table), sa.update(table).values(id=1)):
        with pytest.raises(AppendOnly), transaction():
            change(statement)
