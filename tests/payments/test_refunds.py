"""Refunds: two people, never more than was paid, the way it came, the same number on every repetition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.factories.patients import make_patient
from tests.factories.payments import CASHIER, CHIEF, CLERK, ask_refund, begin, make_collected, make_payment
from tests.factories.wallet import make_balance
from tests.fakes.pay import FakePay
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.events import Event
from wxapp.messages.models import Delivery, Message
from wxapp.payments import queries, services, settings
from wxapp.payments.errors import NoticeFault, SamePerson, TooMuch
from wxapp.payments.events import RefundFailed, RefundRejected, RefundSucceeded
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Difference, Method, PartStatus, PaymentOrder, Refund, RefundPart, RefundStatus
from wxapp.wallet.services import balance_of, house_account, patient_balance
from wxapp.wechat.pay.errors import NotEnough, NoticeRefused, PayRefused, PayUnknown
from wxapp.wechat.pay.values import RefundState

Clock = Callable[[timedelta], None]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def paid(pay: FakePay) -> PaymentOrder:
    """A payment order of 199 yuan that was paid by WeChat."""
    payment = make_payment()
    notice = pay.pay(begin(payment))
    services.receive_notice(notice.headers, notice.body)
    return payment


def state(refund_no: str) -> RefundStatus:
    return queries.get_refund(refund_no).status


def parts(refund_no: str) -> list[RefundPart]:
    return queries.parts_of([queries.get_refund(refund_no).id])


def refunded(payment: PaymentOrder) -> int:
    return queries.get_payment(payment.no).refunded_fen


def all_holds() -> bool:
    return all(check.holds for check in check_all())


def tells(told: list[Event]) -> list[str]:
    return [type(event).__name__ for event in told if not type(event).__name__.startswith("Payment")]


# --- two people ------------------------------------------------------------------------------------------------------


def test_a_refund_needs_another_person(paid: PaymentOrder, pay: FakePay) -> None:
    refund_no = ask_refund(paid, 9_900)
    with pytest.raises(SamePerson):
        services.approve_refund(refund_no, by=CLERK)
    with pytest.raises(SamePerson):
        services.reject_refund(refund_no, by=CLERK, reason="x")
    services.carry_out_refunds()
    assert pay.refund_calls == []
    services.approve_refund(refund_no, by=CHIEF)
    assert state(refund_no) is RefundStatus.APPROVED


def test_the_database_itself_refuses_one_person(paid: PaymentOrder) -> None:
    refund_no = ask_refund(paid, 9_900)
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(sa.update(Refund).where(Refund.no == refund_no).values(decided_by=CLERK))


def test_a_refund_is_decided_once(paid: PaymentOrder) -> None:
    refund_no = ask_refund(paid, 9_900)
    services.approve_refund(refund_no, by=CHIEF)
    with pytest.raises(IllegalTransition):
        services.approve_refund(refund_no, by="staff:9")
    with pytest.raises(IllegalTransition):
        services.reject_refund(refund_no, by="staff:9", reason="x")


def test_a_rejected_refund_may_be_asked_for_again(paid: PaymentOrder, told: list[Event]) -> None:
    refund_no = ask_refund(paid, 19_900)
    with pytest.raises(TooMuch):
        ask_refund(paid, 1)
    services.reject_refund(refund_no, by=CHIEF, reason="已使用")
    assert refunded(paid) == 0
    assert tells(told) == ["RefundRejected"]
    ask_refund(paid, 19_900)
    assert all_holds()


def test_the_same_occasion_asks_once(paid: PaymentOrder) -> None:
    assert ask_refund(paid, 9_900, source="after-sale:1") == ask_refund(paid, 9_900, source="after-sale:1")
    assert refunded(paid) == 9_900


def test_no_more_goes_back_than_was_paid(paid: PaymentOrder) -> None:
    ask_refund(paid, 10_000)
    with pytest.raises(TooMuch):
        ask_refund(paid, 9_901)
    ask_refund(paid, 9_900)
    assert refunded(paid) == 19_900


def test_what_is_not_paid_is_not_refunded(app: Flask, pay: FakePay) -> None:
    with pytest.raises(TooMuch):
        ask_refund(make_payment(), 1)


def test_a_refund_of_nothing_is_done_without_a_call(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    refund_no = ask_refund(paid, 0)
    services.approve_refund(refund_no, by=CHIEF)
    assert state(refund_no) is RefundStatus.DONE
    assert (tells(told), pay.refund_calls) == (["RefundSucceeded"], [])


# --- the way it came -------------------------------------------------------------------------------------------------


def approved(payment: PaymentOrder, fen: int) -> str:
    refund_no = ask_refund(payment, fen)
    services.approve_refund(refund_no, by=CHIEF)
    return refund_no


def test_wechat_money_goes_back_to_wechat(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    refund_no = approved(paid, 9_900)
    assert balance_of(house_account("clearing.refund")) == 9_900
    assert all_holds()
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE
    assert balance_of(house_account("clearing.refund")) == 0
    assert balance_of(house_account("channel.wechat")) == -10_000
    assert [(order.refund_fen, order.total_fen) for order in pay.refund_orders.values()] == [(9_900, 19_900)]
    assert tells(told) == ["RefundSucceeded"]
    assert all_holds()


def test_balance_money_is_back_at_once_and_told(app: Flask) -> None:
    patient = make_patient(balance_password="285714")
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    services.pay_by_balance(payment.no, patient_id=patient.id, user_id=7, password="285714")
    refund_no = approved(payment, 5_000)
    assert state(refund_no) is RefundStatus.DONE
    assert patient_balance(patient.id) == 5_100
    codes = list(db.session.scalars(sa.select(Message.code).order_by(Message.id)))
    assert codes.count("pt_order_0000003") == 1
    assert "yy_order_0000001" in codes
    assert all_holds()


def test_counter_money_is_handed_over_by_people(app: Flask, told: list[Event]) -> None:
    payment = make_collected({Method.CASH: 10_000, Method.CARD: 9_900})
    refund_no = approved(payment, 12_000)
    assert [(part.channel, part.amount_fen) for part in parts(refund_no)] == [
        (Method.CARD, 9_900),
        (Method.CASH, 2_100),
    ]
    assert services.carry_out_refunds() == 0
    for part in parts(refund_no):
        services.finish_by_hand(part.id, by=CASHIER, way=part.channel)
        services.finish_by_hand(part.id, by=CASHIER, way=part.channel)
    assert state(refund_no) is RefundStatus.DONE
    assert balance_of(house_account("channel.cash")) == -7_900
    assert tells(told) == ["RefundSucceeded"]
    assert all_holds()


def test_counter_money_goes_back_the_way_it_came(app: Flask) -> None:
    refund_no = approved(make_collected({Method.CARD: 10_000}), 10_000)
    for way in (Method.CASH, Method.WECHAT, Method.BALANCE):
        with pytest.raises(Invalid):
            services.finish_by_hand(parts(refund_no)[0].id, by=CASHIER, way=way)
    assert state(refund_no) is RefundStatus.APPROVED


def test_operations_are_told_without_a_dead_letter(paid: PaymentOrder) -> None:
    ask_refund(paid, 100)
    assert "yy_order_0000001" in db.session.scalars(sa.select(Message.code)).all()
    assert db.session.scalars(sa.select(Delivery).where(Delivery.code == "yy_order_0000001")).all() == []


def test_what_the_channel_does_is_not_finished_by_hand(paid: PaymentOrder) -> None:
    refund_no = approved(paid, 9_900)
    with pytest.raises(IllegalTransition):
        services.finish_by_hand(parts(refund_no)[0].id, by=CASHIER, way=Method.CASH)


# --- unknown outcomes ------------------------------------------------------------------------------------------------


def test_accepted_is_not_paid_back(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    pay.refunds_end = RefundState.PROCESSING
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.APPROVED
    assert tells(told) == []
    notice = pay.end_refund(parts(refund_no)[0].out_refund_no)
    for _ in range(2):
        services.receive_refund_notice(notice.headers, notice.body)
    assert state(refund_no) is RefundStatus.DONE
    assert tells(told) == ["RefundSucceeded"]
    assert all_holds()


def test_a_missing_refund_notice_is_made_up_for_by_asking(paid: PaymentOrder, pay: FakePay, at: Clock) -> None:
    pay.refunds_end = RefundState.PROCESSING
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    pay.end_refund(parts(refund_no)[0].out_refund_no)
    assert services.carry_out_refunds() == 0
    at(MINUTE)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE


def test_a_lost_answer_pays_back_once(paid: PaymentOrder, pay: FakePay, at: Clock) -> None:
    refund_no = approved(paid, 9_900)
    pay.lose_next_answer()
    services.carry_out_refunds()
    assert parts(refund_no)[0].status is PartStatus.SENT
    at(MINUTE)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE
    assert len(pay.refunds) == 1


def test_a_refund_that_never_left_is_sent_again_under_its_number(paid: PaymentOrder, pay: FakePay, at: Clock) -> None:
    refund_no = approved(paid, 9_900)
    pay.fail_next(PayUnknown("timed out"))  # and it had not arrived
    services.carry_out_refunds()
    at(MINUTE)
    services.carry_out_refunds()  # asks: not found
    services.carry_out_refunds()  # sends again
    assert state(refund_no) is RefundStatus.DONE
    assert len({order.out_refund_no for order in pay.refund_calls}) == 1


@pytest.mark.parametrize("error", [NotEnough("NOT_ENOUGH", "余额不足", status=403), PayUnknown("no route", sent=False)])
def test_what_was_certainly_not_accepted_waits_for_the_next_round(
    paid: PaymentOrder, pay: FakePay, at: Clock, error: Exception
) -> None:
    refund_no = approved(paid, 9_900)
    pay.fail_next(error)
    services.carry_out_refunds()
    assert (parts(refund_no)[0].status, services.carry_out_refunds()) == (PartStatus.WAITING, 0)
    at(MINUTE)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE
    assert len({order.out_refund_no for order in pay.refund_calls}) == 1


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_refusal_is_stuck_until_staff_retry(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    refund_no = approved(paid, 9_900)
    number = parts(refund_no)[0].out_refund_no
    pay.fail_next(PayRefused("USER_ACCOUNT_ABNORMAL", "用户账户异常", status=403))
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.STUCK
    assert tells(told) == ["RefundFailed"]
    assert db.session.scalars(sa.select(Difference.kind)).all() == ["refund_failed"]
    assert all_holds()
    services.retry_refund(refund_no, by=CHIEF)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE
    assert list(pay.refunds) == [number]
    with pytest.raises(IllegalTransition):
        services.retry_refund(refund_no, by=CHIEF)


def test_only_a_refund_that_the_channel_closed_gets_a_new_number(paid: PaymentOrder, pay: FakePay) -> None:
    pay.refunds_end = RefundState.CLOSED
    refund_no = approved(paid, 9_900)
    number = parts(refund_no)[0].out_refund_no
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.STUCK
    pay.refunds_end = RefundState.SUCCESS
    pay.refunds.clear()
    services.retry_refund(refund_no, by=CHIEF)
    assert parts(refund_no)[0].out_refund_no != number
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE
    assert all_holds()


def test_what_the_channel_has_is_not_handed_over_too(paid: PaymentOrder, pay: FakePay) -> None:
    pay.refunds_end = RefundState.PROCESSING
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    with pytest.raises(IllegalTransition):
        services.finish_by_hand(parts(refund_no)[0].id, by=CASHIER, way=Method.CASH)
    assert [part.status for part in parts(refund_no)] == [PartStatus.SENT]
    assert balance_of(house_account("channel.cash")) == 0


def test_an_abnormal_refund_may_be_finished_another_way(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    pay.refunds_end = RefundState.ABNORMAL
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    services.finish_by_hand(parts(refund_no)[0].id, by=CASHIER, way=Method.TRANSFER, note="转账至患者银行卡")
    assert state(refund_no) is RefundStatus.DONE
    assert balance_of(house_account("channel.transfer")) == 9_900
    assert tells(told) == ["RefundFailed", "RefundSucceeded"]
    assert all_holds()


def test_the_counter_hands_back_by_the_way_that_was_chosen(paid: PaymentOrder, pay: FakePay) -> None:
    pay.refunds_end = RefundState.ABNORMAL
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    services.finish_by_hand(parts(refund_no)[0].id, by=CASHIER, way=Method.CASH)
    assert queries.at_counter_on(clock.today()) == [queries.AtCounter(CASHIER, Method.CASH, -9_900)]


# --- notices ---------------------------------------------------------------------------------------------------------


def test_forged_and_foreign_refund_notices_change_nothing(paid: PaymentOrder, pay: FakePay) -> None:
    pay.refunds_end = RefundState.PROCESSING
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    number = parts(refund_no)[0].out_refund_no
    notice = pay.end_refund(number)
    with pytest.raises(NoticeRefused):
        services.receive_refund_notice({"Wechatpay-Signature": "forged"}, notice.body)
    from dataclasses import replace

    pay.refunds[number] = replace(pay.refunds[number], refund_fen=1)
    wrong = pay.end_refund(number)
    with pytest.raises(NoticeFault):
        services.receive_refund_notice(wrong.headers, wrong.body)
    assert state(refund_no) is RefundStatus.APPROVED
    services.receive_refund_notice(notice.headers, notice.body)
    assert state(refund_no) is RefundStatus.DONE


def test_a_notice_about_no_refund_of_ours_is_a_case(paid: PaymentOrder, pay: FakePay) -> None:
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    number = parts(refund_no)[0].out_refund_no
    notice = pay.end_refund(number)
    with transaction():
        db.session.execute(sa.text("UPDATE payment_refund_part SET out_refund_no = 'T-lost'"))
    with pytest.raises(NoticeFault):
        services.receive_refund_notice(notice.headers, notice.body)
    assert db.session.scalars(sa.select(Difference.kind)).all() == ["unknown_order"]


def test_settings_of_stored_value_do_not_stop_refunds(paid: PaymentOrder, pay: FakePay) -> None:
    core_settings.write(settings.WECHAT_ON, False, by=CHIEF)
    refund_no = approved(paid, 9_900)
    services.carry_out_refunds()
    assert state(refund_no) is RefundStatus.DONE


def test_events_name_what_asked(paid: PaymentOrder, pay: FakePay, told: list[Event]) -> None:
    refund_no = ask_refund(paid, 9_900, source="after-sale:5")
    services.approve_refund(refund_no, by=CHIEF)
    services.carry_out_refunds()
    event = next(event for event in told if isinstance(event, RefundSucceeded))
    assert (event.source, event.refund_no, event.amount_fen) == ("after-sale:5", refund_no, 9_900)
    assert not [event for event in told if isinstance(event, RefundFailed | RefundRejected)]
