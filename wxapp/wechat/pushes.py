"""A push as the rest of wxapp sees it. Source: wechat.md 1.3 and 1.5."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

_SCENE_PREFIX = "qrscene_"
_SECONDS = re.compile(r"[0-9]{1,11}")
_LONGEST = 512
"""Characters of a name, key or id; the longest that WeChat sends is a menu link (1024 bytes, see _LONGEST_KEY)."""
_LONGEST_KEY = 2048


class Kind(StrEnum):
    """What a push is. Kinds that we don't know are OTHER; ``fields`` has everything."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SCAN = "scan"
    CLICK = "click"
    VIEW = "view"
    PLACE = "place"
    TEMPLATE_RESULT = "template_result"
    OTHER = "other"


_MESSAGES = {
    "text": Kind.TEXT,
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "shortvideo": Kind.VIDEO,
    "location": Kind.LOCATION,
    "link": Kind.LINK,
}
_EVENTS = {
    "subscribe": Kind.SUBSCRIBE,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "scan": Kind.SCAN,
    "click": Kind.CLICK,
    "view": Kind.VIEW,
    "location": Kind.PLACE,
    "templatesendjobfinish": Kind.TEMPLATE_RESULT,
}


@dataclass(frozen=True)
class Sealed:
    """The push came encrypted with this key; the reply goes back with the same."""

    aes_key: str = field(repr=False)


@dataclass(frozen=True)
class Push:
    """A message or an event, exactly as genuine as its signature.

    ``scene`` is the scene of a code, without the prefix, for a follow as for a scan. ``dedupe_key`` is equal for
    repeats of one push and different otherwise; at most 64 characters. ``msg_id`` is the number of a message, or
    for TEMPLATE_RESULT the number of the template message that ``status`` is about.
    """

    kind: Kind
    openid: str
    account: str
    created_at: datetime
    dedupe_key: str
    event: str = ""
    event_key: str = ""
    scene: str = ""
    ticket: str = ""
    content: str = ""
    msg_id: str = ""
    status: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sealed: Sealed | None = field(default=None, repr=False)
    nonce_key: str = field(default="", repr=False)

    @property
    def is_event(self) -> bool:
        return bool(self.event)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], *, sealed: Sealed | None, nonce_key: str) -> Self:
        """Make a push of its fields.

        :raises ValueError: a field that every push has is missing or no text.
        """
        openid, account = _text(fields, "FromUserName"), _text(fields, "ToUserName")
        created, message_type = _text(fields, "CreateTime"), _text(fields, "MsgType").lower()
        if not (openid and account and message_type and _SECONDS.fullmatch(created)):
            raise ValueError("not a push")
        event = _text(fields, "Event") if message_type == "event" else ""
        event_key = _text(fields, "EventKey", longest=_LONGEST_KEY)
        kind = (_EVENTS.get(event.lower()) if event else _MESSAGES.get(message_type)) or Kind.OTHER
        msg_id = _text(fields, "MsgID") or _text(fields, "MsgId")
        once = f"{openid}|{created}|{event}|{event_key}|{msg_id}"
        return cls(
            kind=kind,
            openid=openid,
            account=account,
            created_at=datetime.fromtimestamp(int(created), UTC),
            dedupe_key=f"m:{msg_id}" if msg_id and not event else "e:" + hashlib.sha256(once.encode()).hexdigest()[:48],
            event=event,
            event_key=event_key,
            scene=_scene(kind, event_key),
            ticket=_text(fields, "Ticket"),
            content=_text(fields, "Content", longest=0),
            msg_id=msg_id,
            status=_text(fields, "Status"),
            fields=fields,
            sealed=sealed,
            nonce_key=nonce_key,
        )


def _scene(kind: Kind, event_key: str) -> str:
    if kind is Kind.SCAN:
        return event_key
    if kind is Kind.SUBSCRIBE and event_key.startswith(_SCENE_PREFIX):
        return event_key.removeprefix(_SCENE_PREFIX)
    return ""


def _text(fields: Mapping[str, Any], name: str, *, longest: int = _LONGEST) -> str:
    value = fields.get(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # JSON pushes have numbers
    if value is None:
        return ""
    if isinstance(value, str) and (not longest or len(value) <= longest):
        return value
    raise ValueError(f"{name} is no text, or too long")
