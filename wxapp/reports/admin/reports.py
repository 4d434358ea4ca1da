"""Staff pages: all reports, one of them with its history and looks, withdrawing and taking back."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, identity, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.reports.admin.door import interface
from wxapp.reports.forms import ReasonForm
from wxapp.reports.incoming import ReportKind
from wxapp.reports.models import Report, ReportStatus
from wxapp.reports.queries import contents, own, staff
from wxapp.reports.queries.staff import ReportRow
from wxapp.reports.services import desk
from wxapp.reports.services.document_pages import MOST_SHOWN

S = ReportStatus

STATES = {
    S.PUBLISHED: Badge("已发布", "green"),
    S.HELD: Badge("初步报告", "blue"),
    S.PARKED: Badge("待认领", "amber"),
    S.WITHDRAWN: Badge("已撤回", "grey"),
    S.REJECTED: Badge("已拒收", "grey"),
}

menu.entry("报告", "全部报告", "reports_admin.report_list", Permission.REPORT_READ, 10)


def page_of(no: str) -> str:
    return url_for("reports_admin.report", report_no=no)


REPORTS = Table(
    "reports.list",
    title="检查报告",
    columns=(
        Column("no", "报告", "code", link=lambda row: page_of(row.no), below=lambda row: row.report_no, sort=Report.id),
        Column("status", "状态", "badge", badges=STATES),
        Column("title", "名称", below=lambda row: row.department),
        Column("kind", "种类"),
        Column("patient", "患者"),
        Column("abnormal_count", "异常", "number"),
        Column("revision", "版本", "number", sort=Report.revision),
        Column("dated_at", "报告时间", "moment", sort=Report.dated_at),
        Column("received_at", "收到时间", "moment", sort=Report.received_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="报告编号、病历号、姓名或手机号，须完整", is_private=True),
        Filter("status", "状态", "choice", choices=[(one.value, one.label) for one in S]),
        Filter("kind", "种类", "choice", choices=[(one.value, one.label) for one in ReportKind]),
        Filter("source", "来源", "choice", choices=staff.sources),
        Filter("since", "收到从", "day"),
        Filter("until", "到", "day"),
    ),
    actions=(
        Action("查看", lambda row: page_of(row.no), Permission.REPORT_READ),
        Action(
            "认领",
            lambda row: url_for("reports_admin.parked_report", report_no=row.no),
            Permission.REPORT_WRITE,
            when=lambda row: row.status is S.PARKED,
        ),
    ),
    sort="-received_at",
    key=Report.id,
    make=ReportRow.of,
    empty="还没有报告",
)


@interface("reports.list", GET="/pc/reports", permission=Permission.REPORT_READ)
def report_list() -> Page:
    """All reports, however they came."""
    return Page("reports/admin/reports.html", table=REPORTS.load(staff.reports_for_staff))


@interface("reports.detail", GET="/pc/reports/<report_no>", permission=Permission.REPORT_READ)
def report(report_no: str) -> Page:
    """One report as its patient sees it, and what this person may do with it."""
    found = contents.get_known(report_no)
    audit.looked_at("report", report_no, "报告详情")
    present = contents.present_of(found)
    may_write = current_staff().may(Permission.REPORT_WRITE)
    is_someones = found.patient_id is not None
    return Page(
        "reports/admin/report.html",
        report=found,
        source=staff.source_name(found.source),
        state=STATES[found.status].label,
        tone=STATES[found.status].tone,
        patient=staff.patient_of(found),
        title=present.title,
        sections=contents.in_sections(contents.lines_of(present.id)),
        conclusion=present.conclusion,
        advice=present.advice,
        _present=present,
        _pictures=contents.pictures_of(present.id),
        _shown_pages=range(1, min(present.document_pages, MOST_SHOWN) + 1),
        _reason_form=ShownForm(ReasonForm),
        can_correct=may_write and found.status in (S.PUBLISHED, S.HELD, S.PARKED),
        can_match=may_write and found.status is S.PARKED,
        can_take_back=may_write and is_someones and found.status is not S.WITHDRAWN,
        can_withdraw=may_write and found.status in (S.PUBLISHED, S.HELD),
        can_park=may_write and found.status is S.REJECTED,
    )


@interface("reports.trail", GET="/pc/reports/<report_no>/trail", permission=Permission.REPORT_READ)
def trail(report_no: str) -> Page:
    """What became of a report: its revisions, its moves, and who has looked at it."""
    found = desk.get_report(report_no)
    revisions, steps = staff.revision_rows(contents.revisions_of(found)), history(found)
    identity.remember_names([*(one.made_by for one in revisions), *(step.actor for step in steps)])
    return Page(
        "reports/admin/trail.html",
        report=found,
        revisions=revisions,
        steps=steps,
        looks=own.looks_at(found, limit=50) if found.patient_id is not None else [],
        _states=STATES,
    )


@interface("reports.revision", GET="/pc/reports/<report_no>/<int:revision>", permission=Permission.REPORT_READ)
def revision(report_no: str, revision: int) -> Page:
    """What a report said once, with marks on what the next revision says otherwise."""
    found = contents.get_known(report_no)
    if not 1 <= revision <= found.revision:
        raise NotFound
    audit.looked_at("report", report_no, f"第{revision}版")
    shown = contents.revision_of(found, revision)
    following = contents.revision_of(found, revision + 1) if revision < found.revision else None
    lines = contents.lines_of_several([one.id for one in (shown, following) if one is not None])
    return Page(
        "reports/admin/revision.html",
        report=found,
        number=revision,
        title=shown.title,
        conclusion=shown.conclusion,
        advice=shown.advice,
        why=shown.why,
        sections=contents.in_sections(lines[shown.id]),
        _changed=contents.changed(lines[shown.id], lines[following.id]) if following else set(),
        _shown=shown,
        _pictures=contents.pictures_of(shown.id),
        _shown_pages=range(1, min(shown.document_pages, MOST_SHOWN) + 1),
    )


@interface(
    "reports.withdraw",
    POST="/pc/reports/<report_no>/withdraw",
    permission=Permission.REPORT_WRITE,
    audit="撤回报告",
    form_page=report,
)
def withdraw(report_no: str) -> Done:
    """Hide a report from its patient."""
    form = read_form(ReasonForm)
    desk.withdraw_report(report_no, reason=form.reason, by=current_staff().actor)
    audit.about(f"report:{report_no}", form.reason)
    return Done("报告已撤回，患者不能再查看内容", location=page_of(report_no))


@interface(
    "reports.take_back",
    POST="/pc/reports/<report_no>/take-back",
    permission=Permission.REPORT_WRITE,
    audit="收回错配的报告",
    form_page=report,
)
def take_back(report_no: str) -> Done:
    """Take a report from a patient whose it is not."""
    form = read_form(ReasonForm)
    desk.take_back(report_no, reason=form.reason, by=current_staff().actor)
    audit.about(f"report:{report_no}", form.reason)
    return Done("报告已收回，等待重新认领", location=page_of(report_no))


def _find_reports(text: str) -> list[search.Hit]:
    return [
        search.Hit(row.no, page_of(row.no), f"{row.status.label} {row.title} {row.patient}")
        for row in staff.find_reports(text, limit=search.MOST)
    ]


search.register("检查报告", Permission.REPORT_READ, _find_reports)
