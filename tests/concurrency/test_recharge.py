"""Recharges under load: limits, one booking, one refund, and money that nobody spends twice. Each guard has a twin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import NoGuard, broken, look
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.payments import CASHIER, CHIEF, make_payment
from tests.factories.recharge import make_recharge, place
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import DomainError
from wxapp.payments import services as payments
from wxapp.payments import settings as payment_settings
from wxapp.recharge import queries, settings
from wxapp.recharge.models import RechargeRefund
from wxapp.recharge.services import placing, refunding
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import OverLimit
from wxapp.wallet.models import DayTotal
from wxapp.wallet.services import counter, ledger

pytestmark = pytest.mark.mariadb

SUM = 10_000
BY = "staff:2"


@pytest.fixture
def app(real_database: Flask) -> Iterator[Flask]:
    with real_database.app_context():
        core_settings.write(payment_settings.PASSWORD_FREE, 100_000, by=CASHIER)
        core_settings.write(stored_value.TOP_UP_DAY, 5 * SUM, by=CASHIER)
        core_settings.write(settings.MAX_UNPAID, 20, by=CASHIER)
        db.session.remove()
    return real_database


class Start:
    """Lets so many begin together. Who has to begin anew, because he lost a conflict, waits for nobody."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)
        self._begun = threading.local()

    def wait(self) -> None:
        if not getattr(self._begun, "is_begun", False):
            self._begun.is_begun = True
            self._barrier.wait(timeout=20)


def no_lock(_user_id: int) -> None:
    """What holds one user's recharges together is gone."""


# --- the limit of a day ----------------------------------------------------------------------------------------------


def top_up_everywhere(app: Flask) -> tuple[dict[str, int], int]:
    """Recharge and top up at the counter at once, ten times a limit of five; return what came, and what is counted."""
    patient_id = look(app, lambda: make_patient().id)
    together = Start(10)

    def online() -> None:
        together.wait()
        place(patient_id, SUM)

    def at_counter() -> None:
        together.wait()
        wallet.top_up_at_counter(patient_id=patient_id, amount_fen=SUM, method="cash", by=CASHIER)

    outcome = crowd(app, [online, at_counter] * 5)
    return outcome, look(app, lambda: db.session.scalar(sa.select(sa.func.sum(DayTotal.topped_up_fen))))


def test_all_tabs_and_the_counter_share_one_limit(app: Flask) -> None:
    outcome, counted = top_up_everywhere(app)
    assert (outcome, counted) == ({"done": 5, "over_limit": 5}, 5 * SUM)


def read_compare_write(account_id: int, day: Any, amount_fen: int, **_: Any) -> int:
    """What the limit must not do."""
    total = wallet.topped_up_on(account_id, day)
    time.sleep(0.3)  # so that all have read before anybody writes
    if total + amount_fen > stored_value.TOP_UP_DAY():
        raise OverLimit
    mine = sa.update(DayTotal).where(DayTotal.account_id == account_id, DayTotal.day == day)
    change(mine.values(topped_up_fen=DayTotal.topped_up_fen + amount_fen))
    return 0


def test_twin_that_reads_and_compares_passes_the_limit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (wallet, counter):
        monkeypatch.setattr(module, "count_top_up", read_compare_write)
    outcome, _counted = top_up_everywhere(app)
    assert outcome["done"] > 5


# --- few unpaid ones -------------------------------------------------------------------------------------------------


def open_many(app: Flask) -> dict[str, int]:
    def make() -> tuple[int, int]:
        core_settings.write(settings.MAX_UNPAID, 2, by=CASHIER)
        patient = make_patient()
        with transaction():  # the day is begun: else those who begin it at once conflict, and count anew
            wallet.count_top_up(wallet.patient_account(patient.id), clock.today(), 100, is_online=True)
        return make_wechat_user(patient=patient).id, patient.id

    user_id, patient_id = look(app, make)
    together = Start(8)

    def one() -> None:
        together.wait()
        place(patient_id, 100, user_id=user_id)

    return crowd(app, [one] * 8)


def test_many_tabs_of_one_user_open_few(app: Flask) -> None:
    assert open_many(app) == {"done": 2, "too_many_unpaid": 6}


def test_twin_that_holds_nobody_opens_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing.users, "hold", no_lock)
    counting = queries.unpaid_count
    all_have_counted = Start(8)

    def together(user_id: int) -> int:
        found = counting(user_id)
        all_have_counted.wait()
        return found

    monkeypatch.setattr(queries, "unpaid_count", together)
    assert open_many(app)["done"] > 2


# --- one booking -----------------------------------------------------------------------------------------------------


def hear_often(app: Flask) -> int:
    """Tell eight times at once that the money is there; return the balance."""

    def make() -> tuple[int, str, str]:
        patient_id = make_patient().id
        no = place(patient_id, SUM)
        payment_no = queries.get_recharge(no).payment_no
        db.session.commit()
        ledger.transfer(
            kind="test.channel",
            source=no,
            payer_id=wallet.house_account("channel.wechat"),
            payee_id=wallet.house_account(placing.HOUSE),
            amount_fen=SUM,
        )
        return patient_id, no, payment_no

    patient_id, no, payment_no = look(app, make)
    together = Start(8)

    def hear() -> None:
        together.wait()
        placing.book_payment(no, payment_no=payment_no, landed_late=False)

    crowd(app, [hear] * 8)
    return look(app, lambda: wallet.patient_balance(patient_id))  # type: ignore[no-any-return]


def test_money_told_often_is_booked_once(app: Flask) -> None:
    assert hear_often(app) == SUM


def test_twin_without_status_and_unique_key_books_it_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "RECHARGE", NoGuard)
    transfer = wallet.transfer

    def under_a_new_name(*, source: str, **values: Any) -> Any:
        return transfer(source=f"{source}-{threading.get_ident()}-{time.monotonic_ns()}"[:64], **values)

    monkeypatch.setattr(placing.wallet, "transfer", under_a_new_name)
    get = queries.get_recharge

    all_have_seen = Start(8)

    def unpaid(no: str) -> Any:
        found = get(no)
        all_have_seen.wait()
        return found

    monkeypatch.setattr(placing, "queries", SimpleNamespace(get_recharge=unpaid, unpaid_count=queries.unpaid_count))
    assert hear_often(app) > SUM


# --- giving back -----------------------------------------------------------------------------------------------------


def ask_often(app: Flask) -> tuple[dict[str, int], int]:
    """Ask eight times at once for all of one recharge; return what came, and how much is to go back."""
    patient_id, no = look(app, _recharged)
    together = Start(8)

    def ask() -> None:
        together.wait()
        refunding.request_of_recharge(no, amount_fen=SUM, reason="不要了", by=BY)

    outcome = crowd(app, [ask] * 8)
    asked = look(app, lambda: db.session.scalar(sa.select(sa.func.sum(RechargeRefund.amount_fen))))
    assert look(app, lambda: wallet.patient_balance(patient_id)) >= 0
    return outcome, int(asked or 0)


def _recharged() -> tuple[int, str]:
    patient_id = make_patient().id
    return patient_id, make_recharge(patient_id, SUM).no


def test_a_recharge_goes_back_once(app: Flask) -> None:
    outcome, asked = ask_often(app)
    assert (outcome["done"], asked) == (1, SUM)
    assert look(app, broken) == set()


def spend_while_it_goes_back(app: Flask) -> tuple[dict[str, int], int, set[str]]:
    """Ask for all of a balance back while it is spent; return what came, the balance, and what is broken."""

    def make() -> tuple[int, str, list[str]]:
        patient_id, no = _recharged()
        return patient_id, no, [make_payment(patient_id=patient_id, amount_fen=SUM).no for _ in range(3)]

    patient_id, no, payment_nos = look(app, make)
    together = Start(4)

    def back() -> None:
        calculation = queries.calculation_of(queries.get_recharge(no).account_id)
        together.wait()
        refunding._request(calculation, calculation.plan(SUM), reason="不要了", by=BY)

    def spend(payment_no: str) -> Callable[[], None]:
        def work() -> None:
            together.wait()
            payments.pay_by_balance(payment_no, patient_id=patient_id, user_id=7, password="")

        return work

    outcome = crowd(app, [back, *map(spend, payment_nos)])
    return outcome, look(app, lambda: wallet.patient_balance(patient_id)), look(app, broken)


def test_what_is_to_go_back_is_not_spent(app: Flask) -> None:
    outcome, balance, wrong = spend_while_it_goes_back(app)
    assert (outcome["done"], balance, wrong) == (1, 0, set())


def test_twin_that_sets_nothing_aside_gives_back_what_is_spent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunding, "_set_aside", lambda _row: None)
    monkeypatch.setattr(refunding, "_check_again", lambda _rows: None)
    outcome, _balance, wrong = spend_while_it_goes_back(app)
    assert outcome["done"] == 2
    assert "recharge.clearing" in wrong


# --- what is left of each lot ----------------------------------------------------------------------------------------


def ask_for_the_oldest_while_it_is_spent(app: Flask) -> tuple[bool, bool]:
    """Ask for the older of two recharges back, and spend as much between the calculation and the request.

    Return whether the request was taken, and whether more went back of it than was left.
    """

    def make() -> tuple[int, str, str]:
        patient_id, no = _recharged()
        make_recharge(patient_id, SUM)
        return patient_id, no, make_payment(patient_id=patient_id, amount_fen=SUM).no

    patient_id, no, payment_no = look(app, make)
    with app.app_context():
        calculation = queries.calculation_of(queries.get_recharge(no).account_id)
        plan = [(share, SUM) for share in calculation.returnable if share.lot.no == no]
        db.session.remove()
    paying = threading.Thread(
        target=lambda: look(
            app, lambda: payments.pay_by_balance(payment_no, patient_id=patient_id, user_id=7, password="")
        )
    )
    paying.start()
    paying.join(timeout=10)

    def ask() -> bool:
        try:
            refunding._request(calculation, plan, reason="不要了", by=BY)
        except DomainError:
            return False
        return True

    was_taken = look(app, ask)
    return was_taken, was_taken and look(app, lambda: wallet.patient_balance(patient_id)) < SUM


def test_what_was_spent_meanwhile_does_not_go_back(app: Flask) -> None:
    assert ask_for_the_oldest_while_it_is_spent(app) == (False, False)
    assert look(app, broken) == set()


def test_twin_that_trusts_the_first_calculation_gives_it_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunding, "_check_again", lambda _rows: None)
    assert ask_for_the_oldest_while_it_is_spent(app) == (True, True)


def test_approved_and_withdrawn_at_once_one_wins(app: Flask) -> None:
    def make() -> tuple[int, str, str]:
        patient_id, no = _recharged()
        back = refunding.request_of_recharge(no, amount_fen=SUM, reason="不要了", by=BY)
        return patient_id, back, queries.get_refund(back).refund_no

    patient_id, back, refund_no = look(app, make)
    together = Start(2)

    def approve() -> None:
        together.wait()
        payments.approve_refund(refund_no, by=CHIEF)

    def withdraw() -> None:
        together.wait()
        refunding.withdraw(queries.get_refund(back), by=BY)

    assert crowd(app, [approve, withdraw])["done"] == 1
    assert look(app, lambda: wallet.patient_balance(patient_id)) in {0, SUM}
    assert look(app, broken) == set()
