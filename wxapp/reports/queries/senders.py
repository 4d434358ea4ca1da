"""Reads about systems that send reports, and about what they sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.reports.client_models import Client, ReceivedMessage, Verdict, Way

COUNTED_DAYS = 30


@dataclass(frozen=True)
class ClientRow:
    """A client with how much it sent lately."""

    id: int
    label: str
    ways: str
    is_active: bool
    key_end: str
    last_used_at: datetime | None
    last_address: str
    taken: int
    unchanged: int
    refused: int
    created_at: datetime


def clients_for_staff() -> list[ClientRow]:
    """Return all clients by name, with the counts of the last days."""
    counts = _counts()
    rows = db.session.scalars(sa.select(Client).order_by(Client.label)).all()
    return [_row(client, counts.get(client.id, Counter())) for client in rows]


def client_row(client: Client) -> ClientRow:
    return _row(client, _counts(client.id).get(client.id, Counter()))


def _row(client: Client, counts: Counter[Verdict]) -> ClientRow:
    ways = [name for name, is_on in (("FHIR", client.takes_fhir), ("HL7", client.takes_hl7)) if is_on]
    return ClientRow(
        id=client.id,
        label=client.label,
        ways="、".join(ways),
        is_active=client.is_active,
        key_end=client.key_end,
        last_used_at=client.last_used_at,
        last_address=client.last_address,
        taken=counts[Verdict.TAKEN],
        unchanged=counts[Verdict.UNCHANGED],
        refused=counts[Verdict.REFUSED],
        created_at=client.created_at,
    )


def _counts(client_id: int | None = None) -> dict[int, Counter[Verdict]]:
    since = clock.now() - timedelta(days=COUNTED_DAYS)
    counted = (
        sa.select(ReceivedMessage.client_id, ReceivedMessage.verdict, sa.func.count())
        .where(ReceivedMessage.received_at >= since)
        .group_by(ReceivedMessage.client_id, ReceivedMessage.verdict)
    )
    if client_id is not None:
        counted = counted.where(ReceivedMessage.client_id == client_id)
    found: dict[int, Counter[Verdict]] = {}
    for owner, verdict, count in db.session.execute(counted):
        found.setdefault(owner, Counter())[verdict] = count
    return found


def get_client(client_id: int) -> Client:
    """:raises NotFound: there is none"""
    client = db.session.get(Client, client_id)
    if client is None:
        raise NotFound
    return client


def client_choices() -> list[tuple[str, str]]:
    """Return number and name of each client."""
    rows = db.session.execute(sa.select(Client.id, Client.label).order_by(Client.label))
    return [(str(number), label) for number, label in rows]


def get_message(message_id: int) -> tuple[ReceivedMessage, Client]:
    """:raises NotFound: there is none, or it is too old to be kept"""
    row = db.session.execute(
        sa.select(ReceivedMessage, Client)
        .join(Client, Client.id == ReceivedMessage.client_id)
        .where(ReceivedMessage.id == message_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def messages_for_staff(
    *, q: str = "", client: str = "", way: str = "", verdict: str = "", day: date | None = None
) -> sa.Select[Any]:
    """Return received messages without their bodies; ``q`` is a number of a report, whole, or of the message."""
    columns: tuple[Any, ...] = (
        ReceivedMessage.id,
        ReceivedMessage.received_at,
        ReceivedMessage.way,
        ReceivedMessage.control_id,
        ReceivedMessage.report_nos,
        ReceivedMessage.our_nos,
        ReceivedMessage.verdict,
        ReceivedMessage.detail,
        ReceivedMessage.size,
        Client.label.label("sender"),
    )
    shown: sa.Select[Any] = sa.select(*columns).join(Client, Client.id == ReceivedMessage.client_id)
    if q:
        numbers = (ReceivedMessage.report_nos, ReceivedMessage.our_nos)
        words = (_framed(column).contains(f" {q} ", autoescape=True) for column in numbers)
        shown = shown.where(sa.or_(ReceivedMessage.control_id == q, *words))
    if client:
        shown = shown.where(ReceivedMessage.client_id == int(client))
    if way:
        shown = shown.where(ReceivedMessage.way == Way(way))
    if verdict:
        shown = shown.where(ReceivedMessage.verdict == Verdict(verdict))
    if day is not None:
        start, end = clock.day_bounds(day)
        shown = shown.where(ReceivedMessage.received_at >= start, ReceivedMessage.received_at < end)
    return shown


def _framed(column: Any) -> Any:
    """Return a list of numbers with a blank at both ends."""
    return sa.literal(" ", sa.String).concat(column).concat(" ")
