"""Workstations (电脑配置) and the tokens by which they call us: shown once, kept as a hash, revocable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.identity import Device
from wxapp.admin.versions import save_version
from wxapp.core import clock, ids
from wxapp.core.db import change, insert_row, transaction
from wxapp.core.errors import DomainError
from wxapp.hospital import queries
from wxapp.hospital.models import Workstation
from wxapp.hospital.services.names import check_name

PREFIX = "wxd_"
SEEN_EVERY = timedelta(minutes=1)
"""The last call is written at most this often: a row that each call wrote would make them queue."""


class MachineTaken(DomainError):
    code, status, message = "machine_taken", 409, "这个机器码已登记"


@dataclass(frozen=True)
class WorkstationText:
    """What staff write of a workstation.

    :ivar machine: the code by which programs name it; stays as it was added
    :ivar staff_id: whose place it is
    """

    machine: str
    name: str
    room: str = ""
    staff_id: int | None = None
    camera: str = ""
    telephone: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class NewToken:
    """A token in the only moment in which anybody sees it."""

    workstation_id: int
    token: str


def add_workstation(text: WorkstationText, *, by: str) -> NewToken:
    """Register a workstation with its first token.

    :raises MachineTaken: the machine code is registered, perhaps on one that is switched off
    """
    token, now = _new_token(), clock.now()
    values = asdict(text) | {"name": check_name(text.name, "name"), "changed_at": now, "changed_by": by}
    with transaction():
        try:
            made = insert_row(Workstation, **values, token_hash=queries.token_hash(token), token_at=now)
        except IntegrityError:
            raise MachineTaken(field="machine") from None
    return NewToken(made, token)


def change_workstation(workstation_id: int, text: WorkstationText, *, seen_version: int, by: str) -> None:
    """Change a workstation; its machine code stays. One that is switched off is let in nowhere from now on.

    :raises Stale: somebody else has changed it since the form was shown
    """
    values = asdict(text) | {"name": check_name(text.name, "name"), "changed_at": clock.now(), "changed_by": by}
    del values["machine"]
    with transaction():
        save_version(Workstation, workstation_id, seen=seen_version, **values)


def renew_token(workstation_id: int, *, seen_version: int, by: str) -> NewToken:
    """Give a workstation a new token; the old one is refused from now on.

    :raises Stale: somebody else has changed it since the page was shown
    """
    token, now = _new_token(), clock.now()
    values = {"token_hash": queries.token_hash(token), "token_at": now, "changed_at": now, "changed_by": by}
    with transaction():
        save_version(Workstation, workstation_id, seen=seen_version, **values)
    return NewToken(workstation_id, token)


def revoke_token(workstation_id: int, *, seen_version: int, by: str) -> None:
    """Refuse the workstation's token from now on.

    :raises Stale: somebody else has changed it since the page was shown
    """
    values = {"token_hash": None, "token_at": None, "changed_at": clock.now(), "changed_by": by}
    with transaction():
        save_version(Workstation, workstation_id, seen=seen_version, **values)


def admit_device(token: str) -> Device | None:
    """Return the device whose token this is, None for an unknown or revoked one; note to the minute that it called."""
    found = queries.find_workstation_by_token(token)
    if found is None:
        return None
    now = clock.now()
    lately = sa.or_(Workstation.seen_at.is_(None), Workstation.seen_at <= now - SEEN_EVERY)
    if found.seen_at is None or found.seen_at <= now - SEEN_EVERY:
        with transaction():
            change(sa.update(Workstation).where(Workstation.id == found.id, lately).values(seen_at=now))
    return Device(found.id, found.name)


def _new_token() -> str:
    return PREFIX + ids.new_token(32)
