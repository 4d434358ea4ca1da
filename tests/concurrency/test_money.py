"""Money under load: one balance, one notice, one refund, many hands. Each twin takes a guard away and must show why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_patient
from tests.factories.payments import CASHIER, CHIEF, PAYER, ask_refund, begin, make_collected, make_payment
from tests.factories.wallet import make_balance
from tests.fakes.pay import FakePay
from wxapp.core import events
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db
from wxapp.core.errors import DomainError
from wxapp.payments import queries, services, settings
from wxapp.payments.events import PaymentReceived
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, PaymentOrder, PaymentStatus, Refund, RefundPart
from wxapp.payments.services import balance as balance_service
from wxapp.payments.services import closing, landing, refunds
from wxapp.payments.services import wechat as wechat_service
from wxapp.wallet.errors import InsufficientBalance
from wxapp.wallet.models import Account
from wxapp.wallet.services import ledger, patient_balance
from wxapp.wechat import connected

pytestmark = pytest.mark.mariadb

PRICE = 19_900


class NoGuard:
    """A state machine that moves whatever it is told to, without looking where the row is."""

    @staticmethod
    def allows(*_: object) -> bool:
        return True

    @staticmethod
    def try_move(
        model: Any, row_id: int, *, new: Any, old: Any = None, by: str = "", why: str = "", **values: Any
    ) -> bool:
        change(sa.update(model).where(model.id == row_id).values(status=new, **values))
        return True

    @classmethod
    def move(cls, row: Any, new: Any, *, by: str, why: str = "", **values: Any) -> None:
        cls.try_move(type(row), row.id, new=new, **values)


@pytest.fixture
def app(real_database: Flask) -> Iterator[Flask]:
    with real_database.app_context():
        core_settings.write(settings.PASSWORD_FREE, 100_000, by=CASHIER)
        db.session.remove()
    return real_database


@pytest.fixture
def pay(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The payment orders whose money was told, once for each time it was told."""
    told: list[str] = []
    monkeypatch.setitem(
        events._listeners, "PaymentReceived", {"tests.heard": lambda event: told.append(event.payment_no)}
    )
    monkeypatch.setitem(events._types, "PaymentReceived", PaymentReceived)
    return told


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}


def look(app: Flask, question: Callable[[], Any]) -> Any:
    with app.app_context():
        try:
            return question()
        finally:
            db.session.remove()


# --- one balance -----------------------------------------------------------------------------------------------------


def rich_enough_for(app: Flask, orders: int, *, asked: int) -> tuple[int, list[str]]:
    """Return a patient with money for so many orders, and the numbers of more orders than that."""

    def make() -> tuple[int, list[str]]:
        patient_id = make_patient().id
        make_balance(patient_id, orders * PRICE)
        return patient_id, [make_payment(patient_id=patient_id).no for _ in range(asked)]

    return look(app, make)  # type: ignore[no-any-return]


def pay_all(app: Flask, patient_id: int, numbers: list[str]) -> dict[str, int]:
    def one(number: str) -> Callable[[], None]:
        return lambda: services.pay_by_balance(number, patient_id=patient_id, user_id=7, password="")

    return crowd(app, [one(number) for number in numbers])


def test_one_balance_pays_no_more_than_it_has(app: Flask) -> None:
    patient_id, numbers = rich_enough_for(app, 10, asked=20)
    assert pay_all(app, patient_id, numbers) == {"done": 10, "insufficient_balance": 10}
    assert look(app, lambda: patient_balance(patient_id)) == 0
    assert look(app, broken) == set()


def read_compare_write(account_id: int, amount_fen: int, *_: object) -> None:
    """What the ledger must not do."""
    balance = db.session.scalar(sa.select(Account.balance_fen).where(Account.id == account_id)) or 0
    time.sleep(0.02)
    if balance + amount_fen < 0:
        raise InsufficientBalance
    change(sa.update(Account).where(Account.id == account_id).values(balance_fen=balance + amount_fen))


def test_twin_without_the_conditional_update_money_is_made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    patient_id, numbers = rich_enough_for(app, 10, asked=20)
    monkeypatch.setattr(ledger, "_change_balance", read_compare_write)
    done = pay_all(app, patient_id, numbers)["done"]
    assert done > 10 or "ledger.balances" in look(app, broken)


def test_one_order_is_paid_once_however_many_press(app: Flask, heard: list[str]) -> None:
    patient_id, (number, *_) = rich_enough_for(app, 20, asked=1)
    outcome = pay_all(app, patient_id, [number] * 20)
    assert outcome["done"] == 1
    assert look(app, lambda: patient_balance(patient_id)) == 19 * PRICE
    assert heard == [number]
    assert look(app, broken) == set()


def test_twin_without_the_claim_one_order_is_paid_many_times(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    patient_id, (number, *_) = rich_enough_for(app, 20, asked=1)
    together = threading.Barrier(10)

    def no_claim(*_: object, **__: object) -> None:
        together.wait(timeout=10)

    monkeypatch.setattr(balance_service, "claim", no_claim)
    outcome = pay_all(app, patient_id, [number] * 10)
    assert outcome["done"] > 1
    assert "payments.paid" in look(app, broken)


# --- one notice ------------------------------------------------------------------------------------------------------


def notify(app: Flask, pay: FakePay, times: int) -> tuple[str, dict[str, int]]:
    def make() -> tuple[str, Any]:
        payment = make_payment()
        return payment.no, pay.pay(begin(payment))

    number, notice = look(app, make)

    def once() -> None:
        try:
            services.receive_notice(notice.headers, notice.body)
        except IntegrityError:
            raise DomainError from None  # only the twin gets here

    return number, crowd(app, [once] * times)


def test_a_hundred_notices_at_once_pay_once(app: Flask, pay: FakePay, heard: list[str]) -> None:
    number, outcome = notify(app, pay, 100)
    assert outcome == {"done": 100}
    assert heard == [number]
    assert look(app, lambda: queries.get_due(number).status) is PaymentStatus.PAID
    assert look(app, broken) == set()


def test_twin_without_the_state_s_guard_the_money_is_told_again(
    app: Flask, pay: FakePay, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "PAYMENT", NoGuard)
    monkeypatch.setattr(landing, "_succeed", lambda *_, **__: True)
    notify(app, pay, 100)
    assert len(heard) > 1


# --- closing against paying ------------------------------------------------------------------------------------------


def race(app: Flask, pay: FakePay, payer: str, *, pairs: int = 12) -> list[str]:
    """Let a close and a payment run at each other, pair by pair; return the payment orders."""

    def make() -> list[tuple[str, str, int, Any]]:
        made = []
        for _ in range(pairs):
            patient_id = make_patient().id
            make_balance(patient_id, PRICE)
            payment = make_payment(patient_id=patient_id)
            notice = pay.pay(begin(payment)) if payer == "notice" else None
            made.append((payment.no, payment.subject_no, patient_id, notice))
        return made

    made = look(app, make)
    works: list[Callable[[], object]] = []
    for number, subject_no, patient_id, notice in made:
        works.append(
            lambda subject_no=subject_no: services.close_payment("test", subject_no, by="wechat:7", reason="取消")
        )
        if notice is not None:
            works.append(lambda notice=notice: services.receive_notice(notice.headers, notice.body))
        else:
            works.append(
                lambda number=number, patient_id=patient_id: services.pay_by_balance(
                    number, patient_id=patient_id, user_id=7, password=""
                )
            )
    crowd(app, works)
    return [number for number, *_ in made]


@pytest.mark.parametrize("payer", ["balance", "notice"])
def test_of_closing_and_paying_exactly_one_happens(app: Flask, pay: FakePay, payer: str) -> None:
    numbers = race(app, pay, payer)

    def money_of(number: str) -> tuple[PaymentStatus, int]:
        due = queries.get_due(number)
        return due.status, sum(attempt.amount_fen for attempt in queries.paid_attempts(due.id))

    for number in numbers:
        status, fen = look(app, lambda number=number: money_of(number))
        assert (status, fen) in {(PaymentStatus.PAID, PRICE), (PaymentStatus.CLOSED, 0)}
    assert look(app, broken) == set()


def pay_while_closing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pay from the balance exactly between the close's question to the channel and its own transaction."""
    patient_id, (number, *_) = rich_enough_for(app, 1, asked=1)

    def then_pay(_payment_order_id: int) -> None:
        paying = threading.Thread(target=pay_all, args=(app, patient_id, [number]))
        paying.start()
        paying.join()

    monkeypatch.setattr(closing, "end_attempts", then_pay)
    subject_no = look(app, lambda: queries.get_due(number).subject_no)
    crowd(app, [lambda: services.close_payment("test", subject_no, by="wechat:7", reason="取消")])
    return number


def test_a_payment_inside_a_close_wins(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    number = pay_while_closing(app, monkeypatch)
    assert look(app, lambda: queries.get_due(number).status) is PaymentStatus.PAID
    assert look(app, broken) == set()


def test_twin_without_the_claim_a_paid_order_is_closed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "claim", lambda *_, **__: None)
    monkeypatch.setattr(closing, "PAYMENT", NoGuard)
    number = pay_while_closing(app, monkeypatch)
    assert look(app, lambda: queries.get_due(number).status) is PaymentStatus.CLOSED
    assert "payments.unpaid" in look(app, broken)


# --- two tabs --------------------------------------------------------------------------------------------------------


def press_in_many_tabs(app: Flask) -> int:
    number = look(app, lambda: make_payment().no)
    crowd(app, [lambda: services.begin_wechat(number, PAYER)] * 10)

    def live() -> int:
        return len(queries.live_attempts(queries.get_due(number).id))

    return int(look(app, live))


def test_many_tabs_share_one_number_at_the_channel(app: Flask, pay: FakePay) -> None:
    assert press_in_many_tabs(app) == 1


def test_twin_without_the_claim_each_tab_could_be_paid(
    app: Flask, pay: FakePay, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(10)
    monkeypatch.setattr(wechat_service, "claim", lambda *_, **__: together.wait(timeout=10))
    assert press_in_many_tabs(app) > 1


# --- refunds ---------------------------------------------------------------------------------------------------------


def refund_in_parallel(app: Flask) -> tuple[int, dict[str, int]]:
    """Ask twenty times for a tenth of what was paid; return what was promised in all."""
    number = look(app, lambda: make_collected({Method.CASH: PRICE}).no)
    outcome = crowd(app, [lambda: ask_refund(queries.get_payment(number), PRICE // 10)] * 20)
    promised = look(app, lambda: db.session.scalar(sa.select(sa.func.sum(Refund.amount_fen))))
    return int(promised), outcome


def test_no_more_is_promised_than_was_paid(app: Flask) -> None:
    promised, outcome = refund_in_parallel(app)
    assert (promised, outcome) == (PRICE, {"done": 10, "refund_too_much": 10})
    assert look(app, broken) == set()


def test_twin_that_reads_and_compares_promises_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def reserve(payment_order_id: int, amount_fen: int) -> None:
        payment = db.session.get_one(PaymentOrder, payment_order_id)
        left = payment.paid_fen - payment.refunded_fen
        time.sleep(0.02)
        if amount_fen > left:
            raise refunds.TooMuch
        change(
            sa.update(PaymentOrder)
            .where(PaymentOrder.id == payment_order_id)
            .values(refunded_fen=PRICE - left + amount_fen)
        )

    monkeypatch.setattr(refunds, "_reserve", reserve)
    monkeypatch.setattr(refunds, "_add_parts", lambda *_: None)
    promised, _outcome = refund_in_parallel(app)
    assert promised > PRICE


def approve_in_parallel(app: Flask) -> dict[str, int]:
    refund_no = look(app, lambda: ask_refund(make_collected({Method.CASH: PRICE}), PRICE))
    together = threading.Barrier(8)

    def approve(number: int) -> Callable[[], None]:
        def work() -> None:
            together.wait(timeout=10)
            services.approve_refund(refund_no, by=f"staff:{100 + number}")

        return work

    return crowd(app, [approve(number) for number in range(8)])


def test_of_many_approvers_one_succeeds(app: Flask) -> None:
    outcome = approve_in_parallel(app)
    assert outcome["done"] == 1
    assert look(app, broken) == set()


def test_twin_without_the_old_status_many_approve(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "REFUND", NoGuard)
    monkeypatch.setattr(refunds, "PART", NoGuard)
    monkeypatch.setattr(refunds, "set_aside", lambda *_, **__: None)
    monkeypatch.setattr(refunds, "finish_if_done", lambda *_, **__: None)
    assert approve_in_parallel(app)["done"] > 1


def test_a_part_is_sent_once_by_many_workers(app: Flask, pay: FakePay) -> None:
    def make() -> int:
        payment = make_payment()
        notice = pay.pay(begin(payment))
        services.receive_notice(notice.headers, notice.body)
        services.approve_refund(ask_refund(payment, PRICE), by=CHIEF)
        return db.session.scalars(sa.select(RefundPart.id)).one()

    part_id = look(app, make)
    crowd(app, [lambda: services.carry_out_part(part_id)] * 10)
    assert len(pay.refund_calls) == 1
    assert look(app, broken) == set()
