"""Reports that come in: kept once, corrected with history, never shown to the wrong person."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from tests.factories.patients import make_patient
from tests.factories.reports import BY, SOURCE, VALUES, incoming, make_pdf
from wxapp.core import clock, documents, files
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.files import File
from wxapp.messages.models import Message
from wxapp.patients.models import Patient
from wxapp.reports.incoming import Flag, IncomingReport, IncomingValue, Progress, ReportKind
from wxapp.reports.models import ParkReason, Picture, Report, ReportStatus, Revision, Value
from wxapp.reports.services.intake import Outcome, Taken, take_report

HOUR = timedelta(hours=1)


@pytest.fixture
def patient(app: Flask, database: None) -> Patient:
    return make_patient(name="王芳")


def take(report: IncomingReport) -> Taken:
    return take_report(report, source=SOURCE, by=BY)


def kept(taken: Taken) -> Report:
    return db.session.get_one(Report, taken.report_id, populate_existing=True)


def told() -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Message.code == "pt_report_0000001")) or 0


def texts_of(taken: Taken, revision: int) -> list[str]:
    rows = db.session.scalars(
        sa.select(Value.text)
        .join(Revision, Revision.id == Value.revision_id)
        .where(Revision.report_id == taken.report_id, Revision.number == revision)
        .order_by(Value.position)
    )
    return list(rows)


def with_text(report: IncomingReport, text: str, **over: object) -> IncomingReport:
    return replace(report, values=(replace(VALUES[0], text=text, number=text), *VALUES[1:]), **over)


def test_a_report_is_published_and_told(patient: Patient):
    report = incoming(patient)
    taken = take(report)
    assert taken.outcome is Outcome.PUBLISHED
    row = kept(taken)
    assert (row.status, row.patient_id, row.revision) == (ReportStatus.PUBLISHED, patient.id, 1)
    assert texts_of(taken, 1) == ["11.2", "132", "阴性"]
    message = db.session.scalars(sa.select(Message).where(Message.code == "pt_report_0000001")).one()
    assert (message.receiver_id, message.path) == (patient.id, f"/reports/{taken.report_no}")
    assert "王*" in message.body
    assert "血常规" in message.body


def test_what_is_personal_is_not_readable_in_the_tables(patient: Patient):
    take(incoming(patient, conclusion="不可外传的结论"))
    for table, columns in {
        "reports_revision": ("title", "given_name", "given_record_no", "conclusion", "advice", "ordered_by"),
        "reports_value": ("text", "number"),
    }.items():
        raw = db.session.execute(sa.text(f"SELECT {', '.join(columns)} FROM {table} LIMIT 1")).one()
        assert not any(word in str(cell) for cell in raw for word in ("不可外传", "王芳", "血常规", "11.2", "赵医生"))
        assert patient.record_no not in str(raw)


def test_the_same_again_changes_nothing_and_tells_nobody(patient: Patient):
    report = incoming(patient, document=make_pdf())
    first = take(report)
    again = take(report)
    assert (again.report_id, again.outcome) == (first.report_id, Outcome.UNCHANGED)
    later = take(replace(report, issued_at=clock.now() + HOUR, progress=Progress.CORRECTED))
    assert later.outcome is Outcome.UNCHANGED
    assert (kept(first).revision, told()) == (1, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(File)) == 1


def test_another_sender_may_use_the_same_number(patient: Patient):
    report = incoming(patient)
    other = take_report(report, source="hl7:other", by=BY)
    assert take(report).report_id != other.report_id


def test_other_words_are_a_correction_with_history(patient: Patient):
    report = incoming(patient)
    first = take(report)
    corrected = take(with_text(report, "7.1"))
    assert (corrected.report_id, corrected.outcome) == (first.report_id, Outcome.CORRECTED)
    assert (texts_of(first, 1)[0], texts_of(first, 2)[0]) == ("11.2", "7.1")
    assert told() == 2
    assert "已更正" in db.session.scalars(sa.select(Message.body).order_by(Message.id.desc())).first()


def test_an_older_one_that_comes_late_is_left_aside(patient: Patient):
    report = incoming(patient)
    first = take(replace(report, issued_at=clock.now()))
    assert take(with_text(report, "3.0", issued_at=clock.now() - HOUR)).outcome is Outcome.UNCHANGED
    assert (kept(first).revision, told()) == (1, 1)


def test_a_repeat_of_the_first_after_its_correction_is_left_aside(patient: Patient):
    report = incoming(patient)
    first = take(report)
    take(with_text(report, "7.1"))
    assert take(report).outcome is Outcome.UNCHANGED
    assert texts_of(first, kept(first).revision)[0] == "7.1"


def test_a_sender_may_go_back_to_the_first_words(patient: Patient):
    report = incoming(patient)
    first = take(report)
    take(with_text(report, "7.1"))
    back = take(replace(report, issued_at=clock.now() + HOUR))
    assert back.outcome is Outcome.CORRECTED
    assert texts_of(first, 3)[0] == "11.2"


def test_the_time_of_a_repeat_counts_against_what_comes_late(patient: Patient):
    report = incoming(patient)
    take(report)
    take(replace(report, issued_at=clock.now() + 2 * HOUR))
    assert take(with_text(report, "3.0", issued_at=clock.now() + HOUR)).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"record_no": ""}, ParkReason.NO_RECORD),
        ({"record_no": "HOSP99123199"}, ParkReason.UNKNOWN_RECORD),
        ({"patient_name": "李雷"}, ParkReason.NAME_DIFFERS),
    ],
)
def test_what_is_nobodys_is_parked(patient: Patient, over: dict[str, str], reason: ParkReason):
    taken = take(incoming(patient, **over))
    row = kept(taken)
    assert (taken.outcome, row.status, row.park_reason, row.patient_id) == (
        Outcome.PARKED, ReportStatus.PARKED, reason, None,
    )  # fmt: skip
    assert told() == 0


def test_a_record_number_alone_is_enough(patient: Patient):
    report = incoming(patient, patient_name="", record_no=patient.record_no.lower())
    assert take(report).outcome is Outcome.PUBLISHED


def test_a_parked_report_that_is_corrected_to_a_known_patient_is_published(patient: Patient):
    report = incoming(patient, record_no="HOSP99123199")
    first = take(report)
    taken = take(replace(report, record_no=patient.record_no))
    assert (taken.outcome, kept(first).patient_id) == (Outcome.PUBLISHED, patient.id)
    assert kept(first).first_shown == 2  # what was said before was never this patient's


def test_a_correction_that_names_somebody_else_leaves_its_patient(patient: Patient):
    other = make_patient(name="李雷")
    report = incoming(patient)
    first = take(report)
    moved = take(replace(report, record_no=other.record_no, patient_name=other.name))
    row = kept(first)
    assert (moved.outcome, row.patient_id, row.park_reason) == (Outcome.PARKED, None, ParkReason.OTHER_PATIENT)
    assert told() == 1


def test_a_preliminary_report_is_held_until_it_is_final(patient: Patient):
    report = incoming(patient, progress=Progress.PRELIMINARY)
    first = take(report)
    assert (first.outcome, kept(first).status, told()) == (Outcome.HELD, ReportStatus.HELD, 0)
    final = take(replace(report, progress=Progress.FINAL))
    assert (final.outcome, kept(first).status, told()) == (Outcome.PUBLISHED, ReportStatus.PUBLISHED, 1)
    assert kept(first).first_shown == 2
    late = take(with_text(report, "1.0", issued_at=clock.now() + HOUR))
    assert late.outcome is Outcome.UNCHANGED  # a preliminary one never replaces a final one


def test_a_withdrawn_report_is_hidden_and_a_repeat_does_not_bring_it_back(patient: Patient):
    report = incoming(patient)
    first = take(report)
    gone = take(replace(report, progress=Progress.WITHDRAWN, values=(), conclusion=""))
    assert (gone.outcome, kept(first).status) == (Outcome.WITHDRAWN, ReportStatus.WITHDRAWN)
    assert take(report).outcome is Outcome.UNCHANGED
    assert take(replace(report, progress=Progress.WITHDRAWN)).outcome is Outcome.UNCHANGED
    assert kept(first).status is ReportStatus.WITHDRAWN
    back = take(replace(report, issued_at=clock.now() + HOUR))
    assert (back.outcome, kept(first).status) == (Outcome.CORRECTED, ReportStatus.PUBLISHED)
    assert told() == 2


def test_a_withdrawal_that_overtakes_its_report_holds(patient: Patient):
    report = incoming(patient)
    gone = take(replace(report, progress=Progress.WITHDRAWN))
    assert (gone.outcome, told()) == (Outcome.WITHDRAWN, 0)
    assert take(report).outcome is Outcome.UNCHANGED


def test_a_late_withdrawal_is_left_aside(patient: Patient):
    report = incoming(patient)
    first = take(report)
    late = replace(report, progress=Progress.WITHDRAWN, issued_at=clock.now() - HOUR)
    assert take(late).outcome is Outcome.UNCHANGED
    assert kept(first).status is ReportStatus.PUBLISHED


def test_flags_follow_from_numbers_where_none_are_given(patient: Patient):
    line = IncomingValue("血糖", "7.2", number="7.2", low="3.9", high="6.1")
    taken = take(incoming(patient, values=(line, replace(line, number="", text="未做"))))
    flags = db.session.scalars(sa.select(Value.flag).order_by(Value.position)).all()
    assert flags == [Flag.HIGH, Flag.NONE]
    assert db.session.scalars(sa.select(Revision.abnormal_count)).one() == 1
    assert taken.outcome is Outcome.PUBLISHED


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"report_no": " "}, "report_no"),
        ({"title": ""}, "title"),
        ({"report_no": "x" * 65}, "report_no"),
        ({"conclusion": "长" * 8001}, "conclusion"),
        ({"values": (IncomingValue("", "1"),)}, "values"),
        ({"values": (IncomingValue("血糖", "1", number="abc"),)}, "values"),
        ({"values": (IncomingValue("血糖", "1", low="NaN"),)}, "values"),
        ({"values": (IncomingValue("血糖", "1"),) * 1001}, "values"),
        ({"document": b"hello"}, "document"),
        ({"document": b"%PDF-1.7 broken"}, "document"),
        ({"pictures": (b"no picture",)}, "pictures"),
        ({"pictures": (b"",) * 21}, "pictures"),
    ],
)
def test_what_can_not_be_kept_is_refused_whole(patient: Patient, over: dict[str, object], field: str):
    with pytest.raises(Invalid) as refused:
        take(incoming(patient, **over))
    assert field in refused.value.errors
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Report)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(File)) == 0


def test_the_longest_texts_fit(patient: Patient):
    line = IncomingValue("项" * 120, "𠮷" * 4000, note="𠮷" * 2000)
    taken = take(incoming(patient, conclusion="𠮷" * 8000, advice="𠮷" * 8000, values=(line,), title="𠮷" * 80))
    assert texts_of(taken, 1) == ["𠮷" * 4000]


# --- documents and pictures ------------------------------------------------------------------------------------------


def test_documents_and_pictures_are_kept_privately(patient: Patient):
    written = io.BytesIO()
    Image.new("RGB", (8000, 5000)).save(written, "JPEG")  # forty megapixels
    taken = take(incoming(patient, document=make_pdf(3), pictures=(written.getvalue(),)))
    revision = db.session.scalars(sa.select(Revision).where(Revision.report_id == taken.report_id)).one()
    assert (revision.document_pages, revision.picture_count) == (3, 1)
    rows = db.session.scalars(sa.select(File)).all()
    assert len(rows) == 2
    assert not any(row.is_public for row in rows)
    picture = db.session.scalars(sa.select(Picture)).one()
    assert max(picture.width, picture.height) == files.LONGEST_SIDE
    page = documents.draw_page(revision.document_token, 3)
    assert page.width == documents.PAGE_WIDTH
    with pytest.raises(documents.NoSuchPage):
        documents.draw_page(revision.document_token, 4)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"hello", "PDF"),
        (b"", "PDF"),
        (make_pdf(0), "没有任何页面"),
        (make_pdf(1, password="secret"), "密码"),
        (make_pdf(1, script=True), "脚本"),
        (make_pdf(1, attachment=b"MZ"), "附件"),
        (make_pdf(documents.document_reader.MOST_PAGES + 1), "页"),
        (b"%PDF-1.4\n" + b"0" * documents.MAX_DOCUMENT_BYTES, "20MB"),
    ],
)
def test_documents_that_are_refused(raw: bytes, words: str):
    with pytest.raises(Invalid) as refused:
        documents.read_document(raw)
    assert words in refused.value.errors["document"]


def test_links_within_a_document_are_no_reason_to_refuse_it():
    assert documents.read_document(make_pdf(2)).pages == 2


def test_check_ups_and_routine_tests_are_told_apart(patient: Patient):
    taken = take(incoming(patient, kind=ReportKind.CHECKUP, title="年度体检"))
    assert kept(taken).kind is ReportKind.CHECKUP
