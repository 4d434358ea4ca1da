"""What people do in the hospital's chat, and which push each deed causes."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.account import codes
from sandbox.account.state import SceneCode
from sandbox.callback.pusher import Push
from sandbox.people import HOSPITAL, Person, ReplyWindow
from sandbox.world import World

TAP_TYPES = frozenset({"click", "scancode_push", "scancode_waitmsg"})
"""Menu taps that open a window for customer-service messages; a link does not."""


class NotPossible(Exception):
    """The deed makes no sense now; the text is for the phone."""


def open_window(world: World, person: Person, cause: str) -> None:
    """Let the account send customer-service messages because of ``message``, ``tap`` or ``pay``."""
    limits = world.config.limits
    rules = {
        "message": limits.reply_window_message,
        "tap": limits.reply_window_tap,
        "pay": limits.reply_window_pay,
    }
    if (rule := rules[cause]) is not None:
        with world.change():
            person.windows[cause] = ReplyWindow(left=rule[0], until=world.now() + rule[1])


def say(world: World, person: Person, text: str, *, msgmenu_id: str = "") -> Push:
    """Send a text into the chat; a tap on a msgmenu item counts as a tap.

    :raises NotPossible: the person does not follow the account, or there is no text.
    """
    if not person.follows:
        raise NotPossible("请先关注公众号")
    if not text.strip():
        raise NotPossible("不能发送空白消息")
    world.post(person, chat=HOSPITAL, side="me", kind="text", text=text)
    open_window(world, person, "tap" if msgmenu_id else "message")
    extra = {"bizmsgmenuid": msgmenu_id} if msgmenu_id else {}
    return world.pusher.push(person, "text", {"Content": text, "MsgId": message_id(world), **extra})


def follow(world: World, person: Person, *, code: tuple[str, SceneCode] | None = None) -> Push:
    """Follow the account, by a search or by scanning a code with a scene."""
    with world.change():
        if person.follows:
            raise NotPossible("已关注该公众号")
        person.follows = True
        person.followed_at = int(world.now())
        person.follow_scene = "ADD_SCENE_QR_CODE" if code else "ADD_SCENE_SEARCH"
        person.qr_scene = code[1].scene if code else ""
    open_window(world, person, "tap")
    world.note(person, f"你已关注{world.chat_name(HOSPITAL)}，可以开始聊天了")
    fields: dict[str, Any] = {"Event": "subscribe", "EventKey": ""}
    if code:
        fields |= {"EventKey": f"qrscene_{code[1].scene}", "Ticket": code[0]}
    return world.pusher.push(person, "subscribe", fields)


def unfollow(world: World, person: Person) -> Push:
    """Stop following; the windows for customer-service messages close."""
    with world.change():
        if not person.follows:
            raise NotPossible("尚未关注该公众号")
        person.follows = False
        person.windows = {}
    world.note(person, "你已取消关注")
    return world.pusher.push(person, "unsubscribe", {"Event": "unsubscribe", "EventKey": ""})


def tap_menu(world: World, person: Person, position: tuple[int, ...], *, scanned: str = "") -> dict[str, Any]:
    """Tap a button of the published menu, by its place (top) or (top, sub); say what the phone does next.

    :raises NotPossible: there is no such button, the person does not follow, or a scan is wanted and missing.
    """
    if not person.follows:
        raise NotPossible("请先关注公众号")
    button = _button(world, position)
    kind = button["type"]
    if kind in TAP_TYPES:
        if kind != "click" and not scanned:
            return {"do": "scan", "position": list(position)}
        open_window(world, person, "tap")
    if kind == "view":
        fields = {"Event": "VIEW", "EventKey": button["url"], "MenuId": world.account.menu_id}
        world.pusher.push(person, "VIEW", fields)
        return {"do": "open", "url": button["url"]}
    if kind == "miniprogram":
        fields = {"Event": "view_miniprogram", "EventKey": button["pagepath"], "MenuId": world.account.menu_id}
        world.pusher.push(person, "view_miniprogram", fields)
        return {"do": "open", "url": button["url"]}
    if kind == "click":
        world.pusher.push(person, "CLICK", {"Event": "CLICK", "EventKey": button["key"]})
        return {"do": "chat"}
    if kind in TAP_TYPES:
        result = {"ScanType": "qrcode", "ScanResult": scanned}
        world.pusher.push(person, kind, {"Event": kind, "EventKey": button["key"], "ScanCodeInfo": result})
        if kind == "scancode_push" and scanned.startswith(("http://", "https://")):
            return {"do": "open", "url": scanned}
        return {"do": "chat"}
    raise NotPossible("手机模拟器不支持该菜单类型")


def scan(world: World, person: Person, text: str) -> dict[str, Any]:
    """Scan what a QR code says: one of the account's codes, or a web address; say what the phone does next.

    A code that has run out does nothing.

    :raises NotPossible: it is neither.
    """
    text = text.strip()
    if (found := codes.find(world, text)) is not None:
        ticket, code = found
        if code.expires_at is not None and code.expires_at <= world.now():
            return {"do": "nothing", "text": "二维码已过期"}
        if not person.follows:
            follow(world, person, code=found)
        else:
            open_window(world, person, "tap")
            world.pusher.push(person, "SCAN", {"Event": "SCAN", "EventKey": code.scene, "Ticket": ticket})
        return {"do": "chat"}
    if text.startswith(codes.URL):
        return {"do": "nothing", "text": "二维码无效"}
    if text.startswith(("http://", "https://")):
        return {"do": "open", "url": text}
    raise NotPossible(f"无法识别：{text[:80]}")


def message_id(world: World) -> int:
    """Return a new 64-bit number for a message."""
    with world.lock:
        world.account.last_number += 1
        return 6_000_000_000_000_000_000 + secrets.randbelow(10**12) * 100_000 + world.account.last_number % 100_000


def _button(world: World, position: tuple[int, ...]) -> dict[str, Any]:
    menu = world.account.menu
    try:
        button: dict[str, Any] = (menu or {})["button"][position[0]]
        if len(position) > 1:
            button = button["sub_button"][position[1]]
    except (KeyError, IndexError):
        raise NotPossible("菜单已更新，请重新进入会话") from None
    if button.get("sub_button") or "type" not in button:
        raise NotPossible("请选择子菜单")
    return button
