"""Giving recharges back: never more than is left, set aside at once, decided by another person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.patients import make_patient
from tests.factories.payments import CHIEF, make_payment
from tests.factories.recharge import ask_back, make_recharge, place
from tests.factories.wallet import make_balance
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments import settings as payment_settings
from wxapp.payments.errors import SamePerson
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, PartStatus, RefundPart
from wxapp.recharge import queries
from wxapp.recharge.errors import BalanceMoved, NotRefundable, TooMuchBack
from wxapp.recharge.models import RechargeRefund, RechargeStatus, RefundStatus
from wxapp.recharge.services import refunding
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance
from wxapp.wallet.queries import statement_of

At = Callable[[str], None]
PATIENT_BY = "wechat:7"


@pytest.fixture
def patient_id(app: Flask, database: None) -> int:
    core_settings.write(payment_settings.PASSWORD_FREE, 100_000, by=CHIEF)
    return make_patient().id


def spend(patient_id: int, amount_fen: int) -> None:
    payment = make_payment(patient_id=patient_id, amount_fen=amount_fen)
    payments.pay_by_balance(payment.no, patient_id=patient_id, user_id=7, password="")


def ask_all(patient_id: int, amount_fen: int | None = None) -> list[RechargeRefund]:
    numbers = refunding.request_back(patient_id, amount_fen=amount_fen, reason="不需要了", by=PATIENT_BY)
    return [queries.get_refund(no) for no in numbers]


def hand_over(refund: RechargeRefund) -> None:
    """Approve, let the channel refuse, and give it back over the counter."""
    payments.approve_refund(refund.refund_no, by=CHIEF)
    part = db.session.scalars(sa.select(RefundPart)).one()
    part.status = PartStatus.FAILED
    db.session.commit()
    payments.finish_by_hand(part.id, by=CHIEF, way=Method.CASH)
    db.session.expire_all()


def status_of(no: str) -> RechargeStatus:
    db.session.expire_all()
    return queries.get_recharge(no).status


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}


def test_the_money_leaves_the_balance_when_it_is_asked_for(patient_id: int) -> None:
    no = make_recharge(patient_id, 10_000).no
    (refund,) = ask_all(patient_id, 4_000)
    assert (wallet.patient_balance(patient_id), status_of(no)) == (6_000, RechargeStatus.REFUNDING)
    assert (refund.balance_fen, refund.gone_fen, refund.used_fen, refund.left_fen) == (10_000, 0, 0, 10_000)
    with pytest.raises(InsufficientBalance):
        spend(patient_id, 6_001)
    assert broken() == set()


def paid_back_by_hand(patient_id: int, amount_fen: int) -> RechargeRefund:
    (refund,) = ask_all(patient_id, amount_fen)
    hand_over(refund)
    return queries.get_refund(refund.no)


@pytest.mark.parametrize(
    ("amount_fen", "after"), [(4_000, RechargeStatus.PART_REFUNDED), (10_000, RechargeStatus.REFUNDED)]
)
def test_a_refund_ends_when_it_is_back(patient_id: int, amount_fen: int, after: RechargeStatus) -> None:
    no = make_recharge(patient_id, 10_000).no
    refund = paid_back_by_hand(patient_id, amount_fen)
    assert (refund.status, status_of(no)) == (RefundStatus.PAID_BACK, after)
    assert queries.get_recharge(no).refunded_fen == amount_fen
    assert wallet.patient_balance(patient_id) == 10_000 - amount_fen
    refunding.settle_refund(refund.no)
    assert queries.get_recharge(no).refunded_fen == amount_fen
    assert broken() == set()


def test_a_refund_goes_back_to_wechat(patient_id: int, pay: FakePay) -> None:
    recharge = make_recharge(patient_id, 10_000)
    (refund,) = ask_all(patient_id)
    payments.approve_refund(refund.refund_no, by=CHIEF)
    payments.carry_out_refunds()
    assert [(call.refund_fen, call.total_fen) for call in pay.refund_calls] == [(10_000, 10_000)]
    part = db.session.scalars(sa.select(RefundPart)).one()
    assert part.channel is Method.WECHAT
    assert status_of(recharge.no) is RechargeStatus.REFUNDING
    assert broken() == set()


def test_a_refused_refund_is_in_the_balance_again(patient_id: int) -> None:
    no = make_recharge(patient_id, 10_000).no
    (refund,) = ask_all(patient_id, 4_000)
    payments.reject_refund(refund.refund_no, by=CHIEF, reason="请到前台办理")
    db.session.expire_all()
    found = queries.get_refund(refund.no)
    assert (found.status, found.note) == (RefundStatus.REJECTED, "请到前台办理")
    assert (wallet.patient_balance(patient_id), status_of(no)) == (10_000, RechargeStatus.PAID)
    refunding.forget_refund(refund.no, RefundStatus.REJECTED, why="again")
    assert wallet.patient_balance(patient_id) == 10_000
    assert len(ask_all(patient_id)) == 1
    assert broken() == set()


def test_a_request_can_be_withdrawn_until_it_is_decided(patient_id: int) -> None:
    no = make_recharge(patient_id, 10_000).no
    (refund,) = ask_all(patient_id)
    refunding.withdraw(refund, by=PATIENT_BY)
    db.session.expire_all()
    assert queries.get_refund(refund.no).status is RefundStatus.WITHDRAWN
    assert (wallet.patient_balance(patient_id), status_of(no)) == (10_000, RechargeStatus.PAID)
    (refund,) = ask_all(patient_id)
    payments.approve_refund(refund.refund_no, by=CHIEF)
    with pytest.raises(IllegalTransition):
        refunding.withdraw(refund, by=PATIENT_BY)
    assert broken() == set()


def test_nobody_decides_on_his_own_request(patient_id: int) -> None:
    refund_no = queries.get_refund(ask_back(make_recharge(patient_id), 100, by="staff:2")).refund_no
    with pytest.raises(SamePerson):
        payments.approve_refund(refund_no, by="staff:2")


def test_what_was_spent_does_not_go_back(patient_id: int, at: At) -> None:
    first = make_recharge(patient_id, 10_000)
    at("2026-03-03 10:00")
    second = make_recharge(patient_id, 10_000)
    spend(patient_id, 12_000)
    with pytest.raises(NotRefundable):
        ask_back(first, 100)
    with pytest.raises(TooMuchBack):
        ask_back(second, 8_001)
    with pytest.raises(TooMuchBack):
        ask_all(patient_id, 8_001)
    ask_back(second, 8_000)
    assert wallet.patient_balance(patient_id) == 0


def test_money_that_a_shop_gave_back_can_go_back_to_wechat_again(patient_id: int) -> None:
    recharge = make_recharge(patient_id, 10_000)
    payment = make_payment(patient_id=patient_id, amount_fen=6_000)
    payments.pay_by_balance(payment.no, patient_id=patient_id, user_id=7, password="")
    number = payments.request_refund(
        subject_kind=payment.subject_kind,
        subject_no=payment.subject_no,
        amount_fen=6_000,
        reason="不要了",
        by="staff:2",
    )
    payments.approve_refund(number, by=CHIEF)
    ask_back(recharge, 10_000)


def test_a_wish_is_split_over_recharges_the_oldest_first(patient_id: int, at: At) -> None:
    numbers = []
    for day in (2, 3, 4):
        at(f"2026-03-0{day} 10:00")
        numbers.append(make_recharge(patient_id, 10_000).no)
    spend(patient_id, 5_000)
    rows = ask_all(patient_id, 12_000)
    assert {queries.recharge_of(row).no: row.amount_fen for row in rows} == {numbers[0]: 5_000, numbers[1]: 7_000}
    assert wallet.patient_balance(patient_id) == 13_000
    assert broken() == set()


def test_one_refund_of_a_recharge_at_a_time(patient_id: int) -> None:
    recharge = make_recharge(patient_id, 10_000)
    ask_back(recharge, 4_000)
    with pytest.raises(NotRefundable):
        ask_back(recharge, 1_000)
    with pytest.raises(TooMuchBack):
        ask_all(patient_id)


def test_after_a_year_the_counter_gives_back(patient_id: int, at: At) -> None:
    recharge = make_recharge(patient_id, 10_000)
    at("2027-03-01 10:00")
    with pytest.raises(NotRefundable):
        ask_back(recharge, 100)
    movement = wallet.request_pay_back(
        patient_id=patient_id, amount_fen=10_000, method="cash", by="staff:2", note="超过一年"
    )
    wallet.approve_movement(movement.no, by=CHIEF)
    assert broken() == set()


def test_what_was_paid_at_the_counter_does_not_go_to_wechat(patient_id: int) -> None:
    make_balance(patient_id, 10_000)
    with pytest.raises(TooMuchBack):
        ask_all(patient_id, 100)
    make_recharge(patient_id, 5_000)
    (refund,) = ask_all(patient_id)
    assert refund.amount_fen == 5_000


def test_an_unpaid_recharge_has_nothing_to_give_back(patient_id: int) -> None:
    no = place(patient_id)
    with pytest.raises(NotRefundable):
        refunding.request_of_recharge(no, amount_fen=100, reason="不要了", by=CHIEF)


def test_a_frozen_account_gives_nothing_back(patient_id: int) -> None:
    recharge = make_recharge(patient_id)
    wallet.set_frozen(recharge.account_id, True)
    with pytest.raises(AccountFrozen):
        ask_back(recharge, 100)
    assert status_of(recharge.no) is RechargeStatus.PAID


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_refunds_go_on_when_recharges_have_ended(patient_id: int, mode: str) -> None:
    make_recharge(patient_id)
    core_settings.write(stored_value.MODE, mode, by=CHIEF)
    assert len(ask_all(patient_id)) == 1


def test_a_calculation_that_is_no_longer_true_is_refused(patient_id: int, at: At) -> None:
    first = make_recharge(patient_id, 10_000)
    at("2026-03-03 10:00")
    make_recharge(patient_id, 10_000)
    stale = queries.calculation_of(first.account_id)
    spend(patient_id, 8_000)
    with pytest.raises(BalanceMoved):
        refunding._request(stale, stale.plan(10_000), reason="不要了", by=PATIENT_BY)
    assert (status_of(first.no), wallet.patient_balance(patient_id)) == (RechargeStatus.PAID, 12_000)
    assert db.session.scalar(sa.select(sa.func.count(RechargeRefund.id))) == 0


def test_the_same_key_asks_once(patient_id: int) -> None:
    make_recharge(patient_id, 10_000)
    asked = {"patient_id": patient_id, "amount_fen": 3_000, "reason": "", "by": PATIENT_BY}
    numbers = {refunding.request_by_patient(**asked, once_key="once-0000000001") for _ in range(2)}
    assert len(numbers) == 1
    assert wallet.patient_balance(patient_id) == 7_000


def test_the_statement_tells_each_step(patient_id: int) -> None:
    recharge = make_recharge(patient_id, 10_000)
    (refund,) = ask_all(patient_id)
    payments.reject_refund(refund.refund_no, by=CHIEF, reason="请到前台办理")
    lines = [(line.label, line.amount_fen, line.after_fen) for line in statement_of(recharge.account_id)]
    assert lines == [
        ("充值退款未通过，退回", 10_000, 10_000),
        ("充值退款", -10_000, 0),
        ("在线充值", 10_000, 10_000),
    ]
    assert payment_queries.get_refund(refund.refund_no).reason == "不需要了"
