"""What staff do with reports: upload, correct, withdraw, say whose they are.

Each decision holds the report's row first; a second press finds it done and changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.patients.models import Patient
from wxapp.reports import pasted, rules
from wxapp.reports.errors import AlreadyMatched, NamesDiffer, NothingChanged, NotReadable
from wxapp.reports.incoming import IncomingReport, IncomingValue, Progress
from wxapp.reports.models import ParkReason, Report, ReportStatus, Revision
from wxapp.reports.queries import contents
from wxapp.reports.services import attachments, intake, revisions
from wxapp.reports.services.intake import Arrival, Taken
from wxapp.reports.services.owners import Owner
from wxapp.reports.services.revisions import Attachments, KeptPicture
from wxapp.reports.services.telling import tell_patient

SOURCE = "staff"

S = ReportStatus


def upload_report(incoming: IncomingReport, *, by: str) -> Taken:
    """Take a report that staff have typed; the same one again is the same report.

    :raises Invalid: something is missing or can't be kept, or there is nothing in it
    :raises NumberTaken: another report has this number
    """
    if not (incoming.values or incoming.document or incoming.pictures or incoming.conclusion):
        raise Invalid({"lines": "请填写检验项目或结论，或上传PDF、图片"})
    return intake.take_report(incoming, source=SOURCE, by=by, only_new=True)


def match_report(report_no: str, patient_id: int, *, is_checked: bool, by: str) -> None:
    """Give a parked report to a patient and tell him, unless it is preliminary.

    :param is_checked: staff have made sure that it is the same person though the names differ
    :raises NotFound: no such report or patient
    :raises NamesDiffer: they do, and nobody has made sure
    :raises AlreadyMatched: it is another patient's, or refused, or withdrawn
    """
    with transaction():
        report = _hold(report_no)
        if report.status is not S.PARKED:
            if report.patient_id == patient_id and report.status in (S.PUBLISHED, S.HELD):
                return
            raise AlreadyMatched
        name = db.session.scalar(sa.select(Patient.name).where(Patient.id == patient_id))
        if name is None:
            raise NotFound
        present = contents.present_of(report)
        if not is_checked and not rules.names_agree(present.given_name, name):
            raise NamesDiffer(field="is_checked")
        give_to(report, present, patient_id, by=by, why="人工认领")


def join_late(report_id: int, patient_id: int) -> bool:
    """Give a parked report to the patient whose record came after it; False when it is no longer so.

    Record number and name are compared again, with the report held.
    """
    with transaction():
        report = intake.hold(report_id)
        if report is None or report.status is not S.PARKED or report.is_by_hand:
            return False
        present = contents.present_of(report)
        columns = sa.select(Patient.record_no, Patient.name)
        row = db.session.execute(columns.where(Patient.id == patient_id)).one_or_none()
        if row is None or row.record_no != present.given_record_no.upper():
            return False
        if not rules.names_agree(present.given_name, row.name):
            return False
        give_to(report, present, patient_id, by=actors.system("join_parked"), why="患者建档后自动匹配")
        return True


def give_to(report: Report, present: Revision, patient_id: int, *, by: str, why: str) -> None:
    """Give a held, parked report to a patient inside the caller's transaction."""
    report.first_shown = report.revision
    report.seen_revision = 0
    status = S.HELD if present.progress is Progress.PRELIMINARY else S.PUBLISHED
    intake.place(report, status, Owner(patient_id), by=by, why=why)
    if status is S.PUBLISHED:
        tell_patient(report, title=present.title, is_correction=False)


def take_back(report_no: str, *, reason: str, by: str) -> None:
    """Take a report from a patient whose it is not; from then on only staff say whose it is.

    :raises NotFound: no such report
    :raises AlreadyMatched: it is nobody's
    """
    with transaction():
        report = _hold(report_no)
        if report.status is S.PARKED and report.park_reason is ParkReason.TAKEN_BACK:
            return
        if report.patient_id is None:
            raise AlreadyMatched
        report.is_by_hand = True
        report.seen_revision = 0
        intake.place(report, S.PARKED, Owner(None, ParkReason.TAKEN_BACK), by=by, why=reason)


def reject_report(report_no: str, *, reason: str, by: str) -> None:
    """Refuse a parked report, e.g. a test of the sender's.

    :raises NotFound: no such report
    :raises IllegalTransition: it is not parked
    """
    _move(report_no, S.REJECTED, by=by, why=reason)


def park_again(report_no: str, *, by: str) -> None:
    """Put a refused report back among those that wait.

    :raises NotFound: no such report
    :raises AlreadyMatched: it was not refused
    """
    with transaction():
        report = _hold(report_no)
        if report.status is S.PARKED:
            return
        if report.status is not S.REJECTED:
            raise AlreadyMatched
        intake.move(report, S.PARKED, by=by, why="恢复待认领")


def withdraw_report(report_no: str, *, reason: str, by: str) -> None:
    """Hide a report from its patient; what it said stays as history.

    :raises NotFound: no such report
    :raises IllegalTransition: it was refused
    """
    _move(report_no, S.WITHDRAWN, by=by, why=reason)


def _move(report_no: str, status: ReportStatus, *, by: str, why: str) -> None:
    with transaction():
        report = _hold(report_no)
        if report.status is not status:
            intake.move(report, status, by=by, why=why)


def correct_report(
    report_no: str,
    incoming: IncomingReport,
    *,
    seen_revision: int,
    why: str,
    by: str,
    keep_document: bool = True,
    keep_pictures: bool = True,
) -> Taken:
    """Replace what a report says; what it said stays as history, and its patient is told.

    Whose it is does not change: its number and the names that came with it stay. New files take the place of the
    old document and stand behind the old pictures.

    :raises Stale: somebody else has corrected it since the form was shown
    :raises NothingChanged: it says just this
    :raises NotReadable: it is withdrawn or refused
    """
    known = get_report(report_no)
    present = contents.present_of(known)
    said = replace(
        incoming,
        report_no=known.report_no,
        record_no=present.given_record_no,
        patient_name=present.given_name,
        progress=Progress.CORRECTED,
    )
    plain = _with_details(revisions.checked(said), present)
    old = Attachments(
        document_token=present.document_token if keep_document and not plain.document else "",
        document_pages=present.document_pages,
        document_size=present.document_size,
        pictures=_pictures(present) if keep_pictures else (),
    )
    new = attachments.keep(plain, by=by)
    files = _joined(old, new)
    print_ = revisions.fingerprint(plain, kept=old.tokens)
    try:
        with transaction():
            taken = _correct(known.id, Arrival(plain, known.source, by, print_, files, why), seen_revision)
    except BaseException as error:
        attachments.discard_after(error, new)
        raise
    if taken.outcome is intake.Outcome.UNCHANGED:
        attachments.discard(new)
    return taken


def _correct(report_id: int, arrival: Arrival, seen_revision: int) -> Taken:
    report = intake.hold(report_id)
    if report is None:
        raise NotFound
    present = contents.present_of(report)
    if report.revision != seen_revision:
        if present.fingerprint == arrival.print_:  # the same form, pressed twice
            return Taken(report.id, report.no, intake.Outcome.UNCHANGED)
        raise Stale
    if report.status in (S.WITHDRAWN, S.REJECTED):
        raise NotReadable
    if _says_the_same(present, arrival):
        raise NothingChanged
    return intake.revise(report, arrival, owner=Owner(report.patient_id, report.park_reason))


_WORDS = (
    "kind",
    "title",
    "department",
    "ordered_by",
    "reported_by",
    "conclusion",
    "advice",
    "collected_at",
    "issued_at",
)


def _says_the_same(present: Revision, arrival: Arrival) -> bool:
    incoming = arrival.incoming
    if present.progress is Progress.PRELIMINARY or incoming.document or incoming.pictures:
        return False
    if any(getattr(present, name) != getattr(incoming, name) for name in _WORDS):
        return False
    if (present.document_token, present.picture_count) != (arrival.files.document_token, len(arrival.files.pictures)):
        return False
    return contents.incoming_values(present.id) == list(incoming.values)


def _with_details(typed: IncomingReport, present: Revision) -> IncomingReport:
    """Return what was typed with what its form can't show: seconds, notes, bounds and breaks of unchanged lines."""
    moments = {name: getattr(present, name) for name in ("collected_at", "issued_at")}
    same = {
        name: old
        for name, old in moments.items()
        if old is not None and getattr(typed, name) == old.replace(second=0, microsecond=0)
    }
    before = {(one.group, one.name): one for one in map(pasted.as_typed, contents.incoming_values(present.id))}
    whole = {(one.group, one.name): one for one in contents.incoming_values(present.id)}
    values = tuple(
        replace(whole[key], flag=value.flag) if key in before and _is_unchanged(before[key], value) else value
        for value in typed.values
        for key in [(value.group, value.name)]
    )
    return replace(typed, values=values, **same)


def _is_unchanged(old: IncomingValue, new: IncomingValue) -> bool:
    return (old.text, old.unit, old.reference, old.code) == (new.text, new.unit, new.reference, new.code)


def _pictures(present: Revision) -> tuple[KeptPicture, ...]:
    return tuple(KeptPicture(one.token, one.width, one.height) for one in contents.pictures_of(present.id))


def _joined(old: Attachments, new: Attachments) -> Attachments:
    pictures = (*old.pictures, *new.pictures)
    if len(pictures) > rules.MOST_PICTURES:
        attachments.discard(new)
        raise Invalid({"pictures": f"一份报告最多{rules.MOST_PICTURES}张图片"})
    document = new if new.document_token else old
    if not document.document_token:
        return Attachments(pictures=pictures)
    return replace(document, pictures=pictures)


def get_report(report_no: str) -> Report:
    """:raises NotFound: no report has this number of ours"""
    report = db.session.scalars(sa.select(Report).where(Report.no == report_no)).one_or_none()
    if report is None:
        raise NotFound
    return report


def _hold(report_no: str) -> Report:
    """:raises NotFound: no report has this number of ours"""
    report_id = db.session.scalar(sa.select(Report.id).where(Report.no == report_no))
    report = intake.hold(report_id) if report_id is not None else None
    if report is None:
        raise NotFound
    return report
