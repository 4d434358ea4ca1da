"""Projects (预约项目): what is booked without choosing a physician."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.booking.models import Project
from wxapp.core import clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.errors import DomainError


class NameTaken(DomainError):
    code, status, message = "project_name_taken", 409, "已有同名项目"


@dataclass(frozen=True)
class ProjectText:
    """What staff write of a project."""

    name: str
    department: str = ""
    place: str = ""
    summary: str = ""
    notice: str = ""
    position: int = 100
    is_shown: bool = True


def add_project(text: ProjectText, *, by: str) -> int:
    """Offer a project and return its key.

    :raises NameTaken: another one has this name
    """
    with transaction():
        _ask_name(text.name, but=0)
        try:
            return insert_row(Project, **asdict(text), version=1, changed_at=clock.now(), changed_by=by)
        except IntegrityError:
            raise NameTaken(field="name") from None


def change_project(project_id: int, text: ProjectText, *, seen_version: int, by: str) -> None:
    """Change what is told of a project.

    :raises NameTaken: another one has this name
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        _ask_name(text.name, but=project_id)
        values = asdict(text) | {"changed_at": clock.now(), "changed_by": by}
        try:
            save_version(Project, project_id, seen=seen_version, **values)
        except IntegrityError:
            raise NameTaken(field="name") from None


def _ask_name(name: str, *, but: int) -> None:
    # A courtesy with a sentence; the unique key decides.
    if db.session.scalar(sa.select(Project.id).where(Project.name == name, Project.id != but)) is not None:
        raise NameTaken(field="name")
