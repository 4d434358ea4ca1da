"""The log-in page, its second step, and the log-out."""

from __future__ import annotations

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import identity, paths
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.interface import ANY_STAFF, PUBLIC, wants_json
from wxapp.core import sessions
from wxapp.core.errors import SignInRequired
from wxapp.core.forms import read_form
from wxapp.staff import queries, second_step, services
from wxapp.staff.admin.door import interface
from wxapp.staff.errors import CodeNeeded
from wxapp.staff.forms import CodeForm, LogInForm
from wxapp.staff.models import Member


def _next() -> str:
    back = refusal()
    return paths.own_path(back.typed.get("next", "") if back else request.args.get("next", ""))


@interface("staff.log_in_page", GET="/pc/login", permission=PUBLIC)
def login() -> ResponseReturnValue | Page:
    """The log-in page; who is signed in goes on."""
    if identity.find_staff() is not None and refusal() is None and not wants_json():
        return redirect(_next() or url_for("admin_admin.start"))
    form = ShownForm(LogInForm, kinds={"password": "password"}, values={"next": _next()})
    return Page("staff/login.html", form=form, _next=_next())


@interface(
    "staff.log_in",
    POST="/pc/login",
    permission=PUBLIC,
    audit="登录",
    form_page=login,
    checks_csrf=False,
)
def log_in() -> ResponseReturnValue:
    """Check user name and password, and the code if it came along."""
    form = read_form(LogInForm)
    member = services.authenticate(form.username, form.password, address=request.remote_addr or "")
    if member.totp_confirmed_at is None:
        return _let_in(member, how="密码", lead_to=form.next)
    if form.code:
        return _let_in(member, how=services.check_code(member.id, form.code), lead_to=form.next)
    second_step.remember(member.id)
    if wants_json():
        raise CodeNeeded(field="code")
    return redirect(url_for(".code_page", next=paths.own_path(form.next) or None), 303)


@interface("staff.log_in_code_page", GET="/pc/login/code", permission=PUBLIC)
def code_page() -> ResponseReturnValue | Page:
    """The second step."""
    if second_step.recall() is None:
        return redirect(url_for(".login", next=_next() or None))
    return Page("staff/code.html", form=ShownForm(CodeForm), _next=_next())


@interface(
    "staff.log_in_code",
    POST="/pc/login/code",
    permission=PUBLIC,
    audit="登录的动态验证码",
    form_page=code_page,
    checks_csrf=False,
)
def log_in_code() -> ResponseReturnValue:
    """Check the code after the password."""
    form = read_form(CodeForm)
    member_id = second_step.recall()
    member = queries.find_active(member_id) if member_id is not None else None
    if member is None:
        raise SignInRequired("登录已超时，请重新输入账号和密码")
    return _let_in(member, how=services.check_code(member.id, form.code), lead_to=form.next)


def _let_in(member: Member, *, how: str, lead_to: str) -> ResponseReturnValue:
    second_step.forget()
    sessions.sign_in(sessions.STAFF, member.id)
    services.note_log_in(member.id, how=how)
    staff = identity.current_staff()
    must_visit = url_for(staff.must_visit) if staff.must_visit else ""
    if wants_json():
        token = sessions.csrf_token(sessions.STAFF)
        return jsonify(code=1, msg="登录成功", csrf_token=token, name=staff.name, must_visit=must_visit)
    return redirect(must_visit or paths.own_path(lead_to) or url_for("admin_admin.start"), 303)


@interface("staff.log_out", POST="/pc/logout", permission=ANY_STAFF, audit="退出登录", before_all_else=True)
def log_out() -> Done:
    """End this browser's session."""
    sessions.sign_out(sessions.STAFF)
    return Done("您已安全退出", location=url_for(".login"))
