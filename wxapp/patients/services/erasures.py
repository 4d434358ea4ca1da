"""Requests to delete what need not be kept (个人信息保护法 47): asked by a WeChat user, carried out by staff."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.patients import export
from wxapp.patients.erasure_models import OPEN, Erasure, ErasureStatus
from wxapp.patients.erasure_rules import DAYS_TO_ANSWER, working_days_after
from wxapp.patients.errors import ErasureBegun
from wxapp.patients.models import WechatUser
from wxapp.patients.states import ERASURE

S = ErasureStatus


def find_erasure(user_id: int) -> Erasure | None:
    """Return a WeChat user's newest request."""
    mine = sa.select(Erasure).where(Erasure.wechat_user_id == user_id).order_by(Erasure.id.desc()).limit(1)
    return db.session.scalars(mine).one_or_none()


def get_erasure(erasure_id: int) -> Erasure:
    """:raises NotFound: no such request"""
    row = db.session.get(Erasure, erasure_id)
    if row is None:
        raise NotFound
    return row


def get_with_nickname(erasure_id: int) -> tuple[Erasure, str]:
    """Return a request and how the user who made it is called.

    :raises NotFound: no such request
    """
    found = db.session.execute(
        sa.select(Erasure, WechatUser.nickname)
        .join(WechatUser, WechatUser.id == Erasure.wechat_user_id)
        .where(Erasure.id == erasure_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, nickname = found
    return row, nickname


def request_erasure(user_id: int, *, reason: str) -> bool:
    """Ask for deletion; False when a request is open already: the unique key lets one through."""
    now = clock.now()
    with transaction():
        try:
            with db.session.begin_nested():
                db.session.add(
                    Erasure(
                        wechat_user_id=user_id,
                        reason=reason,
                        asked_at=now,
                        due_on=working_days_after(clock.local(now).date(), DAYS_TO_ANSWER),
                    )
                )
        except IntegrityError:
            return False
    return True


def withdraw_erasure(user_id: int) -> bool:
    """Take the own request back; False when none is open.

    :raises ErasureBegun: deleting has begun
    """
    with transaction():
        row = find_erasure(user_id)
        if row is None or row.status not in OPEN:
            return False
        _hold_before_deleting(row)
        ERASURE.move(row, S.WITHDRAWN, by=actors.wechat(user_id), open_marker=None, decided_at=clock.now())
    return True


def take_up(erasure_id: int, *, by: str) -> None:
    """Begin to look into a request. Who presses again changes nothing.

    :raises IllegalTransition: it is decided or withdrawn
    """
    with transaction():
        row = get_erasure(erasure_id)
        if row.status is not S.IN_REVIEW:
            ERASURE.move(row, S.IN_REVIEW, by=by, taken_by=by)


def reject(erasure_id: int, *, why: str, by: str) -> None:
    """Answer that nothing is deleted. The same answer again changes nothing.

    :raises IllegalTransition: nobody has taken it up, or it is decided otherwise
    :raises ErasureBegun: deleting has begun
    """
    with transaction():
        row = get_erasure(erasure_id)
        if (row.status, row.decision) == (S.REJECTED, why):
            return
        _hold_before_deleting(row)
        ERASURE.move(
            row,
            S.REJECTED,
            by=by,
            why=why,
            open_marker=None,
            decision=why,
            decided_by=by,
            decided_at=clock.now(),
        )


def carry_out(erasure_id: int, *, by: str) -> Mapping[str, int]:
    """Delete what goes, each part in a transaction of its own, then close the request; return how much of each went.

    From its first step on it can't be withdrawn. One that was interrupted is carried out again: parts that are done
    find nothing more. When it is done already nothing happens.

    :raises IllegalTransition: nobody has taken it up, or it was decided otherwise
    """
    row = get_erasure(erasure_id)
    if row.status is S.DONE:
        return {}
    with transaction():
        row = get_erasure(erasure_id)
        begun = sa.func.coalesce(Erasure.begun_at, clock.now())
        here = sa.update(Erasure).where(Erasure.id == erasure_id, Erasure.status == S.IN_REVIEW)
        if change(here.values(begun_at=begun)) != 1:
            db.session.refresh(row)
            if row.status is S.DONE:
                return {}
            ERASURE.move(row, S.DONE, by=by)  # says what is wrong
        user_id = row.wechat_user_id
    gone: dict[str, int] = {}
    for one in export.what_goes():
        with transaction():
            gone[one.label] = one.erase(user_id)
    told = "、".join(f"{label}{count}项" for label, count in gone.items() if count) or "没有可删除的内容"
    with transaction():
        ERASURE.try_move(
            Erasure,
            erasure_id,
            old=S.IN_REVIEW,
            new=S.DONE,
            by=by,
            open_marker=None,
            decision=f"已删除：{told}"[:300],
            decided_by=by,
            decided_at=clock.now(),
        )
    return gone


def _hold_before_deleting(row: Erasure) -> None:
    """Hold the row while it is decided; whoever begins to delete waits, or has been faster.

    :raises ErasureBegun: he was
    """
    free = sa.update(Erasure).where(Erasure.id == row.id, Erasure.begun_at.is_(None))
    if change(free.values(wechat_user_id=Erasure.wechat_user_id)) != 1:
        raise ErasureBegun
