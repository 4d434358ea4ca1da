"""Who of the staff is what in a visit."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, insert_rows
from wxapp.core.errors import Invalid
from wxapp.staff import queries as staff
from wxapp.visits.models import Part, Person, Visit

_ON_THE_VISIT = {Part.LEAD_REFERRER: "lead_referrer_id", Part.CONSULTANT: "consultant_id", Part.DRIVER: "driver_id"}
"""Parts that lists are searched by stand on the visit, too."""


def set_people(visit_id: int, part: Part, staff_ids: Sequence[int]) -> None:
    """Say who is this part of a visit, in this order; nobody for an empty sequence. Inside the caller's transaction.

    Names are copied as they are now.

    :raises Invalid: somebody is not of the staff
    """
    ids = list(dict.fromkeys(staff_ids))
    names = staff.names(ids) if ids else {}
    if missing := [staff_id for staff_id in ids if staff_id not in names]:
        raise Invalid({}, f"没有编号为{missing[0]}的员工")
    now = clock.now()
    change(sa.delete(Person).where(Person.visit_id == visit_id, Person.part == part))
    insert_rows(
        Person,
        [
            {"visit_id": visit_id, "part": part, "position": at, "staff_id": one, "name": names[one], "since": now}
            for at, one in enumerate(ids)
        ],
    )
    if column := _ON_THE_VISIT.get(part):
        change(sa.update(Visit).where(Visit.id == visit_id).values({column: ids[0] if ids else None}))
