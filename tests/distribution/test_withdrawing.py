"""Taking money out: every rule, every end, and what WeChat may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.distribution import make_distributor
from tests.factories.patients import make_id_number
from tests.factories.withdrawals import CASHIER, REVIEWER, UNEARNED, ask, give_money, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.idempotency import KeyReused
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.errors import (
    DistributorFrozen,
    NotEnoughAvailable,
    SamePerson,
    TooManyWithdrawals,
    WrongRealName,
)
from wxapp.distribution.kinds import available_account
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.payments.queries import get_payout
from wxapp.wallet import services as wallet
from wxapp.wechat import connected
from wxapp.wechat.pay.values import TransferState

At = Callable[[str | timedelta], None]
BY = "system:tests"


@pytest.fixture(autouse=True)
def pay(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


@pytest.fixture
def distributor(app: Flask) -> Distributor:
    return rich_distributor(10_000)


def have(distributor: Distributor) -> int:
    return wallet.balance_of(available_account(distributor.id))


def account(name: str) -> int:
    return wallet.balance_of(wallet.house_account(name))


def row_of(no: str) -> Withdrawal:
    db.session.expire_all()
    return queries.get_withdrawal(no)


def payout_of(no: str) -> Payout:
    return get_payout(row_of(no).payout_no)


def all_withdrawals() -> list[Withdrawal]:
    return list(db.session.scalars(sa.select(Withdrawal).order_by(Withdrawal.id)))


def told() -> list[str]:
    rows = db.session.scalars(sa.select(Message).where(Message.code == "fx_withdraw_0000001").order_by(Message.id))
    return [row.body.rpartition("：")[2].removesuffix("。") for row in rows]


def wrong() -> list[str]:
    return [f"{check.name}: {check.text}" for check in check_all() if not check.holds and check.name != UNEARNED]


@pytest.fixture(autouse=True)
def books_agree(database: None) -> Iterator[None]:
    yield
    assert wrong() == []


# --- asking ----------------------------------------------------------------------------------------------------------


def test_the_money_is_out_of_the_balance_at_once(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    row = row_of(no)
    assert no.startswith("W")
    assert (row.status, row.amount_fen, row.net_fen, row.payout_no) == (W.REQUESTED, 4_000, 4_000, "")
    assert (have(distributor), account("clearing.withdrawal")) == (6_000, 4_000)


def test_the_same_form_asks_once(distributor: Distributor) -> None:
    first = ask(distributor, 4_000, key="press-00000001")
    assert ask(distributor, 4_000, key="press-00000001") == first
    with pytest.raises(KeyReused):
        ask(distributor, 4_001, key="press-00000001")
    assert (len(all_withdrawals()), have(distributor)) == (1, 6_000)


@pytest.mark.parametrize(
    ("fen", "sentence"),
    [
        (999, "每次可提现10.00至200.00元，当前可提现100.00元"),
        (20_001, "每次可提现10.00至200.00元，当前可提现100.00元"),
        (10_001, "可提现余额不足，当前可提现100.00元"),
    ],
)
def test_an_amount_outside_the_limits_changes_nothing(distributor: Distributor, fen: int, sentence: str) -> None:
    with pytest.raises((Invalid, NotEnoughAvailable), match=sentence):
        ask(distributor, fen)
    assert (all_withdrawals(), have(distributor)) == ([], 10_000)


def test_a_refusal_uses_up_no_key(distributor: Distributor) -> None:
    with pytest.raises(WrongRealName):
        ask(distributor, 4_000, key="press-00000001", name="王芳")
    assert ask(distributor, 4_000, key="press-00000001")


def test_the_name_is_the_registered_one_whatever_its_blanks(distributor: Distributor) -> None:
    with pytest.raises(WrongRealName) as refusal:
        ask(distributor, name="陈小")
    assert refusal.value.field == "real_name"
    assert row_of(ask(distributor, name=" 陈　晓 ")).real_name == "陈晓"


def test_fee_and_tax_are_kept_back(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 60, by=BY)
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    row = row_of(ask(distributor, 3_333, id_number=make_id_number(7)))
    assert (row.fee_fen, row.tax_fen, row.net_fen) == (19, 666, 2_648)
    core_settings.write(settings.WITHDRAWAL_FEE, 0, by=BY)
    assert row_of(row.no).fee_fen == 19


def test_tax_asks_for_the_id_number_once_and_keeps_it_unreadable(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    number = make_id_number(7)
    mistyped = number[:-1] + ("1" if number[-1] != "1" else "2")
    for wrong_one, sentence in (("", "请填写身份证号"), ("123", "应为18位"), (mistyped, "校验位")):
        with pytest.raises(Invalid, match=sentence):
            ask(distributor, 1_000, id_number=wrong_one)
    assert db.session.get_one(Distributor, distributor.id).id_number is None
    ask(distributor, 1_000, id_number=number.lower())
    ask(distributor, 1_000)
    db.session.expire_all()
    assert db.session.get_one(Distributor, distributor.id).id_number == number
    raw = db.session.execute(sa.text("SELECT id_number FROM distribution_distributor WHERE id_number IS NOT NULL"))
    assert number not in str(raw.all())


def test_without_tax_no_number_is_kept(distributor: Distributor) -> None:
    ask(distributor, 1_000, id_number=make_id_number(7))
    db.session.expire_all()
    assert db.session.get_one(Distributor, distributor.id).id_number is None


def test_so_many_a_hospital_day(distributor: Distributor, at: At) -> None:
    at("2026-03-02 23:50")
    for _ in range(3):
        ask(distributor, 1_000)
    with pytest.raises(TooManyWithdrawals):
        ask(distributor, 1_000)
    at("2026-03-03 00:00")
    assert ask(distributor, 1_000)


def test_what_was_rejected_uses_up_none_but_what_was_taken_back_does(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWALS_PER_DAY, 1, by=BY)
    withdrawing.reject_withdrawal(ask(distributor, 1_000), reason="资料不全", by=REVIEWER)
    withdrawing.withdraw_request(ask(distributor, 1_000), by="wechat:1")
    with pytest.raises(TooManyWithdrawals):
        ask(distributor, 1_000)
    assert have(distributor) == 10_000


def test_a_frozen_one_takes_nothing_out(app: Flask) -> None:
    frozen = rich_distributor(status=DistributorStatus.FROZEN)
    with pytest.raises(DistributorFrozen):
        ask(frozen)
    assert have(frozen) == 10_000


@pytest.mark.parametrize(
    "status", [DistributorStatus.CLOSED, DistributorStatus.APPLIED, DistributorStatus.REFUSED], ids=str
)
def test_who_has_left_takes_out_what_is_left(app: Flask, status: DistributorStatus) -> None:
    assert ask(rich_distributor(status=status))


def test_a_debt_lets_nothing_out(app: Flask) -> None:
    debtor = make_distributor()
    wallet.transfer(
        kind="test.reversed",
        source="1",
        payer_id=available_account(debtor.id),
        payee_id=wallet.house_account("house.commission"),
        amount_fen=500,
    )
    with pytest.raises(NotEnoughAvailable, match=r"当前可提现0\.00元"):
        ask(debtor, 1_000)
    give_money(debtor, 1_499)
    with pytest.raises(NotEnoughAvailable):
        ask(debtor, 1_000)
    give_money(debtor, 1)
    assert ask(debtor, 1_000)


def test_what_was_reversed_after_the_look_is_not_taken_out(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "available_fen", lambda _id: 20_000)
    with pytest.raises(NotEnoughAvailable) as refusal:
        ask(distributor, 10_001)
    assert refusal.value.field == "amount"
    assert have(distributor) == 10_000


# --- deciding --------------------------------------------------------------------------------------------------------


def test_rejecting_gives_all_back_with_the_reason(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    no = ask(distributor, 4_000)
    withdrawing.reject_withdrawal(no, reason="姓名与银行不符", by=REVIEWER)
    row = row_of(no)
    assert (row.status, row.reason, row.decided_by) == (W.REJECTED, "姓名与银行不符", REVIEWER)
    assert (have(distributor), account("clearing.withdrawal")) == (10_000, 0)
    assert told() == ["未通过"]


def test_taking_back_ends_when_somebody_has_decided(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    withdrawing.withdraw_request(no, by="wechat:1")
    assert (row_of(no).status, have(distributor)) == (W.WITHDRAWN, 10_000)
    steps: list[Callable[[], None]] = [
        lambda: withdrawing.withdraw_request(no, by="wechat:1"),
        lambda: withdrawing.approve_withdrawal(no, by=REVIEWER),
        lambda: withdrawing.reject_withdrawal(no, reason="晚了", by=REVIEWER),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition):
            step()
    assert have(distributor) == 10_000


def test_approving_asks_for_the_net_amount_for_the_registered_person(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    no = ask(distributor, 4_000)
    withdrawing.approve_withdrawal(no, by=REVIEWER)
    payout = payout_of(no)
    assert (row_of(no).status, row_of(no).decided_by) == (W.APPROVED, REVIEWER)
    assert (payout.amount_fen, payout.real_name, payout.wechat_user_id, payout.status) == (
        3_960,
        "陈晓",
        distributor.wechat_user_id,
        PayoutStatus.QUEUED,
    )
    assert told() == ["审核通过"]


def test_without_review_it_is_approved_at_once(distributor: Distributor) -> None:
    core_settings.write(settings.REVIEW_WITHDRAWALS, False, by=BY)
    no = ask(distributor, 4_000)
    assert (row_of(no).status, row_of(no).decided_by) == (W.APPROVED, withdrawing.AUTOMATIC)
    assert payout_of(no).status is PayoutStatus.QUEUED
    assert told() == []


# --- paying by WeChat ------------------------------------------------------------------------------------------------


def approved(fen: int = 5_000) -> Withdrawal:
    return make_withdrawal(fen=fen, is_approved=True)


def distributor_of(row: Withdrawal) -> Distributor:
    return db.session.get_one(Distributor, row.distributor_id)


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
    assert told() == ["审核通过", "待确认收款", "已到账"]
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
