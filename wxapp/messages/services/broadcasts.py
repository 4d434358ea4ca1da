"""Broadcasts (群发): staff tell a group something, at a rate, and may stop it."""

from __future__ import annotations

import logging
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import DomainError, Invalid, NotFound
from wxapp.messages import catalogue, receivers
from wxapp.messages.models import Broadcast, BroadcastState
from wxapp.messages.receivers import Receiver
from wxapp.messages.services.notifying import notify
from wxapp.messages.states import BROADCAST

log = logging.getLogger(__name__)

_STEP = timedelta(seconds=2)
"""A broadcast goes on at most this often, with the share of its rate that the step allows."""
_MOST_AT_ONCE = 500


def draft_broadcast(
    *, title: str, body: str, group_name: str, with_template: bool, per_minute: int, staff_id: int
) -> Broadcast:
    """Keep a broadcast that nobody has confirmed yet.

    :raises Invalid: no such group
    """
    if receivers.group(group_name) is None:
        raise Invalid({"group_name": "请选择接收人群"})
    with transaction():
        row = Broadcast(
            title=title,
            body=body,
            group_name=group_name,
            with_template=with_template,
            per_minute=per_minute,
            created_by=actors.staff(staff_id),
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()  # its id leads to the preview
        return row


def start_broadcast(broadcast_id: int, *, staff_id: int) -> None:
    """Let it go, or go on.

    :raises IllegalTransition: it runs already or is done
    """
    with transaction():
        row = _get(broadcast_id)
        BROADCAST.move(row, BroadcastState.RUNNING, by=actors.staff(staff_id), next_at=clock.now())


def stop_broadcast(broadcast_id: int, *, staff_id: int) -> None:
    with transaction():
        BROADCAST.move(_get(broadcast_id), BroadcastState.STOPPED, by=actors.staff(staff_id))


def _get(broadcast_id: int) -> Broadcast:
    row = db.session.get(Broadcast, broadcast_id)
    if row is None:
        raise NotFound
    return row


def go_on(broadcast_id: int) -> int:
    """Tell the next members of the group, as many as the rate allows now; return how many.

    The place where it has come to is moved on in the transaction that tells them: a crash leaves nobody out, and
    of two at the same moment one loses.
    """
    now = clock.now()
    with transaction():
        row = _get(broadcast_id)
        group = receivers.group(row.group_name)
        if row.state is not BroadcastState.RUNNING or group is None or row.next_at is None or row.next_at > now:
            return 0
        share = min(_MOST_AT_ONCE, max(1, int(row.per_minute * _STEP.total_seconds() / 60)))
        step = max(_STEP, timedelta(minutes=share / row.per_minute))
        members = group.members(row.reached_id, share)
        reached = members[-1].id if members else row.reached_id
        here = sa.update(Broadcast).where(
            Broadcast.id == row.id,
            Broadcast.reached_id == row.reached_id,
            Broadcast.state == BroadcastState.RUNNING,
            Broadcast.next_at == row.next_at,
        )
        if not change(here.values(reached_id=reached, told=Broadcast.told + len(members), next_at=now + step)):
            return 0
        missed = sum(not _tell(row, member) for member in members)
        if missed:
            change(sa.update(Broadcast).where(Broadcast.id == row.id).values(told=Broadcast.told - missed))
        if len(members) < share:
            BROADCAST.move(row, BroadcastState.DONE, by=actors.system("broadcast"), ended_at=now)
        return len(members)


def _tell(row: Broadcast, member: Receiver) -> bool:
    """Tell one member; one that can't be told, e.g. because the record has gone, keeps nobody else from hearing."""
    context = {"title": row.title, "body": row.body, "at": clock.now()}
    try:
        with db.session.begin_nested():
            notify(
                catalogue.BROADCAST.code,
                member,
                context,
                once=str(row.id),
                broadcast_id=row.id,
                site_only=not row.with_template,
            )
        return True
    except (DomainError, LookupError) as error:
        log.warning("broadcast %s: %s %s was left out: %s", row.id, member.kind, member.id, error)
        return False


def running() -> list[int]:
    """Return the broadcasts that may go on now."""
    statement = sa.select(Broadcast.id).where(
        Broadcast.state == BroadcastState.RUNNING, Broadcast.next_at <= clock.now()
    )
    return list(db.session.scalars(statement))
