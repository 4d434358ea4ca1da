"""One's own reports: the list, one report, what it said before, and who has looked at it."""

from __future__ import annotations

from itertools import pairwise

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.errors import NotFound
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.patients.access import current_patient, needs_patient, own_patient
from wxapp.patients.models import Patient
from wxapp.reports.incoming import ReportKind
from wxapp.reports.models import ReportStatus
from wxapp.reports.queries import contents, own
from wxapp.reports.queries.contents import Known
from wxapp.reports.services.document_pages import MOST_SHOWN
from wxapp.reports.services.reading import note_reader
from wxapp.reports.views.door import own_report, page_in_address, pages, readable


@pages.page("/reports")
def reports() -> ResponseReturnValue:
    """The current patient's reports of one kind, by date."""
    kind = next((kind for kind in ReportKind if kind.value == request.args.get("kind")), None)
    patient, page = _find_patient(), page_in_address()
    unread = own.kind_counts(patient.id) if patient else {}
    if kind is None:  # the first tab, unless something new waits behind the other
        kind = next((one for one in ReportKind if unread.get(one)), ReportKind.CHECKUP)
    cards, has_more = own.reports_of(patient.id, kind=kind, page=page) if patient else ([], False)
    return render_template(
        "reports/reports.html",
        patient=patient,
        kinds=list(ReportKind),
        kind=kind,
        unread=unread,
        cards=cards,
        previous=url_for("reports.reports", kind=kind.value, page=page - 1) if page > 1 else "",
        next=url_for("reports.reports", kind=kind.value, page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/reports/<report_no>")
@needs_patient
def report(report_no: str) -> ResponseReturnValue:
    """One report. That of another patient whom the user has bound asks to switch first."""
    found, user = own_report(report_no), current_user()
    if found.patient_id != user.current_patient_id:
        return _switch_first(found)
    if found.status is ReportStatus.WITHDRAWN:
        return render_template("reports/withdrawn.html", report=found, kind=found.kind)
    note_reader(found, wechat_user_id=user.id)
    return _whole(found)


def _whole(found: Known) -> ResponseReturnValue:
    present = contents.present_of(found)
    lines = contents.lines_of(present.id)
    only_abnormal = request.args.get("only") == "abnormal"
    shown = [line for line in lines if line.is_abnormal] if only_abnormal else lines
    return render_template(
        "reports/report.html",
        report=found,
        revision=present,
        patient=current_patient(),
        sections=contents.in_sections(shown),
        only_abnormal=only_abnormal,
        pictures=contents.pictures_of(present.id) if present.picture_count else [],
        shown_pages=range(1, min(present.document_pages, MOST_SHOWN) + 1),
        most_pages=MOST_SHOWN,
        is_corrected=found.first_shown < found.revision,
    )


def _switch_first(found: Known) -> ResponseReturnValue:
    if found.patient_id is None:
        raise NotFound
    return render_template("reports/switch.html", report=found, patient=own_patient(found.patient_id))


@pages.page("/reports/<report_no>/history")
@needs_patient
def history(report_no: str) -> ResponseReturnValue:
    """What a corrected report said before, with marks on what is different now."""
    found, _present = readable(report_no)
    note_reader(found, wechat_user_id=current_user().id)
    said = contents.revisions_of(found, since=found.first_shown)
    if len(said) < 2:
        raise NotFound("这份报告没有更正过")
    lines = contents.lines_of_several([revision.id for revision in said[: MOST_REVISIONS + 1]])
    before = [
        {
            "revision": older,
            "corrected_at": newer.made_at,
            "why": newer.why,
            "sections": contents.in_sections(lines[older.id]),
            "changed": contents.changed(lines[older.id], lines[newer.id]),
            "is_other_conclusion": (older.conclusion, older.advice) != (newer.conclusion, newer.advice),
        }
        for newer, older in pairwise(said[: MOST_REVISIONS + 1])
    ]
    return render_template("reports/history.html", report=found, before=before, title=said[0].title)


MOST_REVISIONS = 10
"""Corrections on one page; older ones are told by the hospital."""


@pages.page("/reports/<report_no>/looks")
@needs_patient
def looks(report_no: str) -> ResponseReturnValue:
    """Who has looked at a report, by day."""
    found, present = readable(report_no)
    return render_template("reports/looks.html", report=found, title=present.title, looks=own.looks_at(found))


def _find_patient() -> Patient | None:
    return current_patient() if current_user().current_patient_id else None


def _unread(user: User) -> int:
    return own.unread_count(user.current_patient_id) if user.current_patient_id else 0


registry.menu_entry("个人中心", "我的报告", "reports.reports")
registry.me_entry("我的报告", "reports.reports", "report-medical", 20, badge=_unread)
