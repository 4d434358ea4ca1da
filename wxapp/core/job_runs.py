"""What timed work did and when, and the lease by which one scheduler works while another waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock
from wxapp.core.db import BigId, Model, UTCDateTime, change, db, transaction


class JobRow(Model):
    """A job as the scheduler knows it, and how its last run went."""

    __tablename__ = "core_job"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(60))
    rhythm: Mapped[str] = mapped_column(sa.String(60), comment="in words, for staff")
    position: Mapped[int] = mapped_column(sa.Integer)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="last run; idle runs are written rarely")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    count: Mapped[int] = mapped_column(sa.Integer, default=0)
    error: Mapped[str] = mapped_column(sa.String(500), default="")


class JobRun(Model):
    """One run that did something, failed, or is under way."""

    __tablename__ = "core_job_run"
    __table_args__ = (sa.Index(None, "job", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job: Mapped[str] = mapped_column(sa.String(60))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    count: Mapped[int] = mapped_column(sa.Integer, default=0)
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    fence: Mapped[int] = mapped_column(sa.BigInteger, comment="number of the lease under which it ran")


class Lease(Model):
    """Who may do something alone, until when. ``fence`` grows with each owner."""

    __tablename__ = "core_lease"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(120))
    fence: Mapped[int] = mapped_column(sa.BigInteger)
    until: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Declared:
    """A job for the list that staff see."""

    name: str
    label: str
    rhythm: str


def declare(jobs: Sequence[Declared]) -> None:
    """Keep the list of jobs; those that no longer exist leave it."""
    with transaction():
        known = {row.name: row for row in db.session.scalars(sa.select(JobRow))}
        for position, job in enumerate(jobs):
            row = known.pop(job.name, None) or JobRow(name=job.name)
            row.label, row.rhythm, row.position = job.label, job.rhythm, position
            db.session.add(row)
        for gone in known.values():
            db.session.delete(gone)


def last_start(name: str) -> datetime | None:
    return db.session.execute(sa.select(JobRow.started_at).where(JobRow.name == name)).scalar()


def begin(name: str, *, fence: int) -> int:
    """Write down that a run has begun; return its id."""
    with transaction():
        run = JobRun(job=name, started_at=clock.now(), fence=fence)
        db.session.add(run)
        change(sa.update(JobRow).where(JobRow.name == name).values(started_at=run.started_at, ended_at=None))
        db.session.flush()  # its id is needed at the end of the run
        return run.id


def end(name: str, run_id: int, *, count: int, error: str) -> None:
    values = {"ended_at": clock.now(), "count": count, "error": error[:500]}
    with transaction():
        change(sa.update(JobRun).where(JobRun.id == run_id).values(values))
        change(sa.update(JobRow).where(JobRow.name == name).values(values))


def record(name: str, *, started_at: datetime, count: int, error: str, fence: int) -> None:
    """Write down a short run after its end; one that found nothing to do leaves only its time."""
    values = {"ended_at": clock.now(), "count": count, "error": error[:500]}
    with transaction():
        change(sa.update(JobRow).where(JobRow.name == name).values(started_at=started_at, **values))
        if count or error:
            db.session.execute(sa.insert(JobRun).values(job=name, started_at=started_at, fence=fence, **values))


def remove_old(*, older_than: timedelta = timedelta(days=14), limit: int = 20_000) -> int:
    """Remove runs that nobody will ask about; return how many."""
    old = db.session.scalars(
        sa.select(JobRun.id).where(JobRun.started_at < clock.now() - older_than).limit(limit)
    ).all()
    with transaction():
        return change(sa.delete(JobRun).where(JobRun.id.in_(old))) if old else 0


# --- leases ----------------------------------------------------------------------------------------------------------


def acquire(name: str, owner: str, *, ttl: timedelta) -> int | None:
    """Take the lease if nobody holds it; return its number, or None."""
    now = clock.now()
    with transaction():
        free = sa.update(Lease).where(Lease.name == name, Lease.until <= now)
        if change(free.values(owner=owner, fence=Lease.fence + 1, until=now + ttl)):
            return db.session.scalars(sa.select(Lease.fence).where(Lease.name == name)).one()
        try:
            with db.session.begin_nested():
                db.session.execute(sa.insert(Lease).values(name=name, owner=owner, fence=1, until=now + ttl))
            return 1
        except IntegrityError:  # somebody holds it
            return None


def renew(name: str, owner: str, fence: int, *, ttl: timedelta) -> bool:
    """Keep the lease; False when it ran out and somebody else has taken it."""
    with transaction():
        mine = sa.update(Lease).where(Lease.name == name, Lease.owner == owner, Lease.fence == fence)
        return change(mine.values(until=clock.now() + ttl)) == 1


def release(name: str, owner: str, fence: int) -> None:
    """Give the lease back, so that the next one need not wait for its end."""
    with transaction():
        mine = sa.update(Lease).where(Lease.name == name, Lease.owner == owner, Lease.fence == fence)
        change(mine.values(until=clock.now()))


def holder(name: str) -> str | None:
    """Return who holds the lease now, or None."""
    return db.session.execute(sa.select(Lease.owner).where(Lease.name == name, Lease.until > clock.now())).scalar()
