"""Fakes and clients must not drift apart from what the application may ask of them."""

from __future__ import annotations

import inspect

import pytest

from tests.fakes.store import MemoryStore
from tests.fakes.wechat import FakeJsSdk, FakeMiniProgram, FakeOAuth, FakeOfficialAccount, FakePay, FakeSms
from wxapp.core.store import DatabaseStore, RedisStore
from wxapp.sms.client import Sms
from wxapp.sms.interfaces import SmsApi
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.interfaces import JsSdkApi, MiniProgramApi, OAuthApi, OfficialAccountApi, PayApi, TokenStore
from wxapp.wechat.jssdk import JsSdk
from wxapp.wechat.mini_program import MiniProgram
from wxapp.wechat.oauth import OAuth
from wxapp.wechat.pay.client import Pay


@pytest.mark.parametrize(
    ("interface", "implementation"),
    [
        (OfficialAccountApi, OfficialAccount),
        (OfficialAccountApi, FakeOfficialAccount),
        (MiniProgramApi, MiniProgram),
        (MiniProgramApi, FakeMiniProgram),
        (OAuthApi, OAuth),
        (OAuthApi, FakeOAuth),
        (JsSdkApi, JsSdk),
        (JsSdkApi, FakeJsSdk),
        (PayApi, Pay),
        (PayApi, FakePay),
        (SmsApi, Sms),
        (SmsApi, FakeSms),
        (TokenStore, MemoryStore),
        (TokenStore, DatabaseStore),
        (TokenStore, RedisStore),
    ],
)
def test_every_method_takes_the_same_arguments(interface, implementation):
    methods = [name for name, _ in inspect.getmembers(interface, inspect.isfunction) if not name.startswith("_")]
    assert methods
    for name in methods:
        wanted, given = (inspect.signature(getattr(cls, name)) for cls in (interface, implementation))
        assert _shape(given) == _shape(wanted), name
        assert given.return_annotation == wanted.return_annotation, name


def _shape(signature):
    return [(arg.name, arg.kind, arg.annotation, arg.default is arg.empty) for arg in signature.parameters.values()]
