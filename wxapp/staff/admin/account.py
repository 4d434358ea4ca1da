"""One's own account: password, second factor, devices."""

from __future__ import annotations

import io

import pyotp
from flask import url_for
from markupsafe import Markup

from wxapp.admin import menu, settings
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import ANY_STAFF
from wxapp.core import clock, sessions
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.staff import queries, rules, services
from wxapp.staff.admin.door import interface
from wxapp.staff.forms import PasswordForm, ReplaceTotpForm, TotpForm

menu.entry("系统", "我的账号", "staff_admin.my_account", ANY_STAFF, 99)


def _session_id() -> int | None:
    row = sessions.current(sessions.STAFF)
    return row.id if row is not None else None


@interface("staff.my_account", GET="/pc/account", permission=ANY_STAFF)
def my_account() -> Page:
    """One's own account and where it is signed in."""
    staff = current_staff()
    member = queries.get_member(staff.id)
    return Page(
        "staff/account.html",
        name=member.name,
        username=member.username,
        roles=staff.roles,
        password_changed_at=member.password_changed_at,
        last_login_at=member.last_login_at,
        has_totp=member.totp_confirmed_at is not None,
        has_wechat=bool(queries.wechat_of([staff.id])),
        recovery_codes_left=queries.recovery_codes_left(staff.id),
        devices=queries.open_sessions(now=clock.now(), member_id=staff.id),
        this_device=_session_id(),
    )


@interface("staff.end_own_session", POST="/pc/account/sessions/<int:session_id>/end", permission=ANY_STAFF,
           audit="下线自己的设备")  # fmt: skip
def end_own_session(session_id: int) -> Done:
    """Sign one of one's own devices out."""
    services.end_session_of(session_id, by=current_staff(), own_only=True)
    return Done("该设备已下线", location=url_for(".my_account"))


@interface("staff.end_other_sessions", POST="/pc/account/sessions/end-others", permission=ANY_STAFF,
           audit="下线自己的其他设备")  # fmt: skip
def end_other_sessions() -> Done:
    """Sign all of one's own other devices out."""
    count = sessions.end_sessions(sessions.STAFF, current_staff().id, except_id=_session_id())
    return Done(f"已下线{count}个其他登录", location=url_for(".my_account"), ended=count)


# --- password --------------------------------------------------------------------------------------------------------


@interface("staff.password_form", GET="/pc/account/password", permission=ANY_STAFF, before_all_else=True)
def password_form() -> Page:
    """The form for a new password."""
    staff = current_staff()
    kinds = dict.fromkeys(PasswordForm.model_fields, "password")
    help_lines = {"new": f"{rules.SHORTEST_PASSWORD}到{rules.LONGEST_PASSWORD}位，建议用15位以上、只有自己知道的短句"}
    form = ShownForm(PasswordForm, kinds=kinds, help=help_lines)
    return Page("staff/password.html", form=form, is_first=staff.must_visit == "staff_admin.password_form")


@interface("staff.change_password", POST="/pc/account/password", permission=ANY_STAFF, audit="新密码",
           form_page=password_form, before_all_else=True)  # fmt: skip
def change_password() -> Done:
    """Change one's own password; other devices are signed out, this one gets a new session."""
    form = read_form(PasswordForm)
    if form.new != form.again:
        raise Invalid({"again": "两次输入的新密码不一致"})
    staff = current_staff()
    services.change_password(staff.id, old=form.old, new=form.new, keep_session=_session_id())
    sessions.sign_in(sessions.STAFF, staff.id)
    return Done(
        "密码已修改，其他设备上的登录已失效",
        location=url_for("admin_admin.start"),
        csrf_token=sessions.csrf_token(sessions.STAFF),
    )


# --- second factor ---------------------------------------------------------------------------------------------------


def _picture(secret: str) -> Markup:
    """Return the QR code of a secret as SVG markup that needs no script and no style."""
    import qrcode  # brings a library of pictures along, which the scheduler never needs
    from qrcode.image.svg import SvgPathImage

    address = pyotp.TOTP(secret, interval=rules.TOTP_SECONDS).provisioning_uri(
        name=current_staff().username, issuer_name=settings.TITLE()
    )
    written = io.BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, box_size=10, border=2).save(written)
    markup = written.getvalue().decode()
    return Markup(markup[markup.index("<svg") :])  # noqa: S704 - made here, of numbers and paths only


@interface("staff.totp_form", GET="/pc/account/two-step", permission=ANY_STAFF, before_all_else=True)
def totp_form() -> Page:
    """The page on which an authenticator is set up, or the question for the password to replace the present one."""
    staff = current_staff()
    member = queries.get_member(staff.id)
    if member.totp_confirmed_at is not None and not member.totp_pending:
        form = ShownForm(ReplaceTotpForm, kinds={"password": "password"})
        return Page("staff/totp_replace.html", form=form)
    secret = member.totp_pending or services.begin_totp(staff.id)
    return Page(
        "staff/totp.html",
        form=ShownForm(TotpForm),
        is_required=bool(staff.must_visit),
        _picture=_picture(secret),
        _secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


@interface("staff.replace_totp", POST="/pc/account/two-step/replace", permission=ANY_STAFF, audit="更换验证器",
           form_page=totp_form)  # fmt: skip
def replace_totp() -> Done:
    """Begin with a new authenticator; the present one counts until the new one is confirmed."""
    services.begin_totp(current_staff().id, password=read_form(ReplaceTotpForm).password)
    return Done("请用新的验证器扫码", location=url_for(".totp_form"))


@interface("staff.confirm_totp", POST="/pc/account/two-step", permission=ANY_STAFF, audit="确认两步验证",
           form_page=totp_form, before_all_else=True)  # fmt: skip
def confirm_totp() -> Page:
    """Turn the second factor on; the recovery codes are shown once."""
    codes = services.confirm_totp(current_staff().id, read_form(TotpForm).code)
    return Page("staff/recovery_codes.html", recovery_codes=codes)
