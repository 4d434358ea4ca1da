"""Answers to a push, given in the same HTTP exchange. Source: wechat.md 1.4.

Rendered by wechatpy, which puts text into CDATA as it is; texts are made safe for that here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from wechatpy.replies import ArticlesReply, TextReply, TransferCustomerServiceReply

from wxapp.wechat.values import Article

LONGEST_TEXT = 2048
"""Bytes of a text reply."""


class Reply(Protocol):
    """Something that answers a push."""

    def render(self, *, to: str, sender: str, timestamp: int) -> str: ...


@dataclass(frozen=True)
class Text:
    """A text; what is over 2048 bytes is cut off at a whole character, because WeChat would show a failure."""

    content: str

    def render(self, *, to: str, sender: str, timestamp: int) -> str:
        content = self.content.encode(errors="ignore")[:LONGEST_TEXT].decode(errors="ignore")
        return _render(TextReply, to, sender, timestamp, content=_safe(content))


@dataclass(frozen=True)
class News:
    """One card."""

    article: Article

    def render(self, *, to: str, sender: str, timestamp: int) -> str:
        card = {
            "title": _safe(self.article.title),
            "description": _safe(self.article.description),
            "image": _safe(self.article.picture_url),
            "url": _safe(self.article.url),
        }
        return _render(ArticlesReply, to, sender, timestamp, articles=[card])


@dataclass(frozen=True)
class ToCustomerService:
    """Hand the message over to the people of customer service."""

    def render(self, *, to: str, sender: str, timestamp: int) -> str:
        return _render(TransferCustomerServiceReply, to, sender, timestamp)


def _render(cls: type[Any], to: str, sender: str, timestamp: int, **fields: Any) -> str:
    text: str = cls(target=_safe(to), source=_safe(sender), time=timestamp, **fields).render()
    return text


def _safe(text: str) -> str:
    """Return the text fit for CDATA: its end mark split, control characters (not allowed in XML) left out."""
    encodable = text.encode(errors="ignore").decode()  # half of a character pair can't be sent
    allowed = "".join(char for char in encodable if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))
    return allowed.replace("]]>", "]]]]><![CDATA[>")
