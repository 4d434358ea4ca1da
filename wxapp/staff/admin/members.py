"""Members of staff and where they are signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import Keyed, once
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.staff import known_as, queries, rules, services
from wxapp.staff.admin.door import interface
from wxapp.staff.forms import FirstPasswordForm, MemberChangeForm, MemberForm
from wxapp.staff.models import Member

menu.entry("系统", "员工管理", "staff_admin.member_list", Permission.STAFF_READ, 20)
menu.entry("系统", "在线登录", "staff_admin.session_list", Permission.STAFF_READ, 40)

PHONE_HELP = "填写后系统据此识别本院员工，例如员工不能成为分销员"

STATES: Mapping[Any, Badge] = {
    "on": Badge("在用", "green"),
    "off": Badge("已停用", "grey"),
    "locked": Badge("已锁定", "red"),
    "first": Badge("待首次登录", "amber"),
}


def _state(member: Member) -> str:
    if not member.is_active:
        return "off"
    if member.locked_until is not None and member.locked_until > clock.now():
        return "locked"
    return "first" if member.must_change_password else "on"


MEMBERS = Table(
    "staff.members",
    title="员工",
    columns=(
        Column("name", "姓名", sort=Member.username, link=lambda m: url_for("staff_admin.member_form", member_id=m.id),
               below=lambda m: m.username),
        Column("roles", "角色", value=lambda m: [role.label for role in m.roles]),
        Column("state", "状态", "badge", value=_state, badges=STATES),
        Column("totp", "两步验证", "badge", value=lambda m: m.totp_confirmed_at is not None,
               badges={True: Badge("已启用", "green"), False: Badge("未启用", "grey")}),
        Column("last_login_at", "最近登录", sort=Member.last_login_at),
        Column("created_at", "创建时间", "day", sort=Member.created_at),
    ),
    filters=(
        Filter("q", "账号或姓名"),
        Filter("role", "角色", "choice", choices=lambda: [(role.name, role.label) for role in queries.roles()]),
        Filter("state", "账号", "choice", choices=(("on", "在用"), ("off", "已停用"))),
    ),
    actions=(
        Action("编辑", lambda m: url_for("staff_admin.member_form", member_id=m.id), Permission.STAFF_WRITE),
    ),
    sort="-created_at",
    key=Member.id,
)  # fmt: skip


@interface("staff.member_list", GET="/pc/staff", permission=Permission.STAFF_READ)
def member_list() -> Page:
    """All members of staff."""
    return Page("staff/members.html", table=MEMBERS.load(queries.members))


def _role_options() -> list[tuple[str, str]]:
    """Return the roles that this person may give."""
    own = current_staff().permissions
    return [(str(role.id), role.label) for role in queries.roles() if rules.may_give(own, queries.permissions_of(role))]


@interface("staff.new_member_form", GET="/pc/staff/new", permission=Permission.STAFF_WRITE)
def new_member_form() -> Page:
    """The form for a new member."""
    help_lines = {"username": "以汉字或小写字母开头，可用汉字、小写字母、数字、点、横线；创建后不能修改"}
    help_lines["phone"] = PHONE_HELP
    form = ShownForm(MemberForm, options={"role_ids": _role_options()}, help=help_lines, kinds={"phone": "tel"})
    return Page("staff/member_new.html", form=form)


@interface("staff.create_member", POST="/pc/staff/new", permission=Permission.STAFF_WRITE, audit="新增员工",
           form_page=new_member_form)  # fmt: skip
def create_member() -> Page:
    """Make an account; its first password is shown once."""
    form = read_form(MemberForm)
    staff = current_staff()
    made = _once(
        "staff.create_member",
        form,
        lambda: services.create_member(
            username=form.username, name=form.name, phone=form.phone, role_ids=form.role_ids, by=staff
        ),
    )
    audit.about(f"staff:{made.member.id}", form.username)
    return _shown_once(made, "员工账号已创建")


def _once(
    use_case: str, form: Keyed, work: Callable[[], services.FirstPassword], **subject: int
) -> services.FirstPassword:
    """Give a first password once for each form; a second press is shown the same one."""

    def give() -> str:
        made = work()
        return f"{made.member.id}:{made.password}"

    member_id, _, password = once(use_case, form, give, is_secret=True, **subject).partition(":")
    return services.FirstPassword(queries.get_member(int(member_id)), password)


def _shown_once(made: services.FirstPassword, title: str) -> Page:
    return Page(
        "staff/first_password.html",
        heading=title,
        member_id=made.member.id,
        username=made.member.username,
        name=made.member.name,
        first_password=made.password,
        hours=rules.FIRST_PASSWORD_HOURS,
    )


@interface("staff.member_form", GET="/pc/staff/<int:member_id>", permission=Permission.STAFF_READ)
def member_form(member_id: int) -> Page:
    """One member: name, roles, state, devices."""
    member = queries.get_member(member_id)
    staff = current_staff()
    held = [(str(role.id), role.label) for role in member.roles]
    options = {"role_ids": list(dict.fromkeys([*_role_options(), *held]))}
    values = {"name": member.name, "phone": member.phone, "role_ids": [role.id for role in member.roles]}
    may_manage = staff.may(Permission.STAFF_WRITE) and rules.may_give(
        staff.permissions, queries.permissions_of_all(member.roles)
    )
    if not may_manage:  # a colleague's telephone is for those who manage staff
        values["phone"] = ""
    return Page(
        "staff/member.html",
        form=ShownForm(
            MemberChangeForm, values=values, options=options, kinds={"phone": "tel"}, help={"phone": PHONE_HELP}
        ),
        member=member,
        known_as=known_as.notes(member.phone) if may_manage and member.is_active else [],
        roles=[role.label for role in member.roles],
        state=STATES[_state(member)],
        may_manage=may_manage,
        is_self=member.id == staff.id,
        devices=queries.open_sessions(now=clock.now(), member_id=member.id),
    )


@interface("staff.change_member", POST="/pc/staff/<int:member_id>", permission=Permission.STAFF_WRITE,
           audit="员工修改", form_page=member_form)  # fmt: skip
def change_member(member_id: int) -> Done:
    """Change name, telephone and roles."""
    form = read_form(MemberChangeForm)
    services.change_member(
        member_id,
        name=form.name,
        phone=form.phone,
        role_ids=form.role_ids,
        version=form.version,
        by=current_staff(),
    )
    return Done("已保存", location=url_for(".member_form", member_id=member_id))


@interface("staff.switch_on", POST="/pc/staff/<int:member_id>/on", permission=Permission.STAFF_WRITE,
           audit="启用账号", form_page=member_form)  # fmt: skip
def switch_on(member_id: int) -> Done:
    services.switch_member(member_id, on=True, by=current_staff())
    return Done("账号已启用", location=url_for(".member_form", member_id=member_id))


@interface("staff.switch_off", POST="/pc/staff/<int:member_id>/off", permission=Permission.STAFF_WRITE,
           audit="停用账号", form_page=member_form)  # fmt: skip
def switch_off(member_id: int) -> Done:
    services.switch_member(member_id, on=False, by=current_staff())
    return Done("账号已停用，所有登录已下线", location=url_for(".member_form", member_id=member_id))


@interface("staff.reset_password", POST="/pc/staff/<int:member_id>/password", permission=Permission.STAFF_WRITE,
           audit="重置密码", form_page=member_form)  # fmt: skip
def reset_password(member_id: int) -> Page:
    """Give a new first password, shown once."""
    form, staff = read_form(FirstPasswordForm), current_staff()
    made = _once("staff.reset_password", form, lambda: services.reset_password(member_id, by=staff), member=member_id)
    return _shown_once(made, "密码已重置")


@interface("staff.reset_totp", POST="/pc/staff/<int:member_id>/two-step", permission=Permission.STAFF_WRITE,
           audit="重置两步验证", form_page=member_form)  # fmt: skip
def reset_totp(member_id: int) -> Done:
    services.reset_second_factor(member_id, by=current_staff())
    return Done("两步验证已重置，该员工下次登录时重新设置", location=url_for(".member_form", member_id=member_id))


# --- sessions --------------------------------------------------------------------------------------------------------

SESSIONS = Table(
    "staff.sessions",
    title="在线登录",
    columns=(
        Column("name", "员工", link=lambda s: url_for("staff_admin.member_form", member_id=s.member_id),
               below=lambda s: s.username),
        Column("browser", "设备"),
        Column("address", "网络地址"),
        Column("created_at", "登录时间"),
        Column("seen_at", "最近活动"),
    ),
    filters=(Filter("q", "账号或姓名"),),
    actions=(
        Action("强制下线", lambda s: url_for("staff_admin.end_session", session_id=s.id), Permission.STAFF_WRITE,
               post=True, confirm="确定让这个登录立即下线吗？", tone="danger"),
    ),
    empty="当前没有员工登录",
    is_exportable=False,
)  # fmt: skip


@interface("staff.session_list", GET="/pc/sessions", permission=Permission.STAFF_READ)
def session_list() -> Page:
    """Who is signed in where."""
    return Page("staff/sessions.html", table=SESSIONS.load(lambda q: queries.open_sessions(now=clock.now(), q=q)))


@interface("staff.end_session", POST="/pc/sessions/<int:session_id>/end", permission=Permission.STAFF_WRITE,
           audit="强制下线", form_page=None)  # fmt: skip
def end_session(session_id: int) -> Done:
    """Sign anybody's device out."""
    services.end_session_of(session_id, by=current_staff())
    return Done("该登录已下线", location=url_for(".session_list"))
