"""The clients of this process. The application sets them once at its start; tests set fakes of the same shape."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.wechat.callback import Callback
from wxapp.wechat.interfaces import JsSdkApi, MiniProgramApi, OAuthApi, OfficialAccountApi, PayApi
from wxapp.wechat.pay.values import TransferScene


@dataclass(frozen=True)
class Clients:
    """One official account with its log-in, its page signatures and its callback, and one merchant."""

    appid: str
    mchid: str
    official_account: OfficialAccountApi
    oauth: OAuthApi
    jssdk: JsSdkApi
    callback: Callback
    pay: PayApi
    transfer_scene: TransferScene
    mini_program: MiniProgramApi | None = None
    """None while the hospital has none."""


_clients: list[Clients] = []


def use(clients: Clients) -> None:
    _clients[:] = [clients]


def clients() -> Clients:
    if not _clients:
        raise RuntimeError("no clients: the application has not started")
    return _clients[0]


def official_account() -> OfficialAccountApi:
    return clients().official_account


def oauth() -> OAuthApi:
    return clients().oauth


def jssdk() -> JsSdkApi:
    return clients().jssdk


def callback() -> Callback:
    return clients().callback


def mini_program() -> MiniProgramApi | None:
    return clients().mini_program


def pay() -> PayApi:
    return clients().pay
