"""What the front desk writes down, valid by default."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from tests.factories.configuration import make_project_category
from tests.factories.staff import make_member
from wxapp.admin.identity import Staff
from wxapp.patients.models import Sex
from wxapp.staff.models import Member
from wxapp.visits.services.intake import Intake, add_visit, draw_numbers

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
