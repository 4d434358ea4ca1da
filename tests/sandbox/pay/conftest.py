from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.pay import cashier
from sandbox.pay.desk import Desk
from sandbox.pay.outbox import Outbox
from sandbox.world import World
from tests.sandbox.pay.merchant import (
    APIV3_KEY,
    APPID,
    MCHID,
    SERIAL,
    Backend,
    Merchant,
    merchant_key,
    platform_key,
    private_pem,
    public_pem,
)

MakeApp = Callable[..., Flask]

START = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(autouse=True)
def still_clock() -> Iterator[time_machine.Traveller]:
    """The machine's clock stands still; ``world.advance`` moves the sandbox's."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """Make a sandbox; keywords set ``[pay]``, while ``timing``, ``server`` and ``backend`` are tables of their own."""
    (tmp_path / "merchant.pem").write_bytes(public_pem(merchant_key()))
    (tmp_path / "platform.pem").write_bytes(private_pem(platform_key()))

    def make(
        *,
        timing: dict[str, Any] | None = None,
        server: dict[str, Any] | None = None,
        backend: dict[str, Any] | None = None,
        **pay: Any,
    ) -> Flask:
        return create_app(
            Config.model_validate(
                {
                    "server": server or {},
                    "backend": backend or {},
                    "official_account": {"appid": APPID},
                    "pay": {
                        "mchid": MCHID,
                        "apiv3_key": APIV3_KEY,
                        "merchant_serial": SERIAL,
                        "merchant_public_key_file": tmp_path / "merchant.pem",
                        "platform_private_key_file": tmp_path / "platform.pem",
                        "probe_rate": 0,
                        "fee_bp": 0,
                        **pay,
                    },
                    "people": [
                        {"id": "1", "name": "王一", "phone": "13800000001"},
                        {"id": "2", "name": "李二", "phone": "13800000002"},
                    ],
                    "timing": timing or {},
                }
            )
        )

    return make


@pytest.fixture
def sandbox(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app()
    yield app
    app.extensions["world"].stop()


@pytest.fixture
def world(sandbox: Flask) -> World:
    world: World = sandbox.extensions["world"]
    return world


@pytest.fixture
def desk(sandbox: Flask) -> Desk:
    desk: Desk = sandbox.extensions["pay_desk"]
    return desk


@pytest.fixture
def merchant(sandbox: Flask) -> Merchant:
    return Merchant(sandbox)


@pytest.fixture
def backend(desk: Desk) -> Backend:
    """The place that notifications go to; nothing leaves the process."""
    backend = Backend()
    desk.outbox = Outbox(desk, send=backend.receive)
    return backend


@pytest.fixture
def pay(sandbox: Flask, merchant: Merchant, backend: Backend) -> Callable[..., str]:
    """Order and pay: ``pay("ORDER-0001", fen=100)``; return the transaction_id."""

    def order_and_pay(number: str = "ORDER-0001", *, fen: int = 10_000, person: str = "1", **other: Any) -> str:
        answer = merchant.order(
            number,
            amount={"total": fen, "currency": "CNY"},
            payer={"openid": merchant.openid(person)},
            **other,
        )
        assert answer.status_code == 200, answer.text
        with sandbox.app_context():
            return cashier.pay(answer.json["prepay_id"], person)

    return order_and_pay
