"""A sandbox with one hospital and three people, and a backend that answers what a test tells it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.server import Server
from sandbox.world import World
from tests.sandbox.surroundings import AES_KEY, APPID, GH, SECRET, TOKEN, Backend


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """The sandbox has a clock of its own; time goes on."""


@pytest.fixture(autouse=True)
def database() -> None:
    """There is none."""


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend(url="")

    @Request.application
    def application(request: Request) -> Response:
        request.get_data(cache=True)
        made.seen.append(request)
        return made.answer(request)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    server.log = lambda *_: None  # type: ignore[method-assign, assignment]
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings() -> dict[str, Any]:
    """Tables of sandbox.toml that a test wants to be different, by name."""
    return {}


@pytest.fixture
def config(backend: Backend, settings: dict[str, Any]) -> Config:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tables: dict[str, Any] = {
        "server": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
        "backend": {"url": backend.url},
        "official_account": {
            "appid": APPID,
            "secret": SECRET,
            "original_id": GH,
            "name": "测试医院",
            "token": TOKEN,
            "aes_key": AES_KEY,
        },
        "people": [
            {"id": "1", "name": "张三", "nickname": "三三", "phone": "13800000001", "follows": True},
            {"id": "2", "name": "李四", "phone": "13800000002"},
            {"id": "3", "name": "王五", "phone": "13800000003", "follows": True, "blocks_messages": True},
        ],
        "templates": [
            {
                "template_id": "category",
                "title": "下单成功通知",
                "content": "订单号:{{character_string1.DATA}}\n项目:{{thing2.DATA}}\n时间:{{time3.DATA}}\n",
            },
            {
                "template_id": "old",
                "title": "预约成功",
                "content": "{{first.DATA}}\n姓名：{{keyword1.DATA}}\n{{remark.DATA}}",
            },
        ],
        "timing": {"callback_timeout": 3, "template_event_delay": 0, "refund_delay": 0, "hang_seconds": 5},
    }
    for name, table in settings.items():
        tables[name] = {**tables[name], **table} if isinstance(table, dict) and name in tables else table
    return Config.model_validate(tables)


@pytest.fixture
def sandbox(config: Config) -> Iterator[Flask]:
    made = create_app(config)
    yield made
    made.extensions["world"].stop()


@pytest.fixture
def world(sandbox: Flask) -> World:
    here: World = sandbox.extensions["world"]
    return here


@pytest.fixture
def http(sandbox: Flask) -> FlaskClient:
    """Calls without a socket."""
    return sandbox.test_client()


@pytest.fixture
def live(sandbox: Flask, config: Config) -> Iterator[str]:
    """The sandbox on a real port; its base URL."""
    server = Server(sandbox, host=config.server.host, port=config.server.port)
    server.start()
    yield config.server.public_url
    server.stop()


@pytest.fixture
def token(http: FlaskClient) -> str:
    """A living access token."""
    value: str = http.post(
        "/cgi-bin/stable_token",
        json={"grant_type": "client_credential", "appid": APPID, "secret": SECRET},
    ).json["access_token"]
    return value


@pytest.fixture
def call(http: FlaskClient, token: str) -> Callable[..., Any]:
    """POST JSON to a call of the API with a living token and return the answer."""

    def post(path: str, body: Any) -> Any:
        return http.post(path, query_string={"access_token": token}, json=body).json

    return post
