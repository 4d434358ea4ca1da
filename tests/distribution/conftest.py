"""Fixtures of distribution's tests."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.fakes.pay import FakePay
from tests.patients.conftest import account, oauth, sms, wechat_browser, weixin
from wxapp.wechat import connected

__all__ = ["account", "oauth", "pay", "sms", "wechat_browser", "weixin"]


@pytest.fixture
def pay(app: Flask) -> Iterator[FakePay]:
    """WeChat Pay in memory."""
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)
