"""Staff pages: who comes today (客户列表), and what the front desk finds elsewhere."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import dashboard, menu, search
from wxapp.admin.answers import Page
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import (
    COUNTED,
    SEARCH,
    SINCE,
    UNTIL,
    columns,
    rows,
    stage_filter,
    visit_url,
    visits,
    wire_row,
)
from wxapp.visits.models import Stage, Visit
from wxapp.visits.rules.codes import visit_word

TODAY, WAITING, ARRIVED, ALL = "", "1", "2", "3"
"""What the contract calls ``status``; none is today."""
TABS = {TODAY: "今天", WAITING: "待操作", ARRIVED: "已操作", ALL: "全部"}
_AFTER_ARRIVAL = tuple(stage for stage in Stage if stage not in (Stage.BOOKED, Stage.REFUSED))

VISITS = Table(
    "visits.list",
    count_up_to=COUNTED,
    title="客户列表",
    columns=columns(
        "visit_no", "patient", "interests", "stage", "appointed_at", "reached_at", "waiting", "lead_referrer",
        "consultant",
    ),
    filters=(SEARCH, stage_filter(), SINCE, UNTIL),
    actions=(
        Action(
            "确认到店",
            lambda row: url_for("visits_admin.arrive_page", id=row.id),
            Permission.VISIT_INTAKE,
            when=lambda row: row.stage is Stage.BOOKED,
        ),
        Action("查看", lambda row: visit_url(row.id), Permission.VISIT_READ),
    ),
    key=(Visit.day, Visit.id),
    sort="-day",
    make_all=rows,
    wire=wire_row,
    empty="今天还没有登记的客户",
)  # fmt: skip


@interface("user.index", GET="/pc/user/index", permission=Permission.VISIT_INTAKE, is_wire=True)
def visit_list() -> Page:
    """Today's visits; by tab those not arrived, those arrived, and all. What is searched is looked for on all days."""
    tab = request.args.get("status", TODAY)
    tab = tab if tab in TABS else TODAY
    return Page(
        "visits/admin/visits.html",
        table=VISITS.load(lambda **asked: _wanted(tab, **asked)),
        _tab=tab,
        _tabs=[(value, label, _tab_url(value)) for value, label in TABS.items()],
    )


def _tab_url(tab: str) -> str:
    return url_for("visits_admin.visit_list", status=tab) if tab else url_for("visits_admin.visit_list")


def _wanted(tab: str, **asked: Any) -> sa.Select[Any]:
    if tab == TODAY and not any(asked.values()):
        asked |= {"since": clock.today(), "until": clock.today()}
    scope = {WAITING: (Stage.BOOKED,), ARRIVED: _AFTER_ARRIVAL}.get(tab, ())
    return visits(current_staff(), scope=scope, **asked)


menu.group("客户管理", "users-group", 2)
menu.entry("客户管理", "客户列表", "visits_admin.visit_list", Permission.VISIT_INTAKE, 10)
menu.entry("客户管理", "添加客户", "visits_admin.add_page", Permission.VISIT_INTAKE, 20)


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _find(text: str) -> list[search.Hit]:
    wanted = visits(current_staff(), q=text).order_by(Visit.id.desc()).limit(search.MOST)
    return [
        search.Hit(
            f"{row.patient}　{row.visit_no}",
            visit_url(row.id),
            f"{row.visit.day:%Y-%m-%d} {visit_word(is_first=row.visit.is_first)} {row.stage.label}",
        )
        for row in rows(db.session.scalars(wanted).all())
    ]


def _counts() -> list[sa.ScalarSelect[Any]]:
    today = sa.select(sa.func.count()).select_from(Visit).where(Visit.day == clock.today())
    expected = today.where(Visit.stage == Stage.BOOKED)
    arrived = today.where(Visit.reached_at.is_not(None))
    return [expected.scalar_subquery(), arrived.scalar_subquery()]


def _cards(expected: int, arrived: int) -> dashboard.Card:
    return dashboard.Card(
        "今日待到店", str(expected), f"已到店{arrived}", url_for("visits_admin.visit_list"), "users-group"
    )


search.register("到院单", Permission.VISIT_READ, _find)
dashboard.dashboard_counts(30, Permission.VISIT_INTAKE, _counts, _cards)
