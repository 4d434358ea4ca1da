"""The log of what clients sent: kept for some days, so that staff can see why a report is missing and take it again.

Only messages of clients that we know are kept, without keys, compressed and encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.crypto import keyring
from wxapp.core.db import change, db, insert_row, run, transaction
from wxapp.reports.client_models import Client, ReceivedMessage, Verdict, Way
from wxapp.reports.preferences import MESSAGE_DAYS
from wxapp.reports.services.clients import note_use
from wxapp.reports.services.intake import Outcome, Taken

MOST_KEPT = 14 * 1024 * 1024
"""Compressed bytes: the column holds 16 MB."""
_FASTEST = 1
"""Of compression: texts shrink to a tenth, and files in them are compressed already."""
_KEYS = re.compile(rb"wxr_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Envelope:
    """A message with how it came.

    :ivar body: without keys, see :func:`without_keys`
    :ivar charset: that the transport named, "" otherwise
    """

    client: Client
    way: Way
    body: bytes = field(repr=False)
    address: str
    charset: str = ""
    size: int = 0


@dataclass(frozen=True)
class Story:
    """What became of a message."""

    verdict: Verdict
    control_id: str = ""
    report_nos: Sequence[str] = ()
    taken: Sequence[Taken] = ()
    told: Sequence[str] = ()
    once_key: str | None = None


def without_keys(raw: bytes) -> bytes:
    """Return a body in which no key of ours stands."""
    return _KEYS.sub(b"***", raw)


def once_key(control_id: str, body: bytes) -> str:
    """Return what tells that the same message came again."""
    key = keyring().index_key
    return hmac.new(key, b"reports.message\0" + control_id.encode() + b"\0" + body, hashlib.sha256).hexdigest()


def verdict_of(taken: Iterable[Taken]) -> Verdict:
    is_unchanged = all(one.outcome is Outcome.UNCHANGED for one in taken)
    return Verdict.UNCHANGED if is_unchanged else Verdict.TAKEN


_KNOWN = sa.select(ReceivedMessage.id).where(
    ReceivedMessage.client_id == sa.bindparam("client_id"), ReceivedMessage.once_key == sa.bindparam("once")
)


def was_taken(client: Client, key: str) -> bool:
    """Whether this very message of this client has been taken already."""
    return run(_KNOWN, client_id=client.id, once=key).first() is not None


def note(envelope: Envelope, story: Story) -> int:
    """Keep a message with what became of it; inside the caller's transaction, if there is one."""
    packed = zlib.compress(envelope.body, _FASTEST)
    with transaction():
        note_use(envelope.client, address=envelope.address)
        return insert_row(
            ReceivedMessage,
            client_id=envelope.client.id,
            way=envelope.way,
            body=packed if len(packed) <= MOST_KEPT else None,
            size=envelope.size or len(envelope.body),
            charset=envelope.charset[:20],
            address=envelope.address[:45],
            received_at=clock.now(),
            retaken_by="",
            **_columns(story),
        )


def note_again(message_id: int, story: Story, *, by: str) -> None:
    """Replace what became of a message that staff had taken again."""
    columns = _columns(story)
    columns.pop("once_key")  # a repeat of a message that staff took is told from the report itself
    step = sa.update(ReceivedMessage).where(ReceivedMessage.id == message_id)
    with transaction():
        change(step.values(retaken_at=clock.now(), retaken_by=by, **columns))
        db.session.expire_all()


def _columns(story: Story) -> dict[str, object]:
    return {
        "control_id": story.control_id[:200],
        "report_nos": " ".join(dict.fromkeys(story.report_nos))[:500],
        "our_nos": " ".join(dict.fromkeys(one.report_no for one in story.taken))[:500],
        "verdict": story.verdict,
        "detail": "；".join(dict.fromkeys(story.told))[:1000],
        "once_key": story.once_key,
    }


def body_of(message: ReceivedMessage) -> bytes | None:
    """Return a kept body, None when it was too large to keep."""
    return None if message.body is None else zlib.decompress(message.body)


def remove_old(*, batch: int = 500) -> int:
    """Remove messages that are older than the setting says, some in each transaction; return how many."""
    before = clock.now() - timedelta(days=MESSAGE_DAYS())
    old = sa.select(ReceivedMessage.id).where(ReceivedMessage.received_at < before).limit(batch)
    removed = 0
    while ids := list(db.session.scalars(old)):
        with transaction():
            removed += change(sa.delete(ReceivedMessage).where(ReceivedMessage.id.in_(ids)))
    return removed
