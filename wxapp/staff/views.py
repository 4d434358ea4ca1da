"""The page in WeChat on which a member of staff confirms to be this WeChat user."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors
from wxapp.core.errors import Forbidden
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.staff.services import wechat as services
from wxapp.wechat import connected

pages = Pages("staff", __name__)


@pages.page("/staff/link/<link_code>")
def link_page(link_code: str) -> ResponseReturnValue:
    """Ask whether this WeChat user is the member whose code was scanned; nothing is changed by looking."""
    return render_template("staff/link.html", link_code=link_code, name=services.find_scanned(link_code[:60]).name)


@pages.action("/staff/link/<link_code>", shown_again_by=link_page)
def confirm_link(link_code: str) -> ResponseReturnValue:
    """Link the member with who is signed in here; the code works once."""
    user = current_user()
    _check_real(user)
    scanned = services.confirm_link(
        link_code[:60], appid=connected.clients().appid, openid=user.openid, by=actors.wechat(user.id)
    )
    notice(f"已关联员工账号：{scanned.name}")
    return redirect(url_for("staff.linked"), 303)


def _check_real(user: User) -> None:
    """:raises Forbidden: WeChat's virtual account of a snapshot page, which belongs to nobody"""
    if getattr(user, "is_snapshot", False):
        raise Forbidden("请点击右下角“使用完整服务”后再确认")


@pages.page("/staff/linked")
def linked() -> ResponseReturnValue:
    """Say that it is done: the page may be closed."""
    return render_template("staff/linked.html")
