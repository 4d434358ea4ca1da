"""What a process checks before it takes requests (reliability 3.9)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db

MOST_CLOCK_DIFFERENCE = timedelta(seconds=5)

_REVISION = re.compile(r'^(revision|down_revision)\b[^=]*= *["\'](\w+)["\']', re.MULTILINE)


def newest_migration(folder: Path) -> str:
    """Return the revision of the migration that no other one follows.

    :raises ValueError: there is none, or there are several
    """
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in folder.glob("*.py"):
        for name, revision in _REVISION.findall(path.read_text(encoding="utf-8")):
            found[name].add(revision)
    heads = found["revision"] - found["down_revision"]
    if len(heads) != 1:
        raise ValueError(f"one newest migration is needed, not {sorted(heads)}")
    return heads.pop()


def find_fault_of_tables(newest: str) -> str:
    """Return what is wrong with the state of the tables, or nothing."""
    try:
        found = db.session.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return "none was run"
    return "" if found == [newest] else f"at {', '.join(found) or 'none'}, not at {newest}"


def find_fault_of_clock() -> str:
    """Return by how much our clock and the database's differ, if that is too much. SQLite has no clock of its own."""
    if db.session.get_bind().dialect.name == "sqlite":
        return ""
    before = clock.now()
    theirs: datetime = db.session.execute(sa.text("SELECT UTC_TIMESTAMP(3)")).scalar_one()
    ours = before + (clock.now() - before) / 2
    difference = abs(ours - theirs.replace(tzinfo=UTC))
    return f"{difference.total_seconds():.1f} seconds apart" if difference > MOST_CLOCK_DIFFERENCE else ""
