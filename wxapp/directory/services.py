"""Changing the directory."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.directory import queries
from wxapp.directory.models import Physician


@dataclass(frozen=True)
class PhysicianText:
    """What staff write of a physician."""

    name: str
    department: str
    title: str
    good_at: str = ""
    profile: str = ""
    position: int = 100
    is_shown: bool = True


def add_physician(text: PhysicianText, *, by: str, picture: str = "") -> Physician:
    """Introduce a physician; ``picture`` is the token of a public file."""
    with transaction():
        physician = Physician(**asdict(text), picture=picture, version=1, changed_at=clock.now(), changed_by=by)
        db.session.add(physician)
        db.session.flush()  # its id is what a second press of the form is answered
    return physician


def change_physician(
    physician_id: int, text: PhysicianText, *, seen_version: int, by: str, picture: str | None = None
) -> None:
    """Change what is told of a physician; without a new picture the old one stays.

    :raises Stale: somebody else has changed it since the form was shown
    """
    values = asdict(text) | {"changed_at": clock.now(), "changed_by": by}
    if picture is not None:
        values["picture"] = picture
    with transaction():
        save_version(Physician, physician_id, seen=seen_version, **values)


def remove_physician(physician_id: int) -> None:
    """Take a physician off the website for good.

    :raises NotFound: no such physician
    """
    with transaction():
        db.session.delete(queries.get_physician(physician_id))
