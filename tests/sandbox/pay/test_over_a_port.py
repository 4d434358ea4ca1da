"""The same over real sockets: delivery of notifications, and a client library that isn't ours."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from wechatpayv3 import WeChatPay, WeChatPayType
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.pay.envelopes import Envelope
from sandbox.pay.outbox import post
from sandbox.server import Server
from tests.sandbox.pay.merchant import (
    APIV3_KEY,
    APPID,
    MCHID,
    SERIAL,
    merchant_key,
    platform_key,
    private_pem,
    public_pem,
)

KEY_ID = "PUB_KEY_ID_0000000000000000000000000001"
ENVELOPE = Envelope({"Wechatpay-Serial": KEY_ID}, b"{}")


@pytest.fixture(autouse=True)
def still_clock() -> Iterator[None]:
    """Sockets and a library's time stamps want the machine's clock."""
    return


class Listener:
    """A backend on a port of its own."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[], Response] = lambda: Response(status=204)
        self.heard = threading.Event()

        @Request.application
        def application(request: Request) -> Response:
            self.seen.append((request.path, dict(request.headers), request.get_data()))
            self.heard.set()
            return self.answer()

        self.server = make_server("127.0.0.1", 0, application, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.stop()


def test_a_notification_arrives_byte_for_byte(listener: Listener):
    assert post(f"{listener.url}/pay/notify", ENVELOPE, 5).status == 204
    path, headers, body = listener.seen[0]
    assert (path, headers["Wechatpay-Serial"], body) == ("/pay/notify", KEY_ID, b"{}")


def test_a_redirect_is_not_followed(listener: Listener):
    listener.answer = lambda: Response(status=302, headers={"Location": "/elsewhere"})
    assert post(f"{listener.url}/pay/notify", ENVELOPE, 5).status == 302
    assert [path for path, _, _ in listener.seen] == ["/pay/notify"]


def test_an_answer_that_comes_too_late_is_none(listener: Listener):
    release = threading.Event()

    def late() -> Response:
        release.wait(5)
        return Response(status=204)

    listener.answer = late
    reply = post(f"{listener.url}/pay/notify", ENVELOPE, 0.05)
    release.set()
    assert (reply.status, reply.note) == (None, "ReadTimeout")


def test_an_answer_that_drips_in_is_cut_off(listener: Listener):
    release = threading.Event()

    def drip() -> Iterator[bytes]:
        while not release.wait(0.02):
            yield b" "

    listener.answer = lambda: Response(drip(), headers={"Content-Length": "1000"})
    reply = post(f"{listener.url}/pay/notify", ENVELOPE, 0.1)
    release.set()
    assert (reply.status, reply.note) == (None, "answer took too long")


def test_of_a_long_answer_only_the_beginning_is_read(listener: Listener):
    listener.answer = lambda: Response(b"x" * 100_000)
    assert len(post(f"{listener.url}/pay/notify", ENVELOPE, 5).body) == 4096


def test_a_proxy_of_the_machine_is_not_used(listener: Listener, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert post(f"{listener.url}/pay/notify", ENVELOPE, 5).status == 204


def test_nobody_listening_is_no_answer():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reply = post(f"http://127.0.0.1:{taken.getsockname()[1]}/", ENVELOPE, 1)
    assert (reply.status, reply.note) == (None, "ConnectionError")


@pytest.fixture
def live(make_app: Callable[..., Flask], listener: Listener) -> Iterator[tuple[Flask, str]]:
    """The sandbox with its thread, on a port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    app = make_app(server={"port": port, "public_url": url}, backend={"url": listener.url}, timing={"refund_delay": 0})
    server = Server(app, host="127.0.0.1", port=port)
    server.start()
    yield app, url
    server.stop()


def wait_for(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + 5
    while not (found := condition()):
        assert time.monotonic() < end, "nothing came in five seconds"
        threading.Event().wait(0.01)
    return found


def test_an_independent_client_understands_every_answer(live: tuple[Flask, str], listener: Listener):
    app, url = live
    world = app.extensions["world"]
    client = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=MCHID,
        private_key=private_pem(merchant_key()).decode(),
        cert_serial_no=SERIAL,
        apiv3_key=APIV3_KEY,
        appid=APPID,
        notify_url=f"{listener.url}/pay/notify",
        public_key=public_pem(platform_key()).decode(),
        public_key_id=KEY_ID,
        timeout=(3, 10),
    )
    client._core._gate_way = url
    openid = world.person("1").openid_for(APPID)

    def call(answer: tuple[int, str]) -> Any:
        assert 200 <= answer[0] < 300, answer
        return json.loads(answer[1]) if answer[1] else None

    # Order, sheet, payment.
    order = {"description": "体检套餐", "amount": {"total": 100, "currency": "CNY"}, "payer": {"openid": openid}}
    prepay_id = call(client.pay(out_trade_no="ORDER-0001", **order))["prepay_id"]
    timestamp, nonce, package = str(int(time.time())), "nonce", f"prepay_id={prepay_id}"
    params = {
        "appId": APPID,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": client.sign([APPID, timestamp, nonce, package]),
    }
    sheet = requests.post(f"{url}/__sandbox/pay/sheet", json={"person": "1", "params": params}, timeout=5).json()
    assert sheet["amount_fen"] == 100
    decision = {"person": "1", "prepay_id": prepay_id}
    assert requests.post(f"{url}/__sandbox/pay/confirm", json=decision, timeout=5).status_code == 200
    paid = call(client.query(out_trade_no="ORDER-0001"))
    assert paid["trade_state"] == "SUCCESS"
    assert call(client.query(transaction_id=paid["transaction_id"])) == paid

    # The notification, decrypted by the library.
    wait_for(lambda: len(listener.seen) == 1)
    _, headers, body = listener.seen[0]
    told = client.callback(headers, body)
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    assert told["resource"] == paid

    # A refund and its notification.
    amount = {"refund": 40, "total": 100, "currency": "CNY"}
    accepted = call(client.refund(out_refund_no="REFUND-1", out_trade_no="ORDER-0001", amount=amount))
    assert accepted["status"] == "PROCESSING"
    wait_for(lambda: len(listener.seen) == 2)
    told = client.callback(*listener.seen[1][1:])
    assert (told["event_type"], told["resource"]["refund_status"]) == ("REFUND.SUCCESS", "SUCCESS")
    assert call(client.query_refund("REFUND-1"))["status"] == "SUCCESS"

    # Close another order.
    call(client.pay(out_trade_no="ORDER-0002", **order))
    assert client.close("ORDER-0002")[0] == 204
    assert call(client.query(out_trade_no="ORDER-0002"))["trade_state"] == "CLOSED"
    code, text = client.pay(out_trade_no="ORDER-0002", **order)
    assert (code, json.loads(text)["code"]) == (400, "ORDER_CLOSED")

    # Yesterday's bill, seen from tomorrow.
    today = world.local_time().strftime("%Y-%m-%d")
    world.advance(2 * 24 * 3600)
    bill = call(client.trade_bill(today))
    code, packed = client.download_bill(bill["download_url"])
    assert code == 200
    text = gzip.decompress(packed)
    assert hashlib.sha1(text).hexdigest() == bill["hash_value"]
    assert "`ORDER-0001" in text.decode()

    # A probe on an answer: the library refuses it, and the order is there all the same.
    app.extensions["pay_desk"].twists.order("answer_probe")
    with pytest.raises(Exception, match="failed to verify the signature"):
        client.pay(out_trade_no="ORDER-0003", **order)
    assert call(client.query(out_trade_no="ORDER-0003"))["trade_state"] == "NOTPAY"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_independent_client_in_certificate_mode(live: tuple[Flask, str], listener: Listener, monkeypatch: Any):
    """The library fetches the certificates in its constructor, so its gateway is set before that."""
    from wechatpayv3 import core

    app, url = live
    app.extensions["pay_desk"].switch_mode("certificate")
    original = core.Core._init_certificates

    def through_the_sandbox(self: Any) -> None:
        self._gate_way = url
        original(self)

    monkeypatch.setattr(core.Core, "_init_certificates", through_the_sandbox)
    client = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=MCHID,
        private_key=private_pem(merchant_key()).decode(),
        cert_serial_no=SERIAL,
        apiv3_key=APIV3_KEY,
        appid=APPID,
        notify_url=f"{listener.url}/pay/notify",
        timeout=(3, 10),
    )
    openid = app.extensions["world"].person("1").openid_for(APPID)
    order = {"description": "体检套餐", "amount": {"total": 100, "currency": "CNY"}, "payer": {"openid": openid}}
    assert client.pay(out_trade_no="ORDER-0001", **order)[0] == 200
    app.extensions["pay_desk"].keys.rotate()
    assert client.query(out_trade_no="ORDER-0001")[0] == 200


def test_a_tick_that_fails_does_not_end_the_thread(live: tuple[Flask, str], monkeypatch: pytest.MonkeyPatch):
    desk = live[0].extensions["pay_desk"]
    failed, went_on = threading.Event(), threading.Event()

    def tick() -> int:
        if failed.is_set():
            went_on.set()
        failed.set()
        raise RuntimeError("broken")

    monkeypatch.setattr(desk, "tick", tick)
    assert went_on.wait(5)
    assert desk._thread.is_alive()


def test_the_thread_ends_with_the_server(live: tuple[Flask, str]):
    desk = live[0].extensions["pay_desk"]
    assert desk._thread.is_alive()
    live[0].extensions["world"].stopping.set()
    desk._thread.join(timeout=2)
    assert not desk._thread.is_alive()
