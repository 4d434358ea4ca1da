"""银行配置: methods by which money comes in, banks and lenders."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital import listings
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, shown, told
from wxapp.hospital.forms import MOST_FEN, MethodForm
from wxapp.hospital.models import Method, MethodKind
from wxapp.hospital.services import MethodText, add_method, change_method
from wxapp.hospital.services.methods import FEE_BY

P = Permission.HOSPITAL_WRITE
OPTIONS = {"fee_by": [(value, label) for value, label in FEE_BY.items() if value]}
KINDS = {"least": "money", "most": "money"}
HELP = {
    "name": "收银和接口按名称识别，所以所有方式和机构都不能重名，也不能含有逗号；改名不影响以前的记录",
    "kind": "保存后不能修改",
    "periods": "只有分期机构填写，用空格分开，例如 6 12 24",
    "least": "一笔付款最少多少",
    "most": "一笔付款最多多少",
    "fee_by": "分期手续费由谁承担",
    "position": "数字小的排在前面",
}

menu.entry("医院配置", "银行配置", "hospital_admin.method_list", P, 30)


def _badge(kind: MethodKind) -> Badge:
    if kind.is_loan:
        return Badge(kind.label, "blue")
    return Badge(kind.label, "green" if kind.is_money else "amber")


def _limits(method: Method) -> str:
    return f"{yuan(method.least_fen)} 至 {yuan(method.most_fen)}"


METHODS = Table(
    "hospital.methods",
    title="付款方式与分期机构",
    columns=(
        Column("name", "名称", link=lambda row: url_for("hospital_admin.method_page", method_id=row.id)),
        Column("kind", "类型", "badge", badges={kind: _badge(kind) for kind in MethodKind}),
        Column("periods", "可选期数", value=lambda row: "、".join(row.periods.split())),
        Column("limits", "每笔金额（元）", value=_limits),
        Column("fee_by", "手续费", value=lambda row: FEE_BY.get(row.fee_by, row.fee_by)),
        Column("position", "排序", "number", sort=Method.position),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("changed_by", "修改人", "actor"),
        Column("changed_at", "修改时间", "moment", sort=Method.changed_at),
    ),
    filters=(
        Filter("kind", "类型", "choice", choices=[(kind.value, kind.label) for kind in MethodKind]),
        Filter("state", "状态", "choice", choices=listings.STATES),
    ),
    sort="position",
    key=Method.id,
    empty="还没有付款方式",
)


@interface("hospital.methods", GET="/pc/config/bank", permission=P)
def method_list() -> Page:
    """All methods, banks and lenders."""
    return Page("hospital/admin/methods.html", table=METHODS.load(listings.methods))


@interface("hospital.method_new", GET="/pc/config/bank/new", permission=P)
def new_method() -> Page:
    """An empty form."""
    return Page(
        "hospital/admin/method.html", form=_form({"is_active": True, "least": 1, "most": MOST_FEN}), method=None
    )


@interface("hospital.method_add", POST="/pc/config/bank/new", permission=P,
           audit="新增付款方式", form_page=new_method)  # fmt: skip
def create_method() -> Done:
    """Add a method, bank or lender."""
    form, by = read_form(MethodForm), current_staff().actor
    made = int(once("hospital.add_method", form, lambda: str(add_method(_text(form), by=by))))
    audit.about(f"hospital_method:{made}", f"{form.name}，{form.kind.label}")
    return Done("已新增", location=url_for(".method_list"), id=made)


@interface("hospital.method", GET="/pc/config/bank/<int:method_id>", permission=P)
def method_page(method_id: int) -> Page:
    """One method, bank or lender."""
    method = listings.get(Method, method_id)
    return Page("hospital/admin/method.html", form=_form(_values(method)), method=method)


@interface("hospital.method_change", POST="/pc/config/bank/<int:method_id>", permission=P,
           audit="修改付款方式", form_page=method_page)  # fmt: skip
def save_method(method_id: int) -> Done:
    """Change a method."""
    form = read_form(MethodForm)
    before = _values(listings.get(Method, method_id))
    change_method(method_id, _text(form), seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_method:{method_id}", told(form, before, OPTIONS))
    return Done("已保存", location=url_for(".method_list"))


def _form(values: dict[str, Any]) -> ShownForm:
    return ShownForm(MethodForm, values=shown(values), options=OPTIONS, kinds=KINDS, help=HELP)


def _values(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "kind": method.kind,
        "periods": method.periods,
        "least": method.least_fen,
        "most": method.most_fen,
        "fee_by": method.fee_by,
        "position": method.position,
        "is_active": method.is_active,
    }


def _text(form: MethodForm) -> MethodText:
    return MethodText(
        name=form.name,
        kind=form.kind,
        periods=tuple(int(one) for one in form.periods.split()),
        least_fen=form.least,
        most_fen=form.most,
        fee_by=form.fee_by,
        position=form.position,
        is_active=form.is_active,
    )
