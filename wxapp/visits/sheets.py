"""What the page of one visit shows, read with as few questions as it takes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import Model, db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.states import StatusChange
from wxapp.hospital.models import Category, Code, CodeKind, Flow
from wxapp.hospital.rules import flows
from wxapp.patients.models import Patient
from wxapp.staff.models import Member
from wxapp.visits.listings import minutes_text, warn_minutes
from wxapp.visits.models import Interest, Part, Person, Profile, Stage, Step, StepKind, Visit
from wxapp.visits.queries import visible_to
from wxapp.visits.rules.ages import age_on
from wxapp.visits.rules.codes import visit_word
from wxapp.visits.states import ENDED


@dataclass(frozen=True)
class StepLine:
    """A step on the time line.

    :ivar state: ``done``, ``current``, ``open`` or ``skipped``
    """

    label: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    minutes: int | None
    who: str
    is_late: bool = False

    @property
    def lasted(self) -> str:
        return minutes_text(self.minutes)


@dataclass(frozen=True)
class Sheet:
    """A visit with its patient, as its page shows both; masked unless ``is_whole``."""

    visit: Visit
    name: str
    phone: str
    record_no: str
    sex: str
    age: str
    home: str
    tag: str
    source: str
    kind: str
    interests: tuple[str, ...]
    people: tuple[tuple[str, str], ...]
    steps: tuple[StepLine, ...]
    is_whole: bool

    @property
    def title(self) -> str:
        return f"{self.name}　{self.visit.visit_no}"


_tag, _source = aliased(Code), aliased(Code)
_SHEET = (
    sa.select(Visit, Patient, Profile, _tag.label, _source.label, Flow.steps)
    .join(Patient, Patient.id == Visit.patient_id)
    .outerjoin(Profile, Profile.patient_id == Patient.id)
    .outerjoin(_tag, sa.and_(_tag.kind == CodeKind.PATIENT_TAG, _tag.code == Profile.tag))
    .outerjoin(_source, sa.and_(_source.kind == CodeKind.REFERRAL_SOURCE, _source.code == Visit.referral_source))
    .outerjoin(Flow, Flow.id == Visit.flow_id)
)


def load_sheet(visit_id: int, *, seen_by: Staff, whole: bool = False, with_steps: bool = True) -> Sheet:
    """Return what the page of a visit shows. Its visit is read once and stays as it is.

    :param whole: the whole phone and address; whoever asks for them logs it
    :param with_steps: also its steps, its people and what the patient is interested in
    :raises NotFound: no such visit, or not one that this person may see
    """
    row = db.session.execute(_SHEET.where(Visit.id == visit_id, visible_to(seen_by))).one_or_none()
    if row is None:
        raise NotFound("没有这张到院单，或不在您的范围内")
    visit, patient, profile, tag, source, flow = row
    interests, people = _names(visit_id) if with_steps else ((), ())
    return Sheet(
        visit=_copy(visit),
        name=patient.name if whole else masked_name(patient.name),
        phone=patient.phone if whole else masked_phone(patient.phone),
        record_no=patient.record_no,
        sex=patient.sex.label,
        age=f"{age_on(clock.today(), patient.birthday)}岁" if patient.birthday else "",
        home=_home(profile, whole=whole),
        tag=tag or "",
        source=source or "",
        kind=visit_word(is_first=visit.is_first),
        interests=interests,
        people=people,
        steps=_steps(visit, flows.from_text(flow) if flow else flows.BUILT_IN) if with_steps else (),
        is_whole=whole,
    )


def last_refusal(visit: Visit) -> StatusChange | None:
    """Return who refused a visit, when and why, while it is refused."""
    if visit.stage is not Stage.REFUSED:
        return None
    wanted = sa.select(StatusChange).where(
        StatusChange.entity == Visit.__tablename__,
        StatusChange.entity_id == visit.id,
        StatusChange.new == Stage.REFUSED.value,
    )
    found = db.session.scalars(wanted.order_by(StatusChange.id.desc()).limit(1)).one_or_none()
    return _copy(found) if found is not None else None


M = TypeVar("M", bound=Model)


def _copy(row: M) -> M:
    """Return a row that belongs to no session: the look is logged before the page is made from it, and what that
    commits would have it read again.
    """
    return type(row)(**{column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs})


def _home(profile: Profile | None, *, whole: bool) -> str:
    if profile is None:
        return ""
    region = " ".join(one for one in (profile.province, profile.city, profile.area) if one)
    return f"{region} {(profile.address or '') if whole else ''}".strip()


def _names(visit_id: int) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return what the patient is interested in, and who of the staff is what, with one question."""
    interests = (
        sa.select(sa.literal("").label("part"), Interest.position.label("position"), Category.name.label("name"))
        .join(Category, Category.id == Interest.category_id)
        .where(Interest.visit_id == visit_id)
    )
    people = sa.select(sa.cast(Person.part, sa.String(30)), Person.position, Person.name)
    both = sa.union_all(interests, people.where(Person.visit_id == visit_id)).order_by("part", "position")
    found: dict[str, list[str]] = defaultdict(list)
    for part, _position, name in db.session.execute(both):
        found[part].append(name)
    there = tuple((part.label, "、".join(found[part.value])) for part in Part if part.value in found)
    return tuple(found[""]), there


def _steps(visit: Visit, flow: flows.FlowRules) -> tuple[StepLine, ...]:
    wanted = sa.select(Step, Member.name).outerjoin(Member, Member.id == Step.staff_id).where(Step.visit_id == visit.id)
    found = {step.kind: (step, name or "") for step, name in db.session.execute(wanted)}
    now, warn = clock.now(), warn_minutes(flow, visit.current_step)
    lines = []
    for kind in StepKind:
        step, who = found.get(kind, (None, ""))
        is_current = kind is visit.current_step and visit.stage not in ENDED
        started = visit.step_since if is_current else step.started_at if step else None
        ended = step.ended_at if step and not is_current else None
        minutes = int(((ended or now) - started).total_seconds() // 60) if started and (ended or is_current) else None
        if kind is StepKind.ARRIVAL:
            minutes = None  # nobody waits in the house before it
            started = None if is_current else started
        lines.append(
            StepLine(
                label=kind.label,
                state=_state(kind, visit, is_current=is_current, has_ended=ended is not None),
                started_at=started,
                ended_at=ended,
                minutes=minutes,
                who=who if ended else "",
                is_late=is_current and minutes is not None and 0 < warn <= minutes,
            )
        )
    return tuple(lines)


def _state(kind: StepKind, visit: Visit, *, is_current: bool, has_ended: bool) -> str:
    if is_current:
        return "current"
    if has_ended:
        return "done"
    order = list(StepKind)
    return "skipped" if order.index(kind) < order.index(visit.current_step) else "open"
