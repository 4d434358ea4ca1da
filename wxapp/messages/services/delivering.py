"""The queue of deliveries: claim what is due, write down what became of it. Nothing here talks to the outside.

Several senders may run: a claim is a conditional update under a lease, a result counts only under the same lease.
Plain statements instead of loaded rows, because this runs for every one of hundreds of thousands.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, ids
from wxapp.core.addresses import absolute
from wxapp.core.crypto import CannotDecrypt, keyring
from wxapp.core.db import change, db, transaction
from wxapp.core.events import publish
from wxapp.messages import catalogue
from wxapp.messages.channels import SURVIVES_REPEAT, NoConsent, NotSent, Parcel, Rejected, Retry, rendered
from wxapp.messages.entry import Channel, Line
from wxapp.messages.events import OpenidRefused
from wxapp.messages.models import Delivery, DeliveryState, Message, Pause, Template
from wxapp.messages.rules.timing import LEASE, MAX_TRIES, gap, give_up_after, is_given_up, is_quiet, not_before
from wxapp.messages.rules.values import BadPattern, BadValue
from wxapp.messages.services.notifying import open_next_way
from wxapp.messages.settings import QUIET_HOURS

log = logging.getLogger(__name__)

S = DeliveryState
MARKS_ADDRESS = {"43004", "50005", "40003"}
"""Refusals that say something about the openid itself: packages above may want to note it."""


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender holds until its lease ends."""

    id: int
    message_id: int
    code: str
    channel: Channel
    address: str
    texts: Mapping[str, str]
    path: str
    client_msg_id: str
    lease: str
    tries: int
    queued_at: datetime
    is_urgent: bool
    is_test: bool


@dataclass(frozen=True)
class Form:
    """A template as the sender needs it."""

    template_id: str
    lines: tuple[Line, ...]


Forms = Mapping[tuple[str, Channel], Form]


def forms() -> Forms:
    """Return the templates by which something can be sent now."""
    rows = db.session.execute(
        sa.select(Template.code, Template.channel, Template.template_id, Template.lines).where(
            Template.template_id != "", Template.fault == ""
        )
    )
    return {(code, Channel(channel)): Form(template_id, lines_of(lines)) for code, channel, template_id, lines in rows}


def lines_of(kept: str) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in json.loads(kept))


# --- claiming --------------------------------------------------------------------------------------------------------


def claim(limit: int, *, lease_for: timedelta = LEASE) -> list[Claimed]:
    """Take up to so many due deliveries for this sender alone; their tries are counted before anything happens.

    Rows that another sender is claiming are passed over. Non-urgent ones rest in the quiet hours.
    """
    now = clock.now()
    lease = ids.new_token(18)
    with transaction():
        due = _due_ids(limit, now)
        if not due:
            return []
        change(
            sa.update(Delivery)
            .where(Delivery.id.in_(due), Delivery.state == S.NEW)
            .values(state=S.SENDING, lease=lease, due_at=now + lease_for, tries=Delivery.tries + 1)
        )
        rows = db.session.execute(
            sa.select(
                Delivery.id, Delivery.message_id, Delivery.code, Delivery.channel,
                _sealed(Delivery.address), _sealed(Message.texts),
                Message.path, Delivery.client_msg_id, Delivery.lease, Delivery.tries, Delivery.queued_at,
                Delivery.is_urgent, Message.is_test,
            )
            .join(Message, Message.id == Delivery.message_id)
            .where(Delivery.id.in_(due), Delivery.lease == lease)
        ).all()  # fmt: skip
        found = [_opened(row) for row in rows]
    return [claimed for claimed in found if claimed is not None]


def _sealed(column: Any) -> Any:
    """Read ciphertext as it is: one row that can't be opened must not spoil the batch."""
    return sa.type_coerce(column, sa.Text).label(column.key)


def _opened(row: Any) -> Claimed | None:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns
    try:
        values["address"] = keyring().decrypt(values["address"], context="messages_delivery.address")
        values["texts"] = json.loads(keyring().decrypt(values["texts"], context="messages_message.texts"))
        return Claimed(**values | {"channel": Channel(values["channel"])})
    except (CannotDecrypt, ValueError) as error:
        log.warning("delivery %s can't be opened: %s", row.id, error)
        change(sa.update(Delivery).where(Delivery.id == row.id).values(_dead("unreadable", "内容无法解密")))
        return None


def _due_ids(limit: int, now: datetime) -> Sequence[int]:
    statement = sa.select(Delivery.id).where(Delivery.state == S.NEW, Delivery.due_at <= now)
    if QUIET_HOURS() and is_quiet(clock.local(now)):
        statement = statement.where(Delivery.is_urgent)
    if resting := db.session.scalars(sa.select(Pause.channel).where(Pause.until > now)).all():
        statement = statement.where(Delivery.channel.not_in(resting))
    statement = statement.order_by(Delivery.due_at).limit(limit).with_for_update(skip_locked=True)
    return db.session.scalars(statement).all()


def take_back_lapsed() -> int:
    """Free the deliveries of senders that ended in the middle; return how many.

    The platform may have them already. Where it knows repeats they are sent again, elsewhere a person decides.
    A delivery that took its sender down every time is put aside in the end.
    """
    now = clock.now()
    lapsed = sa.and_(Delivery.state == S.SENDING, Delivery.due_at <= now)
    with transaction():
        unknown = sa.update(Delivery).where(lapsed, Delivery.channel.not_in(SURVIVES_REPEAT))
        count = change(unknown.values(_dead("unknown_outcome", "发送中断，结果未知，请核实后再重发")))
        poison = sa.update(Delivery).where(lapsed, Delivery.tries >= MAX_TRIES)
        count += change(poison.values(_dead("sender_ended", "发送进程多次中断")))
        again = sa.update(Delivery).where(lapsed)
        return count + change(again.values(state=S.NEW, due_at=now, lease=None))


def parcel(claimed: Claimed, known: Forms) -> Parcel:
    """Return what the channel is handed.

    :raises Rejected: there is no usable template, or a value does not fit it
    """
    form = known.get((claimed.code, claimed.channel))
    if form is None:
        raise Rejected("no_template", "模板未配置或已停用")
    try:
        values = rendered(claimed.channel, form.lines, claimed.texts)
    except (BadPattern, BadValue) as error:
        raise Rejected("bad_value", str(error)) from error
    return Parcel(
        claimed.channel, claimed.address, form.template_id, values, absolute(claimed.path), claimed.client_msg_id
    )


# --- results ---------------------------------------------------------------------------------------------------------


_ROW = cast("sa.Table", Delivery.__table__)
_MARK_SENT = (
    sa.update(_ROW)
    .where(
        _ROW.c.id == sa.bindparam("held_id"),
        _ROW.c.state == S.SENDING,
        _ROW.c.lease == sa.bindparam("held_lease"),
    )
    .values(
        state=S.SENT,
        lease=None,
        platform_id=sa.bindparam("number"),
        sent_at=sa.bindparam("now"),
        reason_code="",
        reason="",
    )
)
"""Built once: this is what nearly every delivery comes to."""


def record_sent(claimed: Claimed, platform_id: str) -> bool:
    """Write down that the platform took it; False when the lease was lost meanwhile."""
    held = {"held_id": claimed.id, "held_lease": claimed.lease, "number": platform_id[:40], "now": clock.now()}
    with transaction():
        result = cast("CursorResult[Any]", db.session.execute(_MARK_SENT, held))
        return result.rowcount == 1


def record_failure(claimed: Claimed, failure: NotSent) -> bool:
    """Write down why it was not sent and what follows; False when the lease was lost meanwhile."""
    now = clock.now()
    with transaction():
        match failure:
            case Retry():
                return _put_off(claimed, failure, now=now)
            case NoConsent():
                ended = _end(claimed, state=S.UNREACHABLE, reason_code=failure.code, reason=failure.reason[:300])
                if ended and failure.code in MARKS_ADDRESS and claimed.channel is Channel.OA_TEMPLATE:
                    publish(OpenidRefused(claimed.address, failure.code))
            case _:
                ended = _end(claimed, **_dead(failure.code, failure.reason))
                if isinstance(failure, Rejected) and failure.stops_template:
                    _stop_template(claimed, failure)
        if ended:
            open_next_way(claimed.message_id, claimed.channel, now=now)
        return ended


def _put_off(claimed: Claimed, failure: Retry, *, now: datetime) -> bool:
    due = failure.until or now + (failure.wait or timedelta(0))
    if failure.pauses:
        _rest(claimed.channel, due, failure.reason)
    if failure.counts:
        due = max(due, now + gap(claimed.tries, chance=random.random))
    else:
        due += timedelta(seconds=random.uniform(0, 20))  # noqa: S311 - jitter
    has_another_way = claimed.channel is not catalogue.find(claimed.code).ways[-1]
    patience = give_up_after(is_urgent=claimed.is_urgent, has_another_way=has_another_way)
    waits_too_long = has_another_way and due - claimed.queued_at >= patience
    if waits_too_long or (
        failure.counts and is_given_up(claimed.tries, age=due - claimed.queued_at, patience=patience)
    ):
        ended = _end(claimed, **_dead(failure.code, f"多次尝试未成功：{failure.reason}"))
        if ended:
            open_next_way(claimed.message_id, claimed.channel, now=now)
        return ended
    due = not_before(clock.local(due), is_urgent=claimed.is_urgent or claimed.is_test or not QUIET_HOURS())
    tries = claimed.tries if failure.counts else claimed.tries - 1
    return _end(
        claimed, state=S.NEW, due_at=due, tries=tries, reason_code=failure.code[:40], reason=failure.reason[:300]
    )


def _end(claimed: Claimed, **values: object) -> bool:
    held = sa.update(Delivery).where(
        Delivery.id == claimed.id, Delivery.state == S.SENDING, Delivery.lease == claimed.lease
    )
    return change(held.values({"lease": None, **values})) == 1


def _dead(code: str, reason: str) -> dict[str, object]:
    return {"state": S.DEAD, "lease": None, "reason_code": code[:40], "reason": reason[:300]}


def _stop_template(claimed: Claimed, failure: Rejected) -> None:
    change(
        sa.update(Template)
        .where(Template.code == claimed.code, Template.channel == claimed.channel)
        .values(fault=f"{failure.code} {failure.reason}"[:200])
    )


def _rest(channel: Channel, until: datetime, reason: str) -> None:
    values = {"until": until, "reason": reason[:200]}
    if change(sa.update(Pause).where(Pause.channel == channel).values(values)):
        return
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(Pause).values(channel=channel.value, **values))
    except IntegrityError:  # another result has just said so
        return
