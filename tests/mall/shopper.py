"""Somebody who shops in WeChat, for the tests of the patients' pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from wxapp.h5.kept import forget_public_pages

SignIn = Callable[[FlaskClient, Any], str]
JSON = {"Accept": "application/json"}


@dataclass
class Shopper:
    """A WeChat user with a bound patient."""

    client: FlaskClient
    csrf: str
    user_id: int
    patient_id: int

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.client.post(path, data={"csrf_token": self.csrf, **sent}, headers=headers or {})

    def hidden(self, path: str, name: str) -> list[str]:
        """Return what a page's hidden fields of this name hold."""
        return re.findall(rf'name="{name}" value="([^"]*)"', self.get(path).text)


def another(shopper: Shopper, sign_in: SignIn) -> Shopper:
    """Return somebody else, with a browser of his own."""
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    client = shopper.client.application.test_client()
    return Shopper(client, sign_in(client, user), user.id, patient.id)


@pytest.fixture
def shopper(client: FlaskClient, sign_in_wechat: SignIn) -> Shopper:
    forget_public_pages()
    patient = make_patient(name="林小满", phone="13800000001")
    user = make_wechat_user(patient=patient)
    return Shopper(client, sign_in_wechat(client, user), user.id, patient.id)
