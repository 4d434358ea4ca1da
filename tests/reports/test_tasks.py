"""Parked reports whose patient's record is made later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.factories.patients import make_patient
from tests.factories.reports import BY, make_report
from wxapp.core.db import db
from wxapp.reports import tasks
from wxapp.reports.models import Report, ReportStatus
from wxapp.reports.services import desk

NO = "HOSP26030277"


def join(report: Report) -> Report:
    tasks.join_parked()
    return db.session.get_one(Report, report.id, populate_existing=True)


def test_a_report_finds_the_patient_whose_record_comes_after_it(app: Flask, database: None):
    report = make_report(record_no=NO, patient_name="王芳")
    assert tasks.join_parked() == 0
    patient = make_patient(name="王芳", record_no=NO)
    assert tasks.join_parked() == 1
    assert tasks.join_parked() == 0
    joined = join(report)
    assert (joined.status, joined.patient_id) == (ReportStatus.PUBLISHED, patient.id)


@pytest.mark.parametrize("name", ["", "王方"])
def test_without_the_same_name_it_goes_on_waiting(app: Flask, database: None, name: str):
    report = make_report(record_no=NO, patient_name=name)
    make_patient(name="王芳", record_no=NO)
    assert join(report).status is ReportStatus.PARKED


def test_what_staff_have_taken_back_goes_on_waiting(app: Flask, database: None):
    patient = make_patient(name="王芳", record_no=NO)
    report = make_report(patient)
    desk.take_back(report.no, reason="不是本人", by=BY)
    assert join(report).status is ReportStatus.PARKED


def test_a_record_of_long_ago_is_left_to_staff(app: Flask, database: None, at: Any):
    report = make_report(record_no=NO, patient_name="王芳")
    make_patient(name="王芳", record_no=NO)
    at(timedelta(days=30))
    assert join(report).status is ReportStatus.PARKED
