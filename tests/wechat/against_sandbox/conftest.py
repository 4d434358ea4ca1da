"""A running sandbox, a web process that listens, and clients of both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.app import create_app
from sandbox.config import load
from sandbox.server import Server
from sandbox.world import World
from tests.fakes.platform import private_pem, public_pem, rsa_key
from tests.fakes.store import MemoryStore
from tests.wechat.against_sandbox.world import (
    AES_KEY,
    APIV3_KEY,
    APPID,
    MCHID,
    SANDBOX_TOML,
    SECRET,
    SERIAL,
    TOKEN,
    Backend,
    Outside,
)
from wxapp.core import clock
from wxapp.sms.client import Sms
from wxapp.sms.config import SmsConfig
from wxapp.wechat.callback import Callback
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import OfficialAccountConfig, PayConfig
from wxapp.wechat.oauth import OAuth
from wxapp.wechat.pay.client import Pay


@dataclass
class Running:
    """What is started once for all tests of this file."""

    url: str
    backend_url: str
    backend: Backend
    world: World


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sandbox")
    backend = Backend()

    @Request.application
    def web(request: Request) -> Response:
        backend.seen.append((request.path, request.args.to_dict(), dict(request.headers), request.get_data()))
        return backend.answer(request)

    listener = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, backend_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{listener.server_port}"
    (folder / "merchant.pem").write_text(public_pem(rsa_key("merchant")))
    (folder / "platform.pem").write_text(private_pem(rsa_key(SERIAL)))
    (folder / "sandbox.toml").write_text(
        SANDBOX_TOML.format(
            port=port, url=url, backend=backend_url, appid=APPID, secret=SECRET, token=TOKEN, aes_key=AES_KEY,
            mchid=MCHID, apiv3_key=APIV3_KEY, serial=SERIAL,
        ),
        encoding="utf-8",
    )  # fmt: skip
    app = create_app(load(folder / "sandbox.toml"))
    server = Server(app, host="127.0.0.1", port=port)
    server.start()
    yield Running(url, backend_url, backend, app.extensions["world"])
    server.stop()
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def outside(running: Running, real_clock) -> Outside:
    """A sandbox that has forgotten the test before, and new clients of it."""
    url = running.url
    requests.post(f"{url}/__sandbox/reset", timeout=5).raise_for_status()
    requests.post(f"{url}/__sandbox/pay/settings", json={"probe_rate": 0}, timeout=5).raise_for_status()
    signer = requests.get(f"{url}/__sandbox/pay/settings", timeout=5).json()
    running.backend.seen.clear()
    running.backend.answer = Backend.answer
    config = OfficialAccountConfig(
        appid=APPID, secret=SECRET, token=TOKEN, original_id="gh_0123456789ab", aes_keys=(AES_KEY,),
        api_url=url, open_url=url, mp_url=url,
    )  # fmt: skip
    store = MemoryStore()
    sms_config = SmsConfig(
        secret_id="sms-id", secret_key="sms-key", sdk_app_id="1400000000", sign_name="示例医院", url=f"{url}/sms"
    )
    return Outside(
        url=url,
        backend_url=running.backend_url,
        world=running.world,
        backend=running.backend,
        config=config,
        store=store,
        account=OfficialAccount(config, store=store, now=clock.now),
        oauth=OAuth(config, now=clock.now),
        callback=Callback(config, store=store, now=clock.now),
        pay=merchant(url, signer["serial"], signer["public_key"]),
        sms=Sms(sms_config, now=clock.now),
    )


@cache
def merchant(url: str, serial: str, public_key: str) -> Pay:
    """Return the client, kept because checking RSA keys takes long."""
    config = PayConfig(
        appid=APPID, mchid=MCHID, merchant_serial="0123456789ABCDEF", private_key=private_pem(rsa_key("merchant")),
        apiv3_key=APIV3_KEY, public_keys={serial: public_key}, pay_url=url,
    )  # fmt: skip
    return Pay(config, now=clock.now)
