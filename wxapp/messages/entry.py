"""The shape of the catalogue: what a message says, to whom, through which channels, and with which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.messages.rules.values import filled


class Channel(StrEnum):
    """How a message travels. The label is what pages show."""

    SITE = "site"
    OA_TEMPLATE = "oa_template"
    MP_SUBSCRIBE = "mp_subscribe"
    WECOM = "wecom"
    PUSH = "push"
    SMS = "sms"

    @property
    def label(self) -> str:
        return _CHANNEL_LABELS[self]


_CHANNEL_LABELS = {
    Channel.SITE: "站内信",
    Channel.OA_TEMPLATE: "公众号模板消息",
    Channel.MP_SUBSCRIBE: "小程序订阅消息",
    Channel.WECOM: "企业微信",
    Channel.PUSH: "应用推送",
    Channel.SMS: "短信",
}


class Kind(StrEnum):
    """What a field holds in the context: plain text or a number, whole fen, or a moment."""

    TEXT = "text"
    MONEY = "money"
    MOMENT = "moment"


@dataclass(frozen=True)
class Field:
    """A value that the teller gives; ``sample`` is shown in previews and used by test sends."""

    name: str
    label: str
    sample: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Line:
    """One line of a channel's template: its key there, its label, and the text with ``{field}`` in it.

    Official-account keys name their type of value (``thing1``); those of SMS are their places (``1``, ``2``).
    """

    key: str
    label: str
    pattern: str


class WrongContext(ValueError):
    """The teller left a field out, or gave it in a wrong form. A fault of the program, not of a person."""


@dataclass(frozen=True)
class Entry:
    """One message of the catalogue.

    :ivar channels: as in the contract; those besides ``site`` are a list of ways, tried one after the other
    :ivar tap: the page that a tap opens, by the contract's name; packages register their pages under it
    :ivar is_essential: the receiver can't turn it off
    :ivar is_urgent: goes out in the quiet hours too
    """

    code: str
    label: str
    to: str
    channels: tuple[Channel, ...]
    tap: str | None
    title: str
    body: str
    fields: tuple[Field, ...]
    oa: tuple[Line, ...] = ()
    sms: tuple[Line, ...] = ()
    is_essential: bool = False
    is_urgent: bool = False

    @property
    def on_site(self) -> bool:
        return Channel.SITE in self.channels

    @property
    def ways(self) -> tuple[Channel, ...]:
        """The channels that leave the house, in the order in which they are tried."""
        return tuple(channel for channel in self.channels if channel is not Channel.SITE)

    def lines(self, channel: Channel) -> tuple[Line, ...]:
        return self.oa if channel is Channel.OA_TEMPLATE else self.sms

    def texts(self, context: Mapping[str, object]) -> dict[str, str]:
        """Return the fields as texts.

        :raises WrongContext: a field is missing, or its value is not of its kind
        """
        return {field.name: _text(self.code, field, context.get(field.name)) for field in self.fields}

    def samples(self) -> dict[str, str]:
        return {field.name: field.sample for field in self.fields}

    def site_text(self, texts: Mapping[str, str]) -> tuple[str, str]:
        """Return title and body of the site message."""
        return filled(self.title, texts), filled(self.body, texts)


def _text(code: str, field: Field, value: object) -> str:
    match field.kind, value:
        case Kind.MONEY, int() if not isinstance(value, bool):
            return yuan(value)
        case Kind.MOMENT, datetime():
            return clock.local(value).strftime("%Y-%m-%d %H:%M")
        case Kind.TEXT, str() | int() if not isinstance(value, bool):
            return str(value)
    raise WrongContext(f"{code}: {field.name} should be {field.kind}, not {type(value).__name__}")
