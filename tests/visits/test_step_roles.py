"""The flow may give a step to some roles: others who have the right are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories.configuration import make_flow
from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.core.db import transaction
from wxapp.core.errors import Forbidden
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Flow
from wxapp.hospital.rules.flows import BUILT_IN
from wxapp.visits.models import Stage, StepKind, Visit
from wxapp.visits.services import stages

pytestmark = pytest.mark.usefixtures("app")


def flow_with(*roles: str) -> Flow:
    """A flow in which triage is these roles' work."""
    steps = tuple(replace(step, roles=roles) if step.name == "triage" else step for step in BUILT_IN.steps)
    return make_flow(replace(BUILT_IN, steps=steps))


def triage(visit: Visit, staff_id: int | None) -> None:
    with transaction():
        held = stages.hold(visit.id)
        stages.end_step(held, StepKind.TRIAGE, staff_id=staff_id, following=StepKind.CONSULTATION)


def test_a_step_is_done_by_the_roles_of_the_flow() -> None:
    role = make_role({Permission.TRIAGE}, label="分诊台")
    visit = make_visit(stage=Stage.ARRIVED, flow_id=flow_with(role.name).id)
    with pytest.raises(Forbidden, match="这一步由分诊台办理"):
        triage(visit, make_member({Permission.TRIAGE}).id)
    triage(visit, make_member(roles=[role]).id)


def test_whoever_may_do_everything_and_the_system_do_each_step() -> None:
    flow = flow_with("triage-desk")
    triage(make_visit(stage=Stage.ARRIVED, flow_id=flow.id), make_member(everything=True).id)
    triage(make_visit(stage=Stage.ARRIVED, flow_id=flow.id), None)


def test_a_running_visit_keeps_the_roles_it_began_with() -> None:
    flow_with("triage-desk")
    triage(make_visit(stage=Stage.ARRIVED, flow_id=None), make_member({Permission.TRIAGE}).id)
