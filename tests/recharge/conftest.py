"""A patient's phone, and WeChat Pay in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from tests.fakes.pay import FakePay
from wxapp.wechat import connected

SignIn = Callable[[FlaskClient, Any], str]


@pytest.fixture
def pay(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


@dataclass
class Phone:
    """Somebody with a bound patient."""

    client: FlaskClient
    csrf: str
    user_id: int
    patient_id: int

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})

    def recharge(self, amount: str = "100", *, key: str = "once-0000000001") -> Any:
        return self.post("/recharge", amount=amount, once=key)


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: SignIn) -> Phone:
    patient = make_patient(name="林小满", phone="13800000001", id_number=make_id_number(7))
    user = make_wechat_user(patient=patient)
    return Phone(client, sign_in_wechat(client, user), user.id, patient.id)
