"""What the official account answers in its chat. Depends on the push and the settings only, so a repeat of a push
gets the same answer as the push itself.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from wxapp.core.addresses import absolute
from wxapp.h5 import registry
from wxapp.patients.settings import TEXT_REPLY, TRANSFER_TO_SERVICE, WELCOME
from wxapp.wechat.pushes import Kind, Push
from wxapp.wechat.replies import LONGEST_TEXT, Reply, Text, ToCustomerService

_MESSAGES = {Kind.TEXT, Kind.IMAGE, Kind.VOICE, Kind.VIDEO, Kind.LOCATION, Kind.LINK}


def reply_to(push: Push) -> Reply | None:
    """Return the answer that is given at once, or None for what needs none."""
    if push.kind is Kind.SUBSCRIBE:
        return Text(welcome())
    if push.kind in _MESSAGES:
        if TRANSFER_TO_SERVICE():
            return ToCustomerService()
        return Text(TEXT_REPLY()) if TEXT_REPLY() else None
    return None


def welcome() -> str:
    """Return the greeting with the menu's entries as links, as many as a text may hold."""
    text = WELCOME()
    for group, entries in registry.menu_entries().items():
        lines = [f"<a href={quoteattr(absolute(entry.path))}>{escape(entry.label)}</a>" for entry in entries]
        longer = f"{text}\n\n【{group}】\n" + "\n".join(lines)
        if len(longer.encode()) > LONGEST_TEXT:
            break
        text = longer
    return text
