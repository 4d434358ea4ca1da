"""The blueprint that the modules of this folder share, and whose report a request may see."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.documents import NoSuchPage
from wxapp.core.errors import NotFound
from wxapp.core.forms import wants_json
from wxapp.h5.identity import current_user, visitor_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.patients.access import signed_in_user
from wxapp.reports.errors import ReportsRefused
from wxapp.reports.models import ReportStatus, Revision
from wxapp.reports.queries import contents, own
from wxapp.reports.queries.contents import Known

pages = Pages("reports", "wxapp.reports")


@pages.before_request
def heed_refusal() -> ResponseReturnValue | None:
    """Lead who does not want reports to be shown online to where that is chosen."""
    if visitor_user() is None or not signed_in_user().refuses_reports:
        return None
    if request.method != "GET" or wants_json():
        raise ReportsRefused
    notice(ReportsRefused.message)
    return redirect(url_for("patients.privacy", _anchor="consents"))


def own_report(report_no: str) -> Known:
    """Return a report of any patient whom the user has bound.

    :raises NotFound: there is none
    """
    return own.own_report(current_user().id, report_no)


def readable(report_no: str) -> tuple[Known, Revision]:
    """Return a report with what it says now.

    :raises NotFound: no such report, not one's own, or withdrawn
    """
    report = own_report(report_no)
    if report.status is ReportStatus.WITHDRAWN:
        raise NotFound("该报告已被医院撤回")
    return report, contents.present_of(report)


def shown_revision(report_no: str, number: int) -> tuple[Known, Revision]:
    """Return what a report said when it was this patient's already.

    :raises NotFound: never shown to this patient
    """
    report, present = readable(report_no)
    if number == report.revision:
        return report, present
    if not report.first_shown <= number <= report.revision:
        raise NotFound
    return report, contents.revision_of(report, number)


def with_document(revision: Revision) -> Revision:
    """:raises NoSuchPage: there is no original"""
    if not revision.document_token:
        raise NoSuchPage("这份报告没有PDF原件")
    return revision


def page_in_address(*, most: int = 500) -> int:
    """Return the page of a list.

    :raises NotFound: no number
    """
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 4) or not 1 <= int(text) <= most:
        raise NotFound
    return int(text)
