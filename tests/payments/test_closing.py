"""Closing unpaid orders, and money that comes too late: every end is defined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.payments import begin, make_payment
from tests.fakes.pay import FakePay
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.core.events import Event
from wxapp.payments import queries, services
from wxapp.payments.errors import AlreadyPaid, PaymentBusy
from wxapp.payments.events import PaymentClosed, PaymentReceived
from wxapp.payments.invariants import check_all
from wxapp.payments.models import AttemptStatus, Difference, Late, Method, PaymentOrder, PaymentStatus, Refund
from wxapp.payments.services.landing import Landing
from wxapp.wallet.services import balance_of, house_account
from wxapp.wechat.pay.errors import PayUnknown
from wxapp.wechat.pay.values import TradeState

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


# --- closing ---------------------------------------------------------------------------------------------------------


def close(payment: PaymentOrder) -> None:
    services.close_payment(payment.subject_kind, payment.subject_no, by="wechat:7", reason="不想要了")


def test_closing_asks_and_closes_at_the_channel_first(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = make_payment()
    number = begin(payment)
    close(payment)
    close(payment)
    assert pay.closed == [number]
    assert status_of(payment) is PaymentStatus.CLOSED
    assert [event for event in told if isinstance(event, PaymentClosed)] == [
        PaymentClosed(payment.subject_kind, payment.subject_no, payment.no, "不想要了")
    ]


def test_closing_what_was_paid_meanwhile_takes_the_money(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = make_payment()
    pay.pay(begin(payment))
    with pytest.raises(AlreadyPaid):
        close(payment)
    assert status_of(payment) is PaymentStatus.PAID
    assert [type(event) for event in told] == [PaymentReceived]


def test_a_payment_between_question_and_close_is_taken(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    original = pay.close

    def pay_first(out_trade_no: str) -> None:
        pay.pay(out_trade_no)
        original(out_trade_no)

    pay.close = pay_first  # type: ignore[method-assign]
    with pytest.raises(AlreadyPaid):
        close(payment)
    assert status_of(payment) is PaymentStatus.PAID
    assert pay.payments[number].state.is_paid


def test_nothing_is_closed_while_the_channel_does_not_answer(app: Flask, pay: FakePay, at: Clock) -> None:
    payment = make_payment()
    begin(payment)
    pay.fail_next(PayUnknown("timed out"))
    with pytest.raises(PaymentBusy):
        close(payment)
    assert status_of(payment) is PaymentStatus.OPEN
    at(31 * MINUTE)
    assert services.close_expired() == 1


def test_those_without_an_attempt_do_not_wait_for_the_channel(app: Flask, pay: FakePay, at: Clock) -> None:
    asked, unasked = make_payment(), make_payment()
    begin(asked)
    at(31 * MINUTE)
    pay.fail_next(PayUnknown("timed out"))
    assert services.close_expired(limit=1) == 1
    assert (status_of(asked), status_of(unasked)) == (PaymentStatus.OPEN, PaymentStatus.CLOSED)


def test_one_that_can_not_be_closed_lets_the_next_have_its_turn(app: Flask, pay: FakePay, at: Clock) -> None:
    first, second = make_payment(), make_payment()
    for payment in (first, second):
        begin(payment)
    at(31 * MINUTE)
    pay.fail_next(PayUnknown("timed out"))
    assert [services.close_expired(limit=1) for _run in range(2)] == [0, 1]
    assert (status_of(first), status_of(second)) == (PaymentStatus.OPEN, PaymentStatus.CLOSED)
    assert services.close_expired(limit=1) == 1  # round again


def test_after_its_time_a_run_asks_the_channel_nothing_more(app: Flask, pay: FakePay, at: Clock) -> None:
    asked, unasked = make_payment(), make_payment()
    begin(asked)
    at(31 * MINUTE)
    assert services.close_expired(seconds=0) == 1
    assert (status_of(asked), status_of(unasked)) == (PaymentStatus.OPEN, PaymentStatus.CLOSED)


def test_no_such_order_closes_nothing_before_the_channel_s_own_expiry(app: Flask, pay: FakePay, at: Clock) -> None:
    payment = make_payment()
    number = begin(payment)
    forgotten = pay.payments.pop(number)
    at(31 * MINUTE)
    assert services.close_expired() == 0
    pay.payments[number] = forgotten
    pay.pay(number)
    assert services.close_expired() == 0
    assert status_of(payment) is PaymentStatus.PAID


def test_no_such_order_closes_after_the_channel_s_own_expiry(app: Flask, pay: FakePay, at: Clock) -> None:
    payment = make_payment()
    pay.payments.pop(begin(payment))
    at(36 * MINUTE)
    assert services.close_expired() == 1


def test_money_that_somebody_else_gave_back_stops_the_closing(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    pay.pay(number)
    pay.payments[number] = replace(pay.payments[number], state=TradeState.REFUND)
    with pytest.raises(PaymentBusy):
        close(payment)
    assert kinds() == ["refund_unpaid"]


def test_closing_has_no_place_in_a_transaction(app: Flask, pay: FakePay) -> None:
    payment = make_payment()
    with pytest.raises(RuntimeError, match="transaction"), transaction():
        close(payment)


# --- late money ------------------------------------------------------------------------------------------------------


def late(pay: FakePay) -> PaymentOrder:
    """A payment order that was closed, and the money that came all the same."""
    payment = make_payment()
    number = begin(payment)
    pay.close = lambda out_trade_no: None  # type: ignore[method-assign]
    attempt = queries.attempts_of(payment.id)[0]
    services.wechat._end(attempt.id, AttemptStatus.CLOSED, "测试")
    close(payment)
    notice = pay.pay(number)
    assert services.receive_notice(notice.headers, notice.body) is Landing.LATE
    return payment


def test_late_money_is_told_and_waits(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = late(pay)
    assert received(told)[0].landed_late
    assert status_of(payment) is PaymentStatus.CLOSED
    assert in_house("clearing.late") == 19_900
    assert all_holds()


def test_late_money_may_be_taken(app: Flask, pay: FakePay) -> None:
    payment = late(pay)
    services.take_late(payment.no)
    fresh = queries.get_payment(payment.no)
    assert (fresh.status, fresh.paid_fen, fresh.method) == (PaymentStatus.PAID, 19_900, Method.WECHAT)
    assert (in_house("clearing.late"), in_house("house.mall")) == (0, 19_900)
    assert services.refund_late(payment.no) == 0
    assert all_holds()


def test_late_money_goes_back_once_and_can_not_be_taken_then(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = late(pay)
    assert (services.refund_late(payment.no), services.refund_late(payment.no)) == (1, 0)
    with pytest.raises(IllegalTransition):
        services.take_late(payment.no)
    services.carry_out_refunds()
    assert [refund.refund_fen for refund in pay.refunds.values()] == [19_900]
    assert (in_house("clearing.late"), in_house("clearing.refund"), in_house("channel.wechat")) == (0, 0, 0)
    assert all_holds()


def test_late_money_that_nobody_takes_goes_back_by_itself(app: Flask, pay: FakePay, at: Clock) -> None:
    late(pay)
    assert services.give_back_late_money() == 0
    at(10 * MINUTE)
    assert services.give_back_late_money() == 1
    assert db.session.scalars(sa.select(Refund.amount_fen)).one() == 19_900


def test_late_money_that_can_not_go_back_stops_no_other(
    app: Flask, pay: FakePay, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = late(pay), late(pay)
    give_back = services.late.refund_late

    def fail_once(payment_no: str) -> int:
        if payment_no == bad.no:
            raise LookupError("no account")
        return give_back(payment_no)

    monkeypatch.setattr(services.late, "refund_late", fail_once)
    at(10 * MINUTE)
    assert services.give_back_late_money() == 1
    assert db.session.scalars(sa.select(Refund.payment_order_id)).one() == good.id


def test_paying_twice_gives_the_second_back_at_once(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payment = make_payment()
    number = begin(payment)
    services.wechat._end(queries.attempts_of(payment.id)[0].id, AttemptStatus.CLOSED, "测试")
    services.collect(payment.no, [(Method.CASH, 19_900)], by="staff:1")
    notice = pay.pay(number)
    assert services.receive_notice(notice.headers, notice.body) is Landing.LATE
    assert len(received(told)) == 1
    attempt = queries.find_attempt(number)
    assert attempt is not None
    assert attempt.late is Late.GIVEN_BACK
    services.carry_out_refunds()
    assert in_house("channel.wechat") == 0
    assert all_holds()
