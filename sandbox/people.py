"""People (simulated WeChat users) and what stands in their chats."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

HOSPITAL = "hospital"
PAY = "pay"
TEXTS = "sms"
CHAT_NAMES = {PAY: "微信支付", TEXTS: "短信"}
"""The chats besides the hospital's own, whose name is set in the configuration."""


@dataclass(kw_only=True)
class ReplyWindow:
    """How many customer-service messages may still be sent, and until when."""

    left: int
    until: float


@dataclass(kw_only=True)
class Person:
    """A WeChat user. The openid belongs to one AppID; ``openid_for`` gives that of another one."""

    id: str
    name: str
    nickname: str
    phone: str
    follows: bool = False
    followed_at: int = 0
    follow_scene: str = ""
    """``subscribe_scene`` of user/info, e.g. ADD_SCENE_QR_CODE."""
    qr_scene: str = ""
    blocks_messages: bool = False
    blacklisted: bool = False
    snapshot: bool = False
    granted: bool = False
    """Has already agreed to snsapi_userinfo once."""
    password_changed_at: float = 0.0
    windows: dict[str, ReplyWindow] = field(default_factory=dict)
    """Open windows for customer-service messages by what opened them: ``message``, ``tap``, ``pay``."""

    def openid_for(self, appid: str) -> str:
        """Return the 28-character openid of this person under an AppID."""
        return "o" + _hash(f"openid {appid} {self.id}")[:27]

    @property
    def unionid(self) -> str:
        """The id that joins the openids of one Open Platform account."""
        return "o" + _hash(f"unionid {self.id}")[:27]


@dataclass(kw_only=True)
class ChatEntry:
    """One line of a chat as the phone shows it."""

    id: int
    at: float
    chat: str
    side: Literal["me", "them", "note"]
    kind: Literal["text", "image", "news", "template", "msgmenu", "note"]
    body: dict[str, Any] = field(default_factory=dict)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().replace("=", "").replace("-", "A").replace("_", "B")
