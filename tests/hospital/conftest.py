"""What the tests of the configuration share: somebody who may change it, at the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission

JSON = {"Accept": "application/json"}


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/config/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/config/{path}", headers=JSON)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/config/{path}", data={"csrf_token": self.csrf, **fields})

    def tell(self, path: str, **fields: Any) -> Any:
        """Post as a program that wants JSON does."""
        return self.client.post(f"/pc/config/{path}", data={"csrf_token": self.csrf, **fields}, headers=JSON)


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(Permission.HOSPITAL_WRITE, Permission.TABLE_EXPORT)


def told_of(action: str) -> str:
    """Return what the audit log says of the last time somebody did this."""
    wanted = sa.select(AuditRow.detail).where(AuditRow.action == action).order_by(AuditRow.number.desc())
    return db.session.scalars(wanted.limit(1)).one()
