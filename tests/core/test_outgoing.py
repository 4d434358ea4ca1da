from __future__ import annotations

import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from wxapp.core.outgoing import CallFailed, Limits, Outgoing


class Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self):
        self.seen.append(dict(self.headers))
        getattr(self, "answer_" + urlsplit(self.path).path.strip("/"))()

    def answer_plain(self):
        self._send(b"hello", {"Set-Cookie": "who=me"})

    def answer_packed(self):
        self._send(gzip.compress(b"x" * 100_000), {"Content-Encoding": "gzip"})

    def answer_chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    def answer_cut(self):
        self._send(b"half", {}, length=100)
        self.close_connection = True

    def answer_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def answer_silent(self):
        time.sleep(1)

    def answer_away(self):
        self.send_response(302)
        self.send_header("Location", "/plain")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body, headers, *, length=None):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    Handler.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def fails(http, url):
    with pytest.raises(CallFailed) as caught:
        http.request("GET", url)
    return caught.value


def test_answers_are_read_plain_packed_and_chunked(url):
    http = Outgoing()
    assert http.request("GET", url + "/plain").content == b"hello"
    assert http.request("GET", url + "/packed").content == b"x" * 100_000
    assert http.request("GET", url + "/chunked").content == b"abcde"


def test_a_slow_body_ends_at_the_deadline(url, real_clock):
    started = time.monotonic()
    failure = fails(Outgoing(Limits(read=2, total=0.3)), url + "/drip")
    assert time.monotonic() - started < 1.5
    assert failure.sent is True


def test_silence_ends_at_the_read_limit_and_may_have_had_an_effect(url):
    assert fails(Outgoing(Limits(read=0.2)), url + "/silent").sent is True


def test_a_body_over_the_limit_is_not_read_even_if_packed(url):
    assert fails(Outgoing(Limits(max_bytes=50_000)), url + "/packed").reason == "answer too large"


def test_one_call_may_have_a_limit_of_its_own(url):
    http = Outgoing(Limits(max_bytes=100))
    assert len(http.request("GET", url + "/packed", max_bytes=200_000).content) == 100_000
    assert fails(http, url + "/packed").reason == "answer too large"


def test_a_proxy_of_the_configuration_is_used(url):
    assert Outgoing(proxy=url).request("GET", "http://elsewhere.test/plain").content == b"hello"
    assert Handler.seen[0]["Host"] == "elsewhere.test"


def test_a_proxy_that_is_away_certainly_had_no_effect():
    assert fails(Outgoing(proxy="http://127.0.0.1:9"), "http://elsewhere.test/plain").sent is False


def test_a_body_that_is_cut_off_is_no_answer(url):
    assert fails(Outgoing(), url + "/cut").sent is True


def test_redirects_are_not_followed_and_cookies_not_kept(url):
    http = Outgoing()
    assert http.request("GET", url + "/away").status_code == 302
    http.request("GET", url + "/plain")
    http.request("GET", url + "/plain")
    assert [("Cookie" in headers) for headers in Handler.seen] == [False, False, False]


def test_the_environment_changes_nothing(url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Outgoing().request("GET", url + "/plain").content == b"hello"


def test_a_closed_port_certainly_had_no_effect():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert fails(Outgoing(), f"http://127.0.0.1:{port}/").sent is False


def test_no_error_shows_the_address():
    failure = fails(Outgoing(), "http://127.0.0.1:9/?secret=abc")
    assert "abc" not in repr(failure)
    assert failure.__context__ is None
    assert failure.__cause__ is None
