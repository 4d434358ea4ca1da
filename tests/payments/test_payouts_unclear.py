"""Payouts whose fate is not clear, and news that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.payments import CHIEF, make_payout
from tests.fakes.pay import FakePay
from tests.payments.payouts import all_holds, cases, left_fen, state, tells
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.core.events import Event
from wxapp.payments import queries, services
from wxapp.payments.errors import NoticeFault
from wxapp.payments.events import PayoutFailed
from wxapp.payments.models import Method, Notice, Payout, PayoutStatus
from wxapp.payments.services import paying_out
from wxapp.payments.services.paying_out import order_of
from wxapp.wechat.pay.errors import NotEnough, NoticeRefused, PayMisconfigured, PayRateLimited, PayRefused, PayUnknown
from wxapp.wechat.pay.values import TransferState

Clock = Callable[[timedelta], None]
MINUTE = timedelta(minutes=1)


# --- what is not clear -----------------------------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_and_never_paid_twice(app: Flask, pay: FakePay, at: Clock) -> None:
    payout = make_payout()
    pay.lose_next_answer()
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.SENDING
    services.carry_out_payouts()
    assert len(pay.transfer_calls) == 1
    at(MINUTE)
    services.query_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER
    assert services.confirm_params(payout.no)["package"] == f"package-{payout.out_bill_no}"
    assert len(pay.transfers) == 1


def test_what_never_arrived_is_sent_again_with_the_same_number_but_only_when_that_is_sure(
    app: Flask, pay: FakePay, at: Clock
) -> None:
    payout = make_payout()
    pay.fail_next(PayUnknown("timed out"))
    services.carry_out_payouts()
    for _ in range(9):
        at(MINUTE)
        services.query_payouts()
        assert state(payout) is PayoutStatus.SENDING
        with pytest.raises(IllegalTransition):
            services.withdraw_payout(payout.no, by=CHIEF)
        with pytest.raises(IllegalTransition):
            services.pay_by_hand(payout.no, channel=Method.CASH, note="", by=CHIEF)
    at(5 * MINUTE)
    services.query_payouts()
    assert state(payout) is PayoutStatus.QUEUED
    services.carry_out_payouts()
    assert [order.out_bill_no for order in pay.transfer_calls] == [payout.out_bill_no] * 2
    assert state(payout) is PayoutStatus.AWAITING_USER


def test_a_worker_that_slept_does_not_send_what_was_paid_by_hand_meanwhile(
    app: Flask, pay: FakePay, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = make_payout()

    def sleep_and_order(claimed: Payout) -> object:
        monkeypatch.setattr(paying_out, "order_of", order_of)
        at(11 * MINUTE)
        services.query_payouts()
        services.pay_by_hand(payout.no, channel=Method.CASH, note="收条7号", by=CHIEF)
        return order_of(claimed)

    monkeypatch.setattr(paying_out, "order_of", sleep_and_order)
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.SUCCEEDED
    assert pay.transfer_calls == []
    assert all_holds()


def test_what_certainly_was_not_sent_goes_back_into_the_queue(app: Flask, pay: FakePay, at: Clock) -> None:
    payout = make_payout()
    pay.fail_next(PayUnknown("no network", sent=False))
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.QUEUED
    services.carry_out_payouts()
    assert len(pay.transfer_calls) == 1
    at(MINUTE)
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER


def test_without_money_it_waits_and_staff_are_told_once(app: Flask, pay: FakePay, told: list[Event], at: Clock) -> None:
    pay.operating_fen = 0
    payout = make_payout()
    for _ in range(4):
        services.carry_out_payouts()
        at(MINUTE)
    assert state(payout) is PayoutStatus.QUEUED
    assert tells(told) == ["PayoutDelayed"]
    pay.operating_fen = 5_000
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER
    assert {order.out_bill_no for order in pay.transfer_calls} == {payout.out_bill_no}


def test_after_a_top_up_it_can_be_sent_before_its_turn(app: Flask, pay: FakePay, at: Clock) -> None:
    pay.operating_fen = 0
    payout = make_payout()
    for _ in range(6):
        services.carry_out_payouts()
        at(MINUTE)
    pay.operating_fen = 5_000
    assert services.carry_out_payouts() == 0  # it would wait for minutes
    for _ in range(2):
        services.retry_payout(payout.no)
    assert services.carry_out_payouts() == 1
    assert state(payout) is PayoutStatus.AWAITING_USER
    assert {order.out_bill_no for order in pay.transfer_calls} == {payout.out_bill_no}
    with pytest.raises(IllegalTransition):
        services.retry_payout(payout.no)


def test_what_wechat_may_have_is_not_hurried(app: Flask, pay: FakePay) -> None:
    payout = make_payout()
    pay.lose_next_answer()
    services.carry_out_payouts()
    waits_until = queries.get_payout(payout.no).next_try_at
    with pytest.raises(IllegalTransition):
        services.retry_payout(payout.no)
    assert (state(payout), queries.get_payout(payout.no).next_try_at) == (PayoutStatus.SENDING, waits_until)


@pytest.mark.parametrize("is_by_hand", [False, True])
def test_what_wechat_never_refused_is_not_hurried(app: Flask, pay: FakePay, is_by_hand: bool) -> None:
    payout = make_payout(by_hand=is_by_hand)
    with transaction():
        payout.last_error = "某次留下的说明" if is_by_hand else ""
    with pytest.raises(IllegalTransition):
        services.retry_payout(payout.no)
    assert services.carry_out_payouts() == int(not is_by_hand)


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (NotEnough("NOT_ENOUGH", "x", status=403), True),
        (PayMisconfigured("NO_AUTH", "x", status=403), True),
        (PayRateLimited("HTTP 429"), False),
    ],
)
def test_a_sure_no_for_now_is_repeated_with_the_same_number(
    app: Flask, pay: FakePay, told: list[Event], at: Clock, error: Exception, is_told: bool
) -> None:
    payout = make_payout()
    pay.fail_next(error)
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.QUEUED
    assert tells(told) == ["PayoutDelayed"] * is_told
    at(MINUTE)
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER


def test_a_refusal_ends_it_once_wechat_says_that_there_is_none(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payout = make_payout()
    pay.fail_next(PayRefused("PARAM_ERROR", "参数错误", status=400))
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.FAILED
    assert [event.reason for event in told if isinstance(event, PayoutFailed)] == ["PARAMERROR"]
    assert left_fen() == 5_000


def test_a_refusal_ends_nothing_while_the_question_is_not_answered(app: Flask, pay: FakePay, at: Clock) -> None:
    payout = make_payout()
    pay.fail_next(PayRefused("PARAM_ERROR", "参数错误", status=400))
    pay.fail_next(PayUnknown("timed out"))
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.SENDING
    at(MINUTE)
    services.query_payouts()
    assert state(payout) is PayoutStatus.FAILED


def test_a_refusal_of_what_is_there_already_is_no_end(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payout = make_payout()
    original = pay.transfer

    def taken(order: object) -> object:
        original(order)  # type: ignore[arg-type]
        pay.transfer = original  # type: ignore[method-assign]
        raise PayRefused("INVALID_REQUEST", "商家单号已存在，但信息不一致", status=400)

    pay.transfer = taken  # type: ignore[method-assign, assignment]
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER
    assert tells(told) == ["PayoutAwaitsUser"]


def test_a_number_that_is_said_to_exist_does_not_fail_at_once(app: Flask, pay: FakePay) -> None:
    payout = make_payout()
    pay.fail_next(PayRefused("ALREADY_EXISTS", "x", status=400))
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.SENDING


def test_an_old_delay_is_not_taken_for_a_refusal(app: Flask, pay: FakePay, at: Clock) -> None:
    payout = make_payout()
    pay.fail_next(NotEnough("NOT_ENOUGH", "x", status=403))
    services.carry_out_payouts()
    at(MINUTE)
    pay.fail_next(PayUnknown("timed out"))
    services.carry_out_payouts()
    at(MINUTE)
    services.query_payouts()
    assert state(payout) is PayoutStatus.SENDING


def test_one_that_can_not_be_sent_stops_no_other(app: Flask, pay: FakePay) -> None:
    first, second = make_payout(), make_payout()
    pay.fail_next(RuntimeError("broken"))
    assert services.carry_out_payouts() == 2
    assert (state(first), state(second)) == (PayoutStatus.SENDING, PayoutStatus.AWAITING_USER)


# --- what does not fit -----------------------------------------------------------------------------------------------


def test_a_notice_of_another_amount_changes_nothing(waiting: Payout, pay: FakePay, told: list[Event]) -> None:
    notice = pay.end_transfer(waiting.out_bill_no, amount_fen=4_999)
    with pytest.raises(NoticeFault):
        services.receive_transfer_notice(notice.headers, notice.body)
    assert state(waiting) is PayoutStatus.AWAITING_USER
    assert cases() == ["mismatch"]
    assert tells(told) == ["PayoutAwaitsUser"]


@pytest.mark.parametrize("other", [{"openid": "o-of-a-stranger"}, {"transfer_bill_no": "1330999"}, {"amount_fen": 1}])
def test_an_answer_about_another_person_or_bill_changes_nothing(
    waiting: Payout, pay: FakePay, at: Clock, other: dict[str, object]
) -> None:
    pay.end_transfer(waiting.out_bill_no)
    pay.transfers[waiting.out_bill_no] = replace(pay.transfers[waiting.out_bill_no], **other)  # type: ignore[arg-type]
    services.refresh_payout(waiting.no)  # a page that waits must not break
    at(MINUTE)
    services.query_payouts()
    assert (state(waiting), cases()) == (PayoutStatus.AWAITING_USER, ["mismatch"])


def test_a_notice_about_none_of_ours_becomes_a_case(waiting: Payout, pay: FakePay) -> None:
    notice = pay.end_transfer(waiting.out_bill_no)
    with transaction():
        db.session.execute(sa.update(Payout).values(out_bill_no="PB0"))
    with pytest.raises(NoticeFault):
        services.receive_transfer_notice(notice.headers, notice.body)
    assert cases() == ["unknown_order"]


def test_a_forged_notice_is_refused(waiting: Payout, pay: FakePay) -> None:
    notice = pay.end_transfer(waiting.out_bill_no)
    with pytest.raises(NoticeRefused):
        services.receive_transfer_notice({"Wechatpay-Signature": "forged"}, notice.body)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 0


def test_what_wechat_pays_after_it_was_paid_by_hand_becomes_a_case(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payout = make_payout()
    pay.transfer(order_of(payout))
    services.pay_by_hand(payout.no, channel=Method.CASH, note="已签收", by=CHIEF)
    notice = pay.end_transfer(payout.out_bill_no)
    with pytest.raises(NoticeFault):
        services.receive_transfer_notice(notice.headers, notice.body)
    assert cases() == ["payout_ended"]
    assert tells(told) == ["PayoutSucceeded"]
    assert all_holds()


def test_what_wechat_takes_back_after_it_was_paid_becomes_a_case(waiting: Payout, pay: FakePay) -> None:
    for end in (TransferState.SUCCESS, TransferState.FAIL):
        notice = pay.end_transfer(waiting.out_bill_no, end, reason="OTHER_FAIL_REASON_TYPE")
        if end is TransferState.SUCCESS:
            services.receive_transfer_notice(notice.headers, notice.body)
        else:
            with pytest.raises(NoticeFault):
                services.receive_transfer_notice(notice.headers, notice.body)
    assert state(waiting) is PayoutStatus.SUCCEEDED
    assert cases() == ["payout_ended"]


def test_one_that_wechat_has_forgotten_becomes_a_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    pay.transfers.clear()
    at(30 * MINUTE)
    services.query_payouts()
    assert (state(waiting), cases()) == (PayoutStatus.AWAITING_USER, ["ours_only"])
