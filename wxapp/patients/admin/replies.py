"""Staff pages: answers to keywords."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5 import registry
from wxapp.patients.admin.door import interface
from wxapp.patients.forms import ReplyForm
from wxapp.patients.reply_models import ReplyRule
from wxapp.patients.services import replies
from wxapp.patients.settings import TEXT_REPLY, TRANSFER_TO_SERVICE

menu.entry("公众号", "关键词回复", "patients_admin.reply_list", Permission.REPLY_WRITE, 20)

_LONGEST_TRIAL = 200

RULES = Table(
    "patients.replies",
    title="关键词回复",
    columns=(
        Column(
            "keywords",
            "关键词",
            value=lambda row: "、".join(row.keywords.split("\n")),
            link=lambda row: url_for("patients_admin.reply_form", rule_id=row.id),
        ),
        Column("match", "匹配方式", value=lambda row: row.match.label),
        Column("kind", "回复方式", value=lambda row: row.kind.label),
        Column("answer", "回复内容", value=lambda row: row.title or row.answer),
        Column("position", "排序", "number", sort=ReplyRule.position),
        Column("is_active", "启用", "badge", badges=YES_NO),
        Column("changed_at", "修改时间", sort=ReplyRule.changed_at),
        Column("changed_by", "修改人", "actor"),
    ),
    actions=(
        Action("编辑", lambda row: url_for("patients_admin.reply_form", rule_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("patients_admin.remove_reply", rule_id=row.id),
            post=True,
            confirm="确定删除这条回复吗？",
            tone="danger",
        ),
    ),
    sort="position",
    key=ReplyRule.id,
    empty="还没有关键词回复",
)

_HELP = {
    "keywords": "多个关键词用逗号或换行分隔；不区分大小写与全角半角",
    "answer": "文字回复的内容，或卡片的说明",
    "entry": "文字回复会在末尾附上该页面的链接；卡片点击后打开该页面",
    "position": "数字小的先匹配；完全一致的总是优先",
}
_KINDS = {"keywords": "textarea", "answer": "textarea"}


@interface("patients.replies", GET="/pc/replies", permission=Permission.REPLY_WRITE)
def reply_list() -> Page:
    """All rules, and what would be answered to a text."""
    tried = request.args.get("try", "").strip()[:_LONGEST_TRIAL]
    return Page(
        "patients/admin/replies.html",
        table=RULES.load(lambda: sa.select(ReplyRule)),
        tried=tried,
        found=replies.find_rule(tried) if tried else None,
        otherwise="转接人工客服" if TRANSFER_TO_SERVICE() else TEXT_REPLY(),
    )


@interface("patients.new_reply", GET="/pc/replies/new", permission=Permission.REPLY_WRITE)
def new_reply() -> Page:
    form = _form({"is_active": True, "match": "contains", "kind": "text"})
    return Page("patients/admin/reply_form.html", form=form, rule=None)


@interface(
    "patients.add_reply",
    POST="/pc/replies",
    permission=Permission.REPLY_WRITE,
    audit="新增关键词回复",
    form_page=new_reply,
)
def add_reply() -> Done:
    form = read_form(ReplyForm)
    by = current_staff().actor
    made_id = once("patients.add_reply", form, lambda: str(replies.add_rule(_draft(form), by=by).id))
    audit.about(f"reply:{made_id}", _one_line(form))
    return Done("已新增", location=url_for("patients_admin.reply_list"), id=int(made_id))


@interface("patients.reply", GET="/pc/replies/<int:rule_id>", permission=Permission.REPLY_WRITE)
def reply_form(rule_id: int) -> Page:
    rule = replies.get_rule(rule_id)
    values = {name: getattr(rule, name) for name in ReplyForm.model_fields if name != "form_key"}
    return Page("patients/admin/reply_form.html", form=_form(values), rule=rule)


@interface(
    "patients.save_reply",
    POST="/pc/replies/<int:rule_id>",
    permission=Permission.REPLY_WRITE,
    audit="修改关键词回复",
    form_page=reply_form,
)
def save_reply(rule_id: int) -> Done:
    form = read_form(ReplyForm)
    replies.change_rule(rule_id, _draft(form), seen_version=form.version, by=current_staff().actor)
    audit.about(f"reply:{rule_id}", _one_line(form))
    return Done("已保存，立即生效", location=url_for("patients_admin.reply_list"))


@interface(
    "patients.remove_reply",
    POST="/pc/replies/<int:rule_id>/remove",
    permission=Permission.REPLY_WRITE,
    audit="删除关键词回复",
)
def remove_reply(rule_id: int) -> Done:
    audit.about(f"reply:{rule_id}", replies.get_rule(rule_id).keywords.replace("\n", "、"))
    replies.remove_rule(rule_id)
    return Done("已删除", location=url_for("patients_admin.reply_list"))


def _form(values: dict[str, Any]) -> ShownForm:
    options = {"entry": [("", "不附页面"), *((label, label) for label in _entries())]}
    return ShownForm(ReplyForm, values=values, options=options, help=_HELP, kinds=_KINDS)


def _entries() -> list[str]:
    return [entry.label for group in registry.menu_entries().values() for entry in group]


def _draft(form: ReplyForm) -> replies.ReplyDraft:
    """:raises Invalid: a page that the account's menu does not have"""
    if form.entry and form.entry not in _entries():
        raise Invalid({"entry": "打开的页面不在可选范围内"})
    return replies.ReplyDraft(
        form.keywords, form.match, form.kind, form.answer, form.title, form.entry, form.position, form.is_active
    )


def _one_line(form: ReplyForm) -> str:
    return " ".join(form.keywords.split())[:80]
