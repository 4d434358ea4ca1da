"""Timed work as staff see it: what runs when, how the last run went, and what was done."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.interface import Interfaces
from wxapp.admin.tables import Table
from wxapp.core import clock, job_runs
from wxapp.core.db import db
from wxapp.core.job_runs import JobRow, JobRun
from wxapp.core.permissions import Permission

blueprint = Interfaces("jobs", "wxapp.admin")
interface = blueprint.interface

menu.entry("系统", "定时任务", "jobs_admin.job_list", Permission.SETTING_READ, 60)

_STATES = {
    "never": Badge("尚未运行", "grey"),
    "running": Badge("运行中", "blue"),
    "failed": Badge("出错", "red"),
    "ok": Badge("正常", "green"),
}


def _state(row: JobRow | JobRun) -> str:
    if row.started_at is None:
        return "never"
    if row.ended_at is None:
        return "running"
    return "failed" if row.error else "ok"


def _seconds(row: JobRow | JobRun) -> str:
    if row.started_at is None or row.ended_at is None:
        return ""
    return f"用时{(row.ended_at - row.started_at).total_seconds():.1f}秒"


def _moment(row: JobRow | JobRun) -> str:
    return f"{clock.local(row.started_at):%m-%d %H:%M:%S}" if row.started_at else ""


JOBS = Table(
    "jobs.jobs",
    title="定时任务",
    columns=(
        Column(
            "label", "任务", below=lambda row: row.name, link=lambda row: url_for("jobs_admin.run_list", job=row.name)
        ),
        Column("rhythm", "时间"),
        Column("started_at", "最近运行", value=_moment, below=_seconds),
        Column("state", "状态", "badge", value=_state, badges=_STATES),
        Column("count", "处理数", "number"),
        Column("error", "错误"),
    ),
    empty="定时任务进程尚未启动过",
    page_size=100,
    is_exportable=False,
)


@interface("jobs.job_list", GET="/pc/jobs", permission=Permission.SETTING_READ)
def job_list() -> Page:
    """All timed work, in the order of the schedule, and who does it now."""
    rows = list(db.session.scalars(sa.select(JobRow).order_by(JobRow.position)))
    holder = job_runs.holder("scheduler")
    return Page("admin/jobs.html", table=JOBS.load(lambda: rows), is_working=holder is not None)


def _job_choices() -> list[tuple[str, str]]:
    rows = db.session.execute(sa.select(JobRow.name, JobRow.label).order_by(JobRow.position))
    return [(name, label) for name, label in rows]


def _runs(*, job: str, failed: bool) -> sa.Select[Any]:
    statement = sa.select(JobRun)
    if job:
        statement = statement.where(JobRun.job == job)
    return statement.where(JobRun.error != "") if failed else statement


RUNS = Table(
    "jobs.runs",
    title="运行记录",
    columns=(
        Column("started_at", "开始", value=_moment, sort=JobRun.id, below=_seconds),
        Column("job", "任务"),
        Column("state", "状态", "badge", value=_state, badges=_STATES),
        Column("count", "处理数", "number"),
        Column("error", "错误"),
    ),
    filters=(
        Filter("job", "任务", "choice", choices=_job_choices),
        Filter("failed", "只看出错的", "checked"),
    ),
    sort="-started_at",
    key=JobRun.id,
)


@interface("jobs.run_list", GET="/pc/jobs/runs", permission=Permission.SETTING_READ)
def run_list() -> Page:
    """Runs that did something or failed."""
    return Page("admin/job_runs.html", table=RUNS.load(_runs))
