"""The addresses that WeChat Pay calls."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.factories.payments import CHIEF, ask_refund, begin, make_payment
from tests.fakes.pay import FakePay, Notification
from wxapp.payments import queries, services
from wxapp.payments.models import PaymentStatus, Payout, PayoutStatus, RefundStatus

PAYMENT, REFUND, TRANSFER = "/pay/notify/wechat", "/pay/notify/wechat-refund", "/pay/notify/wechat-transfer"


def post(client: FlaskClient, path: str, notice: Notification) -> int:
    return client.post(path, data=notice.body, headers=notice.headers).status_code


def test_a_genuine_notice_is_taken_without_a_log_in(client: FlaskClient, pay: FakePay) -> None:
    payment = make_payment()
    notice = pay.pay(begin(payment))
    assert [post(client, PAYMENT, notice) for _ in range(2)] == [200, 200]
    assert queries.get_due(payment.no).status is PaymentStatus.PAID


@pytest.mark.parametrize("path", [PAYMENT, REFUND, TRANSFER])
@pytest.mark.parametrize("signature", ["WECHATPAY/SIGNTEST/x", "forged", ""])
def test_probes_and_forgeries_are_refused_on_the_ordinary_way(
    client: FlaskClient, pay: FakePay, path: str, signature: str
) -> None:
    notice = pay.pay(begin(make_payment()))
    answer = client.post(path, data=notice.body, headers={"Wechatpay-Signature": signature})
    assert (answer.status_code, answer.json) == (401, {"code": "FAIL", "message": "not accepted"})


def test_what_does_not_fit_is_answered_with_a_failure(client: FlaskClient, pay: FakePay) -> None:
    number = begin(make_payment())
    assert post(client, PAYMENT, pay.pay(number, amount_fen=1)) == 409


def test_a_refund_notice_has_its_own_address(client: FlaskClient, pay: FakePay) -> None:
    payment = make_payment()
    paid = pay.pay(begin(payment))
    assert post(client, REFUND, paid) == 401
    post(client, PAYMENT, paid)
    refund_no = ask_refund(payment, 100)
    services.approve_refund(refund_no, by=CHIEF)
    services.carry_out_refunds()
    part = queries.parts_of([queries.get_refund(refund_no).id])[0]
    assert post(client, REFUND, pay.end_refund(part.out_refund_no)) == 200
    assert queries.get_refund(refund_no).status is RefundStatus.DONE


def test_a_transfer_notice_has_its_own_address(client: FlaskClient, pay: FakePay, waiting: Payout) -> None:
    notice = pay.end_transfer(waiting.out_bill_no)
    assert [post(client, path, notice) for path in (PAYMENT, REFUND)] == [401, 401]
    assert [post(client, TRANSFER, notice) for _ in range(2)] == [200, 200]
    assert queries.get_payout(waiting.no).status is PayoutStatus.SUCCEEDED


def test_a_transfer_that_does_not_fit_is_answered_with_a_failure(
    client: FlaskClient, pay: FakePay, waiting: Payout
) -> None:
    assert post(client, TRANSFER, pay.end_transfer(waiting.out_bill_no, amount_fen=1)) == 409
    assert queries.get_payout(waiting.no).status is PayoutStatus.AWAITING_USER


def test_a_huge_body_is_not_read(client: FlaskClient, pay: FakePay) -> None:
    assert client.post(PAYMENT, data=b"x" * 70_000).status_code == 413


def test_looking_is_not_telling(client: FlaskClient) -> None:
    assert client.get(PAYMENT).status_code in {404, 405}
