"""Faults and the log, on a real port where the wire matters."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from sandbox.app import create_app
from sandbox.config import Config, Server
from sandbox.world import World
from tests.sandbox.surroundings import APPID, eventually

CREATE = "/cgi-bin/menu/create"
MENU = {"button": [{"type": "click", "name": "菜单", "key": "k"}]}


def order(http: FlaskClient, kind: str, endpoint: str = CREATE[1:], **more: Any) -> Any:
    answer = http.post("/__sandbox/faults", json={"endpoint": endpoint, "kind": kind, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("error", {"code": "-1"}, -1),
        ("error", {"code": "45011", "message": "api minute-quota reach limit"}, 45011),
        ("error", {"code": "48001"}, 48001),
        ("quota", {}, 45009),
        ("expired_token", {}, 42001),
    ],
)
def test_an_ordered_error_has_no_effect_and_comes_once(
    http: FlaskClient, world: World, call: Any, kind: str, more: dict[str, Any], code: int
) -> None:
    order(http, kind, **more)
    assert call(CREATE, MENU)["errcode"] == code
    assert world.account.menu is None
    assert call(CREATE, MENU)["errcode"] == 0


def test_a_status_comes_without_or_with_the_effect(http: FlaskClient, world: World, call: Any, token: str) -> None:
    url = f"{CREATE}?access_token={token}"
    order(http, "status", status=502)
    assert http.post(url, json=MENU).status_code == 502
    assert world.account.menu is None
    order(http, "act_then_status", status=500)
    assert http.post(url, json=MENU).status_code == 500
    assert world.account.menu is not None


def test_counts_names_and_taking_back(http: FlaskClient, call: Any) -> None:
    first = order(http, "quota", "cgi-bin/menu/*", count=2)
    assert [call(CREATE, MENU)["errcode"] for _ in range(3)] == [45009, 45009, 0]
    assert http.get("/__sandbox/faults").json == []
    standing = order(http, "quota", count=None)
    assert [call(CREATE, MENU)["errcode"] for _ in range(3)] == [45009] * 3
    assert standing["id"] != first["id"]
    http.delete(f"/__sandbox/faults/{standing['id']}")
    assert call(CREATE, MENU)["errcode"] == 0
    assert http.delete(f"/__sandbox/faults/{standing['id']}").status_code == 404


def test_chance_is_the_same_each_time(http: FlaskClient, call: Any) -> None:
    def run() -> list[int]:
        order(http, "quota", count=None, probability=0.5, seed=7)
        codes = [call(CREATE, MENU)["errcode"] for _ in range(20)]
        http.delete("/__sandbox/faults")
        return codes

    first = run()
    assert run() == first
    assert set(first) == {0, 45009}


@pytest.mark.parametrize("wrong", [{"kind": "nonsense"}, {"count": 0}, {"probability": 0}, {"typo": 1}])
def test_a_nonsense_order_is_refused(http: FlaskClient, wrong: dict[str, Any]) -> None:
    answer = http.post("/__sandbox/faults", json={"endpoint": "x", "kind": "quota", **wrong})
    assert answer.status_code == 400
    assert answer.json["error"]


class TestOnTheWire:
    def post(self, live: str, token: str, timeout: float = 3.0) -> requests.Response:
        return requests.post(f"{live}{CREATE}", params={"access_token": token}, json=MENU, timeout=timeout)

    def test_a_hang_before_has_no_effect(self, live: str, http: FlaskClient, world: World, token: str) -> None:
        order(http, "hang", seconds=0.1)
        with pytest.raises(requests.ConnectionError):
            self.post(live, token)
        assert world.account.menu is None

    def test_a_hang_after_has(self, live: str, http: FlaskClient, world: World, token: str) -> None:
        order(http, "act_then_hang")
        with pytest.raises(requests.Timeout):
            self.post(live, token, timeout=0.2)
        assert world.account.menu is not None
        started = time.monotonic()
        http.delete("/__sandbox/faults")
        eventually(lambda: world.recorder.calls(endpoint=CREATE[1:])[0].status == 504, seconds=2)
        assert time.monotonic() - started < 2

    def test_a_cut_body_is_half_of_it(self, live: str, http: FlaskClient, world: World, token: str) -> None:
        order(http, "cut_body")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            self.post(live, token)
        assert world.account.menu is not None

    def test_a_slow_body_and_a_delay_take_their_time(self, live: str, http: FlaskClient, token: str) -> None:
        for kind in ("slow_body", "delay"):
            order(http, kind, seconds=0.3)
            started = time.monotonic()
            assert self.post(live, token).json()["errcode"] == 0
            assert time.monotonic() - started >= 0.3

    def test_a_call_that_hangs_is_in_the_log_while_it_hangs(
        self, live: str, http: FlaskClient, world: World, token: str
    ) -> None:
        order(http, "hang", seconds=5)

        def call_in_vain() -> None:
            with pytest.raises(requests.RequestException):
                self.post(live, token)

        caller = threading.Thread(target=call_in_vain)
        caller.start()
        eventually(lambda: world.recorder.calls(endpoint=CREATE[1:]))
        assert world.recorder.calls(endpoint=CREATE[1:])[0].status is None
        world.faults.clear()
        caller.join()


class TestLog:
    def test_every_call_is_there_with_its_answer(self, http: FlaskClient, call: Any, token: str) -> None:
        call(CREATE, MENU)
        (seen,) = http.get(f"/__sandbox/calls?endpoint={CREATE[1:]}").json
        assert (seen["method"], seen["path"], seen["status"], seen["direction"]) == ("POST", CREATE, 200, "in")
        assert seen["query"] == {"access_token": token}
        assert "菜单" in seen["body"]
        assert seen["headers"]["Content-Type"] == "application/json"
        assert '"errcode": 0' in seen["answer"]

    def test_filters(self, http: FlaskClient, call: Any) -> None:
        call(CREATE, MENU)
        call("/cgi-bin/clear_quota", {"appid": APPID})
        log = "/__sandbox/calls"
        assert len(http.get(f"{log}?endpoint=cgi-bin/*").json) == 3
        assert len(http.get(f"{log}?text={APPID}").json) == 2
        assert http.get(f"{log}?direction=out").json == []
        last = http.get(log).json[-1]["id"]
        assert http.get(f"{log}?after={last}").json == []
        http.delete(log)
        assert http.get(log).json == []


class TestState:
    def test_it_survives_a_new_start(self, config: Config, tmp_path: Path) -> None:
        kept = config.model_copy(update={"server": Server(state_file=tmp_path / "deep" / "sandbox.json")})
        first = create_app(kept)
        http, world = first.test_client(), first.extensions["world"]
        http.post("/__sandbox/people", json={"name": "新人", "phone": "13800000009"})
        http.post("/__sandbox/people/1/say", json={"text": "记住"})
        world.advance(60)
        world.stop()
        again = create_app(kept).extensions["world"]
        assert again.person("4").name == "新人"
        assert again.chats["1"][0].body["text"] == "记住"
        assert again.clock_offset == 60
        assert again.person("1").windows["message"].left == 5
        again.stop()

    def test_a_broken_file_is_put_aside(self, config: Config, tmp_path: Path) -> None:
        path = tmp_path / "sandbox.json"
        path.write_text("{")
        kept = config.model_copy(update={"server": Server(state_file=path)})
        world = create_app(kept).extensions["world"]
        assert "1" in world.people
        assert (tmp_path / "sandbox.json.unreadable").exists()
        world.stop()

    def test_a_reset_forgets(self, http: FlaskClient, world: World, call: Any) -> None:
        call(CREATE, MENU)
        world.advance(60)
        order(http, "quota")
        http.post("/__sandbox/reset")
        assert (world.account.menu, world.clock_offset, world.faults.standing()) == (None, 0, [])
        assert http.get("/__sandbox/calls").json == []


def test_people_are_added_and_changed(http: FlaskClient, sandbox: Flask) -> None:
    added = http.post("/__sandbox/people", json={"name": "赵六"}).json
    assert (added["id"], added["nickname"], added["follows"]) == ("4", "赵六", False)
    assert len(added["openid"]) == 28
    assert http.patch("/__sandbox/people/4", json={"phone": "13800000004"}).json["phone"] == "13800000004"
    assert http.post("/__sandbox/people", json={"id": "4", "name": "重"}).status_code == 409
    assert http.post("/__sandbox/people", json={"name": "坏", "phone": "12"}).status_code == 400
    assert http.get("/__sandbox/people/99/phone").status_code == 404


def test_the_phone_asks_only_for_news(http: FlaskClient, world: World) -> None:
    screen = http.get("/__sandbox/people/1/phone").json
    assert http.get(f"/__sandbox/people/1/phone?since={screen['version']}").status_code == 204
    world.deliver_text("+8613800000001", "【测试医院】验证码 123456")
    texts = http.get(f"/__sandbox/people/1/phone?since={screen['version']}").json["chats"][2]
    assert texts["name"] == "短信"
    assert texts["entries"][0]["body"]["text"] == "【测试医院】验证码 123456"
    assert world.deliver_text("13800009999", "x") is False
