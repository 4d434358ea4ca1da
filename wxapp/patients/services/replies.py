"""Keeping the answers to keywords, and finding the one for a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.patients.reply_models import AnswerKind, Match, ReplyRule
from wxapp.patients.rules import Keywords, matching, plain_text

MOST_RULES = 500
"""All are read for each text that somebody writes."""
MOST_KEYWORDS = 300
"""Characters of all keywords of one rule."""


@dataclass(frozen=True)
class ReplyDraft:
    """A rule as staff typed it; keywords are divided by commas, blanks or lines."""

    keywords: str
    match: Match
    kind: AnswerKind
    answer: str
    title: str
    entry: str
    position: int
    is_active: bool


def find_rule(text: str) -> ReplyRule | None:
    """Return the rule that answers this text: a whole match goes before a part, then staff's order."""
    rules = db.session.scalars(
        sa.select(ReplyRule).where(ReplyRule.is_active).order_by(ReplyRule.position, ReplyRule.id).limit(MOST_RULES)
    ).all()
    known = {rule.id: rule for rule in rules}
    found = matching(text, [Keywords(rule.id, rule.keywords.split("\n"), rule.match is Match.EXACT) for rule in rules])
    return known[found] if found is not None else None


def get_rule(rule_id: int) -> ReplyRule:
    """:raises NotFound: no such rule"""
    rule = db.session.get(ReplyRule, rule_id)
    if rule is None:
        raise NotFound
    return rule


def add_rule(draft: ReplyDraft, *, by: str) -> ReplyRule:
    """Add a rule.

    :raises Invalid: beside the field that is wrong
    """
    values = _checked(draft)
    with transaction():
        if (db.session.scalar(sa.select(sa.func.count()).select_from(ReplyRule)) or 0) >= MOST_RULES:
            raise Invalid({"keywords": f"最多可建{MOST_RULES}条规则，请先删除不用的"})
        rule = ReplyRule(**values, version=1, changed_at=clock.now(), changed_by=by)
        db.session.add(rule)
        db.session.flush()  # its key is the answer
    return rule


def change_rule(rule_id: int, draft: ReplyDraft, *, seen_version: int, by: str) -> None:
    """Replace what staff typed.

    :raises Invalid: beside the field that is wrong
    :raises Stale: somebody else has changed the rule since the form was shown
    """
    values = _checked(draft)
    with transaction():
        save_version(ReplyRule, rule_id, seen=seen_version, **values, changed_at=clock.now(), changed_by=by)


def remove_rule(rule_id: int) -> None:
    """:raises NotFound: no such rule"""
    with transaction():
        db.session.delete(get_rule(rule_id))


def _checked(draft: ReplyDraft) -> dict[str, object]:
    errors: dict[str, str] = {}
    keywords = _keywords(draft.keywords)
    joined = "\n".join(keywords)
    if not keywords:
        errors["keywords"] = "请填写至少一个关键词"
    elif len(joined) > MOST_KEYWORDS:
        errors["keywords"] = f"关键词合计不能超过{MOST_KEYWORDS}个字"
    if draft.kind is AnswerKind.TEXT and not draft.answer:
        errors["answer"] = "请填写回复内容"
    if draft.kind is AnswerKind.CARD and not draft.title:
        errors["title"] = "请填写卡片标题"
    if draft.kind is AnswerKind.CARD and not draft.entry:
        errors["entry"] = "请选择卡片打开的页面"
    if errors:
        raise Invalid(errors)
    return asdict(draft) | {"keywords": joined}


def _keywords(typed: str) -> Sequence[str]:
    found = (plain_text(word) for word in re.split(r"[,，、;；\n]+", typed))
    return list(dict.fromkeys(word for word in found if word))
