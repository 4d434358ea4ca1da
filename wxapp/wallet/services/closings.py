"""Daily closings: balances of house accounts without adding up for ever, and proof that nothing old was touched."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.wallet.models import Closing, Transfer
from wxapp.wallet.rules import Line, chain_hash

BOOK = 0
"""The closing's row of this account stands for the whole book and carries the hash."""


def close_missed_days(*, limit: int = 60) -> int:
    """Close every day up to yesterday that has not been closed, in order; return how many."""
    done = 0
    for _ in range(limit):
        day = _next_day()
        if day is None or day >= clock.today():
            break
        close_day(day)
        done += 1
    return done


def _next_day() -> date | None:
    last = db.session.scalar(sa.select(sa.func.max(Closing.day)).where(Closing.account_id == BOOK))
    if last is not None:
        return last + timedelta(days=1)
    first = db.session.scalar(sa.select(sa.func.min(Transfer.at)))
    return None if first is None else clock.hospital_day(first)


def close_day(day: date) -> bool:
    """Write down the balances of all accounts that moved on this day; False when that was done before."""
    with transaction():
        if db.session.scalar(sa.select(Closing.id).where(Closing.day == day, Closing.account_id == BOOK)):
            return False
        sums = _sums(day)
        before = _balances_before(day, list(sums))
        now = clock.now()
        for account_id, (received, paid, count) in sums.items():
            balance = before.get(account_id, 0) + received - paid
            db.session.add(
                Closing(day=day, account_id=account_id, balance_fen=balance, received_fen=received, paid_fen=paid,
                        transfers=count, at=now)
            )  # fmt: skip
        lines = lines_of(day)
        moved = sum(line.amount_fen for line in lines)
        db.session.add(
            Closing(day=day, account_id=BOOK, balance_fen=0, received_fen=moved, paid_fen=moved, transfers=len(lines),
                    hash=chain_hash(_hash_before(day), lines), at=now)
        )  # fmt: skip
    return True


def lines_of(day: date) -> list[Line]:
    start, end = clock.day_bounds(day)
    rows = db.session.execute(
        sa.select(
            Transfer.id,
            Transfer.kind,
            Transfer.source,
            Transfer.payer_id,
            Transfer.payee_id,
            Transfer.amount_fen,
            Transfer.at,
        )
        .where(Transfer.at >= start, Transfer.at < end)
        .order_by(Transfer.id)
    )
    return [Line(*row) for row in rows]


def _sums(day: date) -> dict[int, tuple[int, int, int]]:
    start, end = clock.day_bounds(day)
    sums: dict[int, tuple[int, int, int]] = {}
    for side in (Transfer.payee_id, Transfer.payer_id):
        rows = db.session.execute(
            sa.select(side, sa.func.sum(Transfer.amount_fen), sa.func.count())
            .where(Transfer.at >= start, Transfer.at < end)
            .group_by(side)
        )
        for account_id, total, count in rows:
            received, paid, counted = sums.get(account_id, (0, 0, 0))
            if side is Transfer.payee_id:
                received += int(total)
            else:
                paid += int(total)
            sums[account_id] = (received, paid, counted + count)
    return sums


def _balances_before(day: date, account_ids: list[int]) -> dict[int, int]:
    latest = (
        sa.select(Closing.account_id, sa.func.max(Closing.day).label("day"))
        .where(Closing.day < day, Closing.account_id.in_(account_ids))
        .group_by(Closing.account_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Closing.account_id, Closing.balance_fen).join(
            latest, sa.and_(Closing.account_id == latest.c.account_id, Closing.day == latest.c.day)
        )
    )
    return {row.account_id: row.balance_fen for row in rows}


def _hash_before(day: date) -> str:
    return (
        db.session.scalar(
            sa.select(Closing.hash)
            .where(Closing.account_id == BOOK, Closing.day < day)
            .order_by(Closing.day.desc())
            .limit(1)
        )
        or ""
    )
