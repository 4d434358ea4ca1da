"""A member of staff at the mall's pages, for the tests of those."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image

from tests.factories.mall import make_goods
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.mall.models import Goods

P = Permission
JSON = {"Accept": "application/json"}
ALL = {P.GOODS_READ, P.GOODS_WRITE, P.ORDER_READ, P.ORDER_CLOSE, P.REFUND_REQUEST, P.PAYMENT_COLLECT}


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/mall/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/mall/{path}", headers=JSON)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/mall/{path}", data={"csrf_token": self.csrf, **fields})

    def tell(self, path: str, body: Any) -> Any:
        """Send JSON, as other programs do."""
        return self.client.post(f"/pc/mall/{path}", json=body, headers={"X-CSRF-Token": self.csrf, **JSON})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(*ALL)


@pytest.fixture
def goods(client: FlaskClient) -> Goods:
    return make_goods(name="入职体检套餐", items=("血常规", "彩超"), price_fen=29_900, stock=5)


def draft(**over: Any) -> dict[str, Any]:
    fields = {
        "kind": "single",
        "nature": "ordinary",
        "name": "胸部CT",
        "price": "280",
        "position": "3",
        "stock": "7",
        "form_key": "key-0000000001",
    }
    return {name: value for name, value in {**fields, **over}.items() if value is not None}


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def audited(action: str) -> list[AuditRow]:
    return list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)))


def png(size: tuple[int, int] = (80, 60)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "#0a8f7a").save(buffer, "PNG")
    return buffer.getvalue()
