"""Buying stored value: every rule, refusal and retry, and money that comes early, late, twice or never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.patients import make_patient
from tests.factories.recharge import make_recharge, pay, place
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.idempotency import KeyReused
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments import settings as payment_settings
from wxapp.payments.errors import WayOff
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, Refund
from wxapp.payments.queries import find_payment
from wxapp.payments.services.wechat import Payer
from wxapp.recharge import handlers, queries, settings
from wxapp.recharge.errors import TooManyUnpaid
from wxapp.recharge.models import Recharge, RechargeStatus
from wxapp.recharge.services import placing
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import OverLimit, StoredValueClosed

At = Callable[[str | timedelta], None]
BY = "staff:1"


@pytest.fixture
def patient_id(app: Flask, database: None) -> int:
    return make_patient().id


def status_of(no: str) -> RechargeStatus:
    db.session.expire_all()
    return queries.get_recharge(no).status


def payment_no_of(no: str) -> str:
    return queries.get_recharge(no).payment_no


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}


def test_the_balance_grows_when_the_money_is_there(patient_id: int) -> None:
    no = place(patient_id, 10_000)
    assert (status_of(no), wallet.patient_balance(patient_id)) == (RechargeStatus.AWAITING, 0)
    pay(no)
    assert (status_of(no), wallet.patient_balance(patient_id)) == (RechargeStatus.PAID, 10_000)
    told = db.session.scalars(sa.select(Message).where(Message.code == "pt_wallet_0000001")).one()
    assert (told.receiver_kind, told.receiver_id) == ("patient", patient_id)
    assert broken() == set()


def test_hearing_twice_of_the_money_books_it_once(patient_id: int) -> None:
    no = make_recharge(patient_id).no
    placing.book_payment(no, payment_no=payment_no_of(no), landed_late=False)
    assert wallet.patient_balance(patient_id) == 10_000
    assert broken() == set()


def test_paying_twice_gives_the_second_payment_back(patient_id: int) -> None:
    no = make_recharge(patient_id).no
    pay(no)
    assert wallet.patient_balance(patient_id) == 10_000
    assert db.session.scalars(sa.select(Refund)).one().is_late
    assert broken() == set()


def test_a_number_is_unlike_every_other(patient_id: int) -> None:
    first, second = place(patient_id), place(patient_id)
    assert first != second
    assert all(no.startswith("R20260302") and len(no) == 27 for no in (first, second))


def test_the_same_key_places_one_recharge(patient_id: int) -> None:
    numbers = {place(patient_id, user_id=7, key="once-0000000001") for _ in range(2)}
    assert len(numbers) == 1
    with pytest.raises(KeyReused):
        place(patient_id, 20_000, user_id=7, key="once-0000000001")


@pytest.mark.parametrize("amount_fen", [99, 1_000_001])
def test_amounts_outside_the_limits_of_one_payment_are_refused(patient_id: int, amount_fen: int) -> None:
    with pytest.raises(Invalid, match="单笔充值"):
        place(patient_id, amount_fen)


def test_the_limit_of_the_day_counts_the_counter_too(patient_id: int, at: At) -> None:
    core_settings.write(stored_value.TOP_UP_DAY, 30_000, by=BY)
    wallet.top_up_at_counter(patient_id=patient_id, amount_fen=10_000, method="cash", by=BY)
    place(patient_id, 15_000)
    with pytest.raises(OverLimit):
        place(patient_id, 5_001)
    with pytest.raises(OverLimit):
        wallet.top_up_at_counter(patient_id=patient_id, amount_fen=5_001, method="cash", by=BY)
    place(patient_id, 5_000)
    at("2026-03-03 00:00")
    place(patient_id, 30_000)


def test_what_was_recharged_online_needs_no_second_person_at_the_counter(patient_id: int) -> None:
    make_recharge(patient_id, 200_000)
    assert wallet.top_up_at_counter(patient_id=patient_id, amount_fen=10_000, method="cash", by=BY).decided_at


def test_a_cancelled_recharge_counts_for_no_day(patient_id: int) -> None:
    core_settings.write(stored_value.TOP_UP_DAY, 10_000, by=BY)
    no = place(patient_id, 10_000)
    placing.cancel_recharge(queries.get_recharge(no), by="wechat:7", reason="用户取消")
    assert (status_of(no), queries.get_recharge(no).close_reason) == (RechargeStatus.CLOSED, "用户取消")
    placing.close_for_unpaid(no, reason="again")
    place(patient_id, 10_000)
    with pytest.raises(OverLimit):
        place(patient_id, 100)


def test_an_unpaid_recharge_is_closed_in_time(patient_id: int, at: At) -> None:
    no = place(patient_id)
    at(timedelta(minutes=settings.UNPAID_MINUTES(), seconds=1))
    payments.close_expired()
    assert (status_of(no), queries.get_recharge(no).close_reason) == (RechargeStatus.CLOSED, "超时未付款，自动关闭")


def test_one_user_holds_few_unpaid_recharges(patient_id: int) -> None:
    for _ in range(settings.MAX_UNPAID()):
        place(patient_id, user_id=7)
    with pytest.raises(TooManyUnpaid):
        place(patient_id, user_id=7)
    place(patient_id, user_id=8)


# --- late money ------------------------------------------------------------------------------------------------------


def test_late_money_is_taken_whatever_the_limit_and_counts_for_its_day(patient_id: int) -> None:
    core_settings.write(stored_value.TOP_UP_DAY, 10_000, by=BY)
    no = place(patient_id, 10_000)
    placing.cancel_recharge(queries.get_recharge(no), by="wechat:7", reason="用户取消")
    make_recharge(patient_id, 10_000)
    pay(no)
    assert (status_of(no), wallet.patient_balance(patient_id)) == (RechargeStatus.PAID, 20_000)
    assert wallet.topped_up_on(queries.get_recharge(no).account_id, queries.get_recharge(no).day) == 20_000
    assert broken() == set()


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_late_money_goes_back_when_recharges_have_ended(patient_id: int, mode: str) -> None:
    no = place(patient_id)
    placing.cancel_recharge(queries.get_recharge(no), by="wechat:7", reason="用户取消")
    core_settings.write(stored_value.MODE, mode, by=BY)
    pay(no)
    assert (status_of(no), wallet.patient_balance(patient_id)) == (RechargeStatus.CLOSED, 0)
    assert db.session.scalars(sa.select(Refund)).one().is_late
    assert broken() == set()


def test_money_that_was_asked_for_is_booked_though_recharges_have_ended_meanwhile(patient_id: int) -> None:
    no = place(patient_id)
    core_settings.write(stored_value.MODE, "run_down", by=BY)
    pay(no)
    assert wallet.patient_balance(patient_id) == 10_000


def test_money_that_is_faster_than_the_news_of_the_closing_is_taken(
    patient_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    no = place(patient_id)
    with monkeypatch.context() as patch:
        patch.setattr(handlers.placing, "close_for_unpaid", lambda *_, **__: None)
        placing.cancel_recharge(queries.get_recharge(no), by="wechat:7", reason="用户取消")
    pay(no)
    placing.close_for_unpaid(no, reason="用户取消")
    assert (status_of(no), wallet.patient_balance(patient_id)) == (RechargeStatus.PAID, 10_000)
    assert broken() == set()


# --- what is closed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_only_an_open_house_takes_recharges(patient_id: int, mode: str) -> None:
    core_settings.write(stored_value.MODE, mode, by=BY)
    with pytest.raises(StoredValueClosed):
        place(patient_id)
    core_settings.write(stored_value.MODE, "open", by=BY)
    core_settings.write(payment_settings.WECHAT_ON, False, by=BY)
    with pytest.raises(WayOff):
        place(patient_id)
    assert db.session.scalar(sa.select(sa.func.count(Recharge.id))) == 0


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_what_was_placed_before_recharges_ended_is_not_paid_any_more(patient_id: int, mode: str) -> None:
    payment = find_payment(placing.SUBJECT, place(patient_id))
    assert payment is not None
    core_settings.write(stored_value.MODE, mode, by=BY)
    with pytest.raises(WayOff, match="不支持微信支付"):
        payments.begin_wechat(payment.no, Payer(7, "openid-of-the-payer"))


def test_stored_value_is_not_bought_with_stored_value_or_at_the_counter(patient_id: int) -> None:
    make_recharge(patient_id, 50_000)
    payment = find_payment(placing.SUBJECT, place(patient_id))
    assert payment is not None
    with pytest.raises(WayOff, match="不支持余额支付"):
        payments.pay_by_balance(payment.no, patient_id=patient_id, user_id=7, password="")
    with pytest.raises(WayOff, match="不支持到院支付"):
        payments.choose_at_hospital(payment.no, by="wechat:7")
    with pytest.raises(WayOff, match="不支持到院支付"):
        payments.collect(payment.no, [(Method.CASH, payment.amount_fen)], by=BY)
    assert wallet.patient_balance(patient_id) == 50_000
