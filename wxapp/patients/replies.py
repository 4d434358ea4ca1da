"""What the official account answers in its chat. Depends on the push, the settings, staff's rules for keywords and what
packages say to scans only, so a repeat of a push gets the same answer as the push itself; what people write is not
stored.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from wxapp.core.addresses import absolute
from wxapp.h5 import registry
from wxapp.patients import scan_answers
from wxapp.patients.reply_models import AnswerKind, ReplyRule
from wxapp.patients.services.replies import find_rule
from wxapp.patients.settings import TEXT_REPLY, TRANSFER_TO_SERVICE, WELCOME
from wxapp.wechat.pushes import Kind, Push
from wxapp.wechat.replies import LONGEST_TEXT, News, Reply, Text, ToCustomerService
from wxapp.wechat.values import Article

_MESSAGES = {Kind.TEXT, Kind.IMAGE, Kind.VOICE, Kind.VIDEO, Kind.LOCATION, Kind.LINK}


def reply_to(push: Push) -> Reply | None:
    """Return the answer that is given at once, or None for what needs none."""
    if push.kind in {Kind.SUBSCRIBE, Kind.SCAN} and (card := scan_answers.answer_to(push)) is not None:
        return card
    if push.kind is Kind.SUBSCRIBE:
        return Text(welcome())
    rule = find_rule(push.content) if push.kind is Kind.TEXT else None
    if rule is not None and (answer := _by_rule(rule)) is not None:
        return answer
    if push.kind in _MESSAGES:
        if TRANSFER_TO_SERVICE():
            return ToCustomerService()
        return Text(TEXT_REPLY()) if TEXT_REPLY() else None
    return None


def _by_rule(rule: ReplyRule) -> Reply | None:
    """Return the answer of a rule; None when it is a card whose page does not exist any more."""
    if rule.kind is AnswerKind.SERVICE:
        return ToCustomerService()
    page = next(
        (each for group in registry.menu_entries().values() for each in group if each.label == rule.entry), None
    )
    if rule.kind is AnswerKind.CARD:
        if page is None:
            return None
        return News(Article(title=rule.title, description=rule.answer, url=absolute(page.path)))
    return Text(f"{rule.answer}\n\n{_link(page)}" if page is not None else rule.answer)


def _link(entry: registry.MenuEntry) -> str:
    return f"<a href={quoteattr(absolute(entry.path))}>{escape(entry.label)}</a>"


def welcome() -> str:
    """Return the greeting with the menu's entries as links, as many as a text may hold."""
    text = WELCOME()
    for group, entries in registry.menu_entries().items():
        longer = f"{text}\n\n【{group}】\n" + "\n".join(map(_link, entries))
        if len(longer.encode()) > LONGEST_TEXT:
            break
        text = longer
    return text
