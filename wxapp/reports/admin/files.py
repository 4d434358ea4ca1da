"""Pictures, pages and the original of a report, for staff."""

from __future__ import annotations

from flask.wrappers import Response

from wxapp.admin import audit
from wxapp.core.documents import NoSuchPage
from wxapp.core.permissions import Permission
from wxapp.reports import giving
from wxapp.reports.admin.door import interface
from wxapp.reports.models import Revision
from wxapp.reports.queries import contents
from wxapp.reports.queries.contents import Known


@interface(
    "reports.picture",
    GET="/pc/reports/<report_no>/<int:revision>/pictures/<int:position>",
    permission=Permission.REPORT_READ,
)
def picture(report_no: str, revision: int, position: int) -> Response:
    """A picture of a report; it stands on a page whose look is logged."""
    _report, shown = _revision(report_no, revision)
    return giving.picture(shown, position)


@interface(
    "reports.page",
    GET="/pc/reports/<report_no>/<int:revision>/pages/<int:number>",
    permission=Permission.REPORT_READ,
)
def document_page(report_no: str, revision: int, number: int) -> Response:
    """A page of the original as a picture."""
    _report, shown = _with_document(report_no, revision)
    return giving.page(shown, number)


@interface(
    "reports.document",
    GET="/pc/reports/<report_no>/<int:revision>/document",
    permission=Permission.REPORT_READ,
)
def document(report_no: str, revision: int) -> Response:
    """The original, to be kept; taking it is logged."""
    _with_document(report_no, revision)
    audit.looked_at("report", report_no, "下载原件")
    return giving.original(*_with_document(report_no, revision))


def _revision(report_no: str, number: int) -> tuple[Known, Revision]:
    report = contents.get_known(report_no)
    return report, contents.revision_of(report, number)


def _with_document(report_no: str, number: int) -> tuple[Known, Revision]:
    report, shown = _revision(report_no, number)
    if not shown.document_token:
        raise NoSuchPage("这份报告没有PDF原件")
    return report, shown
