"""The operation part of a visit: who does it and where, its beginning and its end."""

from __future__ import annotations

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.visits.models import Procedure, Visit
from wxapp.visits.queries.procedures import find_procedure


def open_procedure(visit: Visit, *, by: str) -> Procedure:
    """Return the procedure of a visit that is being collected; made at the first collection, found at later ones.

    Inside the transaction of the caller, who has moved or holds the visit: so there is no second one at the same time,
    and the key of the visit would refuse it.
    """
    procedure = find_procedure(visit.id)
    if procedure is None:
        now = clock.now()
        procedure = Procedure(visit_id=visit.id, created_at=now, changed_at=now, changed_by=by)
        db.session.add(procedure)
        db.session.flush()  # aftercare knows it by its number
    return procedure
