"""The operation part of a visit."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.visits import make_visit
from wxapp.core.db import db, transaction
from wxapp.visits.models import Procedure, ProcedureStatus, Stage
from wxapp.visits.services import procedures, stages

pytestmark = pytest.mark.usefixtures("app")
BY = "staff:1"


def test_collecting_opens_one_procedure_however_often_it_happens() -> None:
    visit = make_visit(stage=Stage.APPROVED)
    with transaction():
        first = procedures.open_procedure(stages.hold(visit.id), by=BY)
        first_id = first.id
    with transaction():
        again = procedures.open_procedure(stages.hold(visit.id), by="staff:2")
        assert again.id == first_id
    kept = db.session.scalars(sa.select(Procedure).where(Procedure.visit_id == visit.id)).one()
    assert (kept.status, kept.changed_by) == (ProcedureStatus.WAITING, BY)
