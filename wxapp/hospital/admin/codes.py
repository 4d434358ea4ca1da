"""客户字典: words that programs know by number (医院标签, 开发部门, 来源)."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, told
from wxapp.hospital.forms import CodeForm, NewCodeForm
from wxapp.hospital.models import Code, CodeKind
from wxapp.hospital.services import CodeText, add_code, change_code

P = Permission.HOSPITAL_WRITE
HELP = {
    "code": "其他程序按编号识别；编号不能修改，停用后也不会再给别的内容",
    "label": "不能含有逗号",
    "position": "数字小的排在前面",
}

menu.entry("医院配置", "客户字典", "hospital_admin.code_list", P, 70)

CODES = Table(
    "hospital.codes",
    title="客户字典",
    columns=(
        Column("kind", "列表", sort=(Code.kind, Code.position)),
        Column("code", "编号", "code", sort=Code.code),
        Column("label", "名称", link=lambda row: url_for("hospital_admin.code_page", code_id=row.id)),
        Column("position", "排序", "number", sort=Code.position),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("changed_by", "修改人", "actor"),
        Column("changed_at", "修改时间", "moment", sort=Code.changed_at),
    ),
    filters=(
        Filter("kind", "列表", "choice", choices=[(kind.value, kind.label) for kind in CodeKind]),
        Filter("state", "状态", "choice", choices=listings.STATES),
    ),
    sort="kind",
    key=Code.id,
    empty="还没有内容",
)


@interface("hospital.codes", GET="/pc/config/codes", permission=P)
def code_list() -> Page:
    """All words of all lists."""
    return Page("hospital/admin/codes.html", table=CODES.load(listings.codes))


@interface("hospital.code_new", GET="/pc/config/codes/new", permission=P)
def new_code() -> Page:
    """An empty form."""
    form = ShownForm(NewCodeForm, values={"is_active": True}, help=HELP)
    return Page("hospital/admin/code.html", form=form, word=None)


@interface("hospital.code_add", POST="/pc/config/codes/new", permission=P,
           audit="新增客户字典", form_page=new_code)  # fmt: skip
def create_code() -> Done:
    """Add a word under a new number."""
    form, by = read_form(NewCodeForm), current_staff().actor
    made = int(once("hospital.add_code", form, lambda: str(add_code(form.kind, form.code, _text(form), by=by))))
    audit.about(f"hospital_code:{made}", f"{form.kind.label} {form.code} {form.label}")
    return Done("已新增", location=url_for(".code_list", kind=form.kind.value), id=made)


@interface("hospital.code", GET="/pc/config/codes/<int:code_id>", permission=P)
def code_page(code_id: int) -> Page:
    """One word."""
    code = listings.get(Code, code_id)
    return Page("hospital/admin/code.html", form=ShownForm(CodeForm, values=_values(code), help=HELP), word=code)


@interface("hospital.code_change", POST="/pc/config/codes/<int:code_id>", permission=P,
           audit="修改客户字典", form_page=code_page)  # fmt: skip
def save_code(code_id: int) -> Done:
    """Change a word; its number stays."""
    form = read_form(CodeForm)
    code = listings.get(Code, code_id)
    before, kind = _values(code), code.kind
    change_code(code_id, _text(form), seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_code:{code_id}", told(form, before))
    return Done("已保存", location=url_for(".code_list", kind=kind.value))


def _values(code: Code) -> dict[str, Any]:
    return {"label": code.label, "position": code.position, "is_active": code.is_active}


def _text(form: CodeForm) -> CodeText:
    return CodeText(form.label, form.position, form.is_active)
