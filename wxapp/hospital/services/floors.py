"""Price floors: the lowest share of a list price that a role may give."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import DomainError, Invalid, NotFound, Stale
from wxapp.hospital.models import Category, PriceFloor
from wxapp.hospital.rules.floors import ALL_CATEGORIES, WHOLE_BP


class FloorTaken(DomainError):
    code, status, message = "floor_taken", 409, "这个角色在这个分类已有底价，请直接修改"


def add_floor(role: str, category_id: int, floor_bp: int, *, by: str) -> int:
    """Let a role give prices down to a share of the list price, in one category or in all that name none (0).

    :raises FloorTaken: the role has a floor there
    """
    _check(floor_bp)
    with transaction():
        is_known = category_id == ALL_CATEGORIES or db.session.get(Category, category_id) is not None
        if not is_known:
            raise Invalid({"category_id": "请选择分类"})
        try:
            return insert_row(
                PriceFloor,
                role=role,
                category_id=category_id,
                floor_bp=floor_bp,
                changed_at=clock.now(),
                changed_by=by,
            )
        except IntegrityError:
            raise FloorTaken(field="role") from None


def change_floor(floor_id: int, floor_bp: int, *, seen_version: int, by: str) -> None:
    """:raises Stale: somebody else has changed it since the page was shown"""
    _check(floor_bp)
    with transaction():
        save_version(
            PriceFloor, floor_id, seen=seen_version, floor_bp=floor_bp, changed_at=clock.now(), changed_by=by
        )  # fmt: skip


def remove_floor(floor_id: int, *, seen_version: int) -> None:
    """Take a floor away: the role may not go below the list price there any more.

    :raises Stale: somebody else has changed it since the page was shown
    """
    with transaction():
        if change(sa.delete(PriceFloor).where(PriceFloor.id == floor_id, PriceFloor.version == seen_version)):
            return
        if db.session.scalar(sa.select(PriceFloor.id).where(PriceFloor.id == floor_id)) is None:
            raise NotFound
        raise Stale


def _check(floor_bp: int) -> None:
    if not 0 <= floor_bp <= WHOLE_BP:
        raise Invalid({"floor": "底价应在原价的0%至100%之间"})
