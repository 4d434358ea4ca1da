"""A conflict in the database: the door is passed once more, with the same body and the same files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.reports import make_pdf, make_png
from tests.factories.staff import make_member
from tests.reports.senders import (
    Sender,
    fhir_report,
    log,
    make_sender,
    obr,
    observation,
    obx,
    oru,
    pid,
    quantity,
    reports,
)
from tests.reports.test_admin import Desk, draft, file_of
from wxapp.core import files
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.files import File
from wxapp.core.permissions import Permission
from wxapp.reports.client_models import Verdict
from wxapp.reports.models import Revision
from wxapp.reports.queries import contents
from wxapp.reports.services import intake


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Conflicts that the next reports meet, one each."""
    met: list[Exception] = [sa.exc.OperationalError("", {}, Exception("database is locked"))]
    write = intake.revisions.write_revision

    def conflicted(*args: Any, **more: Any) -> int:
        if met:
            raise met.pop()
        return write(*args, **more)

    monkeypatch.setattr(intake.revisions, "write_revision", conflicted)
    return met


def test_a_message_is_read_again(client: FlaskClient, conflicts: list[Exception]):
    lab = Sender(client, make_sender())
    answer = lab.fhir(fhir_report(observation(valueQuantity=quantity(5.2))))
    assert (answer.status_code, conflicts) == (201, [])
    assert [one.verdict for one in log()] == [Verdict.TAKEN]
    conflicts.append(sa.exc.OperationalError("", {}, Exception("database is locked")))
    assert (lab.ack(oru(pid(), obr("LAB-2"), obx())).code, conflicts) == ("AA", [])
    assert len(reports()) == 2


def test_an_uploaded_file_is_read_again(
    client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str], conflicts: list[Exception]
):
    desk = Desk(client, sign_in_staff(client, make_member({Permission.REPORT_READ, Permission.REPORT_WRITE})))
    sent = {"document": file_of(make_pdf(), "a.pdf"), "pictures": file_of(make_png(), "b.png")}
    assert desk.post("", **draft(make_patient(name="王芳")), **sent).status_code == 303
    [report] = reports()
    present: Revision = contents.present_of(report)
    assert (present.document_pages, present.picture_count, conflicts) == (1, 1, [])
    assert kept_files() == {present.document_token, *(one.token for one in contents.pictures_of(present.id))}


def kept_files() -> set[str]:
    return set(db.session.scalars(sa.select(File.token)))


def test_files_stay_when_nobody_knows_whether_their_report_was_written(client: FlaskClient):
    picture = files.read_picture(io.BytesIO(make_png()))
    token = files.keep_picture(picture, name="a.png", by="staff:1", is_public=False).token
    files.discard_after(sa.exc.OperationalError("COMMIT", {}, Exception(2013, "Lost connection")), [token])
    assert (kept_files(), files.path_of(token).exists()) == ({token}, True)
    files.discard_after(NotFound(), [token])
    assert (kept_files(), files.path_of(token).exists()) == (set(), False)
