"""Understanding what the backend answers to a push (被动回复)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sandbox.callback import crypto
from sandbox.callback.envelopes import Keys

TEXT_LIMIT = 2048
"""Bytes of a passive text (unconfirmed)."""
SERVICE_FAILURE = "该公众号提供的服务出现故障，请稍后再试"


class BadReply(Exception):
    """The answer is neither empty nor a valid reply; the user is told that the service failed."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A line for the chat."""

    kind: str
    body: dict[str, Any] = field(default_factory=dict)


def read(answer: bytes, keys: Keys, *, openid: str, original_id: str) -> Reply | None:
    """Return the reply, or None if the push was only taken.

    :raises BadReply: it is broken, not encrypted although it must be, or meant for somebody else.
    """
    try:
        text = answer.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadReply("not UTF-8") from error
    if text in ("", "success"):
        return None
    root = _parse(text)
    if root.find("Encrypt") is not None:
        if keys.mode == "plain":
            raise BadReply("encrypted reply in plain mode")
        root = _parse(_open(root, keys))
    elif keys.mode == "safe":
        raise BadReply("plain reply in safe mode")
    if _text(root, "ToUserName") != openid or _text(root, "FromUserName") != original_id:
        raise BadReply("ToUserName must be the openid, FromUserName the account's gh_ id")
    if not _text(root, "CreateTime").isdecimal():
        raise BadReply("CreateTime is no number")
    return _reply(root)


def _open(root: Element, keys: Keys) -> str:
    sealed = _text(root, "Encrypt")
    signature = crypto.sign(keys.token, _text(root, "TimeStamp"), _text(root, "Nonce"), sealed)
    if not crypto.same(signature, _text(root, "MsgSignature")):
        raise BadReply("wrong MsgSignature")
    try:
        return crypto.decrypt(keys.aes_key, keys.appid, sealed)
    except crypto.BadCipher as error:
        raise BadReply(str(error)) from error


def _reply(root: Element) -> Reply:
    kind = _text(root, "MsgType")
    if kind == "text":
        content = _text(root, "Content")
        if not content or len(content.encode()) > TEXT_LIMIT:
            raise BadReply("empty text, or more than 2048 bytes")
        return Reply(kind="text", body={"text": content})
    if kind == "image":
        media_id = _text(root, "Image/MediaId")
        if not media_id:
            raise BadReply("image without MediaId")
        return Reply(kind="image", body={"media_id": media_id})
    if kind == "news":
        articles = [
            {
                "title": _text(item, "Title"),
                "description": _text(item, "Description"),
                "picurl": _text(item, "PicUrl"),
                "url": _text(item, "Url"),
            }
            for item in root.findall("Articles/item")
        ]
        if not articles or _text(root, "ArticleCount") != str(len(articles)):
            raise BadReply("ArticleCount differs from the articles")
        # To a message of the user WeChat shows one article only (unconfirmed).
        return Reply(kind="news", body={"articles": articles[:1]})
    if kind == "transfer_customer_service":
        return Reply(kind="note", body={"text": "已为你转接人工客服"})
    if kind in {"voice", "video", "music"}:
        return Reply(kind="text", body={"text": {"voice": "[语音]", "video": "[视频]", "music": "[音乐]"}[kind]})
    raise BadReply(f"MsgType {kind!r}")


def _parse(text: str) -> Element:
    try:
        root: Element = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadReply("not well-formed XML") from error
    if root.tag != "xml":
        raise BadReply("the root is not <xml>")
    return root


def _text(root: Element, path: str) -> str:
    return (root.findtext(path) or "").strip()
