"""Keys with which the hospital's other systems send reports (报告接口密钥)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import DomainError, Invalid, NotFound
from wxapp.core.limits import Limit
from wxapp.reports.client_models import Client, Way
from wxapp.reports.networks import is_within, plain_networks

PREFIX = "wxr_"
_KEY = re.compile(r"wxr_[A-Za-z0-9_-]{43}")
_SEEN_EVERY = timedelta(minutes=1)
"""The last use is written at most this often: a row that each message wrote would make them queue."""

_WRONG_KEYS = Limit("reports.wrong_key", count=20, seconds=300, message="密钥错误次数过多，请稍后再试")


class KeyRefused(DomainError):
    """No such key, not from here, not this way, or switched off: the answer never tells which."""

    code, status, message = "key_refused", 401, "接口密钥无效"


@dataclass(frozen=True)
class ClientDraft:
    """A client as staff typed it."""

    label: str
    takes_fhir: bool
    takes_hl7: bool
    networks: str


@dataclass(frozen=True)
class NewKey:
    """A key in the only moment in which anybody sees it."""

    client_id: int
    key: str


def add_client(draft: ClientDraft, *, by: str) -> NewKey:
    """Make a client with its first key.

    :raises Invalid: beside the field that is wrong
    """
    values, now, key = _checked(draft), clock.now(), _new_key()
    try:
        with transaction(), db.session.begin_nested():
            client = Client(
                **values,
                is_active=True,
                key_hash=_hash(key),
                key_end=key[-4:],
                key_made_at=now,
                last_address="",
                created_at=now,
                created_by=by,
                version=1,
            )
            db.session.add(client)
            db.session.flush()  # its key is part of the answer
            return NewKey(client.id, key)
    except IntegrityError:
        raise Invalid({"label": "已有同名的接口，请换一个名称"}) from None


def change_client(client_id: int, draft: ClientDraft, *, version: int) -> None:
    """Change what a client may do.

    :raises Invalid: beside the field that is wrong
    :raises Stale: somebody else has changed it meanwhile
    """
    values = _checked(draft)
    try:
        with transaction():
            save_version(Client, client_id, seen=version, **values)
    except IntegrityError:
        raise Invalid({"label": "已有同名的接口，请换一个名称"}) from None


def rotate_key(client_id: int, *, keep_hours: int) -> NewKey:
    """Give a client a new key; the present one is good for so many hours more, one before it ends now."""
    key, now = _new_key(), clock.now()
    kept = {"previous_hash": Client.key_hash, "previous_until": now + timedelta(hours=keep_hours)}
    gone = {"previous_hash": None, "previous_until": None}
    # MySQL sets columns from left to right: the old hash has to be read before it is replaced.
    values = {**(kept if keep_hours else gone), "key_hash": _hash(key), "key_end": key[-4:], "key_made_at": now}
    with transaction():
        step = sa.update(Client).where(Client.id == client_id)
        if not change(step.ordered_values(*((getattr(Client, name), value) for name, value in values.items()))):
            raise NotFound
        db.session.expire_all()
    return NewKey(client_id, key)


def switch_client(client_id: int, *, on: bool) -> None:
    """Let a client in or keep it out, from the next message on."""
    with transaction():
        step = sa.update(Client).where(Client.id == client_id)
        if not change(step.values(is_active=on, version=Client.version + 1)):
            raise NotFound
        db.session.expire_all()


def admit(key: str, way: Way, *, address: str) -> Client:
    """Return the client whose key this is, if it may come this way from this address.

    :raises KeyRefused: it may not, whichever the reason
    :raises TooManyRequests: and this address has tried too often
    """
    client = _find(key)
    if client is None or not _may(client, way, address):
        _WRONG_KEYS.hit(address)
        raise KeyRefused
    return client


def note_use(client: Client, *, address: str) -> None:
    """Note that a client was here, to the minute; inside the caller's transaction."""
    now = clock.now()
    if client.last_used_at is not None and client.last_used_at > now - _SEEN_EVERY:
        return
    lately = sa.or_(Client.last_used_at.is_(None), Client.last_used_at <= now - _SEEN_EVERY)
    change(sa.update(Client).where(Client.id == client.id, lately).values(last_used_at=now, last_address=address[:45]))


def _find(key: str) -> Client | None:
    if not _KEY.fullmatch(key):
        return None
    hashed = _hash(key)
    is_previous = sa.and_(Client.previous_hash == hashed, Client.previous_until > clock.now())
    return db.session.scalars(sa.select(Client).where(sa.or_(Client.key_hash == hashed, is_previous))).one_or_none()


def _may(client: Client, way: Way, address: str) -> bool:
    takes = client.takes_fhir if way is Way.FHIR else client.takes_hl7
    return client.is_active and takes and is_within(address, client.networks)


def _checked(draft: ClientDraft) -> dict[str, object]:
    if not (draft.takes_fhir or draft.takes_hl7):
        raise Invalid({"takes_fhir": "请至少选择一种接口"})
    try:
        networks = plain_networks(draft.networks)
    except ValueError as error:
        raise Invalid({"networks": str(error)}) from None
    return {
        "label": draft.label,
        "takes_fhir": draft.takes_fhir,
        "takes_hl7": draft.takes_hl7,
        "networks": networks,
    }


def _new_key() -> str:
    return PREFIX + ids.new_token(32)


def _hash(key: str) -> str:
    """Return the hash of a key: 256 random bits need no slow one."""
    return hashlib.sha256(b"reports.client:" + key.encode()).hexdigest()
