"""Taking a report, whatever way it came: staff's form, FHIR and HL7 all end here.

The sender and its number say which report it is. The row is held from the first look to the last write, and a
unique key decides where there is none yet, so of the same report twice at once one is taken and the other unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.reports import rules
from wxapp.reports.errors import NumberTaken
from wxapp.reports.incoming import IncomingReport, Progress
from wxapp.reports.models import ParkReason, Report, ReportStatus, Revision, record_index
from wxapp.reports.services import attachments, owners, revisions
from wxapp.reports.services.owners import Owner
from wxapp.reports.services.revisions import Attachments
from wxapp.reports.services.telling import tell_patient
from wxapp.reports.states import REPORT

S = ReportStatus


class Outcome(StrEnum):
    """What became of a report that came in."""

    PUBLISHED = "published"
    """its patient can read it from now on"""
    CORRECTED = "corrected"
    """it replaces what its patient could read"""
    PARKED = "parked"
    """staff have to say whose it is"""
    HELD = "held"
    """preliminary: kept for staff, its patient is told when it is final"""
    UNCHANGED = "unchanged"
    """known already, or older than what is known"""
    WITHDRAWN = "withdrawn"
    """its patient can't read it any more"""


@dataclass(frozen=True)
class Taken:
    """:ivar report_no: our number, which people see; the sender knows his own"""

    report_id: int
    report_no: str
    outcome: Outcome


@dataclass(frozen=True)
class Arrival:
    """One report on its way in."""

    incoming: IncomingReport
    source: str
    by: str
    print_: str
    files: Attachments
    why: str = ""
    only_new: bool = False


def take_report(incoming: IncomingReport, *, source: str, by: str, only_new: bool = False) -> Taken:
    """Keep a report and tell its patient; the same again changes nothing and tells nobody.

    Other content under a known number is a correction, whether its sender says so or not: what the report said before
    stays as history. What was issued earlier than what is known is left aside. A record number that we don't know, or
    a name that is not the patient's, parks the report for staff; a correction that names somebody else takes it
    from its patient. A withdrawn report is hidden from its patient.

    :param source: which way and whose key it came with, e.g. ``fhir:lab``; with the number it names the report
    :param by: the actor
    :param only_new: other content under a known number is no correction but a mistake
    :raises NumberTaken: it is just that
    :raises Invalid: something is missing, too long, no picture, no document that can be shown, or too much
    """
    incoming = revisions.checked(incoming)
    print_ = revisions.fingerprint(incoming)
    if (same := _find_same(source, incoming, print_)) is not None:  # a courtesy: files need not be opened
        return Taken(same.id, same.no, Outcome.UNCHANGED)
    files = Attachments() if incoming.progress is Progress.WITHDRAWN else attachments.keep(incoming, by=by)
    arrival = Arrival(incoming, source, by, print_, files, only_new=only_new)
    try:
        with transaction():
            taken = _take(arrival)
    except BaseException as error:
        attachments.discard_after(error, files)
        raise
    if taken.outcome is Outcome.UNCHANGED:
        attachments.discard(files)
    return taken


def _find_same(source: str, incoming: IncomingReport, print_: str) -> Report | None:
    """Return the report if it stands and says just this already, issued when we know."""
    if incoming.progress is Progress.WITHDRAWN:
        return None
    found = db.session.scalars(
        sa.select(Report)
        .join(Revision, sa.and_(Revision.report_id == Report.id, Revision.number == Report.revision))
        .where(
            Report.source == source,
            Report.report_no == incoming.report_no,
            Report.status != S.WITHDRAWN,
            Revision.fingerprint == print_,
        )
    ).one_or_none()
    return found if found is not None and not _is_later(incoming.issued_at, found.last_issued_at) else None


def _take(arrival: Arrival) -> Taken:
    report = _hold(arrival)
    if report is not None:
        return _take_again(report, arrival)
    try:
        with db.session.begin_nested():  # the unique key decides between two at the same moment
            report = _new_report(arrival)
    except IntegrityError:
        report = _hold(arrival)
        if report is None:
            raise
        return _take_again(report, arrival)
    return _settle(report, arrival, had=None)


def _hold(arrival: Arrival) -> Report | None:
    """Return the report of this sender and number, held until the transaction ends."""
    here = (Report.source == arrival.source, Report.report_no == arrival.incoming.report_no)
    if not change(sa.update(Report).where(*here).values(turns=Report.turns + 1)):
        return None
    return db.session.scalars(sa.select(Report).where(*here).execution_options(populate_existing=True)).one()


def hold(report_id: int) -> Report | None:
    """Return a report, held until the transaction ends."""
    if not change(sa.update(Report).where(Report.id == report_id).values(turns=Report.turns + 1)):
        return None
    return db.session.get(Report, report_id, populate_existing=True)


def _new_report(arrival: Arrival) -> Report:
    """Write a report that nobody has told us of, where its first words put it."""
    incoming, now = arrival.incoming, clock.now()
    owner = owners.owner_of(incoming)
    status = _status_of(incoming, owner)
    report = Report(
        no=f"BG{clock.today():%y%m%d}{ids.digits(8)}",
        source=arrival.source,
        report_no=incoming.report_no,
        patient_id=owner.patient_id,
        status=status,
        park_reason=owner.reason if status is S.PARKED else ParkReason.NONE,
        kind=incoming.kind,
        dated_at=_dated_at(incoming, now),
        revision=1,
        first_shown=1,
        seen_revision=0,
        given_record_index=record_index(incoming.record_no),
        is_by_hand=False,
        last_issued_at=incoming.issued_at,
        turns=0,
        received_at=now,
        changed_at=now,
        published_at=now if status is S.PUBLISHED else None,
    )
    db.session.add(report)
    db.session.flush()  # the id, for its revision
    _write(report, arrival)
    return report


def _take_again(report: Report, arrival: Arrival) -> Taken:
    """Compare what comes with what is there; the row is held."""
    incoming = arrival.incoming
    if incoming.progress is Progress.WITHDRAWN:
        return _withdraw(report, arrival)
    present = _present(report)
    coming = rules.Coming(
        issued_at=incoming.issued_at,
        is_same=present.fingerprint == arrival.print_,
        was_said=revisions.was_said(report.id, arrival.print_),
        is_preliminary=incoming.progress is Progress.PRELIMINARY,
        is_correction=incoming.progress is Progress.CORRECTED,
    )
    if arrival.only_new and not coming.is_same:
        raise NumberTaken(field="report_no")
    is_final = present.progress is not Progress.PRELIMINARY
    if not rules.is_news(
        coming,
        last_issued_at=report.last_issued_at,
        is_final=is_final,
        is_withdrawn=report.status is S.WITHDRAWN,
    ):
        _note_issue(report, incoming.issued_at)
        return Taken(report.id, report.no, Outcome.UNCHANGED)
    return revise(report, arrival, owner=_owner_now(report, present, incoming))


def revise(report: Report, arrival: Arrival, *, owner: Owner) -> Taken:
    """Add what comes as the report's new words, and move it to where they put it; the row is held."""
    incoming = arrival.incoming
    had = report.status
    was_whose = report.patient_id
    report.revision += 1
    report.kind = incoming.kind
    report.dated_at = _dated_at(incoming, report.received_at)
    report.given_record_index = record_index(incoming.record_no)
    report.changed_at = clock.now()
    _note_issue(report, incoming.issued_at)
    if owner.patient_id != was_whose or had not in (S.PUBLISHED, S.WITHDRAWN):
        report.first_shown = report.revision
    if owner.patient_id != was_whose:
        report.seen_revision = 0
    _write(report, arrival)
    # A refused report is never let in by its sender alone.
    status = S.PARKED if had is S.REJECTED else _status_of(incoming, owner)
    place(report, status, owner, by=arrival.by, why=arrival.why or "收到新的内容")
    return _settle(report, arrival, had=had)


def move(report: Report, status: ReportStatus, *, by: str, why: str) -> None:
    """Move a held report that stays whose it is.

    :raises IllegalTransition: it stands where it can't be moved from
    """
    report.changed_at = clock.now()
    db.session.flush()  # the move is a statement of its own
    REPORT.move(report, status, by=by, why=why)


def place(report: Report, status: ReportStatus, owner: Owner, *, by: str, why: str) -> None:
    """Move a held report to its status and its patient."""
    is_parked = status is S.PARKED
    where = {
        "patient_id": None if is_parked else owner.patient_id,
        "park_reason": owner.reason if is_parked else ParkReason.NONE,
        "published_at": clock.now() if status is S.PUBLISHED else report.published_at,
    }
    db.session.flush()  # what was noted on the row goes first; the move below asks for the status it saw
    if status is not report.status:
        REPORT.move(report, status, by=by, why=why, **where)
        return
    for name, value in where.items():
        setattr(report, name, value)


def _settle(report: Report, arrival: Arrival, *, had: ReportStatus | None) -> Taken:
    """Tell the patient if there is something to read, and the sender what became of it."""
    if report.status is not S.PUBLISHED:
        return Taken(report.id, report.no, Outcome(report.status.value))
    is_correction = had is not None and report.first_shown < report.revision
    tell_patient(report, title=arrival.incoming.title, is_correction=is_correction)
    return Taken(report.id, report.no, Outcome.CORRECTED if is_correction else Outcome.PUBLISHED)


def _withdraw(report: Report, arrival: Arrival) -> Taken:
    issued_at = arrival.incoming.issued_at
    if report.status is S.WITHDRAWN or rules.is_late(issued_at, last_issued_at=report.last_issued_at):
        return Taken(report.id, report.no, Outcome.UNCHANGED)
    _note_issue(report, issued_at)
    if report.status is S.REJECTED:
        return Taken(report.id, report.no, Outcome.UNCHANGED)
    move(report, S.WITHDRAWN, by=arrival.by, why="由送检方撤回")
    return Taken(report.id, report.no, Outcome.WITHDRAWN)


def _owner_now(report: Report, present: Revision, incoming: IncomingReport) -> Owner:
    """Return whose the report is with its new words. It never goes from one patient to another by itself."""
    names_the_same = (
        incoming.record_no.upper() == present.given_record_no.upper()
        and rules.plain_name(incoming.patient_name) == rules.plain_name(present.given_name)
    )  # fmt: skip
    if report.patient_id is not None:
        found = owners.owner_of(incoming)
        if names_the_same or (found.patient_id == report.patient_id and not report.is_by_hand):
            return Owner(report.patient_id)
        return Owner(None, ParkReason.OTHER_PATIENT)
    if report.is_by_hand:
        return Owner(None, ParkReason.TAKEN_BACK)
    return owners.owner_of(incoming)


def _status_of(incoming: IncomingReport, owner: Owner) -> ReportStatus:
    if incoming.progress is Progress.WITHDRAWN:
        return S.WITHDRAWN
    if owner.patient_id is None:
        return S.PARKED
    return S.HELD if incoming.progress is Progress.PRELIMINARY else S.PUBLISHED


def _write(report: Report, arrival: Arrival) -> None:
    revisions.write_revision(
        report.id,
        report.revision,
        arrival.incoming,
        arrival.files,
        print_=arrival.print_,
        by=arrival.by,
        why=arrival.why,
    )


def _present(report: Report) -> Revision:
    return db.session.scalars(
        sa.select(Revision).where(Revision.report_id == report.id, Revision.number == report.revision)
    ).one()


def _dated_at(incoming: IncomingReport, received_at: datetime) -> datetime:
    return incoming.issued_at or incoming.collected_at or received_at


def _is_later(issued_at: datetime | None, last: datetime | None) -> bool:
    return issued_at is not None and (last is None or issued_at > last)


def _note_issue(report: Report, issued_at: datetime | None) -> None:
    if _is_later(issued_at, report.last_issued_at):
        report.last_issued_at = issued_at
