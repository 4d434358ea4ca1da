"""The official account as the rest of wxapp sees it: typed methods, typed errors, nothing of wechatpy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from wxapp.core.outgoing import Outgoing
from wxapp.wechat import answers
from wxapp.wechat.api import Api, answered
from wxapp.wechat.config import OfficialAccountConfig
from wxapp.wechat.errors import Rejected, Unavailable, WechatError
from wxapp.wechat.interfaces import Now, TokenStore
from wxapp.wechat.tokens import AccessTokens
from wxapp.wechat.values import (
    Article,
    Choice,
    DownloadedMedia,
    Follower,
    MessageTemplate,
    QrCode,
    TemplateMessage,
)

LONGEST_SCENE = 64
LONGEST_QR_SECONDS = 2_592_000
"""30 days. Source: wechat.md 5.1."""

_NO_MENU = 46003
_TEMPLATE_KEY = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


class OfficialAccount:
    """Messages, people, codes, menu and media of one account. Safe to share between threads.

    Every method raises subclasses of ``WechatError`` only; values that break a limit known beforehand are a
    ``ValueError``, a fault of the caller.
    """

    def __init__(
        self, config: OfficialAccountConfig, *, store: TokenStore, now: Now, http: Outgoing | None = None
    ) -> None:
        self._config = config
        self._now = now
        self._http = http or Outgoing(config.limits, proxy=config.proxy)
        self._api = Api(config, AccessTokens(config, store, self._http, now), self._http, now)

    # --- messages

    def send_template(self, message: TemplateMessage) -> int:
        """Hand a template message over and return its msgid, which comes back in TEMPLATESENDJOBFINISH.

        Accepted is not delivered. A repeat with the same message_id within ten minutes reaches the person once.
        """
        body: dict[str, Any] = {
            "touser": message.openid,
            "template_id": message.template_id,
            "data": {key: {"value": value} for key, value in message.values.items()},
            "client_msg_id": message.message_id,
        }
        if message.url:
            body["url"] = message.url
        if page := message.mini_program:
            body["miniprogram"] = {"appid": page.appid, "pagepath": page.path}
        answer = self._api.json("post", "message/template/send", data=body)
        msgid = answer.get("msgid")
        if not isinstance(msgid, int):
            raise Unavailable("no msgid in the answer", sent=True)
        return msgid

    def templates(self) -> list[MessageTemplate]:
        """Return the templates of the account with the keys that their texts ask for."""
        rows = answered(self._api.template.get_all_private_template()).get("template_list") or []
        return [
            MessageTemplate(
                template_id=str(row["template_id"]),
                title=str(row.get("title", "")),
                content=str(row.get("content", "")),
                example=str(row.get("example", "")),
                keys=tuple(_TEMPLATE_KEY.findall(str(row.get("content", "")))),
            )
            for row in rows
        ]

    def send_text(self, openid: str, text: str) -> None:
        """Send a customer-service text, possible for a while after the person did something (wechat.md 6.2)."""
        self._api.message.send_text(openid, text)

    def send_image(self, openid: str, media_id: str) -> None:
        """Send a customer-service image."""
        self._api.message.send_image(openid, media_id)

    def send_news(self, openid: str, article: Article) -> None:
        """Send a customer-service card."""
        self._api.message.send_articles(
            openid,
            [
                {
                    "title": article.title,
                    "description": article.description,
                    "url": article.url,
                    "picurl": article.picture_url,
                }
            ],
        )

    def send_choices(self, openid: str, *, head: str, choices: Sequence[Choice], tail: str) -> None:
        """Send a question with choices to tap (msgmenu)."""
        menu = {
            "head_content": head,
            "list": [{"id": choice.id, "content": choice.text} for choice in choices],
            "tail_content": tail,
        }
        body = {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu}
        self._api.json("post", "message/custom/send", data=body)

    # --- people

    def follower(self, openid: str) -> Follower:
        """Return what the account may know of the person, also of one who doesn't follow."""
        answer = answered(self._api.user.get(openid))
        followed = answer.get("subscribe_time")
        return Follower(
            openid=openid,
            is_following=answer.get("subscribe") == 1,
            unionid=str(answer.get("unionid") or ""),
            followed_at=datetime.fromtimestamp(followed, UTC) if isinstance(followed, int) else None,
            remark=str(answer.get("remark") or ""),
            scene=str(answer.get("qr_scene_str") or ""),
            channel=str(answer.get("subscribe_scene") or ""),
        )

    # --- menu

    def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Replace the menu by one made with ``wechat.menu.build``."""
        self._api.menu.create(dict(menu))

    def menu(self) -> dict[str, Any] | None:
        """Return the menu as WeChat has it (``{"button": […]}``), None if there is none."""
        try:
            answer = answered(self._api.menu.get())
        except WechatError as error:
            if error.errcode == _NO_MENU:
                return None
            raise
        menu = answer.get("menu")
        if not isinstance(menu, dict):
            raise Unavailable("no menu in the answer", sent=True)
        return menu

    def delete_menu(self) -> None:
        """Remove the menu."""
        self._api.menu.delete()

    # --- codes

    def create_qrcode(self, scene: str, *, expires_in: int | None) -> QrCode:
        """Make a code with a scene: temporary for ``expires_in`` seconds, or permanent with None (100 000 in all).

        The scene must be a random one-time token: whoever photographs the code can scan it.
        """
        if not 1 <= len(scene) <= LONGEST_SCENE:
            raise ValueError("a scene has 1 to 64 characters")
        if expires_in is not None and not 1 <= expires_in <= LONGEST_QR_SECONDS:
            raise ValueError("a temporary code lives 1 second to 30 days")
        body: dict[str, Any] = {
            "action_name": "QR_LIMIT_STR_SCENE" if expires_in is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expires_in is not None:
            body["expire_seconds"] = expires_in
        answer = answered(self._api.qrcode.create(body))
        ticket, url = answer.get("ticket"), answer.get("url")
        if not (isinstance(ticket, str) and isinstance(url, str)):
            raise Unavailable("no ticket in the answer", sent=True)
        return QrCode(ticket=ticket, url=url, expires_in=answer.get("expire_seconds"))

    def qrcode_image(self, ticket: str) -> bytes:
        """Return the picture of a code.

        :raises Rejected: WeChat does not know the ticket.
        """
        response = answers.get(self._http, f"{self._config.mp_url}/cgi-bin/showqrcode", {"ticket": ticket})
        if response.status_code == 404:
            raise Rejected(None, "unknown ticket", field="ticket")
        if response.status_code != 200 or not response.headers.get("Content-Type", "").startswith("image/"):
            raise Unavailable(f"HTTP {response.status_code} without a picture", sent=True)
        return response.content

    # --- media

    def upload_media(self, kind: str, *, name: str, content: bytes, content_type: str) -> str:
        """Upload temporary media (image, voice, video, thumb), kept three days, and return its media_id.

        Takes bytes, not a stream: a second try after a refused token must send the content again. ``name`` is
        ASCII, because other names travel in a form that not every server reads.
        """
        if not name.isascii():
            raise ValueError("the name of a file is ASCII")
        answer = answered(self._api.media.upload(kind, (name, content, content_type)))
        media_id = answer.get("media_id")
        if not isinstance(media_id, str):
            raise Unavailable("no media_id in the answer", sent=True)
        return media_id

    def download_media(self, media_id: str) -> DownloadedMedia:
        """Return temporary media.

        :raises MediaGone: unknown, or older than three days.
        """
        answer = self._api.binary("media/get", {"media_id": media_id})
        if isinstance(answer, requests.Response):
            return DownloadedMedia(answer.content, answer.headers.get("Content-Type", ""))
        return DownloadedMedia(b"", video_url=str(answer.get("video_url", "")))

    # --- JS-SDK

    def jsapi_ticket(self) -> tuple[str, int]:
        """Fetch a ticket for ``jssdk`` and the seconds it lives. Few are given out: only ``JsSdk`` calls this."""
        answer = answered(self._api.jsapi.get_ticket("jsapi"))
        ticket, expires_in = answer.get("ticket"), answer.get("expires_in")
        if not (isinstance(ticket, str) and ticket and isinstance(expires_in, int)):
            raise Unavailable("no ticket in the answer", sent=True)
        return ticket, expires_in
