"""Payments without a shop: the kind ``test`` is paid for, WeChat Pay is in memory, and events are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.factories.payments import KIND, make_payout
from tests.fakes.pay import FakePay
from wxapp.core import clock, events
from wxapp.payments import services, subjects
from wxapp.payments.events import (
    PaymentClosed,
    PaymentReceived,
    PayoutAwaitsUser,
    PayoutDelayed,
    PayoutFailed,
    PayoutSucceeded,
    RefundFailed,
    RefundRejected,
    RefundSucceeded,
)
from wxapp.payments.models import Payout
from wxapp.wechat import connected


@pytest.fixture
def pay(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


@pytest.fixture(autouse=True)
def subject() -> Iterator[list[str]]:
    """Something to be paid for; the list names what was told to wait at the hospital."""
    waiting: list[str] = []

    def wait(no: str, _by: str) -> datetime:
        waiting.append(no)
        return clock.now() + timedelta(days=7)

    subjects.register(
        subjects.Subject(
            kind=KIND,
            label="测试订单",
            page="patients.me",
            find=lambda text: [text] if text.startswith("T") else [],
            lines=lambda no: [subjects.Line("入职体检套餐", 1, 19_900)],
            wait_at_hospital=wait,
        )
    )
    yield waiting
    subjects._subjects.pop(KIND)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[events.Event]:
    """What payments told, in order."""
    heard: list[events.Event] = []

    def listen(event: events.Event) -> None:
        heard.append(event)

    kinds: tuple[type[events.Event], ...] = (
        PaymentReceived, PaymentClosed, RefundSucceeded, RefundFailed, RefundRejected,
        PayoutAwaitsUser, PayoutSucceeded, PayoutFailed, PayoutDelayed,
    )  # fmt: skip
    for kind in kinds:
        monkeypatch.setitem(events._listeners, kind.__name__, {"tests.listen": listen})
        monkeypatch.setitem(events._types, kind.__name__, kind)
    return heard


@pytest.fixture
def waiting(app: Flask, pay: FakePay) -> Payout:
    """A payout of 50 yuan that WeChat holds ready for the person."""
    payout = make_payout()
    services.carry_out_payouts()
    return payout
