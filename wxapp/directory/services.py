"""Changing the directory. Whatever is saved here makes the public pages anew, in the same transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock, richtext
from wxapp.core.db import change, db, transaction
from wxapp.directory import queries
from wxapp.directory.models import Physician
from wxapp.h5.kept import forget_public_pages


@dataclass(frozen=True)
class PhysicianText:
    """What staff write of a physician; ``profile`` is rich text."""

    name: str
    department: str
    title: str
    good_at: str = ""
    profile: str = ""
    position: int = 100
    is_shown: bool = True
    academic_titles: str = ""


def as_row(text: PhysicianText, *, picture: str, by: str) -> Physician:
    """Return the row that saving would write, for showing it before: it is in no table."""
    return Physician(id=0, picture=picture, version=1, **_values(text, by=by))


def add_physician(text: PhysicianText, *, by: str, picture: str = "") -> Physician:
    """Introduce a physician; ``picture`` is the token of a public file."""
    with transaction():
        physician = Physician(picture=picture, version=1, **_values(text, by=by))
        db.session.add(physician)
        db.session.flush()  # its id is what a second press of the form is answered
        forget_public_pages()
    return physician


def change_physician(
    physician_id: int, text: PhysicianText, *, seen_version: int, by: str, picture: str | None = None
) -> None:
    """Change what is told of a physician; without a new picture the old one stays.

    :raises Stale: somebody else has changed it since the form was shown
    """
    values = _values(text, by=by)
    if picture is not None:
        values["picture"] = picture
    with transaction():
        save_version(Physician, physician_id, seen=seen_version, **values)
        forget_public_pages()


def remove_physician(physician_id: int, *, by: str) -> bool:
    """Take a physician off the website for good; say whether the row is gone.

    One to whom a roster, a booking or a report refers stays in the directory and is shown no more: the foreign keys
    decide, whatever package has them.

    :raises NotFound: no such physician
    """
    with transaction():
        queries.get_physician(physician_id)
        row = Physician.id == physician_id
        try:
            with db.session.begin_nested():
                change(sa.delete(Physician).where(row))
            is_gone = True
        except IntegrityError:
            hidden = {"is_shown": False, "changed_at": clock.now(), "changed_by": by}
            change(sa.update(Physician).where(row).values(version=Physician.version + 1, **hidden))
            is_gone = False
        db.session.expire_all()
        forget_public_pages()
    return is_gone


def _values(text: PhysicianText, *, by: str) -> dict[str, Any]:
    values = asdict(text) | {"changed_at": clock.now(), "changed_by": by}
    return values | {"profile": richtext.clean(text.profile)}
