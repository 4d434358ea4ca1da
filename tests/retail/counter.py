"""Somebody at retail's doors, with a patient and goods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.retail import make_retail_goods, ways
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.patients.models import Patient
from wxapp.retail.models import RetailGoods

P = Permission
HTML = {"Accept": "text/html"}


@dataclass
class Counter:
    """A member of staff at retail's doors."""

    client: FlaskClient
    csrf: str
    member_id: int

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/retail/{path}").json

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/retail/{path}", headers=HTML)

    def tell(self, path: str, **fields: Any) -> Any:
        """Send a form as other programs do, and return the JSON."""
        return self.client.post(f"/pc/retail/{path}", data={"csrf_token": self.csrf, **fields}).json

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/retail/{path}", data={"csrf_token": self.csrf, **fields}, headers=HTML)


Sit = Callable[..., Counter]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    def sit_down(*rights: P) -> Counter:
        member = make_member(set(rights))
        return Counter(client, sign_in_staff(client, member), member.id)

    return sit_down


@pytest.fixture
def counter(sit: Sit) -> Counter:
    return sit(P.RETAIL_SELL, P.RETAIL_WRITE)


@pytest.fixture
def patient(client: FlaskClient) -> Patient:
    return make_patient(phone="13800009911")


@pytest.fixture
def goods(client: FlaskClient) -> list[RetailGoods]:
    ways()
    return [make_retail_goods("商品甲", price_fen=2_000), make_retail_goods("商品乙", price_fen=2_000)]


def sale(counter: Counter, patient: Patient, goods: list[RetailGoods], **over: Any) -> dict[str, Any]:
    """Return the contract's example: three payments for three pieces of two goods."""
    fields = {
        "developer": counter.member_id,
        "mid": patient.id,
        "pay_money": "10,20,30,",
        "pay_type": "支付宝,微信,现金,",
        "pay_num": "1,2,",
        "good_id": "".join(f"{one.id}," for one in goods),
        "good_name": "".join(f"{one.name}," for one in goods),
        "pay_price": "20.00,20.00,",
        **over,
    }
    return {name: value for name, value in fields.items() if value is not None}


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def audited(action: str) -> list[AuditRow]:
    return list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)))
