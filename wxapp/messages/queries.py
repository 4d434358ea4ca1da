"""Reads of the message centre: inboxes, the delivery log, figures for charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.messages import catalogue
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Channel, Entry
from wxapp.messages.models import Broadcast, Delivery, DeliveryState, Message, Pause, Preference, Template
from wxapp.messages.receivers import Receiver
from wxapp.messages.rules.timing import QUIET_UNTIL, is_quiet
from wxapp.messages.settings import QUIET_HOURS

PAGE = 20
LOG_DAYS = 7
"""Days that the delivery log shows at first."""

# --- the receiver's side ---------------------------------------------------------------------------------------------


def of_receivers(receivers: Sequence[Receiver]) -> sa.ColumnElement[bool]:
    """Return the condition of the site messages of these receivers; nobody's for none."""
    mine = [sa.and_(Message.receiver_kind == each.kind, Message.receiver_id == each.id) for each in receivers]
    return sa.and_(sa.or_(sa.false(), *mine), Message.on_site)


@dataclass(frozen=True)
class Inbox:
    """One page of site messages, newest first; ``next_before`` leads to the next one."""

    messages: list[Message]
    next_before: int | None


def inbox(receivers: Sequence[Receiver], *, before: int | None = None, unread_only: bool = False) -> Inbox:
    """Return a page of site messages. Paged by id, so that what arrives meanwhile moves nothing."""
    statement = sa.select(Message).where(of_receivers(receivers)).order_by(Message.id.desc()).limit(PAGE + 1)
    if before is not None:
        statement = statement.where(Message.id < before)
    if unread_only:
        statement = statement.where(Message.read_at.is_(None))
    rows = list(db.session.scalars(statement)) if receivers else []
    return Inbox(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def unread_count(receivers: Sequence[Receiver], *, at_most: int = 100) -> int:
    """Return how many site messages are unread, counted no further than ``at_most``."""
    if not receivers:
        return 0
    few = sa.select(Message.id).where(of_receivers(receivers), Message.read_at.is_(None)).limit(at_most).subquery()
    return db.session.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()


def own_message(receivers: Sequence[Receiver], message_id: int) -> Message:
    """Return a site message of these receivers.

    :raises NotFound: no such message, or somebody else's
    """
    message = db.session.scalars(sa.select(Message).where(Message.id == message_id, of_receivers(receivers))).first()
    if message is None:
        raise NotFound
    return message


def turned_off(receiver: Receiver) -> set[str]:
    statement = sa.select(Preference.code).where(
        Preference.receiver_kind == receiver.kind, Preference.receiver_id == receiver.id
    )
    return set(db.session.scalars(statement))


def switchable(kinds: set[str]) -> list[Entry]:
    """Return the messages that receivers of these kinds may turn off: not essential, and going outside at all."""
    told = [*kinds, catalogue.BROADCAST.to]
    return [entry for entry in catalogue.everything() if entry.to in told and not entry.is_essential and entry.ways]


def address_hash(address: str) -> str:
    """Return the keyed hash by which the deliveries to an address are found."""
    return blind_index(address, context="messages_delivery.address")


# --- the staff's side ------------------------------------------------------------------------------------------------


class WayState(StrEnum):
    """Whether a message can go through a channel; the label is what pages show."""

    MISSING = "missing"
    FAULTY = "faulty"
    ON = "on"
    OFF = "off"

    @property
    def label(self) -> str:
        return {"missing": "未配置", "faulty": "故障", "on": "已开启", "off": "已关闭"}[self]


@dataclass(frozen=True)
class Way:
    """A message of the catalogue in one channel, and what staff have filled in for it."""

    entry: Entry
    channel: Channel
    template: Template | None

    @property
    def state(self) -> WayState:
        if self.template is None or not self.template.template_id:
            return WayState.MISSING
        if self.template.fault:
            return WayState.FAULTY
        return WayState.ON if self.template.is_on else WayState.OFF


def ways(*, search: str = "", channel: str = "", state: str = "") -> list[Way]:
    """Return every message in every channel that we have, as the list of templates shows them."""
    kept = {(row.code, row.channel): row for row in db.session.scalars(sa.select(Template))}
    found = [
        Way(entry, way, kept.get((entry.code, way.value)))
        for entry in catalogue.everything()
        for way in entry.ways
        if way in CHANNELS
    ]
    return [
        way
        for way in found
        if (not search or search in way.entry.code or search in way.entry.label)
        and (not channel or way.channel == channel)
        and (not state or way.state == state)
    ]


def find_template(code: str, channel: Channel) -> Template | None:
    return db.session.scalars(
        sa.select(Template).where(Template.code == code, Template.channel == channel)
    ).one_or_none()


@dataclass(frozen=True)
class DayFigure:
    """How many deliveries of one day, channel and result there are."""

    day: date
    channel: Channel
    state: DeliveryState
    count: int


def figures(since: date, until: date) -> list[DayFigure]:
    """Return what became of the deliveries that leave the house, by day, channel and result."""
    statement = (
        sa.select(Delivery.created_on, Delivery.channel, Delivery.state, sa.func.count())
        .where(Delivery.created_on.between(since, until), Delivery.channel != Channel.SITE)
        .group_by(Delivery.created_on, Delivery.channel, Delivery.state)
        .order_by(Delivery.created_on)
    )
    rows = db.session.execute(statement)
    return [DayFigure(day, Channel(channel), state, count) for day, channel, state, count in rows]


def sent_and_dead(day: date) -> list[sa.ScalarSelect[int]]:
    """Select how many messages left the house on a day, and how many dead letters wait for a person."""
    sent = (
        sa.select(sa.func.count())
        .where(
            Delivery.created_on == day,
            Delivery.channel != Channel.SITE,
            Delivery.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED)),
        )
        .scalar_subquery()
    )
    return [sent, _dead_letters(since=day - timedelta(days=7))]


def dead_letters(*, days: int = 7) -> int:
    """Return how many dead letters of the last days wait for a person."""
    return db.session.execute(sa.select(_dead_letters(since=clock.today() - timedelta(days=days)))).scalar_one()


def _dead_letters(*, since: date, at_most: int = 1000) -> sa.ScalarSelect[int]:
    few = (
        sa.select(Delivery.id)
        .where(Delivery.state == DeliveryState.DEAD, Delivery.created_on >= since)
        .limit(at_most)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(few).scalar_subquery()


def oldest_due() -> timedelta:
    """Return how long the oldest delivery that could go out has been waiting; for health checks.

    What waits for a channel that rests, e.g. because WeChat does not answer, or for the end of the quiet hours, waits
    rightly: its time is counted from when that ends.
    """
    now = clock.now()
    local = clock.local(now)
    morning = datetime.combine(local.date(), QUIET_UNTIL, local.tzinfo)
    rests = {row.channel: row.until for row in db.session.execute(sa.select(Pause.channel, Pause.until))}
    oldest = (
        sa.select(Delivery.channel, Delivery.is_urgent, sa.func.min(Delivery.due_at).label("due_at"))
        .where(Delivery.state == DeliveryState.NEW, Delivery.due_at <= now)
        .group_by(Delivery.channel, Delivery.is_urgent)
    )
    longest = timedelta(0)
    for channel, is_urgent, due_at in db.session.execute(oldest):
        goes_at_night = is_urgent or not QUIET_HOURS()
        if not goes_at_night and is_quiet(local):
            continue
        since = max(due_at, rests.get(channel, due_at), due_at if goes_at_night else morning)
        longest = max(longest, now - since)
    return longest


def pauses() -> list[Pause]:
    return list(db.session.scalars(sa.select(Pause).where(Pause.until > clock.now())))


@dataclass(frozen=True)
class LogFilter:
    """What the delivery log is narrowed down to; the address is found by its keyed hash."""

    code: str = ""
    channel: str = ""
    state: str = ""
    reason_code: str = ""
    address: str = ""
    since: date | None = None
    until: date | None = None


def deliveries(wanted: LogFilter) -> sa.Select[Any]:
    """Return the deliveries that leave the house, or those of the site when that is asked for."""
    since = wanted.since or (wanted.until or clock.today()) - timedelta(days=LOG_DAYS - 1)
    statement = sa.select(Delivery).where(Delivery.created_on >= since)
    if wanted.until:
        statement = statement.where(Delivery.created_on <= wanted.until)
    if wanted.channel:
        statement = statement.where(Delivery.channel == wanted.channel)
    else:
        statement = statement.where(Delivery.channel != Channel.SITE)
    exact = {"code": wanted.code, "state": wanted.state, "reason_code": wanted.reason_code}
    for name, value in exact.items():
        if value:
            statement = statement.where(getattr(Delivery, name) == value)
    if wanted.address:
        statement = statement.where(Delivery.address_hash == address_hash(wanted.address))
    return statement


def broadcasts() -> sa.Select[Any]:
    return sa.select(Broadcast)


def get_broadcast(broadcast_id: int) -> Broadcast:
    """:raises NotFound: no such broadcast"""
    row = db.session.get(Broadcast, broadcast_id)
    if row is None:
        raise NotFound
    return row
