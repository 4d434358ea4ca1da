"""Reads of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.wallet.house import HOUSE_BY_ID, is_house
from wxapp.wallet.kinds import label_of
from wxapp.wallet.models import (
    PATIENT,
    Account,
    Card,
    Closing,
    CounterMovement,
    CounterStatus,
    Movement,
    Transfer,
)


@dataclass(frozen=True)
class StatementLine:
    """One change of an account's balance, as its owner reads it."""

    id: int
    at: datetime
    kind: str
    label: str
    amount_fen: int
    after_fen: int | None
    memo: str
    source: str


def find_transfer(kind: str, source: str) -> Transfer | None:
    return db.session.scalars(sa.select(Transfer).where(Transfer.kind == kind, Transfer.source == source)).one_or_none()


def moment_of(transfer_id: int) -> datetime:
    """Return when a transfer was booked."""
    moment: datetime = run(_MOMENT, transfer_id=transfer_id).scalar_one()
    return moment


_MOMENT = sa.select(Transfer.at).where(Transfer.id == sa.bindparam("transfer_id"))


def find_account(kind: str, owner_id: int) -> Account | None:
    return db.session.scalars(
        sa.select(Account).where(Account.kind == kind, Account.owner_id == owner_id)
    ).one_or_none()


def get_account(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound
    return account


def patient_balance(patient_id: int) -> int:
    """Return a patient's stored value; 0 when there is no account yet."""
    balance = db.session.scalar(
        sa.select(Account.balance_fen).where(Account.kind == PATIENT, Account.owner_id == patient_id)
    )
    return balance or 0


def balance_of(account_id: int) -> int:
    """Return the balance of an account; that of the house is summed up from its last closing on."""
    if not is_house(account_id):
        return get_account(account_id).balance_fen or 0
    closing = db.session.execute(
        sa.select(Closing.day, Closing.balance_fen)
        .where(Closing.account_id == account_id)
        .order_by(Closing.day.desc())
        .limit(1)
    ).one_or_none()
    since = None if closing is None else clock.day_bounds(closing.day)[1]
    return (closing.balance_fen if closing else 0) + net_of(account_id, since=since)


def net_of(account_id: int, *, since: datetime | None = None, until: datetime | None = None) -> int:
    """Return what an account received minus what it paid, in [since, until)."""
    amount = sa.case((Transfer.payee_id == account_id, Transfer.amount_fen), else_=-Transfer.amount_fen)
    statement = sa.select(sa.func.coalesce(sa.func.sum(amount), 0)).where(_is_side(account_id))
    if since is not None:
        statement = statement.where(Transfer.at >= since)
    if until is not None:
        statement = statement.where(Transfer.at < until)
    return int(db.session.scalars(statement).one())


def booked_on(account_id: int) -> sa.ScalarSelect[int]:
    """Select what an account received less what it paid, ever: for checks that compare it in one statement."""
    amount = sa.case((Transfer.payee_id == account_id, Transfer.amount_fen), else_=-Transfer.amount_fen)
    return sa.select(sa.func.coalesce(sa.func.sum(amount), 0)).where(_is_side(account_id)).scalar_subquery()


def statement_of(
    account_id: int,
    *,
    before_id: int | None = None,
    limit: int = 20,
    kind: str = "",
    between: tuple[datetime, datetime] | None = None,
) -> list[StatementLine]:
    """Return the latest changes of an account, newest first; ``before_id`` continues a list.

    :param kind: changes of this kind only
    :param between: changes in [start, end) only
    """
    wanted = sa.select(Transfer).where(_is_side(account_id))
    if before_id is not None:
        wanted = wanted.where(Transfer.id < before_id)
    if kind:
        wanted = wanted.where(Transfer.kind == kind)
    if between is not None:
        wanted = wanted.where(Transfer.at >= between[0], Transfer.at < between[1])
    rows = db.session.scalars(wanted.order_by(Transfer.id.desc()).limit(limit))
    return [_line(row, account_id) for row in rows]


def _is_side(account_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(Transfer.payer_id == account_id, Transfer.payee_id == account_id)


def kinds_of(account_id: int) -> dict[str, str]:
    """Return the kinds of change that an account has had, with their names."""
    found = db.session.scalars(sa.select(Transfer.kind).where(_is_side(account_id)).distinct())
    return {kind: label_of(kind) for kind in sorted(found)}


def own_line(account_id: int, transfer_id: int) -> StatementLine:
    """:raises NotFound: no such change, or not of this account: the answer does not tell which"""
    row = db.session.scalars(sa.select(Transfer).where(Transfer.id == transfer_id, _is_side(account_id))).one_or_none()
    if row is None:
        raise NotFound
    return _line(row, account_id)


@dataclass(frozen=True)
class Turnover:
    """What an account had at the start, received, paid, and had at the end of a time."""

    opening_fen: int
    received_fen: int
    paid_fen: int

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.received_fen - self.paid_fen


def turnover_of(account_id: int, start: datetime, end: datetime) -> Turnover:
    """Add up an account's changes before ``start`` and in [start, end)."""
    is_before = Transfer.at < start
    came = Transfer.payee_id == account_id

    def total(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), Transfer.amount_fen), else_=0)), 0)

    row = db.session.execute(
        sa.select(
            total(is_before, came) - total(is_before, sa.not_(came)),
            total(sa.not_(is_before), came),
            total(sa.not_(is_before), sa.not_(came)),
        ).where(_is_side(account_id), Transfer.at < end)
    ).one()
    return Turnover(*map(int, row))


def _line(row: Transfer, account_id: int) -> StatementLine:
    is_paid = row.payer_id == account_id
    return StatementLine(
        id=row.id,
        at=row.at,
        kind=row.kind,
        label=label_of(row.kind),
        amount_fen=-row.amount_fen if is_paid else row.amount_fen,
        after_fen=row.payer_after_fen if is_paid else row.payee_after_fen,
        memo=row.memo,
        source=row.source,
    )


def transfers_of_sources(sources: Sequence[str]) -> list[Transfer]:
    """Return the transfers of these business numbers, oldest first."""
    if not sources:
        return []
    return list(db.session.scalars(sa.select(Transfer).where(Transfer.source.in_(sources)).order_by(Transfer.id)))


@dataclass(frozen=True)
class HouseBalance:
    """A house account with what went through it on one day."""

    id: int
    name: str
    label: str
    balance_fen: int
    received_fen: int
    paid_fen: int


def house_balances(day: date) -> list[HouseBalance]:
    """Return the house's accounts with their present balances and what moved on a day."""
    start, end = clock.day_bounds(day)
    received, paid = _moved(start, end)
    closed, last_day = _closed_balances()
    came, went = _moved(clock.day_bounds(last_day)[1] if last_day else None, None)
    return [
        HouseBalance(
            house.id,
            house.name,
            house.label,
            closed.get(house.id, 0) + came.get(house.id, 0) - went.get(house.id, 0),
            received.get(house.id, 0),
            paid.get(house.id, 0),
        )
        for house in HOUSE_BY_ID.values()
        if house.name != "house.reserved"
    ]


def _moved(since: datetime | None, until: datetime | None) -> tuple[dict[int, int], dict[int, int]]:
    """Return what each house account received and paid in [since, until)."""
    sums: list[dict[int, int]] = []
    for side in (Transfer.payee_id, Transfer.payer_id):
        wanted = sa.select(side, sa.func.sum(Transfer.amount_fen)).where(side.in_(HOUSE_BY_ID)).group_by(side)
        if since is not None:
            wanted = wanted.where(Transfer.at >= since)
        if until is not None:
            wanted = wanted.where(Transfer.at < until)
        sums.append({account_id: int(total) for account_id, total in db.session.execute(wanted)})
    return sums[0], sums[1]


def _closed_balances() -> tuple[dict[int, int], date | None]:
    """Return the house accounts' balances at their last closings, and the last day that was closed.

    An account that did not move on a day has no closing of it; the whole book (account 0) has one of every day.
    """
    latest = (
        sa.select(Closing.account_id, sa.func.max(Closing.day).label("day"))
        .where(Closing.account_id.in_([0, *HOUSE_BY_ID]))
        .group_by(Closing.account_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Closing.account_id, Closing.balance_fen, Closing.day).join(
            latest, sa.and_(Closing.account_id == latest.c.account_id, Closing.day == latest.c.day)
        )
    ).all()
    last_day = max((row.day for row in rows), default=None)
    return {row.account_id: row.balance_fen for row in rows}, last_day


def stored_value_total() -> int:
    """Return what the house owes to patients as stored value."""
    total = sa.select(sa.func.coalesce(sa.func.sum(Account.balance_fen), 0)).where(Account.kind == PATIENT)
    return int(db.session.scalar(total) or 0)


def accounts_of_patients(patient_ids: Sequence[int]) -> dict[int, Account]:
    """Return the accounts of these patients by patient."""
    if not patient_ids:
        return {}
    rows = db.session.scalars(sa.select(Account).where(Account.kind == PATIENT, Account.owner_id.in_(patient_ids)))
    return {row.owner_id: row for row in rows}


def card_of(account_id: int) -> Card | None:
    return db.session.scalars(sa.select(Card).where(Card.active_for == account_id)).one_or_none()


def cards_of(account_id: int) -> list[Card]:
    return list(db.session.scalars(sa.select(Card).where(Card.account_id == account_id).order_by(Card.id.desc())))


def find_card(no: str) -> Card | None:
    return db.session.scalars(sa.select(Card).where(Card.no == no)).one_or_none()


def get_movement(no: str) -> CounterMovement:
    movement = db.session.scalars(sa.select(CounterMovement).where(CounterMovement.no == no)).one_or_none()
    if movement is None:
        raise NotFound
    return movement


def movements_waiting() -> list[CounterMovement]:
    """Return the counter movements that wait for a second person, oldest first."""
    return list(
        db.session.scalars(
            sa.select(CounterMovement)
            .where(CounterMovement.status == CounterStatus.REQUESTED)
            .order_by(CounterMovement.id)
            .limit(200)
        )
    )


def count_waiting() -> sa.ScalarSelect[int]:
    """Select how many counter movements wait for a second person."""
    return sa.select(sa.func.count()).where(CounterMovement.status == CounterStatus.REQUESTED).scalar_subquery()


def movements_of(account_id: int, *, limit: int = 20) -> list[CounterMovement]:
    return list(
        db.session.scalars(
            sa.select(CounterMovement)
            .where(CounterMovement.account_id == account_id)
            .order_by(CounterMovement.id.desc())
            .limit(limit)
        )
    )


def closings(*, account_id: int = 0, limit: int = 31) -> list[Closing]:
    """Return the closings of an account, newest first; account 0 is the whole book."""
    return list(
        db.session.scalars(
            sa.select(Closing).where(Closing.account_id == account_id).order_by(Closing.day.desc()).limit(limit)
        )
    )


@dataclass(frozen=True)
class AtCounter:
    """What somebody took for stored value at the counter by one method on a day, less what he handed back."""

    actor: str
    method: str
    amount_fen: int


def at_counter_on(day: date) -> list[AtCounter]:
    """Return the counter's stored value of a hospital day, by person and method.

    Money is in the drawer from the moment it is taken, also while a second person is still to agree; it leaves again
    when that person refuses. What is given back leaves when it is agreed to.
    """
    start, end = clock.day_bounds(day)
    row = sa.select(
        CounterMovement.requested_by.label("actor"), CounterMovement.method, CounterMovement.amount_fen.label("fen")
    )
    is_top_up = CounterMovement.movement == Movement.TOP_UP
    decided = sa.and_(CounterMovement.decided_at >= start, CounterMovement.decided_at < end)
    minus = row.with_only_columns(
        CounterMovement.requested_by, CounterMovement.method, -CounterMovement.amount_fen
    )  # fmt: skip
    # Every status by name: the index begins with it.
    requested = sa.and_(
        CounterMovement.status.in_(list(CounterStatus)),
        CounterMovement.requested_at >= start,
        CounterMovement.requested_at < end,
    )
    taken = row.where(is_top_up, requested)
    refused = minus.where(is_top_up, CounterMovement.status == CounterStatus.REJECTED, decided)
    paid_back = minus.where(sa.not_(is_top_up), CounterMovement.status == CounterStatus.DONE, decided)
    both = taken.union_all(refused, paid_back).subquery()
    fen = sa.func.sum(both.c.fen).label("fen")
    rows = db.session.execute(sa.select(both.c.actor, both.c.method, fen).group_by(both.c.actor, both.c.method))
    return [AtCounter(row.actor, row.method, int(row.fen)) for row in rows]
