from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.world import World
from tests.sandbox.surroundings import APPID, SECRET


def classic(http: FlaskClient, **changed: str) -> Any:
    asked = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET} | changed
    return http.get("/cgi-bin/token", query_string=asked).json


def stable(http: FlaskClient, **changed: Any) -> Any:
    asked = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET} | changed
    return http.post("/cgi-bin/stable_token", json=asked).json


def code_of(http: FlaskClient, token: str) -> int:
    answer = http.get("/cgi-bin/user/get", query_string={"access_token": token}).json
    return int(answer.get("errcode", 0))


def test_a_new_classic_token_kills_the_one_before_after_a_grace(http: FlaskClient, world: World) -> None:
    first, second = classic(http)["access_token"], classic(http)["access_token"]
    assert (code_of(http, first), code_of(http, second)) == (0, 0)
    world.advance(301)
    assert (code_of(http, first), code_of(http, second)) == (40001, 0)


def test_the_stable_token_stays_and_its_life_falls(http: FlaskClient, world: World) -> None:
    first = stable(http)
    world.advance(100)
    second = stable(http)
    assert second["access_token"] == first["access_token"]
    assert 7090 <= second["expires_in"] <= 7100


def test_in_its_last_five_minutes_the_stable_token_gets_a_successor_and_both_work(
    http: FlaskClient, world: World
) -> None:
    first = stable(http)["access_token"]
    world.advance(7200 - 299)
    second = stable(http)
    assert second["access_token"] != first
    assert second["expires_in"] >= 300
    assert (code_of(http, first), code_of(http, second["access_token"])) == (0, 0)
    world.advance(300)
    assert (code_of(http, first), code_of(http, second["access_token"])) == (42001, 0)


def test_a_forced_refresh_kills_at_once_but_not_within_thirty_seconds(http: FlaskClient, world: World) -> None:
    first = stable(http)["access_token"]
    second = stable(http, force_refresh=True)["access_token"]
    assert second != first
    assert code_of(http, first) == 40001
    assert stable(http, force_refresh=True)["access_token"] == second
    world.advance(31)
    assert stable(http, force_refresh=True)["access_token"] != second


def test_the_twenty_first_forced_refresh_of_a_day_is_refused(http: FlaskClient, world: World) -> None:
    world.advance(86_400 - (world.local_time().hour * 3600 + world.local_time().minute * 60) + 3600)
    for _ in range(20):
        assert "access_token" in stable(http, force_refresh=True)
        world.advance(31)
    assert stable(http, force_refresh=True)["errcode"] == 45009


def test_the_two_kinds_live_side_by_side(http: FlaskClient, world: World) -> None:
    one = stable(http)["access_token"]
    classic(http)
    two = classic(http)["access_token"]
    world.advance(301)
    stable(http, force_refresh=True)
    assert (code_of(http, one), code_of(http, two)) == (40001, 0)


@pytest.mark.parametrize(
    ("token", "code"),
    [("", 41001), ("no such token, and malformed", 40014), ("x" * 100, 40001)],
)
def test_a_bad_token_is_refused(http: FlaskClient, token: str, code: int) -> None:
    assert code_of(http, token) == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
        ({"appid": "wx2222222222222222"}, 40013),
        ({"appid": ""}, 41002),
        ({"grant_type": "x"}, 40002),
    ],
)
def test_whoever_is_not_the_account_gets_no_token(http: FlaskClient, changed: dict[str, str], code: int) -> None:
    assert classic(http, **changed)["errcode"] == code
    assert stable(http, **changed)["errcode"] == code


class TestAllowList:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"official_account": {"ip_allow_list": ["10.0.0.1"]}}

    def test_a_caller_who_is_not_listed_is_told_their_address(self, http: FlaskClient) -> None:
        answer = classic(http)
        assert answer["errcode"] == 40164
        assert answer["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")


def test_errors_are_http_200_with_a_rid_and_reads_have_no_errcode(http: FlaskClient, token: str) -> None:
    refused = http.get("/cgi-bin/user/get")
    assert refused.status_code == 200
    assert " rid: " in refused.json["errmsg"]
    assert "errcode" not in http.get("/cgi-bin/user/get", query_string={"access_token": token}).json


def test_a_post_call_by_get_and_a_bad_body_are_told_apart(http: FlaskClient, token: str) -> None:
    path, query = "/cgi-bin/menu/create", {"access_token": token}
    assert http.get(path, query_string=query).json["errcode"] == 43002
    assert http.post(path, query_string=query).json["errcode"] == 44002
    assert http.post(path, query_string=query, data=b"{").json["errcode"] == 47001
    assert http.post(path, query_string=query, data=b"[]").json["errcode"] == 47001


def test_a_quota_runs_out_and_starts_anew_at_midnight(http: FlaskClient, world: World, token: str, call: Any) -> None:
    http.post("/__sandbox/quotas", json={"path": "/cgi-bin/menu/create", "limit": 2})
    for _ in range(2):
        assert call("/cgi-bin/menu/create", {})["errcode"] == 40016  # failed calls count too
    assert call("/cgi-bin/menu/create", {})["errcode"] == 45009
    told = call("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/menu/create"})["quota"]
    assert told == {"daily_limit": 2, "used": 2, "remain": 0}
    world.account.tokens[token].expires_at += 90_000
    world.advance(86_400)
    assert call("/cgi-bin/menu/create", {})["errcode"] == 40016


def test_ten_resets_a_month(call: Any) -> None:
    for _ in range(10):
        assert call("/cgi-bin/clear_quota", {"appid": APPID})["errcode"] == 0
    assert call("/cgi-bin/clear_quota", {"appid": APPID})["errcode"] == 48006
    assert call("/cgi-bin/openapi/quota/get", {"cgi_path": "/sns/userinfo"})["errcode"] == 76022
