"""The patients' pay pages: right, wrong, not one's own; pressed twice; nothing believed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.payments import CASHIER, make_payment
from tests.factories.wallet import make_balance
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.payments import queries, services, settings
from wxapp.payments.models import Method, PaymentOrder, PaymentStatus
from wxapp.wallet.services import patient_balance
from wxapp.wechat.pay.errors import PayUnknown

PASSWORD = "285714"
SignIn = Callable[[FlaskClient, Any], str]


@dataclass
class Browser:
    client: FlaskClient
    csrf: str
    payment: PaymentOrder
    patient_id: int

    def get(self, tail: str = "") -> Any:
        return self.client.get(f"/pay/{self.payment.no}{tail}")

    def post(self, tail: str = "", **fields: str) -> Any:
        return self.client.post(f"/pay/{self.payment.no}{tail}", data={"csrf_token": self.csrf, **fields})

    @property
    def status(self) -> PaymentStatus:
        return queries.get_due(self.payment.no).status


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: SignIn, pay: FakePay) -> Browser:
    """The phone of somebody who has to pay 199 yuan for a bound patient."""
    patient = make_patient(balance_password=PASSWORD)
    user = make_wechat_user(patient=patient)
    csrf = sign_in_wechat(client, user)
    return Browser(client, csrf, make_payment(patient_id=patient.id, wechat_user_id=user.id), patient.id)


def test_the_page_shows_what_is_to_pay_and_three_ways(phone: Browser) -> None:
    page = phone.get().text
    assert "199.00" in page
    assert phone.payment.subject_no in page
    assert re.findall(r'name="way" value="(\w+)"', page) == ["wechat", "balance", "hospital"]


def test_a_way_that_is_off_shows_what_staff_wrote(phone: Browser) -> None:
    core_settings.write(settings.WECHAT_ON, False, by=CASHIER)
    core_settings.write(settings.WECHAT_OFF_TEXT, "微信支付升级到18点", by=CASHIER)
    assert "微信支付升级到18点" in phone.get().text
    refused = phone.post(way="wechat")
    assert (refused.status_code, "微信支付升级到18点" in refused.text) == (409, True)


def test_wechat_pay_gets_its_parameters_from_the_server(phone: Browser, pay: FakePay) -> None:
    page = phone.post(way="wechat")
    assert page.status_code == 200
    (number,) = pay.orders
    assert f'data-package="prepay_id=wx-prepay-{number}"' in page.text
    assert phone.post(way="wechat").status_code == 200
    assert len(pay.orders) == 1


def test_when_wechat_does_not_answer_the_page_says_so_and_stays(phone: Browser, pay: FakePay) -> None:
    pay.fail_next(PayUnknown("timed out"))
    page = phone.post(way="wechat")
    assert (page.status_code, "微信支付暂时没有响应" in page.text, "选择支付方式" in page.text) == (502, True, True)
    assert phone.post(way="wechat").status_code == 200


def test_the_phone_s_ok_is_no_proof(phone: Browser, pay: FakePay) -> None:
    phone.post(way="wechat")
    assert "正在确认支付结果" in phone.get("/checking").text
    assert phone.get("/state").json == {"status": "open"}
    assert phone.status is PaymentStatus.OPEN


def test_the_waiting_page_finds_the_money_without_a_notice(phone: Browser, pay: FakePay) -> None:
    phone.post(way="wechat")
    pay.pay(next(iter(pay.orders)))
    answer = phone.get("/checking")
    assert answer.status_code == 303
    assert phone.status is PaymentStatus.PAID


def test_the_balance_asks_for_six_digits(phone: Browser) -> None:
    make_balance(phone.patient_id, 20_000)
    assert phone.post(way="balance").location.endswith("/balance")
    assert "余额密码" in phone.get("/balance").text
    for wrong, status in (("", 422), ("12345", 422), ("abcdef", 422), ("111222", 422)):
        assert phone.post("/balance", password=wrong).status_code == status
    assert phone.post("/balance", password=PASSWORD).status_code == 303
    assert patient_balance(phone.patient_id) == 100


def test_a_refused_password_is_never_shown_again(phone: Browser) -> None:
    make_balance(phone.patient_id, 20_000)
    page = phone.post("/balance", password="111222").text
    assert "余额密码不正确" in page
    assert "111222" not in page


def test_pressing_twice_pays_once(phone: Browser) -> None:
    make_balance(phone.patient_id, 50_000)
    first, second = (phone.post("/balance", password=PASSWORD) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert patient_balance(phone.patient_id) == 30_100


@pytest.mark.parametrize("tail", ["", "/balance", "/hospital", "/checking"])
def test_every_page_of_a_paid_order_leads_to_what_was_bought(phone: Browser, tail: str) -> None:
    services.collect(phone.payment.no, [(Method.CASH, 19_900)], by=CASHIER)
    answer = phone.client.get(f"/pay/{phone.payment.no}{tail}", follow_redirects=False)
    assert answer.status_code == 303
    for _ in range(2):
        if answer.location.startswith("/pay/"):
            answer = phone.client.get(answer.location)
    assert not answer.location.startswith("/pay/")


@pytest.mark.parametrize("tail", ["", "/balance", "/hospital"])
def test_every_page_of_a_closed_order_says_so(phone: Browser, tail: str) -> None:
    services.close_payment(phone.payment.subject_kind, phone.payment.subject_no, by=CASHIER, reason="x")
    assert "超过支付时间" in phone.client.get(f"/pay/{phone.payment.no}{tail}", follow_redirects=True).text
    assert phone.post(way="wechat").status_code == 303
    assert phone.post("/balance", password=PASSWORD).status_code == 303


def test_paying_at_the_hospital_asks_to_confirm(phone: Browser, subject: list[str]) -> None:
    assert phone.post(way="hospital").location.endswith("/hospital")
    assert subject == []
    assert "确认到院支付" in phone.get("/hospital").text
    phone.post("/hospital")
    phone.post("/hospital")
    assert subject == [phone.payment.subject_no]


@pytest.mark.parametrize("tail", ["", "/balance", "/hospital", "/checking", "/state"])
def test_another_s_payment_is_not_found(phone: Browser, client: FlaskClient, sign_in_wechat: SignIn, tail: str) -> None:
    stranger = make_wechat_user(patient=make_patient())
    phone.csrf = sign_in_wechat(client, stranger)
    assert phone.get(tail).status_code == 404
    if tail not in {"/checking", "/state"}:
        assert phone.post(tail, way="wechat", password=PASSWORD).status_code in {404, 422}
    assert phone.status is PaymentStatus.OPEN


def test_without_the_form_s_token_nothing_happens(phone: Browser) -> None:
    make_balance(phone.patient_id, 20_000)
    phone.csrf = "0" * 64
    assert phone.post("/balance", password=PASSWORD).status_code == 419
    assert patient_balance(phone.patient_id) == 20_000


def test_bills_show_every_change_of_the_balance(phone: Browser) -> None:
    assert "还没有收支记录" in phone.client.get("/me/wallet").text
    make_balance(phone.patient_id, 20_000)
    phone.post("/balance", password=PASSWORD)
    page = phone.client.get("/me/wallet").text
    assert "-199.00" in page
    assert "+200.00" in page
    assert "余额 1.00" in page
    assert "1.00" in phone.client.get("/me").text


def test_a_long_statement_goes_on(phone: Browser) -> None:
    for _ in range(21):
        make_balance(phone.patient_id, 100)
    page = phone.client.get("/me/wallet").text
    more = re.search(r'href="(/me/wallet\?before=\d+)"', page)
    assert more is not None
    assert phone.client.get(more[1]).text.count("+1.00") == 1
