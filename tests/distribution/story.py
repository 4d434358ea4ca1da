"""The people of the story: everybody acts through the doors, as a browser, WeChat or a colleague's desk would."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import make_member
from tests.fakes.pay import FakePay
from tests.fakes.pushes import FakeCallback
from tests.fakes.wechat import FakeSms
from tests.patients.conftest import WECHAT, code_of
from wxapp.patients.models import WechatUser
from wxapp.payments.queries import get_payment
from wxapp.payments.services.paying_out import NOTIFY_PATH as TRANSFER_PATH
from wxapp.staff.models import Member
from wxapp.wechat.pay.values import TransferState

SignIn = Callable[[FlaskClient, Any], str]
JSON = {"Accept": "application/json"}
_keys = itertools.count(1)


def key() -> str:
    return f"story-{next(_keys):010d}"


@dataclass
class Person:
    """Somebody with a telephone: WeChat's browser, and the camera that scans codes."""

    client: FlaskClient
    sign_in: SignIn
    user: WechatUser
    weixin: FakeCallback
    csrf: str = ""

    @classmethod
    def come(cls, app: Flask, sign_in: SignIn, weixin: FakeCallback, *, name: str = "") -> Person:
        """Follow the account; with a name a patient of the hospital is bound."""
        patient = make_patient(name=name) if name else None
        user = make_wechat_user(patient=patient)
        client = app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = WECHAT["User-Agent"]
        person = cls(client, sign_in, user, replace(weixin, openid=user.openid))
        person.come_back()
        return person

    def come_back(self) -> None:
        """Sign in, as WeChat's browser does by itself."""
        self.csrf = self.sign_in(self.client, self.user)

    def see(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())

    def send(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})

    def scan(self, token: str) -> str:
        """Scan a poster; return where the card that answers leads."""
        push = self.weixin.event("SCAN", EventKey=token, Ticket="t")
        answer = self.client.post("/wechat/callback", query_string=push.query, data=push.body)
        assert answer.status_code == 200
        return urlsplit(self.weixin.open_reply(answer.text)["Url"]).path

    def follow_link(self, path: str) -> str:
        """Open a link and return where it leads."""
        answer = self.client.get(path)
        assert answer.status_code == 302, (path, answer.status_code)
        return str(answer.headers["Location"])

    def token_of(self, page: str) -> str:
        """Return the scene of the poster that a page shows."""
        found = re.search(r"/s/([0-9a-f]{32})", self.client.get(page).text)
        assert found is not None, page
        return found[1]

    def join(self, sms: FakeSms, *, name: str, phone: str, form: str = "/earn/join") -> None:
        """Fill in the form as it is shown, with the code that comes by SMS."""
        shown = self.client.get(form).text
        fields = dict(re.findall(r'name="(invitation|agreement_version)"[^>]*?value="([^"]*)"', shown))
        self.send("/earn/join/code", phone=phone)
        given = {"name": name, "phone": phone, "code": code_of(sms), "agreed": "1", "once": key()}
        answer = self.send("/earn/join", **fields, **given)
        assert answer.status_code == 303, answer.text

    def buy(self, goods_id: int, price_fen: int, *, quantity: int = 1) -> str:
        """Order and return the order's number."""
        wanted = {"goods_id": goods_id, "quantity": quantity, "price": price_fen}
        answer = self.send("/mall/checkout", once=key(), **wanted)
        assert answer.status_code == 303, answer.text
        return get_payment(answer.headers["Location"].rsplit("/", 1)[-1]).subject_no


@dataclass
class Desk:
    """A colleague who may do everything, at the staff's pages."""

    client: FlaskClient
    sign_in: SignIn
    member: Member
    csrf: str = ""

    @classmethod
    def sit(cls, app: Flask, sign_in: SignIn) -> Desk:
        desk = cls(app.test_client(), sign_in, make_member(everything=True))
        desk.come_back()
        return desk

    def come_back(self) -> None:
        self.csrf = self.sign_in(self.client, self.member)

    def press(self, path: str, **fields: Any) -> dict[str, Any]:
        answer = self.client.post(path, data={"csrf_token": self.csrf, **fields}, headers=JSON)
        assert answer.status_code == 200, (path, answer.text)
        found: dict[str, Any] = answer.get_json()
        return found

    def look(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@dataclass
class Bank:
    """WeChat Pay's side of payouts."""

    pay: FakePay
    client: FlaskClient
    told: list[str] = field(default_factory=list)

    def open_bills(self) -> list[str]:
        return [no for no, bill in self.pay.transfers.items() if not bill.state.is_final]

    def end(self, out_bill_no: str, state: TransferState = TransferState.SUCCESS, *, reason: str = "") -> None:
        """Let a transfer end, and tell of it as WeChat does: twice."""
        notice = self.pay.end_transfer(out_bill_no, state, reason=reason)
        for _ in range(2):
            answer = self.client.post(TRANSFER_PATH, data=notice.body, headers=notice.headers)
            assert answer.status_code == 200, answer.text
        self.told.append(out_bill_no)
