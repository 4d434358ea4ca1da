"""What the official account remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Token:
    """An access token. ``dies_at`` is set when a newer one has replaced it."""

    stable: bool
    expires_at: float
    appid: str = ""
    """Whose it is; empty: the official account's."""
    dies_at: float | None = None


@dataclass(kw_only=True)
class SceneCode:
    """A QR code with a scene; ``expires_at`` None = permanent."""

    scene: str
    url: str
    created_at: float
    expires_at: float | None = None


@dataclass(kw_only=True)
class Media:
    """A temporary file; ``content`` is base64."""

    kind: str
    content: str
    mime: str
    filename: str
    created_at: float


@dataclass(kw_only=True)
class OAuthCode:
    """What an authorize page has handed out."""

    appid: str
    person_id: str
    scope: str
    made_at: float
    used: bool = False


@dataclass(kw_only=True)
class WebGrant:
    """A web access token with its refresh token (the key it is kept under)."""

    appid: str
    person_id: str
    scope: str
    access_token: str
    access_expires_at: float
    made_at: float


@dataclass(kw_only=True)
class SentTemplate:
    """A template message that was accepted."""

    msgid: int
    person_id: str
    template_id: str
    url: str
    values: dict[str, str]
    client_msg_id: str
    at: float
    status: str = ""
    """Status told by TEMPLATESENDJOBFINISH; empty until then."""


@dataclass(kw_only=True)
class SharedCard:
    """What a page shows when it is shared: to a friend, or on the timeline."""

    person_id: str
    deed: str
    """``updateAppMessageShareData`` and the like."""
    page: str
    title: str
    description: str
    link: str
    picture: str
    at: float


@dataclass(kw_only=True)
class CallbackSettings:
    """The console page 「服务器配置」. Empty strings stand for the values of the configuration file."""

    mode: str = ""
    token: str = ""
    aes_key: str = ""
    previous_aes_key: str = ""
    use_key: str = "current"
    """``current``, ``previous`` or ``alternate``: which key pushes are encrypted with."""
    verified: bool = False


@dataclass(kw_only=True)
class AccountState:
    """All of it; dict keys are strings, so that it survives JSON."""

    tokens: dict[str, Token] = field(default_factory=dict)
    force_refreshes: list[float] = field(default_factory=list)
    ticket: str = ""
    ticket_expires_at: float = 0.0
    quota_used: dict[str, int] = field(default_factory=dict)
    """``"2026-01-31 /cgi-bin/menu/create"`` to the number of calls."""
    quota_limits: dict[str, int] = field(default_factory=dict)
    """Daily limits that differ from the configuration, by path."""
    quota_resets: dict[str, int] = field(default_factory=dict)
    menu: dict[str, Any] | None = None
    menu_id: int = 0
    codes: dict[str, SceneCode] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    oauth_codes: dict[str, OAuthCode] = field(default_factory=dict)
    grants: dict[str, WebGrant] = field(default_factory=dict)
    sent_templates: list[SentTemplate] = field(default_factory=list)
    shared_cards: list[SharedCard] = field(default_factory=list)
    """The latest ones, newest last."""
    callback: CallbackSettings = field(default_factory=CallbackSettings)
    last_number: int = 0
