"""The outside world of patients' tests: fakes in place of WeChat and SMS, and a browser of WeChat's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.fakes.pushes import FakeCallback
from tests.fakes.wechat import FakeOAuth, FakeOfficialAccount, FakeSms
from wxapp.core.config import Config
from wxapp.sms import connected as sms_connected
from wxapp.wechat import connected
from wxapp.wechat.config import CallbackMode, OfficialAccountConfig

WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}


@pytest.fixture
def sms(app: Flask) -> Iterator[FakeSms]:
    before, fake = sms_connected.client(), FakeSms()
    sms_connected.use(fake)
    yield fake
    sms_connected.use(before)


@pytest.fixture
def oauth(app: Flask) -> Iterator[FakeOAuth]:
    before, fake = connected.clients(), FakeOAuth()
    connected.use(replace(before, oauth=fake))
    yield fake
    connected.use(before)


@pytest.fixture
def account(app: Flask) -> Iterator[FakeOfficialAccount]:
    before, fake = connected.clients(), FakeOfficialAccount()
    connected.use(replace(before, official_account=fake))
    yield fake
    connected.use(before)


@pytest.fixture
def wechat_browser(client: FlaskClient) -> FlaskClient:
    """A client that says it is WeChat's."""
    client.environ_base["HTTP_USER_AGENT"] = WECHAT["User-Agent"]
    return client


@pytest.fixture
def weixin(app: Flask) -> FakeCallback:
    """WeChat's side of the callback."""
    config: Config = app.config["WXAPP"]
    told = config.wechat
    return FakeCallback(
        OfficialAccountConfig(
            appid=told.appid,
            secret=told.secret.read(),
            token=told.token.read(),
            original_id=told.original_id,
            aes_keys=(told.aes_key.read(),),
            mode=CallbackMode(told.mode),
        )
    )


def code_of(sms: FakeSms) -> str:
    """Return the code in the last message."""
    return sms.sent[-1].params[0]
