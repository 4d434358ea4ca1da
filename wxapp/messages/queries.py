"""Reads of the message centre: inboxes, the delivery log, figures for charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.messages import catalogue
from wxapp.messages.entry import Channel, Entry
from wxapp.messages.models import Delivery, DeliveryState, Message, Pause, Preference, Template
from wxapp.messages.receivers import Receiver

PAGE = 20

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


# --- the staff's side ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A channel of a catalogue entry, and what staff have filled in for it."""

    channel: Channel
    template: Template | None

    @property
    def state(self) -> str:
        if self.template is None or not self.template.template_id:
            return "未配置"
        if self.template.fault:
            return "故障"
        return "已开启" if self.template.is_on else "已关闭"


def ways() -> dict[tuple[str, str], Template]:
    """Return all templates by code and channel."""
    return {(row.code, row.channel): row for row in db.session.scalars(sa.select(Template))}


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


def dead_letters(*, days: int = 7, at_most: int = 1000) -> int:
    """Return how many dead letters of the last days wait for a person."""
    since = clock.today() - timedelta(days=days)
    few = (
        sa.select(Delivery.id)
        .where(Delivery.state == DeliveryState.DEAD, Delivery.created_on >= since)
        .limit(at_most)
        .subquery()
    )
    return db.session.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()


def oldest_due() -> timedelta:
    """Return how long the oldest delivery that could go out has been waiting; for health checks."""
    now = clock.now()
    oldest: datetime | None = db.session.execute(
        sa.select(sa.func.min(Delivery.due_at)).where(Delivery.state == DeliveryState.NEW, Delivery.due_at <= now)
    ).scalar()
    return now - oldest if oldest else timedelta(0)


def pauses() -> list[Pause]:
    return list(db.session.scalars(sa.select(Pause).where(Pause.until > clock.now())))
