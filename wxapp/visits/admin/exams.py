"""The list of diagnostics (医技科 / 客户列表): who is here, and which pictures there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import url_for

from wxapp.admin import dashboard, menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import (
    COLUMNS,
    COUNTED,
    SEARCH,
    SINCE,
    UNTIL,
    VisitRow,
    columns,
    rows,
    stage_filter,
    visits,
    wire_row,
)
from wxapp.visits.models import ExamKind, Stage, Visit
from wxapp.visits.queries.pictures import counts_of, departments, has_picture, needed_by

HERE = [stage for stage in Stage if stage not in (Stage.BOOKED, Stage.REFUSED)]
"""Who has arrived may be examined; results may come when the patient has left."""
TO_EXAMINE = (Stage.ARRIVED, Stage.EXAMINING)


@dataclass(frozen=True)
class ExamRow(VisitRow):
    """A visit with how many pictures of each kind it has, and which kinds it still needs."""

    counts: Mapping[ExamKind, int] = field(default_factory=dict)
    missing: frozenset[ExamKind] = frozenset()

    def shown(self, kind: ExamKind) -> Badge | None:
        if count := self.counts.get(kind, 0):
            return Badge(f"{count}张", "amber" if kind in self.missing else "green")
        return Badge("缺", "red") if kind in self.missing else None


def exam_rows(found: Sequence[Visit]) -> list[ExamRow]:
    counts = counts_of(visit.id for visit in found)
    needed = needed_by(found, departments())
    return [
        ExamRow(
            **vars(row),
            counts=counts[row.id],
            missing=_missing(counts[row.id], needed[row.id]) if row.stage is not Stage.LEFT else frozenset(),
        )
        for row in rows(found)
    ]


def _missing(counts: Mapping[ExamKind, int], needed: Mapping[ExamKind, int]) -> frozenset[ExamKind]:
    return frozenset(kind for kind, least in needed.items() if counts.get(kind, 0) < least)


def exam_url(visit_id: int) -> str:
    return url_for("visits_admin.exam_page", id=visit_id)


def _kind_column(kind: ExamKind) -> Column:
    return Column(kind.value, kind.label, kind="badge", value=lambda row: row.shown(kind))


LIST = Table(
    "visits.exams",
    count_up_to=COUNTED,
    title="客户列表",
    columns=(
        replace(COLUMNS["visit_no"], link=lambda row: exam_url(row.id)),
        *columns("patient", "stage"),
        *(_kind_column(kind) for kind in ExamKind),
        *columns("interests", "consultant", "reached_at", "waiting"),
    ),
    filters=(
        SEARCH,
        stage_filter(HERE),
        Filter("without", "还没有", kind="choice", choices=[(kind.value, kind.label) for kind in ExamKind]),
        SINCE,
        UNTIL,
    ),
    actions=(
        Action("上传", lambda row: exam_url(row.id), when=lambda row: row.stage in TO_EXAMINE),
        Action("查看", lambda row: exam_url(row.id), when=lambda row: row.stage not in TO_EXAMINE),
    ),
    sort="-reached_at",
    key=Visit.id,
    make_all=exam_rows,
    wire=wire_row,
    empty="今天还没有到店的客户",
)


def exams(*, q: str, stage: str, without: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return who has arrived; today's visits unless something else is asked for."""
    if not (q or stage or since or until):
        since = clock.today()
    wanted = visits(current_staff(), q=q, stage=stage, since=since, until=until, scope=HERE)
    return wanted.where(~has_picture(ExamKind(without))) if without else wanted


@interface("physical.index", GET="/pc/physical/index", permission=Permission.DIAGNOSTICS_WRITE, is_wire=True)
def exam_list() -> Page:
    """Visits whose patients have arrived, with the number of their pictures."""
    return Page("visits/admin/exams.html", table=LIST.load(exams))


def _waiting() -> list[sa.ScalarSelect[int]]:
    here = sa.select(sa.func.count(Visit.id)).where(Visit.day == clock.today())
    return [here.where(Visit.stage == stage).scalar_subquery() for stage in TO_EXAMINE]


def _card(arrived: int, examining: int) -> dashboard.Card:
    return dashboard.Card(
        "待检查",
        str(arrived),
        f"检查中{examining}",
        url_for("visits_admin.exam_list"),
        "camera",
        "attention" if arrived else "plain",
    )


dashboard.dashboard_counts(31, Permission.DIAGNOSTICS_WRITE, _waiting, _card)
menu.group("医技科", "camera", 5)
menu.entry("医技科", "客户列表", "visits_admin.exam_list", Permission.DIAGNOSTICS_WRITE, 10)
