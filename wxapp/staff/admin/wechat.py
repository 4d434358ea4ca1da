"""One's own WeChat: linked by a code that the own telephone scans, for reminders such as quotes to review."""

from __future__ import annotations

from flask import url_for

from wxapp.admin.answers import Done, Page
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import ANY_STAFF
from wxapp.core.addresses import absolute, path_of
from wxapp.h5.qr import qr_svg
from wxapp.staff import queries
from wxapp.staff.admin.door import interface
from wxapp.staff.services import wechat as services


@interface("staff.own_wechat", GET="/pc/account/wechat", permission=ANY_STAFF)
def own_wechat() -> Page:
    """Whether one's WeChat is linked, and since when."""
    return _shown("")


@interface("staff.link_wechat", POST="/pc/account/wechat/code", permission=ANY_STAFF, audit="生成微信关联二维码")
def link_wechat() -> Page:
    """Show a code, this once, that links the WeChat user who scans and confirms it."""
    code = services.begin_link(current_staff().id)
    return _shown(absolute(path_of("staff.link_page", {"link_code": code})))


def _shown(address: str) -> Page:
    linked = queries.wechat_of([current_staff().id])
    return Page(
        "staff/wechat.html",
        linked_at=linked[-1].linked_at if linked else None,
        _minutes=int(services.GOOD_FOR.total_seconds() // 60),
        _code=qr_svg(address, label="微信关联二维码") if address else "",
    )


@interface("staff.unlink_wechat", POST="/pc/account/wechat/unlink", permission=ANY_STAFF, audit="解除微信关联",
           form_page=own_wechat)  # fmt: skip
def unlink_wechat() -> Done:
    """Forget one's WeChat; reminders stay on the site."""
    services.unlink(current_staff().id)
    return Done("已解除微信关联", location=url_for(".own_wechat"))
