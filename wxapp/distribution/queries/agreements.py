"""Reads of 《分销员协议》 in its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.distribution.agreement_text import FIRST_TEXT, FIRST_VERSION
from wxapp.distribution.models import Agreement


@dataclass(frozen=True)
class Words:
    """The agreement in one version; ``valid_from`` is None for the one that came with the house."""

    version: str
    text: str
    valid_from: datetime | None = None


FIRST = Words(FIRST_VERSION, FIRST_TEXT)


def present() -> Words:
    """Return the words to which somebody agrees who joins now."""
    newest = (
        sa.select(Agreement)
        .where(Agreement.valid_from <= clock.now())
        .order_by(Agreement.valid_from.desc(), Agreement.id.desc())
        .limit(1)
    )
    row = db.session.scalars(newest).one_or_none()
    return FIRST if row is None else Words(row.version, row.text, row.valid_from)


def of_version(version: str) -> Words:
    """Return the words of a version to which somebody agreed.

    :raises NotFound: there never was such a version
    """
    row = db.session.scalars(sa.select(Agreement).where(Agreement.version == version)).one_or_none()
    if row is not None:
        return Words(row.version, row.text, row.valid_from)
    if version != FIRST_VERSION:
        raise NotFound
    return FIRST


def get_agreement(agreement_id: int) -> Agreement:
    """:raises NotFound: no such version"""
    row = db.session.get(Agreement, agreement_id)
    if row is None:
        raise NotFound
    return row


def all_versions() -> sa.Select[Any]:
    return sa.select(Agreement)
