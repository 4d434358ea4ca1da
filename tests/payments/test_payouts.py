"""Paying a person: one number for ever, asked when unknown, booked once, whoever brings the news."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.patients import make_wechat_user
from tests.factories.payments import CHIEF, make_payout
from tests.fakes.pay import FakePay
from tests.payments.payouts import all_holds, asked, cases, left_fen, state, tells
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.core.events import Event
from wxapp.payments import queries, services
from wxapp.payments.errors import NothingToConfirm, PayoutDiffers
from wxapp.payments.events import PayoutFailed
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, Notice, Payout, PayoutStatus
from wxapp.wallet.models import Transfer
from wxapp.wallet.services import balance_of, house_account
from wxapp.wechat.pay.errors import PayUnknown
from wxapp.wechat.pay.values import TransferState

Clock = Callable[[timedelta], None]
MINUTE = timedelta(minutes=1)


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_payout_goes_to_the_person_under_its_number(app: Flask, pay: FakePay) -> None:
    payout = make_payout(wechat_user_id=make_wechat_user(openid="o-of-fang").id)
    services.carry_out_payouts()
    order = pay.transfer_calls[0]
    assert (order.out_bill_no, order.openid, order.amount_fen) == (payout.out_bill_no, "o-of-fang", 5_000)
    assert (order.real_name, order.remark, order.scene_id) == ("王芳", "佣金提现", "1005")
    assert [name for name, _ in order.reports] == ["岗位类型", "报酬说明"]
    assert order.notify_url.endswith("/pay/notify/wechat-transfer")


def test_the_name_is_not_readable_in_the_table(app: Flask, pay: FakePay) -> None:
    make_payout()
    assert "王芳" not in db.session.execute(sa.text("SELECT real_name FROM payment_payout")).scalar_one()


def test_a_subject_is_paid_once(app: Flask, pay: FakePay) -> None:
    user = make_wechat_user()
    first = make_payout(subject_no="W1", wechat_user_id=user.id)
    assert make_payout(subject_no="W1", wechat_user_id=user.id).no == first.no
    services.carry_out_payouts()
    notice = pay.end_transfer(first.out_bill_no)
    services.receive_transfer_notice(notice.headers, notice.body)
    assert services.ask_payout(asked(wechat_user_id=user.id)) == first.no
    assert services.carry_out_payouts() == 0
    assert len(pay.transfers) == 1


@pytest.mark.parametrize("other", [{"amount_fen": 4_999}, {"wechat_user_id": 0}])
def test_another_amount_or_person_is_no_repetition(app: Flask, pay: FakePay, other: dict[str, int]) -> None:
    user = make_wechat_user()
    make_payout(subject_no="W1", wechat_user_id=user.id)
    if "wechat_user_id" in other:
        other = {"wechat_user_id": make_wechat_user().id}
    again = asked(**({"wechat_user_id": user.id} | other))
    with pytest.raises(PayoutDiffers):
        services.ask_payout(again)


def test_after_a_failure_there_may_be_another_one_under_another_number(waiting: Payout, pay: FakePay) -> None:
    notice = pay.end_transfer(waiting.out_bill_no, TransferState.FAIL, reason="OVERDUE_CLOSE")
    services.receive_transfer_notice(notice.headers, notice.body)
    again = services.ask_payout(asked(subject_no=waiting.subject_no, wechat_user_id=waiting.wechat_user_id))
    payout = queries.get_payout(again)
    assert (payout.attempt, payout.status) == (2, PayoutStatus.QUEUED)
    assert payout.out_bill_no != waiting.out_bill_no
    assert queries.payout_of("test", waiting.subject_no) is payout


def test_a_large_payout_needs_a_name(app: Flask, pay: FakePay) -> None:
    with pytest.raises(Invalid) as refused:
        make_payout(amount_fen=200_000, real_name="")
    assert refused.value.errors == {"real_name": "2000.00元及以上须填写收款人真实姓名"}
    make_payout(amount_fen=200_000, real_name="", by_hand=True)


def test_only_users_of_the_official_account_are_paid(app: Flask, pay: FakePay) -> None:
    with pytest.raises(NotFound):
        make_payout(wechat_user_id=make_wechat_user(appid="wx-other").id)
    with pytest.raises(NotFound):
        make_payout(wechat_user_id=999_999)


def test_an_order_that_wechat_never_takes_is_refused_at_once(app: Flask, pay: FakePay) -> None:
    with pytest.raises(ValueError, match="characters"):
        make_payout(remark="")


# --- the ordinary way ------------------------------------------------------------------------------------------------


def test_the_person_confirms_and_has_the_money(waiting: Payout, pay: FakePay, told: list[Event]) -> None:
    assert state(waiting) is PayoutStatus.AWAITING_USER
    assert services.confirm_params(waiting.no) == {
        "mchId": pay.mchid,
        "appId": pay.appid,
        "package": f"package-{waiting.out_bill_no}",
    }
    assert left_fen() == 5_000
    notice = pay.end_transfer(waiting.out_bill_no)
    services.receive_transfer_notice(notice.headers, notice.body)
    assert state(waiting) is PayoutStatus.SUCCEEDED
    assert left_fen() == 0
    assert tells(told) == ["PayoutAwaitsUser", "PayoutSucceeded"]
    with pytest.raises(NothingToConfirm):
        services.confirm_params(waiting.no)
    assert all_holds()


def test_a_transfer_without_confirmation_is_done_at_once(app: Flask, pay: FakePay, told: list[Event]) -> None:
    pay.transfers_begin = TransferState.SUCCESS
    payout = make_payout()
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.SUCCEEDED
    assert tells(told) == ["PayoutSucceeded"]


def test_a_processing_one_waits_for_the_person_later(app: Flask, pay: FakePay, told: list[Event], at: Clock) -> None:
    pay.transfers_begin = TransferState.PROCESSING
    payout = make_payout()
    services.carry_out_payouts()
    assert state(payout) is PayoutStatus.PROCESSING
    pay.end_transfer(payout.out_bill_no, TransferState.WAIT_USER_CONFIRM)
    at(MINUTE)
    services.query_payouts()
    assert state(payout) is PayoutStatus.AWAITING_USER
    assert services.confirm_params(payout.no)["package"] == f"package-{payout.out_bill_no}"
    assert tells(told) == ["PayoutAwaitsUser"]


def test_a_notice_that_comes_again_books_once(waiting: Payout, pay: FakePay, told: list[Event]) -> None:
    notice = pay.end_transfer(waiting.out_bill_no)
    for _ in range(3):
        services.receive_transfer_notice(notice.headers, notice.body)
    services.query_payout(waiting.id)
    assert tells(told).count("PayoutSucceeded") == 1
    assert db.session.scalar(sa.select(sa.func.count()).where(Transfer.kind == "payout.paid")) == 1
    kept = db.session.scalars(sa.select(Notice)).one()
    assert (kept.kind, kept.number, kept.times) == ("transfer", waiting.out_bill_no, 3)


def test_a_notice_may_overtake_the_answer(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payout = make_payout()
    original = pay.transfer

    def told_first(order: object) -> object:
        answer = original(order)  # type: ignore[arg-type]
        notice = pay.end_transfer(payout.out_bill_no)
        services.receive_transfer_notice(notice.headers, notice.body)
        return answer

    pay.transfer = told_first  # type: ignore[method-assign, assignment]
    services.carry_out_payouts()
    ended = queries.get_payout(payout.no)
    assert (ended.status, ended.channel_state) == (PayoutStatus.SUCCEEDED, "SUCCESS")
    assert tells(told) == ["PayoutSucceeded"]
    assert cases() == []


def test_a_lost_notice_is_asked_for(waiting: Payout, pay: FakePay, at: Clock) -> None:
    pay.end_transfer(waiting.out_bill_no)
    services.query_payouts()
    assert state(waiting) is PayoutStatus.AWAITING_USER
    at(MINUTE)
    assert services.query_payouts() == 1
    assert state(waiting) is PayoutStatus.SUCCEEDED
    assert services.query_payouts() == 0


def test_a_waiting_page_asks_every_few_seconds(waiting: Payout, pay: FakePay, at: Clock) -> None:
    services.refresh_payout(waiting.no)
    pay.end_transfer(waiting.out_bill_no)
    services.refresh_payout(waiting.no)
    assert state(waiting) is PayoutStatus.AWAITING_USER
    at(timedelta(seconds=4))
    services.refresh_payout(waiting.no)
    assert state(waiting) is PayoutStatus.SUCCEEDED
    services.refresh_payout(waiting.no)


@pytest.mark.parametrize(
    ("end", "reason", "text"),
    [
        (TransferState.FAIL, "NAME_NOT_CORRECT", "收款人姓名与微信实名不一致"),
        (TransferState.FAIL, "OVERDUE_CLOSE", "超过24小时未确认收款，付款已关闭"),
        (TransferState.FAIL, "SOMETHING_NEW", "微信支付未能完成本次付款，请稍后再试或联系客服"),
        (TransferState.CANCELLED, "MCH_CANCEL", "付款已被医院取消"),
    ],
)
def test_a_failure_leaves_the_money_where_it_was(
    waiting: Payout, pay: FakePay, told: list[Event], end: TransferState, reason: str, text: str
) -> None:
    notice = pay.end_transfer(waiting.out_bill_no, end, reason=reason)
    for _ in range(2):
        services.receive_transfer_notice(notice.headers, notice.body)
    assert state(waiting) is PayoutStatus.FAILED
    assert left_fen() == 5_000
    failure = told[-1]
    assert isinstance(failure, PayoutFailed)
    assert (failure.subject_no, failure.reason, failure.text) == (waiting.subject_no, reason, text)
    assert tells(told).count("PayoutFailed") == 1
    assert all_holds()


# --- people decide ---------------------------------------------------------------------------------------------------


def test_it_is_called_back_before_the_person_confirms(waiting: Payout, pay: FakePay, told: list[Event]) -> None:
    services.cancel_payout(waiting.no, by=CHIEF)
    assert state(waiting) is PayoutStatus.CANCELLING
    assert pay.cancel_calls == []
    with pytest.raises(NothingToConfirm):
        services.confirm_params(waiting.no)
    services.query_payouts()
    assert pay.cancel_calls == [waiting.out_bill_no]
    assert state(waiting) is PayoutStatus.CANCELLING
    notice = pay.end_transfer(waiting.out_bill_no, TransferState.CANCELLED)
    services.receive_transfer_notice(notice.headers, notice.body)
    assert state(waiting) is PayoutStatus.FAILED
    assert tells(told)[-1] == "PayoutFailed"
    assert left_fen() == 5_000


def test_the_person_may_be_faster_than_who_calls_it_back(waiting: Payout, pay: FakePay, told: list[Event]) -> None:
    services.cancel_payout(waiting.no, by=CHIEF)
    pay.end_transfer(waiting.out_bill_no)
    services.query_payouts()
    assert state(waiting) is PayoutStatus.SUCCEEDED
    assert left_fen() == 0


def test_calling_back_is_repeated_until_it_is_known(waiting: Payout, pay: FakePay, at: Clock) -> None:
    services.cancel_payout(waiting.no, by=CHIEF)
    pay.fail_next(PayUnknown("timed out"), times=2)
    services.query_payouts()
    at(MINUTE)
    services.query_payouts()
    assert pay.cancel_calls == [waiting.out_bill_no] * 2
    pay.end_transfer(waiting.out_bill_no, TransferState.CANCELLED)
    at(MINUTE)
    services.query_payouts()
    assert state(waiting) is PayoutStatus.FAILED


def test_only_what_waits_for_the_person_is_called_back(app: Flask, pay: FakePay) -> None:
    payout = make_payout()
    with pytest.raises(IllegalTransition):
        services.cancel_payout(payout.no, by=CHIEF)
    pay.transfers_begin = TransferState.PROCESSING
    services.carry_out_payouts()
    with pytest.raises(IllegalTransition):
        services.cancel_payout(payout.no, by=CHIEF)


def test_what_was_not_sent_is_taken_back(app: Flask, pay: FakePay, told: list[Event]) -> None:
    payout = make_payout()
    services.withdraw_payout(payout.no, by=CHIEF)
    assert (state(payout), queries.get_payout(payout.no).ended_by) == (PayoutStatus.WITHDRAWN, CHIEF)
    services.carry_out_payouts()
    assert (pay.transfer_calls, tells(told), left_fen()) == ([], [], 5_000)
    with pytest.raises(IllegalTransition):
        services.withdraw_payout(payout.no, by=CHIEF)


@pytest.mark.parametrize("channel", [Method.TRANSFER, Method.CASH])
def test_people_pay_by_hand(app: Flask, pay: FakePay, told: list[Event], channel: Method) -> None:
    payout = make_payout(by_hand=True)
    services.carry_out_payouts()
    assert pay.transfer_calls == []
    services.pay_by_hand(payout.no, channel=channel, note="招商银行尾号1234", by=CHIEF)
    assert (queries.get_payout(payout.no).status, payout.way, payout.note) == (
        PayoutStatus.SUCCEEDED,
        channel,
        "招商银行尾号1234",
    )
    assert balance_of(house_account(f"channel.{channel.value}")) == 5_000
    assert [event.way for event in told] == [channel.value]  # type: ignore[attr-defined]
    with pytest.raises(IllegalTransition):
        services.pay_by_hand(payout.no, channel=channel, note="", by=CHIEF)
    assert all_holds()


@pytest.mark.parametrize("channel", [Method.WECHAT, Method.BALANCE, Method.CARD])
def test_people_pay_with_cash_or_by_the_bank(app: Flask, pay: FakePay, channel: Method) -> None:
    payout = make_payout()
    with pytest.raises(Invalid):
        services.pay_by_hand(payout.no, channel=channel, note="", by=CHIEF)
    assert state(payout) is PayoutStatus.QUEUED


def test_what_wechat_has_is_not_paid_by_hand(waiting: Payout) -> None:
    with pytest.raises(IllegalTransition):
        services.pay_by_hand(waiting.no, channel=Method.CASH, note="", by=CHIEF)
    with pytest.raises(IllegalTransition):
        services.withdraw_payout(waiting.no, by=CHIEF)


# --- the books -------------------------------------------------------------------------------------------------------


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}


def test_a_payout_without_its_booking_is_found(app: Flask, pay: FakePay) -> None:
    payout = make_payout()
    assert broken() == set()
    with transaction():
        db.session.execute(sa.update(Payout).where(Payout.id == payout.id).values(status=PayoutStatus.SUCCEEDED))
    assert broken() == {"payments.payouts"}


def test_a_booking_without_its_payout_is_found(app: Flask, pay: FakePay) -> None:
    payout = make_payout(by_hand=True)
    services.pay_by_hand(payout.no, channel=Method.CASH, note="", by=CHIEF)
    with transaction():
        db.session.execute(sa.update(Payout).where(Payout.id == payout.id).values(status=PayoutStatus.FAILED))
    assert broken() == {"payments.payouts"}


def test_two_live_payouts_of_one_subject_are_found(app: Flask, pay: FakePay) -> None:
    first, second = make_payout(), make_payout()
    with transaction():
        values = {"subject_no": first.subject_no, "attempt": 2}
        db.session.execute(sa.update(Payout).where(Payout.id == second.id).values(values))
    assert broken() == {"payments.payouts_once"}
