"""Paying by WeChat Pay: every order of events, every loss on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.payments import PAYER, begin, make_collected, make_payment
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.events import Event
from wxapp.core.store import store
from wxapp.payments import queries, services, settings
from wxapp.payments.errors import (
    AlreadyPaid,
    NoticeFault,
    PaymentIsClosed,
    WayOff,
    WechatRefused,
    WechatUnavailable,
)
from wxapp.payments.events import PaymentReceived
from wxapp.payments.invariants import check_all
from wxapp.payments.models import AttemptStatus, Difference, Method, Notice, PaymentOrder, PaymentStatus
from wxapp.payments.services.landing import Landing
from wxapp.payments.services.wechat import Fate, Payer
from wxapp.wallet.services import balance_of, house_account
from wxapp.wechat.pay.errors import NoticeRefused, PayMisconfigured, PayUnknown
from wxapp.wechat.pay.values import Order

Clock = Callable[[timedelta], None]
MINUTE = timedelta(minutes=1)


def status_of(payment: PaymentOrder) -> PaymentStatus:
    return queries.get_due(payment.no).status


def received(told: list[Event]) -> list[PaymentReceived]:
    return [event for event in told if isinstance(event, PaymentReceived)]


def kinds() -> list[str]:
    return list(db.session.scalars(sa.select(Difference.kind)))


def all_holds() -> bool:
    return all(check.holds for check in check_all())


def in_house(name: str) -> int:
    return balance_of(house_account(name))


# --- the straight way ------------------------------------------------------------------------------------------------


def test_a_notice_pays_the_order_once_however_often_it_comes(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = make_payment()
    notice = pay.pay(begin(payment))
    outcomes = [services.receive_notice(notice.headers, notice.body) for _ in range(3)]
    assert outcomes == [Landing.PAID, Landing.REPEATED, Landing.REPEATED]
    assert status_of(payment) is PaymentStatus.PAID
    assert in_house("house.mall") == 19_900
    assert [(event.payment_no, event.amount_fen, event.landed_late) for event in received(told)] == [
        (payment.no, 19_900, False)
    ]
    assert db.session.scalars(sa.select(Notice.times)).one() == 3
    assert all_holds()


def test_nothing_to_pay_is_paid_without_a_channel(app: Flask, told: list[Event]) -> None:
    payment = make_payment(amount_fen=0)
    assert status_of(payment) is PaymentStatus.PAID
    assert received(told)[0].method == "nothing"
    assert all_holds()


def test_the_same_subject_asks_once(app: Flask) -> None:
    payment = make_payment(subject_no="T1")
    assert make_payment(subject_no="T1").no == payment.no
    with pytest.raises(ValueError, match="another amount"):
        make_payment(subject_no="T1", amount_fen=1)


def test_commas_never_reach_the_bill(app: Flask, pay: FakePay) -> None:
    number = begin(make_payment(description="套餐A,B"))
    assert pay.orders[number].description == "套餐A，B"


# --- two tabs, two people --------------------------------------------------------------------------------------------


def test_pressing_again_uses_the_same_number_at_the_channel(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    assert begin(payment) == begin(payment)
    assert len(pay.orders) == 1


def test_a_prepay_id_that_is_too_old_is_asked_for_again_under_the_same_number(
    app: Flask, pay: FakePay, at: Clock
) -> None:
    payment = make_payment(expires_at=make_payment().expires_at + timedelta(hours=5))
    number = begin(payment)
    prepared = queries.attempts_of(payment.id)[0].prepared_at
    at(timedelta(minutes=111))
    assert begin(payment) == number
    assert queries.attempts_of(payment.id)[0].prepared_at != prepared


def test_another_person_s_sheet_is_closed_before_a_new_one_opens(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    first = begin(payment)
    second = begin(payment, Payer(8, "openid-of-another"))
    assert pay.closed == [first]
    assert pay.orders[second].openid == "openid-of-another"
    assert [a.status for a in queries.attempts_of(payment.id)] == [AttemptStatus.CLOSED, AttemptStatus.PREPARED]


def test_a_number_that_wechat_takes_no_money_for_any_more_is_not_shown_again(
    app: Flask, pay: FakePay, at: Clock
) -> None:
    payment = make_payment()
    first = begin(payment)
    services.choose_at_hospital(payment.no, by="wechat:7")  # it then waits for days
    at(31 * MINUTE)
    assert begin(payment) != first
    assert [attempt.status for attempt in queries.attempts_of(payment.id)] == [
        AttemptStatus.CLOSED, AttemptStatus.PREPARED,
    ]  # fmt: skip


def test_who_begins_again_after_paying_is_told_so_and_the_money_lands(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    pay.pay(begin(payment))
    with pytest.raises(AlreadyPaid):
        services.begin_wechat(payment.no, PAYER)
    assert status_of(payment) is PaymentStatus.PAID


@pytest.mark.parametrize("state", ["off", "expired", "closed", "paid"])
def test_nobody_begins_what_can_not_be_paid(app: Flask, pay: FakePay, at: Clock, state: str) -> None:
    payment = make_payment()
    refusal: type[Exception] = PaymentIsClosed
    if state == "off":
        core_settings.write(settings.WECHAT_ON, False, by="staff:1")
        refusal = WayOff
    elif state == "expired":
        at(31 * MINUTE)
    elif state == "closed":
        services.close_payment(payment.subject_kind, payment.subject_no, by="staff:1", reason="不要了")
    else:
        services.collect(payment.no, [(Method.CASH, 19_900)], by="staff:1")
        refusal = AlreadyPaid
    with pytest.raises(refusal):
        services.begin_wechat(payment.no, PAYER)
    assert pay.orders == {}


# --- lost answers ----------------------------------------------------------------------------------------------------


def test_a_lost_answer_to_the_order_is_repeated_under_the_same_number(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    pay.lose_next_answer()
    with pytest.raises(WechatUnavailable):
        services.begin_wechat(payment.no, PAYER)
    number = begin(payment)
    assert list(pay.orders) == [number]
    assert queries.attempts_of(payment.id)[0].status is AttemptStatus.PREPARED


def test_a_refused_order_fails_its_attempt_and_wakes_staff(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    pay.fail_next(PayMisconfigured("NO_AUTH", "商户号无权限", status=403))
    with pytest.raises(WechatRefused):
        services.begin_wechat(payment.no, PAYER)
    assert queries.attempts_of(payment.id)[0].status is AttemptStatus.FAILED
    assert kinds() == ["order_refused"]
    begin(payment)


def test_a_missing_notice_is_made_up_for_by_asking(app: Flask, pay: FakePay, at: Clock) -> None:
    payment = make_payment()
    number = begin(payment)
    assert services.query_due() == 0
    asked = []
    for minutes in (1, 4, 10, 45, 60):
        at(minutes * MINUTE)
        asked.append(services.query_due())
    assert asked == [1, 1, 1, 1, 0]
    pay.pay(number)
    services.refresh(payment.no)
    assert status_of(payment) is PaymentStatus.PAID


def test_waiting_pages_ask_the_channel_seldom(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    services.refresh(payment.no)
    pay.pay(number)
    services.refresh(payment.no)
    assert status_of(payment) is PaymentStatus.OPEN
    store().delete(f"payments:ask:{queries.attempts_of(payment.id)[0].id}")
    services.refresh(payment.no)
    assert status_of(payment) is PaymentStatus.PAID


# --- what must not be believed ---------------------------------------------------------------------------------------


def test_a_forged_notice_changes_nothing_and_does_not_block_the_genuine_one(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    notice = pay.pay(begin(payment))
    for signature in ("WECHATPAY/SIGNTEST/abc", "forged"):
        with pytest.raises(NoticeRefused):
            services.receive_notice({"Wechatpay-Signature": signature}, notice.body)
    assert status_of(payment) is PaymentStatus.OPEN
    assert db.session.scalars(sa.select(Notice)).all() == []
    assert services.receive_notice(notice.headers, notice.body) is Landing.PAID


@pytest.mark.parametrize("wrong", [{"amount_fen": 1}, {"openid": "openid-of-another"}])
def test_another_amount_or_payer_is_refused_and_a_case(app: Flask, pay: FakePay, wrong: dict[str, object]) -> None:
    payment = make_payment()
    number = begin(payment)
    notice = pay.pay(number, **wrong)  # type: ignore[arg-type]
    with pytest.raises(NoticeFault):
        services.receive_notice(notice.headers, notice.body)
    assert status_of(payment) is PaymentStatus.OPEN
    assert kinds() == ["mismatch"]
    right = pay.pay(number)
    assert services.receive_notice(right.headers, right.body) is Landing.PAID


def test_another_merchant_s_money_is_not_ours(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    pay.mchid = "1900000009"
    pay.payments.clear()
    pay.orders.pop(number)  # only the channel's side is made anew
    pay.order(Order(number, "x", 19_900, PAYER.openid, "http://localhost/pay/notify/wechat"))
    notice = pay.pay(number)
    with pytest.raises(NoticeFault):
        services.receive_notice(notice.headers, notice.body)
    assert status_of(payment) is PaymentStatus.OPEN


def test_a_notice_never_makes_an_order(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    notice = pay.pay(number)
    attempt = queries.attempts_of(payment.id)[0]
    with db.session.no_autoflush:
        db.session.execute(
            sa.text("UPDATE payment_attempt SET out_trade_no = 'A-lost' WHERE id = :id"), {"id": attempt.id}
        )
        db.session.commit()
    for _ in range(2):
        with pytest.raises(NoticeFault):
            services.receive_notice(notice.headers, notice.body)
    case = db.session.scalars(sa.select(Difference)).one()
    assert (case.kind, case.reference, case.channel_fen, case.times) == ("unknown_order", number, 19_900, 2)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PaymentOrder)) == 1


def test_asking_about_a_landed_attempt_asks_nobody(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    notice = pay.pay(begin(payment))
    services.receive_notice(notice.headers, notice.body)
    pay.fail_next(PayUnknown("would have been asked"))
    assert services.query_attempt(queries.attempts_of(payment.id)[0].id) is Fate.PAID


def test_a_collected_order_has_no_live_attempt_left(app: Flask, pay: FakePay) -> None:
    payment = make_collected({Method.CASH: 100})
    assert queries.live_attempts(payment.id) == []
