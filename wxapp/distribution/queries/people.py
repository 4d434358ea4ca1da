"""Reads of distributors: one of them, who stands above and below, and the staff's lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.distribution.models import (
    NAME_INDEX,
    PHONE_INDEX,
    Distributor,
    DistributorStatus,
    Scan,
    ScanOutcome,
    Scene,
    SceneKind,
)
from wxapp.distribution.rules.codes import is_code, read_code
from wxapp.patients.models import WechatUser

WAS_ADMITTED = (DistributorStatus.ACTIVE, DistributorStatus.FROZEN, DistributorStatus.CLOSED)
"""Who is or was a distributor; the others have only asked to be."""


def phone_index(phone: str) -> str:
    return blind_index(phone, context=PHONE_INDEX)


def name_index(name: str) -> str:
    return blind_index(name, context=NAME_INDEX)


def find_by_user(wechat_user_id: int) -> Distributor | None:
    """Return what a WeChat user is or asked to be, whatever became of it."""
    return db.session.scalars(sa.select(Distributor).where(Distributor.wechat_user_id == wechat_user_id)).one_or_none()


def get_distributor(distributor_id: int) -> Distributor:
    """:raises NotFound: no such distributor"""
    row = db.session.get(Distributor, distributor_id)
    if row is None:
        raise NotFound("没有这位分销员")
    return row


def find_by_code(code: str) -> Distributor | None:
    """Return the owner of an invitation code, typed in whatever way; None when there is no such code."""
    code = read_code(code)
    if not is_code(code):
        return None
    return db.session.scalars(sa.select(Distributor).where(Distributor.code == code)).one_or_none()


def find_by_phone(phone: str) -> Distributor | None:
    """Return who has a phone as applicant or distributor; who has left has none any more."""
    return db.session.scalars(sa.select(Distributor).where(Distributor.phone_taken == phone_index(phone))).one_or_none()


def is_phone_taken(index: str) -> bool:
    return db.session.scalar(sa.select(Distributor.id).where(Distributor.phone_taken == index)) is not None


def was_admitted_before(row: Distributor | None, index: str) -> bool:
    """Whether an applicant was a distributor before, as this WeChat user or under this phone's index."""
    if row is not None and (row.is_returning or row.status is DistributorStatus.CLOSED):
        return True
    before = sa.select(Distributor.id).where(
        Distributor.phone_index == index, Distributor.status == DistributorStatus.CLOSED
    )
    return db.session.scalar(before.limit(1)) is not None


def code_of_last_invitation(wechat_user_id: int) -> str:
    """Return the code of whoever invited a user last to become a distributor, "" when nobody did who is active."""
    last = (
        sa.select(Distributor.code, Distributor.status)
        .select_from(Scan)
        .join(Scene, Scene.id == Scan.scene_id)
        .join(Distributor, Distributor.id == Scene.distributor_id)
        .where(
            Scan.wechat_user_id == wechat_user_id,
            Scene.kind == SceneKind.INVITE_DISTRIBUTOR,
            Scan.outcome == ScanOutcome.NOTED,
        )
        .order_by(Scan.id.desc())
        .limit(1)
    )
    row = db.session.execute(last).one_or_none()
    return row.code if row is not None and row.status is DistributorStatus.ACTIVE else ""


@dataclass(frozen=True)
class Person:
    """A distributor as lists name one. The name is whole: pages mask it."""

    id: int
    name: str
    nickname: str
    code: str
    status: DistributorStatus


def persons(distributor_ids: Iterable[int | None]) -> dict[int, Person]:
    """Return distributors by id, with one question."""
    wanted = {one for one in distributor_ids if one is not None}
    if not wanted:
        return {}
    rows = db.session.execute(_PERSONS.where(Distributor.id.in_(wanted)))
    return {row.id: Person(*row) for row in rows}


_PERSONS = sa.select(Distributor.id, Distributor.name, WechatUser.nickname, Distributor.code, Distributor.status).join(
    WechatUser, WechatUser.id == Distributor.wechat_user_id
)


# --- above and below -------------------------------------------------------------------------------------------------


def ids_above(distributor_id: int) -> list[int]:
    """Return the inviter, the inviter's inviter and so on, the nearest first, with one question.

    It ends after ``MOST_STEPS``, and where a circle would begin, so it can be asked about any state of the tables.
    """
    above = (
        sa.select(Distributor.id, Distributor.inviter_id, sa.literal(0).label("steps"))
        .where(Distributor.id == distributor_id)
        .cte("above", recursive=True)
    )
    next_one = aliased(Distributor)
    above = above.union_all(
        sa.select(next_one.id, next_one.inviter_id, above.c.steps + 1)
        .join(above, next_one.id == above.c.inviter_id)
        .where(above.c.steps < MOST_STEPS, next_one.id != distributor_id)
    )
    rows = db.session.execute(sa.select(above.c.id).where(above.c.steps > 0).order_by(above.c.steps))
    return [row.id for row in rows]


MOST_STEPS = 500
"""No chain of inviters is longer; MariaDB ends a recursion after 1000 steps."""


def stands_above(upper_id: int, lower_id: int) -> bool:
    """Whether one distributor is among those above another. It says so of a chain too long to be followed, too."""
    above = ids_above(lower_id)
    return upper_id in above or len(above) >= MOST_STEPS


@dataclass(frozen=True)
class Counts:
    """How many a distributor has brought: directly, and through those."""

    direct: int
    second: int


def counts_below(distributor_id: int) -> Counts:
    """Count who is or was a distributor, one and two steps below."""
    child, grandchild = aliased(Distributor), aliased(Distributor)
    direct = (
        sa.select(sa.func.count())
        .select_from(child)
        .where(child.inviter_id == distributor_id, child.status.in_(WAS_ADMITTED))
    )
    second = (
        sa.select(sa.func.count())
        .select_from(grandchild)
        .join(child, child.id == grandchild.inviter_id)
        .where(child.inviter_id == distributor_id, grandchild.status.in_(WAS_ADMITTED))
    )
    return Counts(*db.session.execute(sa.select(direct.scalar_subquery(), second.scalar_subquery())).one())


def direct_counts(distributor_ids: Collection[int]) -> dict[int, int]:
    """Return how many each of these has brought directly; who brought nobody is left out."""
    rows = db.session.execute(
        sa.select(Distributor.inviter_id, sa.func.count())
        .where(Distributor.inviter_id.in_(distributor_ids), Distributor.status.in_(WAS_ADMITTED))
        .group_by(Distributor.inviter_id)
    )
    return {inviter_id: count for inviter_id, count in rows if inviter_id is not None}


def steps_below(distributor_id: int, lower_ids: Collection[int]) -> dict[int, int]:
    """Return of those who stand below a distributor how many steps, with one question; others are left out."""
    if not lower_ids:
        return {}
    next_one = aliased(Distributor)
    above = (
        sa.select(Distributor.id.label("start"), Distributor.inviter_id.label("at"), sa.literal(1).label("steps"))
        .where(Distributor.id.in_(lower_ids), Distributor.inviter_id.is_not(None))
        .cte("above", recursive=True)
    )
    above = above.union_all(
        sa.select(above.c.start, next_one.inviter_id, above.c.steps + 1)
        .join(above, next_one.id == above.c.at)
        .where(above.c.steps < MOST_STEPS, above.c.at != distributor_id, next_one.inviter_id.is_not(None))
    )
    rows = db.session.execute(sa.select(above.c.start, above.c.steps).where(above.c.at == distributor_id))
    return {start: steps for start, steps in rows}  # noqa: C416 - rows are not pairs to the type checker


MOST_FOUND = 50


def search_below(distributor_id: int, text: str) -> dict[int, int]:
    """Return who is found by a whole name, phone or code anywhere below a distributor, with the steps between."""
    found = sa.select(Distributor.id).where(found_by(text), Distributor.status.in_(WAS_ADMITTED)).limit(MOST_FOUND)
    return steps_below(distributor_id, list(db.session.scalars(found)))


def direct_people(distributor_id: int | None) -> sa.Select[Any]:
    """Return the keys of whom somebody has brought directly; without one, of those whom nobody has brought."""
    brought_by = (
        Distributor.inviter_id.is_(None) if distributor_id is None else Distributor.inviter_id == distributor_id
    )
    # Their keys only, all of which an index holds: a late page of ten thousand reads the rows of its twenty.
    return sa.select(Distributor.id).where(brought_by, Distributor.status.in_(WAS_ADMITTED))


def with_ids(distributor_ids: Sequence[int]) -> list[Distributor]:
    """Return the distributors with these keys, in their order."""
    rows = db.session.scalars(sa.select(Distributor).where(Distributor.id.in_(distributor_ids)))
    found = {row.id: row for row in rows}
    return [found[one] for one in distributor_ids if one in found]


# --- for staff -------------------------------------------------------------------------------------------------------


def found_by(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for a whole name, a whole phone, or an invitation code."""
    code = read_code(text)
    return sa.or_(
        Distributor.phone_index == phone_index("".join(text.split())),
        Distributor.name_index == name_index(text),
        Distributor.code == code if is_code(code) else sa.false(),
    )


def distributors_for_staff(*, q: str, status: str) -> sa.Select[Any]:
    """Return who is or was a distributor; those who have only applied are on the page of applications."""
    wanted: Any = sa.select(Distributor)
    if q:
        wanted = wanted.where(found_by(q))
    wanted = wanted.where(
        Distributor.status == DistributorStatus(status) if status else Distributor.status.in_(WAS_ADMITTED)
    )
    found: sa.Select[Any] = wanted
    return found


def applications_for_staff(*, q: str, refused: bool) -> sa.Select[Any]:
    """Return applications: those that wait, or those that were refused."""
    status = DistributorStatus.REFUSED if refused else DistributorStatus.APPLIED
    wanted: Any = sa.select(Distributor).where(Distributor.status == status)
    found: sa.Select[Any] = wanted.where(found_by(q)) if q else wanted
    return found


def register(*, q: str, status: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return the register of approved promoters (推广员名册): who is or was one, by the day of the approval."""
    wanted: Any = distributors_for_staff(q=q, status=status)
    if since:
        wanted = wanted.where(Distributor.decided_at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(Distributor.decided_at < clock.day_bounds(until)[1])
    found: sa.Select[Any] = wanted
    return found


def found_people(text: str, *, limit: int) -> list[Distributor]:
    """Return who is found by a whole name, a whole phone or a code, whatever has become of them."""
    return list(db.session.scalars(sa.select(Distributor).where(found_by(text)).order_by(Distributor.id).limit(limit)))
