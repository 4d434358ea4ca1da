"""An outside world for the message centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.fakes.sms import FakeSms
from tests.fakes.wechat import FakeOfficialAccount
from wxapp.sms import connected as sms_connected
from wxapp.wechat import connected as wechat_connected


@pytest.fixture
def account(app: Flask) -> Iterator[FakeOfficialAccount]:
    before, fake = wechat_connected.clients(), FakeOfficialAccount()
    wechat_connected.use(replace(before, official_account=fake))
    yield fake
    wechat_connected.use(before)


@pytest.fixture
def short_messages(app: Flask) -> Iterator[FakeSms]:
    before, fake = sms_connected.client(), FakeSms()
    sms_connected.use(fake)
    yield fake
    sms_connected.use(before)
