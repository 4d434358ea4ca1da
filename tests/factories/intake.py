"""What the front desk writes down, valid by default."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from tests.factories.configuration import make_project_category
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.identity import Staff
from wxapp.core.db import db, transaction
from wxapp.patients.models import Patient, Sex
from wxapp.staff.models import Member
from wxapp.visits.models import Interest, Part, Stage
from wxapp.visits.services.intake import Intake, add_visit, draw_numbers
from wxapp.visits.services.people import set_people

_numbers = itertools.count(1)


def make_intake(**over: Any) -> Intake:
    """Return an intake of somebody new, with people of the staff made for it unless they are given."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"客户{number}",
        "phone": f"1380000{number % 10000:04d}",
        "sex": Sex.FEMALE,
        "birthday": date(2000, 1, 2),
        "province": "甲省",
        "channel": "熟人介绍",
        "social_account": "demo_account_01",
        **over,
    }
    for name in ("lead_referrer_id", "referrer_ids", "escort_ids"):
        if name not in values:
            member_id = make_member(name=f"同事{name[:1]}{number}").id
            values[name] = member_id if name == "lead_referrer_id" else (member_id,)
    if "category_ids" not in values:
        values["category_ids"] = (make_project_category().id,)
    return Intake(**values)


def staff_of(member: Member) -> Staff:
    return Staff(member.id, member.username, member.name, frozenset())


def take_in(intake: Intake, *, by: Member | None = None) -> int:
    """Add a visit as the front desk does, and return its id."""
    numbers = draw_numbers(with_deposit=intake.deposit is not None)
    return add_visit(intake, numbers, by=staff_of(by or make_member(name="前台甲")))


def fill_visits(patient_id: int) -> dict[str, Any]:
    """Make two visits of a patient with everything the pages show: one is expected, one is in its procedure."""
    category, colleague = make_project_category(), make_member()
    expected = take_in(make_intake(patient_id=patient_id, category_ids=(category.id,), escort_ids=(colleague.id,)))
    visit = make_visit(patient=db.session.get_one(Patient, patient_id), stage=Stage.IN_PROCEDURE)
    with transaction():
        db.session.add(Interest(visit_id=visit.id, category_id=category.id))
        set_people(visit.id, Part.ESCORT, [colleague.id])
        set_people(visit.id, Part.REFERRER, [colleague.id])
    return {"visit_id": visit.id, "visit_no": visit.visit_no, "expected_visit_id": expected}
