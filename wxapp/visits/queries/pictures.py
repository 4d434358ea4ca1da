"""Reads of the pictures of visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.hospital.models import ExamDepartment, Project
from wxapp.hospital.queries import exam_departments
from wxapp.staff.queries import role_names
from wxapp.visits.models import ExamKind, Part, Person, Picture, QuoteLine, Visit
from wxapp.visits.queries.visits import SEES_ALL

IN_LIST = Picture.replaced_at.is_(None)


def pictures_of(visit_id: int) -> dict[ExamKind, list[Picture]]:
    """Return the pictures of a visit that count, by kind in their order; each kind has a list."""
    found: dict[ExamKind, list[Picture]] = {kind: [] for kind in ExamKind}
    wanted = sa.select(Picture).where(Picture.visit_id == visit_id, IN_LIST)
    for picture in db.session.scalars(wanted.order_by(Picture.kind, Picture.position, Picture.id)):
        found[picture.kind].append(picture)
    return found


def all_pictures_of(visit_id: int) -> tuple[dict[ExamKind, list[Picture]], dict[ExamKind, list[Picture]]]:
    """Return the pictures of a visit that count, and those that were taken out of its lists, the latest first."""
    present: dict[ExamKind, list[Picture]] = {kind: [] for kind in ExamKind}
    replaced: dict[ExamKind, list[Picture]] = defaultdict(list)
    wanted = sa.select(Picture).where(Picture.visit_id == visit_id)
    for picture in db.session.scalars(wanted.order_by(Picture.kind, Picture.position, Picture.id)):
        (present if picture.replaced_at is None else replaced)[picture.kind].append(picture)
    for gone in replaced.values():
        gone.sort(key=lambda picture: (picture.replaced_at or picture.taken_at, picture.id), reverse=True)
    return present, replaced


def counts_of(visit_ids: Iterable[int]) -> dict[int, Mapping[ExamKind, int]]:
    """Return how many pictures of each kind these visits have, with one question."""
    found: dict[int, dict[ExamKind, int]] = {visit_id: {} for visit_id in visit_ids}
    if found:
        wanted = (
            sa.select(Picture.visit_id, Picture.kind, sa.func.count())
            .where(Picture.visit_id.in_(found), IN_LIST)
            .group_by(Picture.visit_id, Picture.kind)
        )
        for visit_id, kind, count in db.session.execute(wanted):
            found[visit_id][kind] = count
    return dict(found)


def has_picture(kind: ExamKind) -> sa.Exists:
    """Return the condition for the visits that have a picture of this kind."""
    return sa.exists().where(Picture.visit_id == Visit.id, Picture.kind == kind, IN_LIST).correlate(Visit)


def with_pictures_for(staff: Staff) -> sa.ColumnElement[bool]:
    """Return the condition for the visits whose pictures somebody may see.

    They are health data: whoever counts money, won the patient or drove him sees the visit without them.
    """
    if any(staff.may(permission) for permission in SEES_ALL if permission is not Permission.TILL_CHECK):
        return sa.true()
    own = sa.select(Person.visit_id).where(Person.staff_id == staff.id, Person.part.not_in(_WITHOUT_PICTURES))
    return sa.or_(Visit.consultant_id == staff.id, Visit.id.in_(own))


_WITHOUT_PICTURES = (Part.LEAD_REFERRER, Part.REFERRER, Part.DRIVER)


def may_see_pictures(staff: Staff, visit_id: int) -> bool:
    """Whether somebody may look at the pictures of a visit: whoever takes them, and whoever treats or advises."""
    if staff.may(Permission.DIAGNOSTICS_WRITE):
        return True
    if not staff.may(Permission.VISIT_READ):
        return False
    return db.session.scalar(sa.select(Visit.id).where(Visit.id == visit_id, with_pictures_for(staff))) is not None


@dataclass(frozen=True)
class Department:
    """A department of diagnostics as it is set; one that was never set up works, too.

    :ivar roles: names of the roles that may upload; none: everybody who has the right
    """

    kind: ExamKind
    label: str
    roles: frozenset[str] = frozenset()
    pictures_needed: int = 0
    for_first_visits: bool = False

    @property
    def least(self) -> int:
        """How many pictures a visit has that needs this examination."""
        return max(self.pictures_needed, 1)


def departments() -> dict[ExamKind, Department]:
    """Return the departments that work, by the kind of their pictures, in the order of the settings."""
    known = {kind.value: kind for kind in ExamKind}
    rows = [row for row in exam_departments(only_active=False) if row.kind in known]
    found = {known[row.kind]: _department(known[row.kind], row) for row in rows if row.is_active}
    set_up = {row.kind for row in rows}
    return found | {kind: Department(kind, kind.label) for kind in ExamKind if kind.value not in set_up}


def _department(kind: ExamKind, row: ExamDepartment) -> Department:
    return Department(
        kind, row.label, frozenset(row.roles.split()), row.pictures_needed, for_first_visits=row.for_first_visits
    )


def kinds_for(staff: Staff, working: Mapping[ExamKind, Department]) -> list[ExamKind]:
    """Return the kinds of which somebody may upload pictures, in the order of the settings."""
    if not staff.may(Permission.DIAGNOSTICS_WRITE):
        return []
    if staff.permissions >= frozenset(Permission):
        return list(working)
    own = set(role_names(staff.id))
    return [kind for kind, one in working.items() if not one.roles or own & one.roles]


def needed_by(visits: Sequence[Visit], working: Mapping[ExamKind, Department]) -> dict[int, dict[ExamKind, int]]:
    """Return how many pictures of which kinds these visits need: as first visits, and for what was quoted."""
    kinds = {quote_id: set[str]() for visit in visits if (quote_id := visit.quote_id) is not None}
    if kinds:
        wanted = (
            sa.select(QuoteLine.quote_id, Project.exam_kinds)
            .join(Project, Project.id == QuoteLine.project_id)
            .where(QuoteLine.quote_id.in_(kinds), Project.exam_kinds != "")
        )
        for quote_id, texts in db.session.execute(wanted):
            kinds[quote_id] |= set(texts.split())
    return {
        visit.id: {
            kind: one.least
            for kind, one in working.items()
            if (one.for_first_visits and visit.is_first) or kind.value in kinds.get(visit.quote_id or 0, ())
        }
        for visit in visits
    }


def visits_with_pictures(patient_id: int, staff: Staff) -> list[tuple[Visit, list[Picture]]]:
    """Return the patient's visits that have pictures which somebody may see, the latest first."""
    wanted = (
        sa.select(Visit, Picture)
        .join(Picture, Picture.visit_id == Visit.id)
        .where(Visit.patient_id == patient_id, IN_LIST, with_pictures_for(staff))
        .order_by(Visit.day.desc(), Visit.id.desc(), Picture.position, Picture.id)
    )
    found: dict[int, tuple[Visit, list[Picture]]] = {}
    for visit, picture in db.session.execute(wanted):
        found.setdefault(visit.id, (visit, []))[1].append(picture)
    place = {kind: at for at, kind in enumerate(ExamKind)}
    return [(visit, sorted(pictures, key=lambda one: place[one.kind])) for visit, pictures in found.values()]


def present_of(visit_id: int, kind: ExamKind) -> Sequence[Picture]:
    """Return the list of one kind, as it is now."""
    wanted = sa.select(Picture).where(Picture.visit_id == visit_id, Picture.kind == kind, IN_LIST)
    ordered = wanted.order_by(Picture.position, Picture.id)
    return db.session.scalars(ordered.execution_options(populate_existing=True)).all()
