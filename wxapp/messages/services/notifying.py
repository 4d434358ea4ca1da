"""Telling: rows in the caller's transaction, one message and its first deliveries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, ids, masking
from wxapp.core.db import change, db, in_transaction, insert_row, run, transaction
from wxapp.messages import catalogue, receivers, taps
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Channel, Entry
from wxapp.messages.models import Delivery, DeliveryState, Message, Preference, Template
from wxapp.messages.queries import address_hash
from wxapp.messages.receivers import Address, Receiver
from wxapp.messages.rules.timing import not_before
from wxapp.messages.settings import QUIET_HOURS
from wxapp.messages.states import UNDER_WAY

TEST_KIND = "test"


def notify(
    code: str,
    receiver: Receiver,
    context: Mapping[str, Any],
    *,
    tap: taps.Tap | None = None,
    once: str = "",
    broadcast_id: int | None = None,
    site_only: bool = False,
) -> int:
    """Tell a receiver what the caller's transaction makes true; return the message's id.

    Writes rows and sends nothing, so the message exists if and only if the fact does.

    :param context: the fields of the catalogue's entry: texts, whole fen, moments
    :param tap: the page that a tap opens, when it is not the one registered for this entry
    :param once: names the occurrence; the same code, receiver and occurrence are told once
    :param site_only: leave the channels out that leave the house
    :raises RuntimeError: outside a transaction
    :raises WrongContext: a field is missing or has a wrong form
    """
    if not in_transaction():
        raise RuntimeError("notify needs the transaction of the fact it tells")
    entry = catalogue.find(code)
    texts = entry.texts(context)
    key = _once_key(code, receiver, once) if once else None
    if key is not None and (told := _told(key)) is not None:
        return told
    message = _message(entry, receiver, texts, now=clock.now())
    message |= {"path": taps.path(entry.tap, context, tap), "once_key": key, "broadcast_id": broadcast_id}
    if key is None:
        message_id = _insert(message)
    else:
        try:
            with db.session.begin_nested():
                message_id = _insert(message)
        except IntegrityError:  # somebody told the same at the same moment
            if (told := _told(key)) is None:
                raise
            return told
    open_first_way(message_id, entry, receiver, site_only=site_only, now=message["created_at"])
    return message_id


def _once_key(code: str, receiver: Receiver, once: str) -> str:
    key = f"{code}:{receiver.kind}:{receiver.id}:{once}"
    return key if len(key) <= 190 else f"{key[:120]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _told(key: str) -> int | None:
    found: int | None = run(_TOLD, key=key).scalar()
    return found


_TOLD = sa.select(Message.id).where(Message.once_key == sa.bindparam("key"))


def _message(entry: Entry, receiver: Receiver, texts: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    title, body = entry.site_text(texts)
    return {
        "code": entry.code,
        "receiver_kind": receiver.kind,
        "receiver_id": receiver.id,
        "title": title[:100],
        "body": body,
        "texts": json.dumps(texts, ensure_ascii=False),
        "on_site": entry.on_site,
        "is_test": False,
        "path": "",
        "fallbacks": 0,
        "created_at": now,
    }


def _insert(message: Mapping[str, Any]) -> int:
    return insert_row(Message, **message)


# --- ways ------------------------------------------------------------------------------------------------------------


def open_first_way(message_id: int, entry: Entry, receiver: Receiver, *, site_only: bool, now: datetime) -> None:
    """Queue the message in the first channel in which it can go, unless the receiver wants it on the site only."""
    ways = [] if site_only or _is_turned_off(entry, receiver) else list(entry.ways)
    found = receivers.agreed_addresses(receiver, entry) if ways else ()
    if not _open_one_of(ways, message_id, entry, found, now=now) and ways and not entry.on_site:
        _put_aside(message_id, entry, ways[0], now=now)
    if entry.on_site:
        row = _delivery(message_id, entry, Channel.SITE, f"{receiver.kind}:{receiver.id}", now=now)
        row |= {"state": DeliveryState.DELIVERED, "sent_at": now, "address_shown": "站内"}
        insert_row(Delivery, **row)


def open_next_way(message_id: int, channel: Channel, *, now: datetime) -> bool:
    """Queue the message in the channel after this one, if this one has failed for all addresses; say whether.

    Two senders may find out at the same moment: the message's row is held while one of them looks.
    """
    change(sa.update(Message).where(Message.id == message_id).values(fallbacks=Message.fallbacks + 1))
    message = db.session.execute(
        sa.select(Message.code, Message.receiver_kind, Message.receiver_id, Message.is_test).where(
            Message.id == message_id
        )
    ).one()
    outward = sa.select(Delivery.id).where(
        Delivery.message_id == message_id, Delivery.channel != Channel.SITE, Delivery.state.in_(UNDER_WAY)
    )
    if message.is_test or db.session.execute(outward.limit(1)).first() is not None:
        return False
    entry = catalogue.find(message.code)
    later = entry.ways[entry.ways.index(channel) + 1 :]
    receiver = Receiver(message.receiver_kind, message.receiver_id)
    found = receivers.agreed_addresses(receiver, entry) if later else ()
    return _open_one_of(later, message_id, entry, found, now=now)


def leave_out(receiver: Receiver, channel: Channel, address: str, *, why: str) -> int:
    """Send nothing more of a receiver's to an address whose owner may no longer read it; return how much was stopped.

    What is on its way in this moment is not stopped. Where it was the only address the next channel takes over.
    """
    wanted = (
        sa.select(Delivery.id, Delivery.message_id)
        .join(Message, Message.id == Delivery.message_id)
        .where(
            Delivery.address_hash == address_hash(address),
            Delivery.channel == channel.value,
            Delivery.state == DeliveryState.NEW,
            Message.receiver_kind == receiver.kind,
            Message.receiver_id == receiver.id,
        )
    )
    ended = {"state": DeliveryState.UNREACHABLE, "reason_code": "left_out", "reason": why[:300]}
    stopped = 0
    with transaction():
        for delivery_id, message_id in db.session.execute(wanted).all():
            step = sa.update(Delivery).where(Delivery.id == delivery_id, Delivery.state == DeliveryState.NEW)
            if change(step.values(ended)):
                stopped += 1
                open_next_way(message_id, channel, now=clock.now())
    return stopped


def _open_one_of(
    ways: Sequence[Channel], message_id: int, entry: Entry, found: Sequence[Address], *, now: datetime
) -> bool:
    usable = _usable_ways(entry.code) if ways else set()
    for channel in ways:
        addresses = list(dict.fromkeys(each.to for each in found if each.channel is channel))
        if channel in usable and addresses:
            rows = [_delivery(message_id, entry, channel, address, now=now) for address in addresses]
            return _insert_new(rows)
    return False


def _insert_new(rows: list[dict[str, Any]]) -> bool:
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(Delivery), rows)
        return True
    except IntegrityError:  # this way has been tried for this message before
        return False


def _usable_ways(code: str) -> set[Channel]:
    return {Channel(channel) for channel in run(_USABLE, code=code).scalars()} & CHANNELS.keys()


_USABLE = sa.select(Template.channel).where(
    Template.code == sa.bindparam("code"), Template.is_on, Template.template_id != "", Template.fault == ""
)


def _is_turned_off(entry: Entry, receiver: Receiver) -> bool:
    if entry.is_essential:
        return False
    statement = sa.select(Preference.id).where(
        Preference.receiver_kind == receiver.kind, Preference.receiver_id == receiver.id, Preference.code == entry.code
    )
    return db.session.execute(statement).first() is not None


def _put_aside(message_id: int, entry: Entry, channel: Channel, *, now: datetime) -> None:
    row = _delivery(message_id, entry, channel, "", now=now)
    row |= {"state": DeliveryState.DEAD, "reason_code": "no_way", "reason": "没有可用的发送渠道或地址"}
    db.session.execute(sa.insert(Delivery).values(row))


def _delivery(message_id: int, entry: Entry, channel: Channel, address: str, *, now: datetime) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "code": entry.code,
        "channel": channel.value,
        "address": address,
        "address_hash": address_hash(address),
        "address_shown": _masked(channel, address),
        "is_urgent": entry.is_urgent,
        "state": DeliveryState.NEW,
        "tries": 0,
        "queued_at": now,
        "due_at": not_before(clock.local(now), is_urgent=entry.is_urgent or not QUIET_HOURS()),
        "client_msg_id": ids.new_token(18),
        "reason_code": "",
        "reason": "",
        "created_at": now,
        "created_on": clock.hospital_day(now),
    }


def _masked(channel: Channel, address: str) -> str:
    if channel is Channel.SMS:
        return masking.masked_phone(address)
    return f"{address[:4]}…{address[-4:]}" if len(address) > 8 else "—"


# --- test sends ------------------------------------------------------------------------------------------------------


def tell_test(code: str, channel: Channel, address: str, *, staff_id: int) -> int:
    """Queue a message with sample values to one address through one channel; return its id.

    It goes out like any other, so the delivery log shows what the platform says.
    """
    entry = catalogue.find(code)
    now = clock.now()
    with transaction():
        message = _message(entry, Receiver(TEST_KIND, staff_id), entry.samples(), now=now)
        message_id = _insert(message | {"on_site": False, "is_test": True})
        row = _delivery(message_id, entry, channel, address, now=now)
        db.session.execute(sa.insert(Delivery).values(row | {"is_urgent": True, "due_at": now}))
    return message_id
