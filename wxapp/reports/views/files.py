"""Pictures, pages and the original of a report, for those who have its patient bound."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from wxapp.h5.identity import current_user
from wxapp.patients.access import needs_patient
from wxapp.reports import giving
from wxapp.reports.services.reading import note_reader
from wxapp.reports.views.door import pages, readable, shown_revision, with_document


@pages.page("/reports/<report_no>/<int:revision>/pictures/<int:position>")
@needs_patient
def picture(report_no: str, revision: int, position: int) -> ResponseReturnValue:
    _report, shown = shown_revision(report_no, revision)
    return giving.picture(shown, position)


@pages.page("/reports/<report_no>/<int:revision>/pages/<int:number>")
@needs_patient
def document_page(report_no: str, revision: int, number: int) -> ResponseReturnValue:
    """A page of the original as a picture: WeChat on Android shows no PDF."""
    _report, shown = shown_revision(report_no, revision)
    return giving.page(with_document(shown), number)


@pages.page("/reports/<report_no>/document")
@needs_patient
def document(report_no: str) -> ResponseReturnValue:
    """The original, to be kept; taking it is a look of its own."""
    report, present = readable(report_no)
    with_document(present)
    note_reader(report, wechat_user_id=current_user().id)
    return giving.original(report, present)
