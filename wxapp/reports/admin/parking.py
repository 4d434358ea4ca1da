"""Staff pages: reports that nobody has yet, and saying whose they are."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.patients import queries as patients
from wxapp.reports.admin.door import interface
from wxapp.reports.admin.reports import page_of
from wxapp.reports.forms import MatchForm, ReasonForm
from wxapp.reports.models import ParkReason, Report, ReportStatus, Revision
from wxapp.reports.queries import contents, staff
from wxapp.reports.queries.contents import Known
from wxapp.reports.queries.staff import ReportRow
from wxapp.reports.services import desk

menu.entry("报告", "待认领", "reports_admin.parked_list", Permission.REPORT_WRITE, 20)

PARKED = Table(
    "reports.parked",
    title="待认领的报告",
    columns=(
        Column(
            "no",
            "报告",
            "code",
            link=lambda row: url_for("reports_admin.parked_report", report_no=row.no),
            below=lambda row: row.report_no,
            sort=Report.id,
        ),
        Column("title", "名称", below=lambda row: row.department),
        Column("patient", "报告上的患者"),
        Column("park_reason", "原因"),
        Column("received_at", "收到时间", "moment", sort=Report.received_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="报告编号或病历号，须完整", is_private=True),
        Filter("reason", "原因", "choice", choices=[(one.value, one.label) for one in ParkReason if one.value]),
    ),
    actions=(
        Action("认领", lambda row: url_for("reports_admin.parked_report", report_no=row.no), Permission.REPORT_WRITE),
    ),
    sort="received_at",
    key=Report.id,
    make=ReportRow.of,
    empty="没有待认领的报告",
)


@interface("reports.parked", GET="/pc/reports/parked", permission=Permission.REPORT_WRITE)
def parked_list() -> Page:
    """Reports that wait for somebody to say whose they are, the oldest first."""
    return Page("reports/admin/parked.html", table=PARKED.load(staff.parked_for_staff))


def _candidates(report_no: str) -> Table:
    return Table(
        "reports.candidates",
        title="可能的患者",
        columns=(
            Column("record_no", "病历号", "code"),
            Column("name", "姓名"),
            Column("sex", "性别"),
            Column("birthday", "出生日期", "day"),
            Column("phone", "手机号"),
            Column("same_record", "病历号一致", "badge", badges=YES_NO),
            Column("same_name", "姓名一致", "badge", badges=YES_NO),
        ),
        filters=(Filter("q", "查找患者", placeholder="病历号、姓名、手机号或证件号，须完整", is_private=True),),
        actions=(
            Action(
                "核对并认领",
                lambda row: url_for("reports_admin.match_form", report_no=report_no, patient_id=row.id),
                Permission.REPORT_WRITE,
            ),
        ),
        empty="没有病历号或姓名相同的患者，请用上面的查找",
        is_exportable=False,
    )


@interface("reports.parked_report", GET="/pc/reports/parked/<report_no>", permission=Permission.REPORT_WRITE)
def parked_report(report_no: str) -> Page:
    """A parked report with the patients to whom it may belong."""
    found, present = _parked(report_no)
    return Page(
        "reports/admin/parked_report.html",
        report=found,
        reason=found.park_reason.label,
        title=present.title,
        given={"record_no": present.given_record_no, "name": present.given_name},
        table=_candidates(report_no).load(lambda q: staff.candidates(present, q)),
        is_parked=found.status is ReportStatus.PARKED,
        _present=present,
        _sections=contents.in_sections(contents.lines_of(present.id)),
        _reason_form=ShownForm(ReasonForm),
    )


@interface(
    "reports.match_form",
    GET="/pc/reports/parked/<report_no>/<int:patient_id>",
    permission=Permission.REPORT_WRITE,
)
def match_form(report_no: str, patient_id: int) -> Page:
    """The report beside the patient: what agrees, what differs."""
    found, present = _parked(report_no)
    return Page(
        "reports/admin/match.html",
        report=found,
        title=present.title,
        given={"record_no": present.given_record_no, "name": present.given_name},
        candidate=staff.candidate(patients.get_patient(patient_id), present),
        is_parked=found.status is ReportStatus.PARKED,
        _present=present,
        _form=ShownForm(MatchForm),
    )


@interface(
    "reports.match",
    POST="/pc/reports/parked/<report_no>/<int:patient_id>",
    permission=Permission.REPORT_WRITE,
    audit="认领报告",
    form_page=match_form,
)
def match(report_no: str, patient_id: int) -> Done:
    """Give the report to the patient, who is told."""
    form = read_form(MatchForm)
    desk.match_report(report_no, patient_id, is_checked=form.is_checked, by=current_staff().actor)
    audit.about(f"report:{report_no}", f"患者{patient_id}")
    return Done("已认领，正式报告会通知患者", location=page_of(report_no))


@interface(
    "reports.reject",
    POST="/pc/reports/<report_no>/reject",
    permission=Permission.REPORT_WRITE,
    audit="拒收报告",
    form_page=parked_report,
)
def reject(report_no: str) -> Done:
    """Refuse a report, e.g. a test of the sender's."""
    form = read_form(ReasonForm)
    desk.reject_report(report_no, reason=form.reason, by=current_staff().actor)
    audit.about(f"report:{report_no}", form.reason)
    return Done("报告已拒收", location=url_for("reports_admin.parked_list"))


@interface(
    "reports.park_again",
    POST="/pc/reports/<report_no>/park",
    permission=Permission.REPORT_WRITE,
    audit="恢复待认领",
)
def park_again(report_no: str) -> Done:
    """Think again about a refused report."""
    desk.park_again(report_no, by=current_staff().actor)
    audit.about(f"report:{report_no}")
    return Done("报告已恢复为待认领", location=url_for("reports_admin.parked_report", report_no=report_no))


def _parked(report_no: str) -> tuple[Known, Revision]:
    """Return a report that somebody wants to give to a patient; looking at it is logged.

    :raises NotFound: no such report
    """
    found = contents.get_known(report_no)
    audit.looked_at("report", report_no, "待认领报告")
    return found, contents.present_of(found)
