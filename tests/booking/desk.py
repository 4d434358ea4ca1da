"""A member of staff at the pages of booking, for the tests of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.booking.models import Session, SessionStatus, Slot
from wxapp.core.db import db
from wxapp.core.permissions import Permission

P = Permission
JSON = {"Accept": "application/json"}
ALL = {P.BOOKING_READ, P.BOOKING_WRITE, P.ROSTER_WRITE, P.PATIENT_READ, P.PATIENT_REVEAL, P.TABLE_EXPORT}


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/booking/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/booking/{path}", headers=JSON)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/booking/{path}", data={"csrf_token": self.csrf, **fields})

    def tell(self, path: str, **body: Any) -> Any:
        """Send JSON, as other programs do."""
        return self.client.post(f"/pc/booking/{path}", json=body, headers={"X-CSRF-Token": self.csrf, **JSON})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(*ALL)


def audited(action: str) -> list[AuditRow]:
    return list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)))


def sessions_of(*, plan_id: int | None = None, **where: Any) -> list[Session]:
    """Return open sessions, the earliest first."""
    statement = sa.select(Session).where(Session.status == SessionStatus.OPEN).filter_by(**where)
    if plan_id is not None:
        statement = statement.where(Session.plan_id == plan_id)
    return list(db.session.scalars(statement.order_by(Session.day, Session.starts_minute)))


def seats_of(session_id: int) -> list[tuple[int, int]]:
    """Return capacity and taken of each slot."""
    rows = db.session.execute(
        sa.select(Slot.capacity, Slot.taken).where(Slot.session_id == session_id).order_by(Slot.starts_at)
    )
    return [(capacity, taken) for capacity, taken in rows]
