"""The browser proxy, the bridge's questions, and pages: over a real port."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.wrappers import Request, Response

from sandbox.account import jssdk
from sandbox.browser.hosts import on_person_host
from sandbox.callback.envelopes import Twist
from sandbox.config import Config
from sandbox.control.names import KIND_NAMES, PAY_TWIST_NAMES, TWIST_NAMES
from sandbox.faults import Kind
from sandbox.pay.twists import Twist as PayTwist
from sandbox.world import World
from tests.sandbox.surroundings import APPID, Backend


@pytest.fixture
def browse(live: str) -> Any:
    """Ask as person 1's browser: the address is the sandbox's, the Host the person's."""
    port = urlsplit(live).port

    def ask(method: str, path: str, person: str = "1", **more: Any) -> requests.Response:
        headers = {"Host": f"p-{person}.localhost:{port}", **more.pop("headers", {})}
        return requests.request(method, live + path, headers=headers, allow_redirects=False, timeout=5, **more)

    return ask


def test_a_request_arrives_as_from_inside_wechat(browse: Any, backend: Backend) -> None:
    body = b"\x00\xff" * 1000
    browse(
        "PUT",
        "/api/%E5%A5%97?x=%2F&x=2",
        data=body,
        headers={"Cookie": "a=1; b=2", "Referer": "https://elsewhere.example/x", "X-Forwarded-For": "6.6.6.6"},
    )
    (request,) = backend.seen
    assert request.method == "PUT"
    assert request.environ["REQUEST_URI"] == "/api/%E5%A5%97?x=%2F&x=2"
    assert request.get_data() == body
    assert "MicroMessenger" in request.headers["User-Agent"]
    assert request.headers["X-Forwarded-For"] == "127.0.0.1"
    assert request.headers["Host"] == urlsplit(backend.url).netloc
    assert request.headers["Cookie"] == "a=1; b=2"
    assert request.headers["Referer"] == "https://elsewhere.example/x"


def test_origin_and_referer_are_the_backends(browse: Any, backend: Backend, config: Config) -> None:
    own = f"http://p-1.localhost:{config.server.port}"
    browse("POST", "/form", data={"a": "1"}, headers={"Origin": own, "Referer": f"{own}/page?x=1"})
    (request,) = backend.seen
    assert request.headers["Origin"] == backend.url
    assert request.headers["Referer"] == f"{backend.url}/page?x=1"


def test_redirects_stay_on_the_persons_host(browse: Any, backend: Backend, config: Config, live: str) -> None:
    own = f"http://p-1.localhost:{config.server.port}"
    places = {
        "/a": (f"{backend.url}/mall?x=1", f"{own}/mall?x=1"),
        "/b": (f"{live}/connect/oauth2/authorize?x=1", f"{own}/connect/oauth2/authorize?x=1"),
        "/c": ("/relative", "/relative"),
        "/e": ("https://elsewhere.example/", "https://elsewhere.example/"),
    }
    backend.answer = lambda request: Response(status=302, headers={"Location": places[request.path][0]})
    for path, (_, wanted) in places.items():
        assert browse("GET", path).headers["Location"] == wanted


def test_an_address_that_only_begins_alike_is_left_alone(world: World, backend: Backend) -> None:
    for url in (f"{backend.url}.evil.example/", f"{backend.url}0/", "/relative", "weixin://x"):
        assert on_person_host(world, "1", url) == url
    assert on_person_host(world, "1", backend.url).endswith(f"localhost:{world.config.server.port}/")


def test_a_page_gets_the_bridge_first_and_may_be_framed(browse: Any, backend: Backend, config: Config) -> None:
    html = f'<!doctype html><html><HEAD lang="zh"><script src="/a.js"></script></HEAD><a href="{backend.url}/x">好</a>'
    policy = "default-src 'self'; frame-ancestors 'none'; script-src 'nonce-1'"
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "DENY", "Content-Type": "text/html; charset=utf-8"}
    backend.answer = lambda _: Response(html, headers=headers)
    answer = browse("GET", "/")
    assert '<HEAD lang="zh"><script src="/__sandbox/bridge.js"></script><script src="/a.js">' in answer.text
    assert f'href="http://p-1.localhost:{config.server.port}/x"' in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'; script-src 'nonce-1' 'self'"
    assert "X-Frame-Options" not in answer.headers


def test_a_page_keeps_its_bytes_and_a_fragment_is_left_alone(browse: Any, backend: Backend) -> None:
    pages = {"/old": "<head></head>中".encode("gbk"), "/part": b"<header>x</header>"}
    backend.answer = lambda request: Response(pages[request.path], headers={"Content-Type": "text/html"})
    assert browse("GET", "/old").content.endswith("</head>中".encode("gbk"))
    assert browse("GET", "/part").content == b"<header>x</header>"
    backend.answer = lambda _: Response(status=304, headers={"ETag": '"1"', "Content-Type": "text/html"})
    assert browse("GET", "/old").status_code == 304


def test_cookies_fit_the_persons_host_and_are_not_kept_by_the_proxy(browse: Any, backend: Backend) -> None:
    answer = Response("ok")
    answer.headers.add("Set-Cookie", "a=1; Domain=127.0.0.1; Secure; HttpOnly; SameSite=Lax; Path=/")
    answer.headers.add("Set-Cookie", "__Host-b=2; Secure; Path=/")
    backend.answer = lambda _: answer
    raw: Any = browse("GET", "/").raw.headers
    assert raw.getlist("Set-Cookie") == ["a=1; HttpOnly; SameSite=Lax; Path=/", "__Host-b=2; Secure; Path=/"]
    browse("GET", "/")
    assert "Cookie" not in backend.seen[1].headers


def test_an_answer_streams(browse: Any, backend: Backend) -> None:
    goes_on = threading.Event()

    def events() -> Any:
        yield b"data: 1\n\n"
        goes_on.wait(5)
        yield b"data: 2\n\n"

    backend.answer = lambda _: Response(events(), mimetype="text/event-stream")
    answer = browse("GET", "/events", stream=True)
    pieces = answer.iter_content(None)
    started = time.monotonic()
    assert next(pieces) == b"data: 1\n\n"
    assert time.monotonic() - started < 2
    goes_on.set()
    assert b"".join(pieces) == b"data: 2\n\n"


def test_it_goes_nowhere_else(browse: Any, backend: Backend, live: str) -> None:
    assert browse("GET", "/", person="99").status_code == 404
    browse("GET", "//evil.example/x")
    assert backend.seen[0].headers["Host"] == urlsplit(backend.url).netloc
    assert requests.get(live + "/mall", timeout=5).status_code == 404
    assert len(backend.seen) == 1


def test_a_dead_backend_is_502(browse: Any, world: World) -> None:
    object.__setattr__(world.config.backend, "url", "http://127.0.0.1:9")
    assert browse("GET", "/").status_code == 502


def test_the_browsers_traffic_is_in_a_log_of_its_own(browse: Any, http: FlaskClient) -> None:
    browse("GET", "/mall")
    assert http.get("/__sandbox/calls").json == []
    (call,) = http.get("/__sandbox/calls?endpoint=browser").json
    assert (call["path"], call["note"]) == ("/mall", "person 1")


class TestPhone:
    def test_it_lives_on_the_persons_host(self, http: FlaskClient, config: Config) -> None:
        assert http.get("/phone?person=2").location == f"http://p-2.localhost:{config.server.port}/phone?person=2"
        page = http.get("/phone?person=2", headers={"Host": "p-2.localhost"})
        assert 'data-person="2"' in page.text
        assert http.get("/phone?person=99").status_code == 404

    def test_control_and_files_are_served(self, http: FlaskClient) -> None:
        assert http.get("/").location == "/control"
        for path in ("/control", "/phone/static/phone.js", "/phone/static/phone.css", "/control/static/control.js"):
            answer = http.get(path)
            assert answer.status_code == 200
            assert answer.data
            answer.close()
        for path in ("/__sandbox/bridge.js", "/open/js/jweixin-1.6.0.js"):
            answer = http.get(path, headers={"Host": "p-1.localhost"})
            assert b"WeixinJSBridge" in answer.data
            answer.close()


class TestJsSdk:
    def config(self, http: FlaskClient, config: Config, **changed: Any) -> Any:
        body = {
            "appId": APPID,
            "timestamp": 1_414_587_457,
            "nonceStr": "n",
            "url": f"http://p-1.localhost:{config.server.port}/mall?x=1#top",
            **changed,
        }
        return http.post("/__sandbox/bridge/config", json=body, headers={"Host": "p-1.localhost"}).json

    def sign(self, http: FlaskClient, token: str, url: str) -> str:
        query = {"access_token": token, "type": "jsapi"}
        ticket = http.get("/cgi-bin/ticket/getticket", query_string=query).json["ticket"]
        return jssdk.signature(ticket=ticket, noncestr="n", timestamp="1414587457", url=url)

    def test_the_signature_of_the_reference_vector(self) -> None:
        ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
        signed = jssdk.signature(
            ticket=ticket,
            noncestr="Wm3WZYTPz0wzccnW",
            timestamp="1414587457",
            url="http://mp.weixin.qq.com?params=value",
        )
        assert signed == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"

    def test_a_page_is_signed_by_its_address_without_the_fragment(
        self, http: FlaskClient, config: Config, backend: Backend, token: str
    ) -> None:
        good = self.sign(http, token, f"{backend.url}/mall?x=1")
        assert self.config(http, config, signature=good)["ok"] is True
        with_fragment = self.sign(http, token, f"{backend.url}/mall?x=1#top")
        assert self.config(http, config, signature=with_fragment)["message"] == "config:invalid signature"
        assert self.config(http, config, signature=good, appId="wx2")["message"] == "config:invalid appid"

    def test_a_dead_ticket_signs_nothing(
        self, http: FlaskClient, config: Config, backend: Backend, token: str, world: World
    ) -> None:
        good = self.sign(http, token, f"{backend.url}/mall?x=1")
        world.advance(7201)
        assert self.config(http, config, signature=good)["ok"] is False

    def test_the_ticket_stays_while_it_lives(self, http: FlaskClient, token: str) -> None:
        query = {"access_token": token, "type": "jsapi"}
        one, two = (http.get("/cgi-bin/ticket/getticket", query_string=query).json for _ in range(2))
        assert one["ticket"] == two["ticket"]
        assert two["expires_in"] <= 7200


def test_a_page_sees_only_what_the_backend_says(browse: Any, backend: Backend) -> None:
    """Bytes that are no page pass unchanged, compressed or not."""

    def answer(request: Request) -> Response:
        return Response(b"\x1f\x8b<head>", mimetype="application/octet-stream", headers={"ETag": '"1"'})

    backend.answer = answer
    got = browse("GET", "/file")
    assert (got.content, got.headers["ETag"], got.headers["Content-Length"]) == (b"\x1f\x8b<head>", '"1"', "8")


def test_everything_that_can_be_ordered_has_a_chinese_name() -> None:
    assert set(KIND_NAMES) == set(Kind)
    assert set(TWIST_NAMES) == set(Twist)
    assert set(PAY_TWIST_NAMES) == set(PayTwist)


class TestShares:
    def share(self, http: FlaskClient, config: Config, **changed: Any) -> Any:
        own = f"http://p-1.localhost:{config.server.port}"
        body = {"deed": "updateAppMessageShareData", "url": f"{own}/news/1", "title": "讲座", "desc": "周五", **changed}
        return http.post("/__sandbox/bridge/share", json=body, headers={"Host": "p-1.localhost"}).json

    def test_a_card_is_kept_as_the_page_set_it(self, http: FlaskClient, config: Config, backend: Backend) -> None:
        link, picture = f"{backend.url}/news/1", f"{backend.url}/media/abc"
        assert self.share(http, config, link=link, imgUrl=picture)["ok"] is True
        (card,) = http.get("/__sandbox/shares").json
        assert (card["person_id"], card["title"], card["description"]) == ("1", "讲座", "周五")
        assert (card["page"], card["link"], card["picture"]) == (link, link, picture)

    def test_a_link_to_another_host_or_no_title_is_refused(self, http: FlaskClient, config: Config) -> None:
        foreign = self.share(http, config, link="https://evil.example/")
        assert (foreign["ok"], foreign["message"]) == (False, "link is not in the safe domains")
        assert self.share(http, config, title=None)["ok"] is False
        assert http.get("/__sandbox/shares").json == []
