"""What goes to WeChat and comes from it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum


@dataclass(frozen=True)
class MiniProgramPage:
    """A page of a mini-program that is linked to the account."""

    appid: str
    path: str


@dataclass(frozen=True)
class TemplateMessage:
    """A template message. ``message_id`` is ours: WeChat sends one message per openid and id in ten minutes.

    Values are checked by WeChat by the type that their key names (``thing1``, ``time2``): wechat.md 4.4.
    """

    openid: str
    template_id: str
    values: Mapping[str, str]
    message_id: str
    url: str = ""
    mini_program: MiniProgramPage | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.message_id) <= 32:
            raise ValueError("message_id has 1 to 32 characters")


class Logistics(IntEnum):
    """How a mini-program's order reaches its buyer; goods that are sent by post are not sold here."""

    VIRTUAL = 3
    SELF_PICKUP = 4


@dataclass(frozen=True)
class Delivery:
    """A paid order that was delivered. ``description`` names the goods, in at most 120 characters."""

    transaction_id: str
    openid: str
    description: str
    logistics: Logistics
    at: datetime

    def __post_init__(self) -> None:
        if not 1 <= len(self.description) <= 120:
            raise ValueError("a description has 1 to 120 characters")


@dataclass(frozen=True)
class MessageTemplate:
    """A template of the account; ``keys`` are the names of the values that its text asks for, in order."""

    template_id: str
    title: str
    content: str
    example: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Follower:
    """What the account may know of a person. Somebody who doesn't follow is an openid and nothing else."""

    openid: str
    is_following: bool
    unionid: str = ""
    followed_at: datetime | None = None
    remark: str = ""
    scene: str = ""
    """``qr_scene_str`` of the code by which the person came, if any."""
    channel: str = ""
    """``subscribe_scene``, e.g. ADD_SCENE_QR_CODE."""


@dataclass(frozen=True)
class QrCode:
    """A code with a scene. ``expires_in`` counts seconds and is None for a permanent one."""

    ticket: str
    url: str
    expires_in: int | None


@dataclass(frozen=True)
class Article:
    """One card of a news message or reply."""

    title: str
    description: str
    url: str
    picture_url: str = ""


@dataclass(frozen=True)
class Choice:
    """One line of a menu message; the tap comes back with its id."""

    id: str
    text: str


@dataclass(frozen=True)
class DownloadedMedia:
    """Temporary media. A video is given as an address only."""

    content: bytes = field(repr=False)
    content_type: str = ""
    video_url: str = ""


@dataclass(frozen=True)
class OAuthIdentity:
    """Who came back from the authorize page. Never bind a patient to a snapshot user (a virtual account)."""

    openid: str
    scope: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False, default="")
    unionid: str = ""
    is_snapshot_user: bool = False


@dataclass(frozen=True)
class OAuthProfile:
    """What a person agreed to show; since 2021 the name may be a generic one."""

    openid: str
    nickname: str = ""
    avatar_url: str = ""
    unionid: str = ""


@dataclass(frozen=True)
class JsConfig:
    """What ``wx.config`` needs on one page."""

    appid: str
    timestamp: int
    nonce: str
    signature: str
