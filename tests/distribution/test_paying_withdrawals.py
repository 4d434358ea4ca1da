"""What becomes of approved withdrawals: what WeChat may answer, paying by hand, calling back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.withdrawals import account, approved, distributor_of, have, payout_of, row_of, told, wrong
from tests.factories.patients import make_id_number
from tests.factories.withdrawals import CASHIER, REVIEWER, ask, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.errors import SamePerson
from wxapp.distribution.models import Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.payments import services as payments
from wxapp.payments.models import Method, PayoutStatus
from wxapp.wechat.pay.values import TransferState

At = Callable[[str | timedelta], None]
BY = "system:tests"
pytestmark = pytest.mark.usefixtures("pay")


@pytest.fixture(autouse=True)
def books_agree(database: None) -> Iterator[None]:
    yield
    assert wrong() == []


# --- paying by WeChat ------------------------------------------------------------------------------------------------


def bill(row: Withdrawal) -> str:
    return payout_of(row.no).out_bill_no


def hear(pay: FakePay, row: Withdrawal, state: TransferState = TransferState.SUCCESS, reason: str = "") -> None:
    notice = pay.end_transfer(bill(row), state, reason=reason)
    payments.receive_transfer_notice(notice.headers, notice.body)


def test_the_person_confirms_and_has_it(pay: FakePay) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    mine = rich_distributor(10_000, id_number=make_id_number(3))
    row = row_of(ask(mine, 5_000))
    withdrawing.approve_withdrawal(row.no, by=REVIEWER)
    payments.carry_out_payouts()
    assert row_of(row.no).status is W.CONFIRMING
    hear(pay, row)
    ended = row_of(row.no)
    assert (ended.status, ended.ended_at is not None) == (W.PAID, True)
    assert have(mine) == 5_000
    assert account("clearing.withdrawal") == 0
    assert account("channel.wechat") == 3_950
    assert account("house.withdrawal_fee") == 50
    assert account("clearing.commission_tax") == 1_000
    assert told() == ["待确认收款", "已到账"]
    assert [change.new for change in history(ended)] == ["approved", "confirming", "paid"]


def test_a_notice_that_comes_again_changes_nothing(pay: FakePay) -> None:
    row = approved()
    payments.carry_out_payouts()
    for _ in range(3):
        hear(pay, row)
    paying_withdrawals.follow_success(row.no)
    paying_withdrawals.follow_waiting(row.no)
    assert row_of(row.no).status is W.PAID
    assert told().count("已到账") == 1


@pytest.mark.parametrize(
    ("state", "reason", "sentence"),
    [
        (TransferState.FAIL, "NAME_NOT_CORRECT", "收款人姓名与微信实名不一致"),
        (TransferState.FAIL, "OVERDUE_CLOSE", "超过24小时未确认收款，付款已关闭"),
        (TransferState.CANCELLED, "MCH_CANCEL", "付款已被医院取消"),
    ],
)
def test_what_fails_comes_back_whole_with_a_reason_that_people_understand(
    pay: FakePay, state: TransferState, reason: str, sentence: str
) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    row = approved()
    payments.carry_out_payouts()
    for _ in range(2):
        hear(pay, row, state, reason)
    ended = row_of(row.no)
    assert (ended.status, ended.reason) == (W.FAILED, sentence)
    assert have(distributor_of(row)) == 10_000
    assert told()[-1] == "打款失败"
    assert ask(distributor_of(row), 5_000) != row.no  # and may be asked for anew


def test_what_is_unknown_neither_pays_twice_nor_comes_back_early(pay: FakePay, at: At) -> None:
    row = approved()
    pay.lose_next_answer(times=2)
    payments.carry_out_payouts()
    assert (row_of(row.no).status, payout_of(row.no).status) == (W.APPROVED, PayoutStatus.SENDING)
    assert have(distributor_of(row)) == 5_000
    with pytest.raises(IllegalTransition):
        paying_withdrawals.cancel_payout(row.no, reason="再想想", by=CASHIER)
    with pytest.raises(IllegalTransition):
        paying_withdrawals.pay_by_hand(row.no, channel=Method.CASH, note="已付", by=CASHIER)
    for _ in range(6):
        at(timedelta(minutes=11))
        payments.carry_out_payouts()
        payments.query_payouts()
    assert row_of(row.no).status is W.CONFIRMING
    hear(pay, row)
    assert len({order.out_bill_no for order in pay.transfer_calls}) == 1
    assert (row_of(row.no).status, account("channel.wechat")) == (W.PAID, 5_000)


def test_a_delay_of_wechat_gives_nothing_back(pay: FakePay, at: At) -> None:
    pay.operating_fen = 0
    row = approved()
    payments.carry_out_payouts()
    assert (row_of(row.no).status, payout_of(row.no).status) == (W.APPROVED, PayoutStatus.QUEUED)
    assert have(distributor_of(row)) == 5_000
    pay.operating_fen = None
    at(timedelta(hours=2))
    payments.carry_out_payouts()
    assert row_of(row.no).status is W.CONFIRMING


# --- paying by hand, calling back ------------------------------------------------------------------------------------


def test_paid_by_hand_by_another_person(pay: FakePay) -> None:
    row = make_withdrawal(is_approved=True, is_by_hand=True)
    payments.carry_out_payouts()
    with pytest.raises(SamePerson):
        paying_withdrawals.pay_by_hand(row.no, channel=Method.TRANSFER, note="回单8812", by=REVIEWER)
    paying_withdrawals.pay_by_hand(row.no, channel=Method.TRANSFER, note="回单8812", by=CASHIER)
    assert pay.transfer_calls == []
    assert (row_of(row.no).status, account("channel.transfer")) == (W.PAID, 5_000)
    assert (payout_of(row.no).note, payout_of(row.no).ended_by) == ("回单8812", CASHIER)
    with pytest.raises(IllegalTransition):
        paying_withdrawals.pay_by_hand(row.no, channel=Method.TRANSFER, note="回单8813", by=CASHIER)


def test_what_wechat_does_not_take_may_be_paid_by_hand_and_is_not_sent_again(pay: FakePay, at: At) -> None:
    pay.operating_fen = 0
    row = approved()
    payments.carry_out_payouts()
    paying_withdrawals.pay_by_hand(row.no, channel=Method.CASH, note="现金签收", by=CASHIER)
    pay.operating_fen = None
    at(timedelta(hours=2))
    sent = len(pay.transfer_calls)
    payments.carry_out_payouts()
    assert (row_of(row.no).status, len(pay.transfer_calls)) == (W.PAID, sent)


def test_what_wechat_holds_is_not_paid_by_hand(pay: FakePay) -> None:
    row = approved()
    payments.carry_out_payouts()
    with pytest.raises(IllegalTransition):
        paying_withdrawals.pay_by_hand(row.no, channel=Method.CASH, note="现金签收", by=CASHIER)


def test_only_what_people_can_pay_with(app: Flask) -> None:
    row = make_withdrawal(is_approved=True, is_by_hand=True)
    with pytest.raises(Invalid):
        paying_withdrawals.pay_by_hand(row.no, channel=Method.WECHAT, note="回单8812", by=CASHIER)


@pytest.mark.parametrize("is_by_hand", [False, True])
def test_what_was_not_sent_is_called_back_at_once(pay: FakePay, is_by_hand: bool) -> None:
    row = make_withdrawal(is_approved=True, is_by_hand=is_by_hand)
    assert paying_withdrawals.cancel_payout(row.no, reason="本人来电要求", by=CASHIER) is True
    payments.carry_out_payouts()
    assert pay.transfer_calls == []
    ended = row_of(row.no)
    assert (ended.status, ended.reason) == (W.FAILED, "医院撤销打款：本人来电要求")
    assert (have(distributor_of(row)), told()[-1]) == (10_000, "打款已撤销")


def test_what_waits_for_the_person_is_called_back_at_wechat(pay: FakePay, at: At) -> None:
    row = approved()
    payments.carry_out_payouts()
    assert paying_withdrawals.cancel_payout(row.no, reason="本人来电要求", by=CASHIER) is False
    assert (row_of(row.no).status, have(distributor_of(row))) == (W.CONFIRMING, 5_000)
    at(timedelta(minutes=1))
    payments.query_payouts()
    hear(pay, row, TransferState.CANCELLED, "MCH_CANCEL")
    ended = row_of(row.no)
    assert (ended.status, ended.reason) == (W.FAILED, "医院撤销打款：本人来电要求")
    assert have(distributor_of(row)) == 10_000


def test_a_person_who_was_faster_than_the_calling_back_keeps_it(pay: FakePay, at: At) -> None:
    row = approved()
    payments.carry_out_payouts()
    paying_withdrawals.cancel_payout(row.no, reason="本人来电要求", by=CASHIER)
    hear(pay, row)
    at(timedelta(minutes=1))
    payments.query_payouts()
    assert (row_of(row.no).status, row_of(row.no).reason) == (W.PAID, "")


@pytest.mark.parametrize("status", [W.REQUESTED, W.REJECTED])
def test_what_is_not_approved_is_neither_paid_nor_called_back(app: Flask, status: W) -> None:
    row = make_withdrawal()
    if status is W.REJECTED:
        withdrawing.reject_withdrawal(row.no, reason="资料不全", by=REVIEWER)
    steps: list[Callable[[], Any]] = [
        lambda: paying_withdrawals.cancel_payout(row.no, reason="不付了", by=CASHIER),
        lambda: paying_withdrawals.pay_by_hand(row.no, channel=Method.CASH, note="现金", by=CASHIER),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition):
            step()
    assert row_of(row.no).status is status


# --- the checks find what is wrong -----------------------------------------------------------------------------------


def test_the_checks_name_what_does_not_agree(app: Flask) -> None:
    row = approved()
    db.session.execute(sa.update(Withdrawal).where(Withdrawal.id == row.id).values(status=W.PAID))
    db.session.commit()
    found = {line.partition(":")[0] for line in wrong()}
    assert found >= {"withdrawal.paid", "withdrawal.payout", "withdrawal.clearing"}
    db.session.execute(sa.update(Withdrawal).where(Withdrawal.id == row.id).values(status=W.FAILED))
    db.session.commit()
    assert {line.partition(":")[0] for line in wrong()} >= {"withdrawal.void", "withdrawal.payout"}
    db.session.execute(sa.update(Withdrawal).where(Withdrawal.id == row.id).values(status=W.APPROVED))
    db.session.commit()
