"""What the demo's hospital offers."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.demo.content import hospital
from wxapp.hospital import queries
from wxapp.hospital.models import Project, Workstation
from wxapp.hospital.services import install_defaults

pytestmark = pytest.mark.usefixtures("app")


def test_the_demo_has_enough_of_everything_to_try_a_visit() -> None:
    install_defaults()
    hospital.fill("system:demo")
    projects = list(db.session.scalars(sa.select(Project)))
    assert len(projects) >= 30
    assert len({one.category_id for one in projects}) == len(queries.categories()) == 6
    assert {method.kind.is_loan for method in queries.methods()} == {True, False}
    assert {floor.role for floor in queries.floors()} == {"consultant", "super_admin"}
    assert db.session.scalars(sa.select(Workstation.machine)).first() == "MACHINE-01"
    assert queries.flow_of(queries.newest_flow_id()).step("triage").warn_minutes == 15
