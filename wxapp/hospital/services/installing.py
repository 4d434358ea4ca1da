"""What a hospital starts with is installed once; what staff changed since then stays."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.admin import audit
from wxapp.core import actors, clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.hospital.defaults import CODES, DEPARTMENTS, METHODS
from wxapp.hospital.models import Code, ExamDepartment, Method

BY = actors.system("setup")
audit.label("hospital.defaults_installed", "安装默认医院配置")


def install_defaults() -> int:
    """Add methods, departments of diagnostics and words of lists that are missing; return how many.

    A method or word that was switched off or a number that got another word is there, and stays as it is.
    """
    with transaction():
        added = [*_methods(), *_departments(), *_codes()]
        if added:
            audit.record("hospital.defaults_installed", "hospital", "、".join(added), by=BY)
    return len(added)


def _methods() -> list[str]:
    there = set(db.session.scalars(sa.select(Method.name)))
    kinds = set(db.session.scalars(sa.select(Method.kind)))
    added = []
    for position, (name, kind) in enumerate(METHODS, start=1):
        # Renamed ones are known by their kind: a second 现金 under its old name would help nobody.
        if name not in there and kind not in kinds:
            insert_row(Method, name=name, kind=kind, position=position, changed_at=clock.now(), changed_by=BY)
            added.append(name)
    return added


def _departments() -> list[str]:
    there = set(db.session.scalars(sa.select(ExamDepartment.kind)))
    added = []
    for position, one in enumerate(DEPARTMENTS, start=1):
        if one.kind not in there:
            insert_row(
                ExamDepartment,
                kind=one.kind,
                label=one.label,
                roles=one.roles,
                pictures_needed=one.pictures_needed,
                for_first_visits=one.for_first_visits,
                position=position,
                changed_at=clock.now(),
                changed_by=BY,
            )
            added.append(one.label)
    return added


def _codes() -> list[str]:
    known = db.session.execute(sa.select(Code.kind, Code.code, Code.label)).all()
    numbers = {(row.kind, row.code) for row in known}
    labels = {(row.kind, row.label) for row in known}
    added = []
    for kind, words in CODES.items():
        for position, (code, label) in enumerate(words.items(), start=1):
            if (kind, code) in numbers or (kind, label) in labels:
                continue
            values = {"kind": kind, "code": code, "label": label, "position": position}
            insert_row(Code, **values, changed_at=clock.now(), changed_by=BY)
            added.append(label)
    return added
