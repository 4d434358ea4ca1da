"""Reads of members for staff: whose they are, whose they were, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name
from wxapp.distribution.models import Distributor, Membership, Move, MoveKind
from wxapp.distribution.queries.people import Person, found_by, persons
from wxapp.patients.models import Binding, BindingStatus, Patient, WechatUser
from wxapp.patients.queries import is_wechat_user


@dataclass(frozen=True)
class MemberRow:
    """A WeChat user as the list shows one, names masked; nobody's only when somebody was looked for."""

    id: int
    nickname: str
    patients: str
    distributor: str
    bound_at: datetime | None
    came_by: str
    first_paid_at: datetime | None


def members_for_staff(*, q: str, distributor: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return the members; with ``q`` also who is nobody's, so that anybody can be found and given to somebody.

    :param q: part of a nickname, or exactly a patient's name, phone, ID or record number
    :param distributor: exactly a distributor's name, phone or code
    """
    statement: Any = sa.select(
        WechatUser.id,
        WechatUser.nickname,
        Membership.distributor_id,
        Membership.bound_at,
        Membership.scene_id,
        Membership.first_paid_at,
    ).join(Membership, Membership.wechat_user_id == WechatUser.id, isouter=bool(q))
    if q:
        statement = statement.where(is_wechat_user(q))
    if distributor:
        statement = statement.where(
            Membership.distributor_id.in_(sa.select(Distributor.id).where(found_by(distributor)))
        )
    if since:
        statement = statement.where(Membership.bound_at >= clock.day_bounds(since)[0])
    if until:
        statement = statement.where(Membership.bound_at < clock.day_bounds(until)[1])
    found: sa.Select[Any] = statement
    return found


def member_rows(rows: Sequence[Any]) -> list[MemberRow]:
    """Return rows of :func:`members_for_staff` with names, two questions for all of them."""
    distributors = persons(row.distributor_id for row in rows)
    patients = bound_names([row.id for row in rows])
    return [
        MemberRow(
            row.id,
            row.nickname or "微信用户",
            "、".join(patients.get(row.id, [])),
            named(distributors.get(row.distributor_id)),
            row.bound_at,
            came_by(row.distributor_id, row.scene_id),
            row.first_paid_at,
        )
        for row in rows
    ]


NOBODY = "无"


def named(person: Person | None) -> str:
    """Return a distributor as staff's pages name one here: masked, with the code."""
    return f"{masked_name(person.name)}（{person.code}）" if person is not None else NOBODY


def came_by(distributor_id: int | None, scene_id: int | None) -> str:
    """Return how somebody became a distributor's member, in a word."""
    if distributor_id is None:
        return ""
    return "邀请" if scene_id is not None else "员工指定"


def bound_names(user_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the masked names of the patients whom WeChat users have bound."""
    rows = db.session.execute(
        sa.select(Binding.wechat_user_id, Patient.name)
        .join(Patient, Patient.id == Binding.patient_id)
        .where(Binding.wechat_user_id.in_(user_ids), Binding.status == BindingStatus.ACTIVE)
        .order_by(Binding.id)
    )
    found: dict[int, list[str]] = {}
    for user_id, name in rows:
        found.setdefault(user_id, []).append(masked_name(name))
    return found


@dataclass(frozen=True)
class Member:
    """A WeChat user, and whose member he is, if anybody's."""

    nickname: str
    distributor_id: int | None
    scene_id: int | None
    bound_at: datetime | None
    first_paid_at: datetime | None


def get_member(user_id: int) -> Member:
    """:raises NotFound: no such WeChat user"""
    row = db.session.execute(
        sa.select(
            sa.case((WechatUser.nickname == "", "微信用户"), else_=WechatUser.nickname),
            Membership.distributor_id,
            Membership.scene_id,
            Membership.bound_at,
            Membership.first_paid_at,
        )
        .select_from(WechatUser)
        .outerjoin(Membership, Membership.wechat_user_id == WechatUser.id)
        .where(WechatUser.id == user_id)
    ).one_or_none()
    if row is None:
        raise NotFound("没有这位微信用户")
    return Member(*row)


def moves_of(user_id: int) -> list[Move]:
    """Return what staff have changed about whose member somebody is, the last change first."""
    statement = sa.select(Move).where(Move.kind == MoveKind.MEMBER, Move.subject_id == user_id)
    return list(db.session.scalars(statement.order_by(Move.id.desc()).limit(100)))
