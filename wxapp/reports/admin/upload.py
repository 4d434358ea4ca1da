"""Staff pages: typing a report in, and correcting one."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from werkzeug.datastructures import FileStorage

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.core import documents, files, ids
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.reports import pasted, rules
from wxapp.reports.admin.door import blueprint, interface
from wxapp.reports.admin.reports import page_of
from wxapp.reports.forms import CorrectForm, UploadForm
from wxapp.reports.incoming import IncomingReport
from wxapp.reports.models import ReportStatus
from wxapp.reports.queries import contents
from wxapp.reports.services import desk

menu.entry("报告", "上传报告", "reports_admin.upload_form", Permission.REPORT_WRITE, 30)

MOST_BYTES = 48 * 1024 * 1024
"""Of a form with a document and pictures; all other forms stay smaller."""
_LARGE = {"upload", "correct"}

_KINDS = {
    "lines": "textarea",
    "conclusion": "textarea",
    "advice": "textarea",
    "kind": "radio",
    "collected_at": "moment",
    "issued_at": "moment",
}
_HELP = {
    "lines": f"每行一项：{pasted.COLUMNS}，用Tab或“|”分开，可直接从表格粘贴。"
    "【血常规】单独一行表示分组；提示留空时按参考范围判断。",
    "report_no": "留空则自动编号",
    "issued_at": "留空则以上传时间为准",
    "record_no": "与姓名一致时立即发布给患者，否则进入待认领",
}


@blueprint.before_request
def _let_large_forms_in() -> None:
    if (request.endpoint or "").rpartition(".")[2] in _LARGE:
        request.max_content_length = MOST_BYTES


@interface("reports.new", GET="/pc/reports/new", permission=Permission.REPORT_WRITE)
def upload_form() -> Page:
    """The form for a report that comes on paper or as a file."""
    return Page(
        "reports/admin/upload.html", form=ShownForm(UploadForm, kinds=_KINDS, help=_HELP), _most=rules.MOST_PICTURES
    )


@interface(
    "reports.upload",
    POST="/pc/reports",
    permission=Permission.REPORT_WRITE,
    audit="上传报告",
    form_page=upload_form,
)
def upload() -> Done:
    """Take the report; the same form pressed twice is one report."""
    form = read_form(UploadForm)
    # The number of a report without one comes from its form, so that the second press names the same report.
    number = form.report_no or f"UP-{form.form_key or ids.new_token(12)}"
    incoming = _incoming(form, report_no=number, record_no=form.record_no, patient_name=form.patient_name)
    taken = desk.upload_report(incoming, by=current_staff().actor)
    audit.about(f"report:{taken.report_no}", taken.outcome.value)
    # What became of it, not what this press did: the second one gets the first one's answer.
    status = contents.get_known(taken.report_no).status
    told = {
        ReportStatus.PARKED: "报告已保存，病历号与姓名未能对应到患者，请认领",
        ReportStatus.PUBLISHED: "报告已发布，患者会收到通知",
    }.get(status, f"报告已保存，现在是“{status.label}”")
    return Done(told, location=page_of(taken.report_no), no=taken.report_no, status=status.value)


@interface("reports.correct_form", GET="/pc/reports/<report_no>/correct", permission=Permission.REPORT_WRITE)
def correct_form(report_no: str) -> Page:
    """The form for a correction, filled with what the report says."""
    found = contents.get_known(report_no)
    audit.looked_at("report", report_no, "更正报告")
    present = contents.present_of(found)
    values: dict[str, Any] = {
        "kind": present.kind,
        "title": present.title,
        "department": present.department,
        "ordered_by": present.ordered_by,
        "reported_by": present.reported_by,
        "collected_at": present.collected_at,
        "issued_at": present.issued_at,
        "conclusion": present.conclusion,
        "advice": present.advice,
        "lines": pasted.write_lines(contents.incoming_values(present.id)),
    }
    return Page(
        "reports/admin/correct.html",
        report=found,
        form=ShownForm(CorrectForm, values=values, kinds=_KINDS, help={"lines": _HELP["lines"]}),
        version=found.revision,
        has_document=bool(present.document_token),
        picture_count=present.picture_count,
        is_told=found.status is ReportStatus.PUBLISHED,
    )


@interface(
    "reports.correct",
    POST="/pc/reports/<report_no>/correct",
    permission=Permission.REPORT_WRITE,
    audit="更正报告",
    form_page=correct_form,
)
def correct(report_no: str) -> Done:
    """Replace what the report says; the old words stay as history."""
    form = read_form(CorrectForm)
    desk.correct_report(
        report_no,
        _incoming(form, report_no="-", record_no="", patient_name=""),
        seen_revision=form.version,
        why=form.why,
        by=current_staff().actor,
        keep_document=not form.drop_document,
        keep_pictures=not form.drop_pictures,
    )
    audit.about(f"report:{report_no}", form.why)
    return Done("报告已更正，原内容保留在历史中", location=url_for("reports_admin.report", report_no=report_no))


def _incoming(form: UploadForm | CorrectForm, *, report_no: str, record_no: str, patient_name: str) -> IncomingReport:
    """:raises Invalid: a line that can't be understood, or a file that is too large"""
    return IncomingReport(
        report_no=report_no,
        kind=form.kind,
        title=form.title,
        record_no=record_no,
        patient_name=patient_name,
        department=form.department,
        ordered_by=form.ordered_by,
        reported_by=form.reported_by,
        collected_at=form.collected_at,
        issued_at=form.issued_at,
        conclusion=form.conclusion,
        advice=form.advice,
        values=pasted.read_lines(form.lines),
        document=_document(),
        pictures=_pictures(),
    )


def _document() -> bytes:
    upload = request.files.get("document")
    if upload is None or not upload.filename:
        return b""
    raw = _read(upload, most=documents.MAX_DOCUMENT_BYTES)
    if len(raw) > documents.MAX_DOCUMENT_BYTES:
        raise Invalid({"document": "PDF不能超过20MB"})
    if not raw:
        raise Invalid({"document": "文件是空的，请重新选择"})
    return raw


def _pictures() -> tuple[bytes, ...]:
    uploads = [one for one in request.files.getlist("pictures") if one.filename]
    if len(uploads) > rules.MOST_PICTURES:
        raise Invalid({"pictures": f"一份报告最多{rules.MOST_PICTURES}张图片"})
    return tuple(_picture(one) for one in uploads)


def _picture(upload: FileStorage) -> bytes:
    raw = _read(upload, most=files.MAX_PICTURE_BYTES)
    if len(raw) > files.MAX_PICTURE_BYTES:
        raise Invalid({"pictures": "每张图片不能超过8MB"})
    return raw


def _read(upload: FileStorage, *, most: int) -> bytes:
    """Return what was sent, or one byte more than may be. The file stays open: after a conflict it is read again."""
    return upload.stream.read(most + 1)
