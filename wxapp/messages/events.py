"""Facts of the message centre, and the one it hears from the callback's door, which lies above it."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class PushReceived(Event):
    """WeChat pushed a message or an event; genuine and new. ``kind`` is one of ``wechat.pushes.Kind``."""

    kind: str
    openid: str
    created_at: str
    event_key: str = ""
    scene: str = ""
    content: str = ""
    msg_id: str = ""
    status: str = ""


@dataclass(frozen=True)
class OpenidRefused(Event):
    """WeChat does not carry messages to this openid now; ``reason_code`` is its error code, e.g. 43004."""

    openid: str
    reason_code: str
