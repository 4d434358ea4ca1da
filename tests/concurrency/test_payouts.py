"""Payouts with many hands on them. Each twin takes a guard away and must show why it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import NoGuard, broken, look
from tests.factories.patients import make_wechat_user
from tests.factories.payments import CHIEF, make_payout
from tests.fakes.pay import FakePay, Notification
from tests.payments.payouts import asked
from wxapp.core import events
from wxapp.core.db import db, transaction
from wxapp.payments import queries, services
from wxapp.payments.events import PayoutFailed, PayoutSucceeded
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.payments.services import paying_out, payout_news, payouts
from wxapp.wallet.models import Transfer
from wxapp.wechat import connected
from wxapp.wechat.pay.values import TransferBill, TransferOrder, TransferState

pytestmark = pytest.mark.mariadb


class NoStates(NoGuard):
    """A machine without any look at where the row is; every status looks open."""

    class moves:  # noqa: N801 - stands in for a table
        @staticmethod
        def get(_old: object) -> bool:
            return True


@pytest.fixture
def app(real_database: Flask) -> Flask:
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
    """What was told of payouts that ended, once for each time it was told."""
    told: list[str] = []
    for kind in (PayoutSucceeded, PayoutFailed):
        name = kind.__name__
        monkeypatch.setitem(events._listeners, name, {"tests.heard": lambda _, name=name: told.append(name)})
        monkeypatch.setitem(events._types, name, kind)
    return told


def booked() -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Transfer.kind == "payout.paid")) or 0


def make(app: Flask, count: int = 1, **over: Any) -> list[tuple[int, str, str]]:
    def several() -> list[tuple[int, str, str]]:
        made = [make_payout(**over) for _ in range(count)]
        return [(payout.id, payout.no, payout.out_bill_no) for payout in made]

    return look(app, several)  # type: ignore[no-any-return]


# --- asking ----------------------------------------------------------------------------------------------------------


def ask_often(app: Flask, look_up: Callable[..., Payout | None]) -> tuple[int, int]:
    """Ask ten times at once for one subject; return how many payouts and how many numbers came of it."""
    user_id = look(app, lambda: make_wechat_user().id)
    make(app)  # the account that holds the money is open
    numbers: set[str] = set()

    def one() -> None:
        numbers.add(services.ask_payout(asked(subject_no="W-many", wechat_user_id=user_id)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payouts.queries, "payout_of", look_up)
        crowd(app, [one] * 10, at_once=10)
    wanted = sa.select(sa.func.count()).where(Payout.subject_no == "W-many")
    return int(look(app, lambda: db.session.scalar(wanted))), len(numbers)


def together(threads: int) -> Callable[..., Payout | None]:
    """A look-up whose answers are all there before anybody acts upon one; later ones are not kept waiting."""
    barrier, find = threading.Barrier(threads), queries.payout_of

    def payout_of(subject_kind: str, subject_no: str) -> Payout | None:
        found = find(subject_kind, subject_no)
        if found is None:
            barrier.wait(timeout=10)
        return found

    return payout_of


def test_one_subject_gets_one_payout(app: Flask, pay: FakePay) -> None:
    assert ask_often(app, together(10)) == (1, 1)


def test_twin_without_the_key_one_subject_gets_several(app: Flask, pay: FakePay) -> None:
    def drop_key() -> None:
        name = "uq_payment_payout_subject_kind_subject_no_attempt"
        db.session.execute(sa.text(f"ALTER TABLE payment_payout DROP INDEX {name}"))

    look(app, drop_key)
    assert ask_often(app, together(10)) == (10, 10)
    assert "payments.payouts_once" in look(app, broken)


# --- sending ---------------------------------------------------------------------------------------------------------


def send_often(app: Flask, pay: FakePay) -> int:
    ((payout_id, *_),) = make(app)
    crowd(app, [lambda: services.send_payout(payout_id)] * 10, at_once=10)
    return len(pay.transfer_calls)


def test_many_workers_send_once(app: Flask, pay: FakePay) -> None:
    assert send_often(app, pay) == 1


def test_twin_without_the_claim_each_worker_sends(app: Flask, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying_out, "PAYOUT", NoStates)
    assert send_often(app, pay) > 1


def sending_against_hands(app: Flask, pay: FakePay, *, pairs: int = 10) -> int:
    """Let a worker send what people pay by hand in the same moment; return how many were paid both ways."""
    made = make(app, pairs)
    works: list[Callable[[], object]] = []
    for payout_id, number, _ in made:
        works.append(lambda payout_id=payout_id: services.send_payout(payout_id))
        works.append(lambda number=number: services.pay_by_hand(number, channel=Method.CASH, note="", by=CHIEF))
    crowd(app, works)

    def both() -> int:
        by_hand = sa.select(Payout.out_bill_no).where(Payout.way == Method.CASH)
        return len(set(db.session.scalars(by_hand)) & set(pay.transfers))

    return int(look(app, both))


def test_what_people_pay_is_not_sent_and_what_is_sent_people_do_not_pay(app: Flask, pay: FakePay) -> None:
    assert sending_against_hands(app, pay) == 0
    assert look(app, broken) == set()


def test_twin_without_the_claim_it_is_paid_both_ways(app: Flask, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying_out, "PAYOUT", NoStates)
    monkeypatch.setattr(payout_news, "PAYOUT", NoStates)
    assert sending_against_hands(app, pay) > 0


def test_what_is_taken_back_is_not_sent(app: Flask, pay: FakePay) -> None:
    made = make(app, 10)
    works: list[Callable[[], object]] = []
    for payout_id, number, _ in made:
        works.append(lambda payout_id=payout_id: services.send_payout(payout_id))
        works.append(lambda number=number: services.withdraw_payout(number, by=CHIEF))
    crowd(app, works)

    def both() -> set[str]:
        back = sa.select(Payout.out_bill_no).where(Payout.status == PayoutStatus.WITHDRAWN)
        return set(db.session.scalars(back)) & set(pay.transfers)

    assert look(app, both) == set()


# --- news ------------------------------------------------------------------------------------------------------------


def hear_often(app: Flask, pay: FakePay) -> None:
    """Let a notice come ten times at once, while jobs and pages ask."""
    ((payout_id, _, out_bill_no),) = make(app)
    look(app, services.carry_out_payouts)
    notice = pay.end_transfer(out_bill_no)
    works: list[Callable[[], object]] = [lambda: services.receive_transfer_notice(notice.headers, notice.body)] * 10
    works += [lambda: paying_out.ask(payout_id)] * 10
    crowd(app, works)


def test_much_news_books_and_tells_once(app: Flask, pay: FakePay, heard: list[str]) -> None:
    hear_often(app, pay)
    assert (look(app, booked), heard) == (1, ["PayoutSucceeded"])
    assert look(app, broken) == set()


def test_twin_without_the_states_it_is_told_often(
    app: Flask, pay: FakePay, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = threading.Barrier(5)

    def without_lock(payout_id: int) -> Payout:
        payout = payout_news.get(payout_id)
        with suppress(threading.BrokenBarrierError):  # those who begin anew after a conflict may be fewer
            at_once.wait(timeout=5)
        return payout

    monkeypatch.setattr(payout_news, "PAYOUT", NoStates)
    monkeypatch.setattr(payout_news, "_hold", without_lock)
    hear_often(app, pay)
    assert len(heard) > 1


def test_the_answer_and_the_notice_in_one_moment_book_once(
    app: Flask, pay: FakePay, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice is delivered by another process while our call is still waiting for its answer."""
    made = make(app, 6)
    send = pay.transfer
    others: list[threading.Thread] = []

    def told_meanwhile(order: TransferOrder) -> TransferBill:
        answer = send(order)
        notice = pay.end_transfer(order.out_bill_no)
        others.append(threading.Thread(target=_hear, args=(app, notice)))
        others[-1].start()
        time.sleep(0.005)
        return answer

    monkeypatch.setattr(pay, "transfer", told_meanwhile)
    crowd(app, [lambda payout_id=payout_id: services.send_payout(payout_id) for payout_id, *_ in made])
    for other in others:
        other.join()
    assert look(app, lambda: {queries.get_payout(number).status for _, number, _ in made}) == {PayoutStatus.SUCCEEDED}
    assert look(app, booked) == 6
    assert heard == ["PayoutSucceeded"] * 6


def _hear(app: Flask, notice: Notification) -> None:
    crowd(app, [lambda: services.receive_transfer_notice(notice.headers, notice.body)])


def test_of_calling_back_and_confirming_one_happens(app: Flask, pay: FakePay, heard: list[str]) -> None:
    made = make(app, 10)
    look(app, services.carry_out_payouts)
    works: list[Callable[[], object]] = []
    for _, number, out_bill_no in made:
        notice = pay.end_transfer(out_bill_no)
        works.append(lambda number=number: services.cancel_payout(number, by=CHIEF))
        works.append(lambda notice=notice: services.receive_transfer_notice(notice.headers, notice.body))
    crowd(app, works)
    look(app, services.query_payouts)
    assert look(app, booked) == 10
    assert heard == ["PayoutSucceeded"] * 10


def test_a_second_payout_is_made_once_after_a_failure(app: Flask, pay: FakePay) -> None:
    ((_, number, out_bill_no),) = make(app)
    look(app, services.carry_out_payouts)
    notice = pay.end_transfer(out_bill_no, TransferState.FAIL, reason="OVERDUE_CLOSE")
    look(app, lambda: services.receive_transfer_notice(notice.headers, notice.body))

    def values() -> tuple[str, int]:
        first = queries.get_payout(number)
        return first.subject_no, first.wechat_user_id

    subject_no, user_id = look(app, values)
    crowd(app, [lambda: services.ask_payout(asked(subject_no=subject_no, wechat_user_id=user_id))] * 10, at_once=10)
    attempts = sa.select(Payout.attempt).where(Payout.subject_no == subject_no).order_by(Payout.attempt)
    assert look(app, lambda: list(db.session.scalars(attempts))) == [1, 2]
    with app.app_context(), transaction():
        assert broken() == set()
