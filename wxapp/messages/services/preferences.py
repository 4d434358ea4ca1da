"""What a receiver does on the site: reading, and turning off what is not essential."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.messages import catalogue
from wxapp.messages.errors import NotSwitchable
from wxapp.messages.models import Message, Preference
from wxapp.messages.queries import of_receivers, own_message
from wxapp.messages.receivers import Receiver


def read_message(receivers: Sequence[Receiver], message_id: int) -> Message:
    """Return one of the receiver's own site messages and mark it as read.

    :raises NotFound: no such message, or somebody else's
    """
    message = own_message(receivers, message_id)
    if message.read_at is None:
        with transaction():
            unread = sa.update(Message).where(Message.id == message_id, Message.read_at.is_(None))
            change(unread.values(read_at=clock.now()))
    return message


def read_all(receivers: Sequence[Receiver], *, up_to: int) -> int:
    """Mark all as read that the receiver has seen: those up to this id; return how many."""
    if not receivers:
        return 0
    with transaction():
        seen = sa.update(Message).where(of_receivers(receivers), Message.read_at.is_(None), Message.id <= up_to)
        return change(seen.values(read_at=clock.now()))


def set_preference(receiver: Receiver, code: str, *, wanted: bool) -> None:
    """Say whether a receiver wants this message outside the site too.

    :raises NotSwitchable: it is essential
    """
    entry = catalogue.CATALOGUE.get(code)
    if code == catalogue.BROADCAST.code:
        entry = catalogue.BROADCAST
    if entry is None:
        raise NotFound
    if entry.is_essential:
        raise NotSwitchable
    mine = sa.and_(
        Preference.receiver_kind == receiver.kind, Preference.receiver_id == receiver.id, Preference.code == code
    )
    with transaction():
        if wanted:
            change(sa.delete(Preference).where(mine))
            return
        try:
            with db.session.begin_nested():
                row = Preference(receiver_kind=receiver.kind, receiver_id=receiver.id, code=code, at=clock.now())
                db.session.add(row)
        except IntegrityError:  # turned off already
            return


def forget(receiver: Receiver) -> int:
    """Forget what a receiver has turned off; return how much it was."""
    mine = (Preference.receiver_kind == receiver.kind, Preference.receiver_id == receiver.id)
    return change(sa.delete(Preference).where(*mine))
