"""Roles and what they allow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.core import sessions
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.staff import queries, rules, services
from wxapp.staff.admin.door import interface
from wxapp.staff.forms import RoleForm
from wxapp.staff.models import EVERYTHING, Role

menu.entry("系统", "角色权限", "staff_admin.role_list", Permission.STAFF_READ, 30)

THINGS = {
    "dashboard": "首页", "goods": "商城", "order": "订单", "payment": "收款", "refund": "退款", "ledger": "账务",
    "difference": "账务", "wallet": "储值", "patient": "患者", "balance_password": "储值", "message": "消息",
    "menu": "公众号", "website": "医院主页", "setting": "系统设置", "staff": "员工与角色", "role": "员工与角色",
    "visit": "到院", "diagnostics": "到院", "price": "到院", "procedure": "到院", "departure": "到院", "pickup": "到院",
    "retail": "零售", "till": "收款", "hospital": "系统设置", "table": "数据与审计", "audit": "数据与审计",
}  # fmt: skip
"""Headings of the permissions' first words; an unknown one stands under its own word."""


@dataclass(frozen=True)
class Line:
    """A permission in the matrix, with a cell for each role."""

    value: str
    label: str
    held: list[bool]


def _thing(permission: Permission) -> str:
    word = permission.value.partition(":")[0]
    return THINGS.get(word, word)


def _grouped() -> dict[str, list[Permission]]:
    order = list(dict.fromkeys(_thing(permission) for permission in Permission))
    by_thing = sorted(Permission, key=lambda permission: order.index(_thing(permission)))
    return {thing: list(members) for thing, members in groupby(by_thing, _thing)}


@interface("staff.role_list", GET="/pc/roles", permission=Permission.STAFF_READ)
def role_list() -> Page:
    """All roles side by side."""
    roles = queries.roles()
    held = [queries.permissions_of(role) for role in roles]
    matrix = {
        thing: [Line(p.value, p.label, [p in permissions for permissions in held]) for p in members]
        for thing, members in _grouped().items()
    }
    return Page("staff/roles.html", roles=roles, matrix=matrix, members=queries.members_by_role())


def _role_page(role: Role | None) -> Page:
    back = refusal()
    chosen = set(back.typed.getlist("permissions")) if back else set()
    if role is not None and not back:
        chosen = {permission.value for permission in queries.permissions_of(role)}
    own = current_staff().permissions
    values = {"label": role.label, "requires_totp": role.requires_totp} if role else {}
    is_everything = role is not None and role.permissions == EVERYTHING
    return Page(
        "staff/role.html",
        form=ShownForm(RoleForm, values=values),
        role=role,
        groups=_grouped(),
        chosen=sorted(chosen),
        givable=sorted(permission.value for permission in own),
        is_everything=is_everything,
        may_manage=current_staff().may(Permission.ROLE_WRITE)
        and (role is None or rules.may_give(own, queries.permissions_of(role))),
        member_count=queries.members_by_role().get(role.id, 0) if role else 0,
    )


@interface("staff.new_role_form", GET="/pc/roles/new", permission=Permission.ROLE_WRITE)
def new_role_form() -> Page:
    """The form for a new role."""
    return _role_page(None)


@interface("staff.create_role", POST="/pc/roles/new", permission=Permission.ROLE_WRITE, audit="新增角色",
           form_page=new_role_form)  # fmt: skip
def create_role() -> Done:
    form = read_form(RoleForm)
    staff = current_staff()

    def create() -> str:
        role = services.create_role(
            label=form.label, permissions=form.permissions, requires_totp=form.requires_totp, by=staff
        )
        return str(role.id)

    role_id = int(once("staff.create_role", form, create))
    return Done("角色已创建", location=url_for(".role_list"), id=role_id)


@interface("staff.role_form", GET="/pc/roles/<int:role_id>", permission=Permission.STAFF_READ)
def role_form(role_id: int) -> Page:
    """One role and its permissions."""
    return _role_page(queries.get_role(role_id))


@interface("staff.save_role", POST="/pc/roles/<int:role_id>", permission=Permission.ROLE_WRITE,
           audit="角色权限", form_page=role_form)  # fmt: skip
def save_role(role_id: int) -> Done:
    """Change a role. Everybody who has it is signed out; whoever changed his own role goes on with a new session."""
    form = read_form(RoleForm)
    staff = current_staff()
    has_changed = services.save_role(
        role_id,
        label=form.label,
        permissions=form.permissions,
        requires_totp=form.requires_totp,
        version=form.version,
        by=staff,
    )
    if has_changed and any(role.id == role_id for role in queries.get_member(staff.id).roles):
        sessions.sign_in(sessions.STAFF, staff.id)
    message = "已保存，该角色的员工需要重新登录" if has_changed else "已保存"
    return Done(message, location=url_for(".role_list"), csrf_token=sessions.csrf_token(sessions.STAFF))


@interface("staff.delete_role", POST="/pc/roles/<int:role_id>/delete", permission=Permission.ROLE_WRITE,
           audit="删除角色", form_page=role_form)  # fmt: skip
def delete_role(role_id: int) -> Done:
    services.delete_role(role_id, by=current_staff())
    return Done("角色已删除", location=url_for(".role_list"))
