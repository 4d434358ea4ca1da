"""Paying from stored value and at the counter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.factories.patients import make_patient
from tests.factories.payments import CASHIER, begin, make_payment
from tests.factories.wallet import make_balance
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.events import Event
from wxapp.patients.errors import BalancePasswordLocked, WrongBalancePassword
from wxapp.patients.models import Patient
from wxapp.payments import queries, services, settings
from wxapp.payments.errors import (
    AlreadyPaid,
    PartsDontAddUp,
    PasswordNeeded,
    PaymentBusy,
    PaymentIsClosed,
    WayOff,
)
from wxapp.payments.events import PaymentReceived
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, PaymentOrder, PaymentStatus
from wxapp.payments.services.at_counter import count_print
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance, StoredValueClosed
from wxapp.wallet.services import balance_of, house_account, patient_balance, set_frozen
from wxapp.wechat.pay.errors import PayUnknown

PASSWORD = "285714"


@pytest.fixture
def patient(app: Flask) -> Patient:
    return make_patient(balance_password=PASSWORD)


def pay_by_balance(payment: PaymentOrder, *, password: str = PASSWORD) -> None:
    assert payment.patient_id is not None
    services.pay_by_balance(payment.no, patient_id=payment.patient_id, user_id=7, password=password)


def status_of(payment: PaymentOrder) -> PaymentStatus:
    return queries.get_due(payment.no).status


def all_holds() -> bool:
    return all(check.holds for check in check_all())


# --- balance ---------------------------------------------------------------------------------------------------------


def test_the_balance_pays_once(patient: Patient, told: list[Event]) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    pay_by_balance(payment)
    with pytest.raises(AlreadyPaid):
        pay_by_balance(payment)
    assert patient_balance(patient.id) == 100
    assert [type(event) for event in told] == [PaymentReceived]
    assert queries.get_payment(payment.no).method is Method.BALANCE
    assert all_holds()


def test_too_little_leaves_everything_as_it_was(patient: Patient, told: list[Event]) -> None:
    make_balance(patient.id, 19_899)
    payment = make_payment(patient_id=patient.id)
    with pytest.raises(InsufficientBalance):
        pay_by_balance(payment)
    assert (status_of(payment), patient_balance(patient.id), told) == (PaymentStatus.OPEN, 19_899, [])


def test_a_wrong_password_costs_a_try_even_if_the_balance_is_too_low(patient: Patient) -> None:
    payment = make_payment(patient_id=patient.id)
    for _ in range(4):
        with pytest.raises(WrongBalancePassword):
            pay_by_balance(payment, password="111222")
    with pytest.raises((WrongBalancePassword, BalancePasswordLocked)):
        pay_by_balance(payment, password="111222")
    make_balance(patient.id, 20_000)
    with pytest.raises(BalancePasswordLocked):
        pay_by_balance(payment)
    assert status_of(payment) is PaymentStatus.OPEN


def test_small_amounts_need_no_password_if_staff_say_so(patient: Patient) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    with pytest.raises(PasswordNeeded):
        pay_by_balance(payment, password="")
    core_settings.write(settings.PASSWORD_FREE, 19_899, by=CASHIER)
    with pytest.raises(PasswordNeeded):
        pay_by_balance(payment, password="")
    core_settings.write(settings.PASSWORD_FREE, 19_900, by=CASHIER)
    pay_by_balance(payment, password="")
    assert status_of(payment) is PaymentStatus.PAID


def test_nobody_pays_from_another_s_balance(patient: Patient) -> None:
    payment = make_payment(patient_id=patient.id)
    other = make_patient(balance_password=PASSWORD)
    make_balance(other.id, 20_000)
    with pytest.raises(NotFound):
        services.pay_by_balance(payment.no, patient_id=other.id, user_id=7, password=PASSWORD)
    assert patient_balance(other.id) == 20_000


def test_a_switched_off_way_says_what_staff_wrote(patient: Patient) -> None:
    payment = make_payment(patient_id=patient.id)
    core_settings.write(settings.BALANCE_ON, False, by=CASHIER)
    core_settings.write(settings.BALANCE_OFF_TEXT, "余额支付升级到18点", by=CASHIER)
    with pytest.raises(WayOff, match="升级到18点"):
        pay_by_balance(payment)


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_stored_value_that_runs_down_may_be_spent(patient: Patient, mode: str) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    core_settings.write(stored_value.MODE, mode, by=CASHIER)
    if mode == "off":
        with pytest.raises(StoredValueClosed):
            pay_by_balance(payment)
    else:
        pay_by_balance(payment)
    assert (status_of(payment) is PaymentStatus.PAID) == (mode == "run_down")


def test_a_frozen_account_pays_nothing(patient: Patient) -> None:
    set_frozen(make_balance(patient.id, 20_000), True)
    payment = make_payment(patient_id=patient.id)
    with pytest.raises(AccountFrozen):
        pay_by_balance(payment)


def test_an_open_wechat_sheet_is_closed_before_the_balance_pays(patient: Patient, pay: FakePay) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    number = begin(payment)
    pay_by_balance(payment)
    assert pay.closed == [number]


def test_a_paid_wechat_sheet_saves_the_balance(patient: Patient, pay: FakePay) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    pay.pay(begin(payment))
    with pytest.raises(AlreadyPaid):
        pay_by_balance(payment)
    assert patient_balance(patient.id) == 20_000
    assert queries.get_payment(payment.no).method is Method.WECHAT


def test_the_balance_waits_while_an_attempt_s_fate_is_unknown(patient: Patient, pay: FakePay) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    begin(payment)
    pay.fail_next(PayUnknown("timed out"))
    with pytest.raises(PaymentBusy):
        pay_by_balance(payment)
    assert patient_balance(patient.id) == 20_000


def test_an_expired_order_is_not_paid_from_the_balance(patient: Patient, at: Callable[[timedelta], None]) -> None:
    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    at(timedelta(minutes=30))
    with pytest.raises(PaymentIsClosed):
        pay_by_balance(payment)


def test_paying_from_the_balance_takes_few_statements(patient: Patient, queries: list[str]) -> None:
    from wxapp.payments.services import balance

    make_balance(patient.id, 20_000)
    payment = make_payment(patient_id=patient.id)
    core_settings.write(settings.PASSWORD_FREE, 20_000, by=CASHIER)
    settings.PASSWORD_FREE()
    queries.clear()
    sent: list[str] = []
    original = balance.publish
    try:
        balance.publish = lambda event: (sent.extend(queries), original(event))  # type: ignore[assignment]
        pay_by_balance(payment)
    finally:
        balance.publish = original
    own = [line for line in sent if "core_setting" not in line and "core_event" not in line]
    assert len(own) <= 12, own


# --- at the hospital -------------------------------------------------------------------------------------------------


def test_choosing_the_hospital_gives_a_deadline_of_its_own(app: Flask, subject: list[str]) -> None:
    payment = make_payment()
    services.choose_at_hospital(payment.no, by="wechat:7")
    services.choose_at_hospital(payment.no, by="wechat:7")
    fresh = queries.get_payment(payment.no)
    assert subject == [payment.subject_no]
    assert fresh.waits_at_hospital
    assert fresh.expires_at - fresh.created_at == timedelta(days=7)


def test_the_hospital_may_be_switched_off(app: Flask) -> None:
    payment = make_payment()
    core_settings.write(settings.HOSPITAL_ON, False, by=CASHIER)
    with pytest.raises(WayOff):
        services.choose_at_hospital(payment.no, by="wechat:7")


def test_a_kind_that_can_not_wait_is_not_paid_there(app: Flask) -> None:
    payment = make_payment(subject_kind="unknown")
    with pytest.raises(WayOff):
        services.choose_at_hospital(payment.no, by="wechat:7")


def test_the_cashier_takes_mixed_money(app: Flask, told: list[Event]) -> None:
    payment = make_payment()
    receipt = services.collect(payment.no, [(Method.CASH, 10_000), (Method.CARD, 9_900)], by=CASHIER, till="一楼1号")
    fresh = queries.get_payment(payment.no)
    assert (fresh.method, fresh.receipt_no, fresh.collected_by, fresh.till) == (
        Method.MIXED,
        receipt,
        CASHIER,
        "一楼1号",
    )
    assert receipt == "SJ202603020001"
    assert balance_of(house_account("channel.cash")) == -10_000
    assert balance_of(house_account("channel.card")) == -9_900
    assert [type(event) for event in told] == [PaymentReceived]
    assert all_holds()


def test_receipts_count_up(app: Flask) -> None:
    numbers = [services.collect(make_payment().no, [(Method.CASH, 19_900)], by=CASHIER) for _ in range(2)]
    assert numbers == ["SJ202603020001", "SJ202603020002"]


def test_money_is_taken_once(app: Flask) -> None:
    payment = make_payment()
    services.collect(payment.no, [(Method.CASH, 19_900)], by=CASHIER)
    with pytest.raises(AlreadyPaid):
        services.collect(payment.no, [(Method.CASH, 19_900)], by=CASHIER)
    assert balance_of(house_account("channel.cash")) == -19_900


@pytest.mark.parametrize("parts", [[(Method.CASH, 19_899)], [(Method.CASH, 10_000), (Method.CARD, 9_901)], []])
def test_parts_that_do_not_add_up_take_nothing(app: Flask, parts: list[tuple[Method, int]]) -> None:
    payment = make_payment()
    with pytest.raises(PartsDontAddUp):
        services.collect(payment.no, parts, by=CASHIER)
    assert status_of(payment) is PaymentStatus.OPEN


@pytest.mark.parametrize("method", [Method.WECHAT, Method.BALANCE, Method.MIXED])
def test_the_counter_has_its_own_ways(app: Flask, method: Method) -> None:
    with pytest.raises(Invalid):
        services.collect(make_payment().no, [(method, 19_900)], by=CASHIER)


def test_the_cashier_may_be_a_little_late_but_not_after_the_closing(
    app: Flask, at: Callable[[timedelta], None]
) -> None:
    late, closed = make_payment(), make_payment()
    services.close_payment(closed.subject_kind, closed.subject_no, by=CASHIER, reason="不要了")
    at(timedelta(minutes=40))
    services.collect(late.no, [(Method.CASH, 19_900)], by=CASHIER)
    with pytest.raises(PaymentIsClosed):
        services.collect(closed.no, [(Method.CASH, 19_900)], by=CASHIER)


def test_reprints_are_counted(app: Flask) -> None:
    payment = make_payment()
    assert count_print(payment.no).receipt_prints == 0
    services.collect(payment.no, [(Method.CASH, 19_900)], by=CASHIER)
    count_print(payment.no)
    assert count_print(payment.no).receipt_prints == 2
