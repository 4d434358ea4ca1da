"""Lists of words that programs know by number (医院标签, 开发部门, 来源)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.hospital.errors import CodeTaken, NameTaken
from wxapp.hospital.models import Code, CodeKind
from wxapp.hospital.services.names import check_name


@dataclass(frozen=True)
class CodeText:
    """What staff write of a word."""

    label: str
    position: int = 100
    is_active: bool = True


def add_code(kind: CodeKind, code: int, text: CodeText, *, by: str) -> int:
    """Add a word under a number that never stood for another one, and return its key.

    :raises Invalid: the word has a comma
    :raises CodeTaken: the number stands for a word already, perhaps one that is switched off
    :raises NameTaken: the word is in the list already
    """
    with transaction():
        values = asdict(text) | {"label": check_name(text.label, "label"), "kind": kind, "code": code}
        if db.session.scalar(sa.select(Code.id).where(Code.kind == kind, Code.code == code)) is not None:
            raise CodeTaken(field="code")  # a courtesy that tells which; the unique keys decide
        try:
            return insert_row(Code, **values, changed_at=clock.now(), changed_by=by)
        except IntegrityError:
            raise NameTaken(field="label") from None


def change_code(code_id: int, text: CodeText, *, seen_version: int, by: str) -> None:
    """Change a word; its number stays.

    :raises NameTaken: the word is in the list already
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        values = asdict(text) | {"label": check_name(text.label, "label")}
        try:
            save_version(Code, code_id, seen=seen_version, **values, changed_at=clock.now(), changed_by=by)
        except IntegrityError:
            raise NameTaken(field="label") from None
