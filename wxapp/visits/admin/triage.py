"""Staff pages: triage (分诊)."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import read_wire
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.visits import plugs
from wxapp.visits.admin.answered import done
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import COUNTED, FILTERS, STAGES, columns, rows, visit_url, visits, wire_row
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries.advice import WAIT_FOR_TRIAGE, get_named_visit, heading_of, workloads
from wxapp.visits.quote_forms import TriageForm
from wxapp.visits.services import triage as services
from wxapp.visits.wire import wire_visit

TO_TRIAGE = "1"
TRIAGED = "2"
TABS = {TO_TRIAGE: "待分诊", TRIAGED: "今日已分诊"}


def _page_url(visit: Visit) -> str:
    endpoint = "triage_page" if visit.stage in WAIT_FOR_TRIAGE else "change_consultant_page"
    return url_for(f"visits_admin.{endpoint}", id=visit.id)


LIST = Table(
    "visits.triage",
    count_up_to=COUNTED,
    title="分诊列表",
    columns=columns(
        "visit_no", "patient", "interests", "stage", "reached_at", "waiting", "lead_referrer", "consultant"
    ),
    filters=tuple(one for one in FILTERS if one.name != "stage"),
    actions=(
        Action(
            "分诊", lambda row: _page_url(row.visit), Permission.TRIAGE, when=lambda row: row.stage in WAIT_FOR_TRIAGE
        ),
        Action(
            "改咨询师", lambda row: _page_url(row.visit), Permission.TRIAGE,
            when=lambda row: row.stage in services.ADVISED,
        ),
    ),
    key=(Visit.day, Visit.id),
    make_all=rows,
    wire=wire_row,
    empty="没有等待分诊的客户",
)  # fmt: skip


@interface("triage.index", GET="/pc/triage/index", permission=Permission.TRIAGE)
def triage_list() -> Page:
    """Who waits for a consultant, and how busy the consultants are; by tab whom they were given today."""
    tab = request.args.get("status", TO_TRIAGE)
    tab = tab if tab in TABS else TO_TRIAGE
    today = clock.today()
    return Page(
        "visits/admin/triage_list.html",
        table=LIST.load(lambda **asked: _wanted(tab, today, **asked)),
        _tab=tab,
        _tabs=[(value, label, url_for("visits_admin.triage_list", status=value)) for value, label in TABS.items()],
        _workloads=workloads(today),
    )


def _wanted(tab: str, today: date, **asked: Any) -> sa.Select[Any]:
    found = visits(current_staff(), scope=WAIT_FOR_TRIAGE if tab == TO_TRIAGE else (), **asked)
    if tab == TO_TRIAGE:
        return found
    is_of_today = Visit.day == today if not asked.get("since") and not asked.get("until") else sa.true()
    return found.where(Visit.consultant_id.is_not(None), is_of_today)


# --- giving a consultant, and another one ----------------------------------------------------------------------------


def _shown(endpoint: str, *, is_change: bool) -> Page:
    """Show the visit and the consultants; nothing is changed by looking."""
    head = heading_of(get_named_visit(asked_id()).id)
    visit = head.visit
    looked_at("visit", visit.id, "分诊")
    if wants_json():
        info = wire_visit(visit, whole=False, groups=())
        return Page("visits/admin/triage.html", info={k: v for k, v in info.items() if isinstance(v, str)})
    chosen = request.values.get("consultation_user_id", "")
    return Page(
        "visits/admin/triage.html",
        _head=head,
        _visit=visit,
        _stage=STAGES[visit.stage],
        _workloads=workloads(clock.today()),
        _chosen=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 12 else visit.consultant_id,
        _target=url_for(endpoint),
        _is_change=is_change,
        _can=visit.stage in (services.ADVISED if is_change else WAIT_FOR_TRIAGE),
        _visit_url=visit_url(visit.id),
    )


@interface("triage.fenzhen.page", GET="/pc/triage/fenzhen", permission=Permission.TRIAGE, is_wire=True)
def triage_page() -> Page:
    """The consultants to choose from, for a visit that waits; the change itself is a POST."""
    return _shown("visits_admin.triage_visit", is_change=False)


@interface(
    "triage.fenzhen",
    POST="/pc/triage/fenzhen",
    permission=Permission.TRIAGE,
    audit="分诊",
    form_page=triage_page,
    is_wire=True,
)
def triage_visit() -> Done:
    """Give a visit that waits its consultant."""
    form = read_wire(TriageForm)
    visit = get_named_visit(form.id)
    audit.about(f"visit:{visit.id}", f"咨询师{form.consultation_user_id}")
    services.assign_consultant(
        visit.id, form.consultation_user_id, by=current_staff().id, version=form.version
    )  # fmt: skip
    return done("已分诊", location=url_for("visits_admin.triage_list"))


@interface("triage.edit.page", GET="/pc/triage/edit", permission=Permission.TRIAGE, is_wire=True)
def change_consultant_page() -> Page:
    """The consultants to choose from, for a visit that has one; the change itself is a POST."""
    return _shown("visits_admin.change_consultant", is_change=True)


@interface(
    "triage.edit",
    POST="/pc/triage/edit",
    permission=Permission.TRIAGE,
    audit="修改咨询师",
    form_page=change_consultant_page,
    is_wire=True,
)
def change_consultant() -> Done:
    """Give a visit another consultant; its quote stays."""
    form = read_wire(TriageForm)
    visit = get_named_visit(form.id)
    before = services.change_consultant(
        visit.id, form.consultation_user_id, by=current_staff().id, version=form.version
    )
    audit.about(f"visit:{visit.id}", f"咨询师由{before or '无'}改为{form.consultation_user_id}")
    return done("咨询师已修改", location=url_for("visits_admin.triage_list", status=TRIAGED))


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _waiting() -> list[sa.ScalarSelect[Any]]:
    wanted = sa.select(sa.func.count()).select_from(Visit).where(Visit.stage.in_(WAIT_FOR_TRIAGE))
    return [wanted.scalar_subquery()]


def _card(waiting: int) -> dashboard.Card:
    tone = "attention" if waiting else "plain"
    return dashboard.Card(
        "待分诊", str(waiting), "已到店、等待咨询师", url_for("visits_admin.triage_list"), "users", tone
    )  # fmt: skip


for _stage in WAIT_FOR_TRIAGE:
    plugs.next_step(_stage, "分诊", "visits_admin.triage_page", Permission.TRIAGE, hint="等待分诊")
plugs.next_step(
    Stage.TRIAGED, "接待报价", "visits_admin.consult_page", Permission.CONSULT, hint="等待咨询师接待"
)  # fmt: skip
dashboard.dashboard_counts(32, Permission.TRIAGE, _waiting, _card)
menu.group("分诊", "switch-horizontal", 6)
menu.entry("分诊", "分诊列表", "visits_admin.triage_list", Permission.TRIAGE, 10)
