"""Customer-service messages (客服消息) and the retired uniform message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.account import media
from sandbox.account.api import Body, done, interface, json_body
from sandbox.account.basics import known
from sandbox.account.errors import ApiError
from sandbox.endpoints import world
from sandbox.people import HOSPITAL, Person
from sandbox.world import World

TEXT_LIMIT = 2048


@interface("/cgi-bin/message/custom/send", method="POST")
def send() -> Body:
    """Send into an open window."""
    here = world()
    body = json_body()
    person = known(body.get("touser"))
    kind, shown = _content(here, body)
    with here.change():
        spend(here, person)
        here.post(person, chat=HOSPITAL, side="them", kind=kind, **shown)
    return done()


@interface("/cgi-bin/message/wxopen/template/uniform_send", method="POST")
def uniform_send() -> Body:
    """Refuse: withdrawn in September 2023."""
    raise ApiError(45109)


def spend(world: World, person: Person) -> None:
    """Use one message of the window that closes first.

    :raises ApiError: 45015 no window is open, 45047 those open are used up.
    """
    now = world.now()
    opened = [window for window in person.windows.values() if window.until > now]
    if not opened or not person.follows:
        raise ApiError(45015)
    usable = [window for window in opened if window.left > 0]
    if not usable:
        raise ApiError(45047)
    min(usable, key=lambda window: window.until).left -= 1


def _content(world: World, body: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    kind = body.get("msgtype")
    part = body.get(str(kind))
    if kind not in CONTENTS:
        raise ApiError(40008)
    if not isinstance(part, dict):
        raise ApiError(47001)
    return kind, CONTENTS[str(kind)](world, part)


def _text(_world: World, part: dict[str, Any]) -> dict[str, Any]:
    content = part.get("content")
    if not isinstance(content, str) or not content:
        raise ApiError(44004, "empty content")
    if len(content.encode()) > TEXT_LIMIT:
        raise ApiError(45002)
    return {"text": content}


def _image(world: World, part: dict[str, Any]) -> dict[str, Any]:
    media_id = part.get("media_id")
    if not isinstance(media_id, str) or not media_id:
        raise ApiError(41006)
    media.find(world, media_id)
    return {"media_id": media_id}


def _news(_world: World, part: dict[str, Any]) -> dict[str, Any]:
    articles = part.get("articles")
    if not isinstance(articles, list) or len(articles) != 1 or not isinstance(articles[0], dict):
        raise ApiError(45008)
    return {
        "articles": [{name: str(articles[0].get(name) or "") for name in ("title", "description", "url", "picurl")}]
    }


def _msgmenu(_world: World, part: dict[str, Any]) -> dict[str, Any]:
    items = part.get("list")
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("content") for item in items):
        raise ApiError(47001)
    return {
        "head": str(part.get("head_content") or ""),
        "tail": str(part.get("tail_content") or ""),
        "items": [{"id": str(item.get("id", "")), "content": str(item["content"])} for item in items],
    }


CONTENTS: dict[str, Callable[[World, dict[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "image": _image,
    "news": _news,
    "msgmenu": _msgmenu,
}
