"""WeChat for the tests of other packages: the clients' shapes, no network, and a memory of what was asked.

Each fake behaves well by itself; ``fail_next`` makes the next call raise. ``FakePay`` and ``FakeSms`` are here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.failing import Failing
from tests.fakes.pay import FakePay
from tests.fakes.sms import FakeSms
from wxapp.core import clock
from wxapp.wechat.errors import MediaGone, NotSubscribed, OAuthCodeInvalid, Rejected
from wxapp.wechat.jssdk import sign
from wxapp.wechat.values import (
    Article,
    Choice,
    Delivery,
    DownloadedMedia,
    Follower,
    JsConfig,
    MessageTemplate,
    OAuthIdentity,
    OAuthProfile,
    QrCode,
    TemplateMessage,
)

__all__ = ["FakeJsSdk", "FakeMiniProgram", "FakeOAuth", "FakeOfficialAccount", "FakePay", "FakeSms"]


@dataclass
class FakeOfficialAccount(Failing):
    """An account whose people follow unless they are in ``strangers``.

    ``delivered`` has each template message once, as WeChat delivers it; ``sent`` has every call.
    """

    sent: list[TemplateMessage] = field(default_factory=list)
    delivered: list[TemplateMessage] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    news: list[tuple[str, Article]] = field(default_factory=list)
    choices: list[tuple[str, str, tuple[Choice, ...], str]] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    people: dict[str, Follower] = field(default_factory=dict)
    known_templates: list[MessageTemplate] = field(default_factory=list)
    qrcodes: dict[str, str] = field(default_factory=dict)
    media: dict[str, DownloadedMedia] = field(default_factory=dict)
    current_menu: dict[str, Any] | None = None
    tickets_given: int = 0

    def send_template(self, message: TemplateMessage) -> int:
        self.sent.append(message)
        self.meet_failure()
        if message.openid in self.strangers:
            raise NotSubscribed(43004, "require subscribe")
        if all((message.openid, message.message_id) != (old.openid, old.message_id) for old in self.delivered):
            self.delivered.append(message)
        return 2_000_000_000_000_000_000 + len(self.sent)

    def templates(self) -> list[MessageTemplate]:
        self.meet_failure()
        return list(self.known_templates)

    def follower(self, openid: str) -> Follower:
        self.meet_failure()
        return self.people.get(openid) or Follower(openid, is_following=openid not in self.strangers)

    def create_menu(self, menu: Mapping[str, Any]) -> None:
        self.meet_failure()
        self.current_menu = dict(menu)

    def menu(self) -> dict[str, Any] | None:
        self.meet_failure()
        return self.current_menu

    def delete_menu(self) -> None:
        self.meet_failure()
        self.current_menu = None

    def create_qrcode(self, scene: str, *, expires_in: int | None) -> QrCode:
        self.meet_failure()
        ticket = f"ticket-{len(self.qrcodes) + 1}"
        self.qrcodes[ticket] = scene
        return QrCode(ticket, f"http://weixin.example/q/{ticket}", expires_in)

    def qrcode_image(self, ticket: str) -> bytes:
        self.meet_failure()
        if ticket not in self.qrcodes:
            raise Rejected(None, "unknown ticket", field="ticket")
        return b"\xff\xd8\xff" + ticket.encode()

    def send_text(self, openid: str, text: str) -> None:
        self.meet_failure()
        self.texts.append((openid, text))

    def send_image(self, openid: str, media_id: str) -> None:
        self.meet_failure()
        self.images.append((openid, media_id))

    def send_news(self, openid: str, article: Article) -> None:
        self.meet_failure()
        self.news.append((openid, article))

    def send_choices(self, openid: str, *, head: str, choices: Sequence[Choice], tail: str) -> None:
        self.meet_failure()
        self.choices.append((openid, head, tuple(choices), tail))

    def upload_media(self, kind: str, *, name: str, content: bytes, content_type: str) -> str:
        self.meet_failure()
        media_id = f"media-{len(self.media) + 1}"
        self.media[media_id] = DownloadedMedia(content, content_type)
        return media_id

    def download_media(self, media_id: str) -> DownloadedMedia:
        self.meet_failure()
        if media_id not in self.media:
            raise MediaGone(40007, "invalid media_id", field="media_id")
        return self.media[media_id]

    def jsapi_ticket(self) -> tuple[str, int]:
        self.meet_failure()
        self.tickets_given += 1
        return f"ticket-{self.tickets_given}", 7200


@dataclass
class FakeMiniProgram(Failing):
    """A mini-program that keeps what it was told; ``shipped`` has each payment once, as WeChat does."""

    told: list[Delivery] = field(default_factory=list)
    shipped: dict[str, Delivery] = field(default_factory=dict)

    def upload_shipping(self, delivery: Delivery) -> None:
        self.told.append(delivery)
        self.meet_failure()
        self.shipped[delivery.transaction_id] = delivery


@dataclass
class FakeOAuth(Failing):
    """The authorize page. ``log_in`` gives a person a code, which works once."""

    codes: dict[str, OAuthIdentity] = field(default_factory=dict)
    profiles: dict[str, OAuthProfile] = field(default_factory=dict)

    def log_in(self, openid: str, *, is_snapshot_user: bool = False, unionid: str = "") -> str:
        code = f"code-{openid}-{len(self.codes)}"
        self.codes[code] = OAuthIdentity(
            openid, "snsapi_base", f"web-token-{openid}", unionid=unionid, is_snapshot_user=is_snapshot_user
        )
        return code

    def authorize_url(self, *, return_url: str, state: str, scope: str = "snsapi_base") -> str:
        return f"http://open.example/authorize?redirect_uri={return_url}&scope={scope}&state={state}#wechat_redirect"

    def exchange(self, code: str) -> OAuthIdentity:
        self.meet_failure()
        identity = self.codes.pop(code, None)
        if identity is None:
            raise OAuthCodeInvalid(40029, "invalid code")
        return identity

    def profile(self, identity: OAuthIdentity) -> OAuthProfile:
        self.meet_failure()
        return self.profiles.get(identity.openid) or OAuthProfile(identity.openid)


@dataclass
class FakeJsSdk(Failing):
    """Signs pages with a ticket of its own."""

    appid: str = "wx0000000000000001"

    def config_for(self, url: str) -> JsConfig:
        self.meet_failure()
        timestamp = int(clock.now().timestamp())
        return JsConfig(
            self.appid, timestamp, "nonce", sign(ticket="ticket", nonce="nonce", timestamp=timestamp, url=url)
        )
