from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from sandbox.world import World
from tests.sandbox.surroundings import APPID, SECRET, Backend


def query(backend: Backend, **changed: str) -> dict[str, str]:
    return {
        "appid": APPID,
        "redirect_uri": f"{backend.url}/wechat/login/return?next=1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abcXYZ019",
        **changed,
    }


def authorize(http: FlaskClient, backend: Backend, person: str = "1", method: str = "GET", **changed: str) -> Any:
    form = {"answer": changed.pop("answer")} if "answer" in changed else None
    return http.open(
        "/connect/oauth2/authorize",
        method=method,
        query_string=query(backend, **changed),
        data=form,
        headers={"Host": f"p-{person}.localhost"},
    )


def code_for(http: FlaskClient, backend: Backend, person: str = "1", **changed: str) -> str:
    if changed.get("scope") == "snsapi_userinfo":
        answer = authorize(http, backend, person, "POST", answer="allow", **changed)
    else:
        answer = authorize(http, backend, person, **changed)
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def exchange(http: FlaskClient, code: str, **changed: str) -> Any:
    asked = {"appid": APPID, "secret": SECRET, "code": code, "grant_type": "authorization_code", **changed}
    return http.get("/sns/oauth2/access_token", query_string=asked).json


def refresh(http: FlaskClient, token: str) -> Any:
    asked = {"appid": APPID, "grant_type": "refresh_token", "refresh_token": token}
    return http.get("/sns/oauth2/refresh_token", query_string=asked).json


def test_base_comes_back_at_once_on_the_persons_host_with_the_state_untouched(
    http: FlaskClient, backend: Backend
) -> None:
    answer = authorize(http, backend)
    assert answer.status_code == 302
    target = urlsplit(answer.location)
    assert target.hostname == "p-1.localhost"
    assert target.path == "/wechat/login/return"
    back = parse_qs(target.query)
    assert (back["next"], back["state"]) == (["1"], ["abcXYZ019"])


def test_a_code_works_once(http: FlaskClient, world: World, backend: Backend) -> None:
    code = code_for(http, backend)
    grant = exchange(http, code)
    assert grant["openid"] == world.openid(world.person("1"))
    assert (grant["scope"], grant["expires_in"]) == ("snsapi_base", 7200)
    assert "unionid" not in grant
    assert "is_snapshotuser" not in grant
    assert exchange(http, code)["errcode"] == 40163


def test_a_code_dies_after_five_minutes(http: FlaskClient, world: World, backend: Backend) -> None:
    code = code_for(http, backend)
    world.advance(301)
    assert exchange(http, code)["errcode"] == 42003


def test_bad_exchanges(http: FlaskClient, world: World, backend: Backend) -> None:
    assert exchange(http, "nonsense")["errcode"] == 40029
    code = code_for(http, backend)
    assert exchange(http, code, appid="wx2")["errcode"] == 40013
    assert exchange(http, code, secret="wrong")["errcode"] == 40125
    world.account.oauth_codes[code].appid = "wx2222222222222222"
    assert exchange(http, code)["errcode"] == 40029


def test_userinfo_asks_first_and_tells_the_unionid(http: FlaskClient, world: World, backend: Backend) -> None:
    asked = authorize(http, backend, scope="snsapi_userinfo")
    assert asked.status_code == 200
    assert "昵称、头像" in asked.text
    grant = exchange(http, code_for(http, backend, scope="snsapi_userinfo"))
    assert grant["unionid"] == world.person("1").unionid
    told = http.get("/sns/userinfo", query_string={k: grant[k] for k in ("access_token", "openid")}).json
    assert (told["nickname"], told["unionid"]) == ("三三", grant["unionid"])
    assert http.get(urlsplit(told["headimgurl"]).path).mimetype == "image/svg+xml"
    assert authorize(http, backend, scope="snsapi_userinfo").status_code == 302


def test_who_denies_gives_no_code(http: FlaskClient, world: World, backend: Backend) -> None:
    answer = authorize(http, backend, method="POST", scope="snsapi_userinfo", answer="deny")
    assert answer.status_code == 200
    assert world.account.oauth_codes == {}
    assert authorize(http, backend, scope="snsapi_userinfo").status_code == 200


class TestUntied:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"official_account": {"union": False}}

    def test_without_an_open_platform_account_there_is_no_unionid(self, http: FlaskClient, backend: Backend) -> None:
        assert "unionid" not in exchange(http, code_for(http, backend, scope="snsapi_userinfo"))


def test_a_snapshot_user_is_marked_and_nobody(http: FlaskClient, world: World, backend: Backend) -> None:
    http.patch("/__sandbox/people/1", json={"snapshot": True})
    grant = exchange(http, code_for(http, backend))
    assert grant["is_snapshotuser"] == 1
    assert grant["openid"] != world.openid(world.person("1"))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"appid": "wx2"}, "10013"),
        ({"redirect_uri": "https://evil.example/"}, "10003"),
        ({"redirect_uri": "javascript:alert(1)"}, "10003"),
        ({"scope": "snsapi_login"}, "10005"),
        ({"state": "a-b"}, "10006"),
        ({"state": "a" * 129}, "10006"),
        ({"response_type": "token"}, "10004"),
    ],
)
def test_a_wrong_request_shows_its_number_and_gives_nothing(
    http: FlaskClient, world: World, backend: Backend, changed: dict[str, str], code: str
) -> None:
    answer = authorize(http, backend, **changed)
    assert answer.status_code == 200
    assert f"错误码：{code}" in answer.text
    assert world.account.oauth_codes == {}


def test_on_the_sandboxs_own_host_the_visitor_chooses_a_person(http: FlaskClient, backend: Backend) -> None:
    answer = http.get("/connect/oauth2/authorize", query_string=query(backend))
    assert 'data-testid="oauth-person-2"' in answer.text
    assert "p-2.localhost" in answer.text
    assert urlencode({"state": "abcXYZ019"}) in answer.text


class TestLaterOn:
    def test_a_refresh_lengthens_a_living_token_and_replaces_a_dead_one(
        self, http: FlaskClient, world: World, backend: Backend
    ) -> None:
        grant = exchange(http, code_for(http, backend))
        world.advance(7000)
        assert refresh(http, grant["refresh_token"])["access_token"] == grant["access_token"]
        world.advance(7201)
        assert refresh(http, grant["refresh_token"])["access_token"] != grant["access_token"]

    def test_it_dies_after_thirty_days(self, http: FlaskClient, world: World, backend: Backend) -> None:
        grant = exchange(http, code_for(http, backend))
        world.advance(29 * 86_400)
        assert "errcode" not in refresh(http, grant["refresh_token"])
        world.advance(86_400)
        assert refresh(http, grant["refresh_token"])["errcode"] == 42002
        assert refresh(http, "nonsense")["errcode"] == 40030

    def test_a_new_password_ends_it(self, http: FlaskClient, world: World, backend: Backend) -> None:
        grant = exchange(http, code_for(http, backend))
        world.advance(1)
        http.patch("/__sandbox/people/1", json={"password_changed": True})
        assert refresh(http, grant["refresh_token"])["errcode"] == 42007

    def test_auth_tells_whose_token_it_is(self, http: FlaskClient, world: World, backend: Backend) -> None:
        grant = exchange(http, code_for(http, backend))

        def asked(**changed: str) -> int:
            values = {"access_token": grant["access_token"], "openid": grant["openid"], **changed}
            return int(http.get("/sns/auth", query_string=values).json["errcode"])

        assert asked() == 0
        assert asked(openid=world.openid(world.person("2"))) == 40003
        assert asked(access_token="x") == 40001
        assert http.get("/sns/userinfo", query_string=grant).json["errcode"] == 48001
        world.advance(7201)
        assert asked() == 42001
