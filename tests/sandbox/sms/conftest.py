from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from flask import Flask

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.world import World

START = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(autouse=True)
def still_clock() -> Iterator[time_machine.Traveller]:
    """The machine's clock stands still; ``world.advance`` moves the sandbox's."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sandbox() -> Iterator[Flask]:
    app = create_app(
        Config.model_validate(
            {
                "sms": {
                    "secret_id": "AKIDexample",
                    "secret_key": "secret-key",
                    "sdk_app_id": "1400000001",
                    "sign_name": "示例医院",
                    "package": 20,
                    "templates": [
                        {"id": "100001", "text": "您的验证码为{1}，{2}分钟内有效。"},
                        {"id": "100002", "text": "您预约的门诊已停诊，请重新预约。"},
                    ],
                },
                "people": [{"id": "1", "name": "王一", "phone": "13800000001"}],
            }
        )
    )
    yield app
    app.extensions["world"].stop()


@pytest.fixture
def world(sandbox: Flask) -> World:
    world: World = sandbox.extensions["world"]
    return world
