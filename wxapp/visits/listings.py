"""Lists of visits: their query, their rows and their columns, for every menu.

A menu declares its table with these pieces and names the stages it is about::

    TRIAGE = Table("visits.triage", title="分诊列表", columns=columns("visit_no", "patient", "interests", "waiting"),
                   filters=FILTERS, sort="-day", key=Visit.id, make_all=rows, wire=wire_row)
    TRIAGE.load(lambda **asked: visits(current_staff(), scope=WAIT_FOR_TRIAGE, **asked))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import url_for

from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Category, Flow
from wxapp.hospital.rules import flows
from wxapp.patients.models import Patient
from wxapp.visits.models import ExamKind, Interest, Part, Stage, StepKind, Visit
from wxapp.visits.queries import people_of, visible_to
from wxapp.visits.queries.crew import who_may
from wxapp.visits.queries.visits import People, matches
from wxapp.visits.rules.codes import visit_word
from wxapp.visits.states import ENDED
from wxapp.visits.wire import in_one_text, wire_visits

_TONES: Mapping[Stage, str] = {
    Stage.BOOKED: "grey",
    Stage.IN_REVIEW: "amber",
    Stage.SENT_BACK: "red",
    Stage.APPROVED: "amber",
    Stage.COLLECTED: "green",
    Stage.COLLECT_AGAIN: "red",
    Stage.LEFT: "grey",
    Stage.REFUSED: "red",
}
STAGES: Mapping[Stage, Badge] = {stage: Badge(stage.label, _TONES.get(stage, "blue")) for stage in Stage}
"""How a stage is shown on every page."""


# --- the query -------------------------------------------------------------------------------------------------------


def visits(
    staff: Staff | None,
    *,
    q: str = "",
    stage: str = "",
    since: date | None = None,
    until: date | None = None,
    consultant: int | str = 0,
    scope: Collection[Stage] = (),
) -> sa.Select[Any]:
    """Return the visits that somebody may see and that match; what is empty matches all.

    :param staff: who looks; None for the program itself
    :param q: a whole name, phone or number of a patient, or the number of a visit
    :param since: first day, until: last day, of the visits' days
    :param scope: the stages that the list is about
    """
    wanted = sa.select(Visit)
    if staff is not None:
        wanted = wanted.where(visible_to(staff))
    if scope:
        wanted = wanted.where(Visit.stage.in_(list(scope)))
    if stage:
        wanted = wanted.where(Visit.stage == Stage(stage))
    if since:
        wanted = wanted.where(Visit.day >= since)
    if until:
        wanted = wanted.where(Visit.day <= until)
    if consultant:
        wanted = wanted.where(Visit.consultant_id == int(consultant))
    return wanted.where(matches(q)) if q.strip() else wanted


# --- the rows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VisitRow:
    """A visit as lists show it; name and phone are masked.

    :ivar waited_minutes: since the step it is in began, for a booked one since it was expected; None when over
    :ivar is_late: that is longer than the flow of the visit allows
    """

    visit: Visit
    waited_minutes: int | None
    _page: _PageOfRows = field(repr=False, compare=False)

    @property
    def patient(self) -> str:
        return masked_name(self._page.patients[self.visit.patient_id].name)

    @property
    def phone(self) -> str:
        return masked_phone(self._page.patients[self.visit.patient_id].phone)

    @property
    def record_no(self) -> str:
        return str(self._page.patients[self.visit.patient_id].record_no)

    @property
    def interests(self) -> tuple[str, ...]:
        return tuple(self._page.interests[self.id])

    @property
    def is_late(self) -> bool:
        if self.waited_minutes is None:
            return False
        return 0 < warn_minutes(self._page.flow_of(self.visit), self.visit.current_step) <= self.waited_minutes

    @property
    def id(self) -> int:
        return self.visit.id

    @property
    def visit_no(self) -> str:
        return self.visit.visit_no

    @property
    def stage(self) -> Stage:
        return self.visit.stage

    def names(self, part: Part) -> str:
        """Return who is this part, "" for nobody."""
        return "、".join(one.name for one in self._page.people[self.id].get(part, ()))

    def wire(self) -> dict[str, Any]:
        """Return the row as programs know it."""
        return self._page.wired[self.id]


class _PageOfRows:
    """The visits of a page. What belongs to them is read for all at once when the first row needs it: a page and a
    program need different things.
    """

    def __init__(self, visits: Sequence[Visit]) -> None:
        self._visits = visits
        self._ids = [visit.id for visit in visits]

    @cached_property
    def wired(self) -> Mapping[int, dict[str, Any]]:
        return dict(zip(self._ids, wire_visits(self._visits, whole=False), strict=True))

    @cached_property
    def patients(self) -> Mapping[int, Any]:
        wanted = sa.select(Patient.id, Patient.name, Patient.phone, Patient.record_no)
        ids = {visit.patient_id for visit in self._visits}
        return {row.id: row for row in db.session.execute(wanted.where(Patient.id.in_(ids)))}

    @cached_property
    def people(self) -> Mapping[int, People]:
        return people_of(self._ids)

    @cached_property
    def interests(self) -> Mapping[int, list[str]]:
        return _interests(self._ids)

    @cached_property
    def _flows(self) -> Mapping[int, flows.FlowRules]:
        return _flows({visit.flow_id for visit in self._visits if visit.flow_id is not None})

    def flow_of(self, visit: Visit) -> flows.FlowRules:
        return self._flows[visit.flow_id] if visit.flow_id is not None else flows.BUILT_IN


def rows(visits: Sequence[Visit]) -> list[VisitRow]:
    """Return visits as rows, with the same number of questions for any number of them."""
    page, now = _PageOfRows(visits), clock.now()
    return [VisitRow(visit, _waited(visit, now), page) for visit in visits]


def wire_row(row: VisitRow) -> dict[str, Any]:
    """Return a row for programs, with lists of people as texts (contract: user.index)."""
    return in_one_text(row.wire())


def warn_minutes(flow: flows.FlowRules, step: StepKind) -> int:
    """Return after how many minutes in this step a visit is late; 0 for never.

    The examinations of a flow are one step of a visit: the one that may take longest counts.
    """
    if step is StepKind.EXAMINATION:
        exams = [flow.step(kind.value) for kind in ExamKind]
        return max((one.warn_minutes for one in exams if one.is_on), default=0)
    return flow.step(step.value).warn_minutes


def _waited(visit: Visit, now: datetime) -> int | None:
    if visit.stage in ENDED:
        return None
    since = visit.appointed_at if visit.stage is Stage.BOOKED else visit.step_since
    return int((now - since).total_seconds() // 60) if since is not None and since <= now else None


def _interests(ids: Sequence[int]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    wanted = (
        sa.select(Interest.visit_id, Category.name)
        .join(Category, Category.id == Interest.category_id)
        .where(Interest.visit_id.in_(ids))
        .order_by(Interest.visit_id, Interest.position, Interest.id)
    )
    for visit_id, name in db.session.execute(wanted):
        found[visit_id].append(name)
    return found


def _flows(ids: Collection[int]) -> dict[int, flows.FlowRules]:
    if not ids:
        return {}
    wanted = sa.select(Flow.id, Flow.steps).where(Flow.id.in_(ids))
    return {row.id: flows.from_text(row.steps) for row in db.session.execute(wanted)}


# --- columns and filters ---------------------------------------------------------------------------------------------


def visit_url(visit_id: int) -> str:
    """Return the address of the page of a visit."""
    return url_for("visits_admin.visit_page", visit_id=visit_id)


def waited_text(row: VisitRow) -> str:
    """Return for how long the visit has waited, as people say it."""
    return minutes_text(row.waited_minutes)


def minutes_text(minutes: int | None) -> str:
    """Return a time as people say it; "" for none."""
    if minutes is None:
        return ""
    if minutes < 60:
        return f"{minutes}分钟"
    return f"{minutes // 60}小时{minutes % 60}分" if minutes < 24 * 60 else f"{minutes // (24 * 60)}天"


def _waiting(row: VisitRow) -> Badge | None:
    return Badge(waited_text(row), "red" if row.is_late else "grey") if row.waited_minutes is not None else None


def _clock(moment: datetime | None) -> str:
    return f"{clock.local(moment):%m-%d %H:%M}" if moment is not None else ""


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column(
            "visit_no",
            "编号",
            kind="code",
            sort=Visit.id,  # numbers are drawn in this order
            link=lambda row: visit_url(row.id),
            below=lambda row: visit_word(is_first=row.visit.is_first),
        ),
        Column("patient", "客户", below=lambda row: row.phone),
        Column("record_no", "病历号", kind="code"),
        Column("day", "日期", kind="day", sort=(Visit.day, Visit.id), value=lambda row: row.visit.day),
        Column("stage", "状态", kind="badge", badges=STAGES, sort=(Visit.stage, Visit.day, Visit.id)),
        Column("interests", "意向项目"),
        Column("appointed_at", "预约时间", kind="moment", value=lambda row: _clock(row.visit.appointed_at)),
        Column("reached_at", "到店时间", kind="moment", value=lambda row: _clock(row.visit.reached_at)),
        Column("left_at", "离店时间", kind="moment", value=lambda row: _clock(row.visit.left_at)),
        Column("lead_referrer", "主开发人", kind="name", value=lambda row: row.names(Part.LEAD_REFERRER)),
        Column("referrers", "开发人", kind="name", value=lambda row: row.names(Part.REFERRER)),
        Column("escorts", "陪同", kind="name", value=lambda row: row.names(Part.ESCORT)),
        Column("receptionist", "接待", kind="name", value=lambda row: row.names(Part.RECEPTIONIST)),
        Column("consultant", "咨询师", kind="name", value=lambda row: row.names(Part.CONSULTANT)),
        Column("reviewer", "审核人", kind="name", value=lambda row: row.names(Part.REVIEWER)),
        Column("cashier", "收银员", kind="name", value=lambda row: row.names(Part.CASHIER)),
        Column("driver", "司机", kind="name", value=lambda row: row.names(Part.DRIVER)),
        Column("list_total_fen", "总价", kind="money", value=lambda row: row.visit.list_total_fen or None),
        Column("offered_fen", "折后价", kind="money", value=lambda row: row.visit.offered_fen),
        Column("final_fen", "最终价", kind="money", value=lambda row: row.visit.final_fen),
        Column("collected_fen", "已收", kind="money", value=lambda row: row.visit.collected_fen or None),
        Column("channel", "来源", value=lambda row: row.visit.channel),
        Column("remark", "备注", value=lambda row: row.visit.remark),
        Column("waiting", "等待", kind="badge", value=_waiting),
    )
}
"""Every column that a list of visits may have; each works on a :class:`VisitRow`."""


def columns(*names: str) -> tuple[Column, ...]:
    """Return these columns in this order."""
    return tuple(COLUMNS[name] for name in names)


def consultant_options() -> list[tuple[str, str]]:
    return [(str(member.id), member.name) for member in who_may(Permission.CONSULT)]


def stage_filter(stages: Collection[Stage] = ()) -> Filter:
    """Return the filter by stage: of these, or of all."""
    return Filter(
        "stage", "状态", kind="choice", choices=[(one.value, STAGES[one].label) for one in stages or list(Stage)]
    )


SEARCH = Filter("q", "查找", placeholder="姓名、手机号或编号，须完整", is_private=True)
SINCE, UNTIL = Filter("since", "从", kind="day"), Filter("until", "到", kind="day")
CONSULTANT = Filter("consultant", "咨询师", kind="choice", choices=consultant_options)
COUNTED = 2_000
"""Rows of a list of visits that are counted and paged through: years of visits are found by filters, not by leafing."""
FILTERS = (SEARCH, stage_filter(), SINCE, UNTIL, CONSULTANT)
"""The filters that :func:`visits` understands."""
