"""Linking a member of staff with the own WeChat user, by a code that is shown on the staff page and scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin import audit
from wxapp.core import clock, ids
from wxapp.core.crypto import blind_index
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.staff.errors import LinkExpired, WechatTaken
from wxapp.staff.models import Member, MemberWechat, WechatLink

GOOD_FOR = timedelta(minutes=5)
LINKED = "staff.wechat_linked"
audit.label(LINKED, "关联员工微信")
_CONTEXT = "staff_wechat_link.code"


@dataclass(frozen=True)
class Scanned:
    """Whose code was scanned."""

    member_id: int
    name: str


def begin_link(member_id: int) -> str:
    """Return a code that links whoever scans and confirms it within five minutes; older ones end with it."""
    code = ids.new_token(24)
    now = clock.now()
    with transaction():
        change(sa.delete(WechatLink).where(WechatLink.member_id == member_id, WechatLink.used_at.is_(None)))
        insert_row(WechatLink, member_id=member_id, code_hash=_hash(code), expires_at=now + GOOD_FOR)
    return code


def find_scanned(code: str) -> Scanned:
    """Return whose code this is, without using it.

    :raises LinkExpired: no such code, an old or a used one, or an account that is off
    """
    wanted = (
        sa.select(Member.id, Member.name)
        .join(WechatLink, WechatLink.member_id == Member.id)
        .where(_is_good(code), Member.is_active)
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise LinkExpired
    return Scanned(row.id, row.name)


def confirm_link(code: str, *, appid: str, openid: str, by: str) -> Scanned:
    """Link a WeChat user with the member whose code was scanned; the code works once, and the log tells of it.

    Whoever the member was at this official account before is replaced. An account that is off gives its WeChat user
    free: nobody could unlink it there, and its owner may work here again under another one.

    :param by: the WeChat user, as an actor
    :raises LinkExpired: no such code, an old or a used one, or an account that is off
    :raises WechatTaken: this WeChat user is another member at work
    """
    scanned = find_scanned(code)
    now = clock.now()
    try:
        with transaction():
            # Of two who confirm the same code exactly one meets it unused.
            if not change(sa.update(WechatLink).where(_is_good(code)).values(used_at=now)):
                raise LinkExpired
            mine = sa.and_(MemberWechat.member_id == scanned.member_id, MemberWechat.appid == appid)
            off = MemberWechat.member_id.in_(sa.select(Member.id).where(~Member.is_active))
            of_nobody = sa.and_(MemberWechat.appid == appid, MemberWechat.openid == openid, off)
            change(sa.delete(MemberWechat).where(sa.or_(mine, of_nobody)))
            insert_row(MemberWechat, member_id=scanned.member_id, appid=appid, openid=openid, linked_at=now)
            audit.record(LINKED, f"staff:{scanned.member_id}", by=by)
    except IntegrityError:
        raise WechatTaken from None
    return scanned


def unlink(member_id: int) -> int:
    """Forget the member's WeChat users at all official accounts; return how many there were."""
    with transaction():
        change(sa.delete(WechatLink).where(WechatLink.member_id == member_id, WechatLink.used_at.is_(None)))
        return change(sa.delete(MemberWechat).where(MemberWechat.member_id == member_id))


def _is_good(code: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        WechatLink.code_hash == _hash(code), WechatLink.used_at.is_(None), WechatLink.expires_at > clock.now()
    )


def _hash(code: str) -> str:
    return blind_index(code, context=_CONTEXT)
