"""Withdrawals under load: money that is taken out once, decisions of which one wins. Each guard has a twin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import NoGuard, broken, look
from tests.concurrency.test_recharge import Start
from tests.factories.withdrawals import CASHIER, REVIEWER, UNEARNED, ask, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.distribution import kinds, settings
from wxapp.distribution.models import Distributor, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments.models import Method, Payout
from wxapp.wallet import services as wallet
from wxapp.wechat import connected
from wxapp.wechat.pay.values import TransferState

pytestmark = pytest.mark.mariadb

SUM, FEN = 10_000, 5_000


@pytest.fixture
def app(real_database: Flask) -> Iterator[Flask]:
    with real_database.app_context():
        core_settings.write(settings.WITHDRAWALS_PER_DAY, 20, by=CASHIER)
        db.session.remove()
    return real_database


@pytest.fixture
def pay(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


def wrong() -> set[str]:
    return broken() - {UNEARNED}


def no_lock(_distributor_id: int) -> None:
    """What holds one distributor's requests together is gone."""


def balance(distributor_id: int) -> int:
    return wallet.balance_of(kinds.available_account(distributor_id))


def asked_fen() -> int:
    return int(db.session.scalar(sa.select(sa.func.sum(Withdrawal.amount_fen))) or 0)


def status_of(no: str) -> W:
    return queries.get_withdrawal(no).status


# --- all of it, many times -------------------------------------------------------------------------------------------

TABS, AT_ONCE = 50, 24


def take_all(app: Flask) -> tuple[dict[str, int], int, int]:
    """Ask fifty times for everything, 24 at once; return what came, the balance, and what was asked for in all."""
    distributor_id = look(app, lambda: rich_distributor(SUM).id)
    together = Start(AT_ONCE)

    def one() -> None:
        together.wait()
        ask(db.session.get_one(Distributor, distributor_id), SUM)

    outcome = crowd(app, [one] * TABS, at_once=AT_ONCE)
    return outcome, look(app, lambda: balance(distributor_id)), look(app, asked_fen)


def test_everything_is_taken_out_once(app: Flask) -> None:
    outcome, left, asked = take_all(app)
    assert (outcome, left, asked) == ({"done": 1, "not_enough_available": TABS - 1}, 0, SUM)
    assert look(app, wrong) == set()


def all_look_before_anybody_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is held, and each has seen the money before the first one takes it."""
    monkeypatch.setattr(withdrawing, "_hold", no_lock)
    looking = queries.available_fen
    all_have_looked = Start(AT_ONCE)

    def look_together(distributor_id: int) -> int:
        found = looking(distributor_id)
        all_have_looked.wait()
        return found

    monkeypatch.setattr(queries, "available_fen", look_together)


def test_the_statement_alone_lets_no_more_out_than_there_is(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    all_look_before_anybody_writes(monkeypatch)
    outcome, left, asked = take_all(app)
    assert (outcome["done"], left, asked) == (1, 0, SUM)


def test_twin_that_trusts_its_look_pays_out_what_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    all_look_before_anybody_writes(monkeypatch)
    transfer = wallet.transfer

    def without_a_floor(*, least_left_fen: int | None = None, **values: Any) -> Any:
        return transfer(**values)

    monkeypatch.setattr(withdrawing.wallet, "transfer", without_a_floor)
    outcome, left, asked = take_all(app)
    assert outcome["done"] > 1
    assert left < 0
    assert asked > SUM


# --- so many a day ---------------------------------------------------------------------------------------------------


def ask_often(app: Flask) -> dict[str, int]:
    """Ask twenty times at once with three a day allowed, and enough money for all."""

    def make() -> int:
        core_settings.write(settings.WITHDRAWALS_PER_DAY, 3, by=CASHIER)
        return rich_distributor(20 * 1_000).id

    distributor_id = look(app, make)
    together = Start(20)

    def one() -> None:
        together.wait()
        ask(db.session.get_one(Distributor, distributor_id), 1_000)

    return crowd(app, [one] * 20)


def test_twenty_at_once_keep_to_the_limit_of_the_day(app: Flask) -> None:
    assert ask_often(app) == {"done": 3, "too_many_withdrawals": 17}
    assert look(app, wrong) == set()


def test_twin_that_holds_nobody_passes_the_limit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawing, "_hold", no_lock)
    counting = queries.count_on
    all_have_counted = Start(20)

    def count_together(*arguments: Any) -> int:
        found = counting(*arguments)
        all_have_counted.wait()
        return found

    monkeypatch.setattr(queries, "count_on", count_together)
    assert ask_often(app)["done"] > 3


# --- two decide at once ----------------------------------------------------------------------------------------------

Decide = Callable[[str], object]


def approve(no: str) -> None:
    withdrawing.approve_withdrawal(no, by=REVIEWER)


def reject(no: str) -> None:
    withdrawing.reject_withdrawal(no, reason="资料不全", by=CASHIER)


def take_back(no: str) -> None:
    withdrawing.withdraw_request(no, by="wechat:1")


def decide_at_once(app: Flask, first: Decide, second: Decide, *, pairs: int = 6) -> list[dict[str, int]]:
    """Let two decide on each of some withdrawals in the same moment; return what came of each."""
    outcomes = []
    for _ in range(pairs):
        no = look(app, lambda: make_withdrawal().no)
        together = Start(2)

        def act(decide: Decide, no: str = no, together: Start = together) -> Callable[[], None]:
            def work() -> None:
                queries.get_withdrawal(no)
                together.wait()
                decide(no)

            return work

        outcomes.append(dict(crowd(app, [act(first), act(second)])))
    return outcomes


@pytest.mark.parametrize(("first", "second"), [(approve, take_back), (approve, reject), (reject, take_back)])
def test_of_two_decisions_one_wins(app: Flask, first: Decide, second: Decide) -> None:
    for outcome in decide_at_once(app, first, second):
        assert outcome == {"done": 1, "illegal_transition": 1}
    assert look(app, wrong) == set()


def test_twin_without_the_old_status_what_came_back_is_paid(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawing, "WITHDRAWAL", NoGuard)
    assert {"done": 2} in decide_at_once(app, approve, take_back, pairs=1)
    assert look(app, wrong) & {"withdrawal.void", "withdrawal.payout", "withdrawal.clearing"}


# --- people and WeChat at once ---------------------------------------------------------------------------------------


def pay_both_ways(app: Flask, pay: FakePay) -> tuple[int, int]:
    """Let a worker send to WeChat, which pays at once, while people pay by hand; return how often each paid."""
    pay.transfers_begin = TransferState.SUCCESS
    sent, handed = len(pay.transfers), look(app, by_people)
    no, payout_id = look(app, approved)
    together = Start(4)

    def send() -> None:
        together.wait()
        payments.send_payout(payout_id)

    def by_hand() -> None:
        together.wait()
        paying_withdrawals.pay_by_hand(no, channel=Method.CASH, note="签收", by=CASHIER)

    crowd(app, [send, by_hand, send, by_hand])
    assert look(app, lambda: status_of(no)) is W.PAID
    return len(pay.transfers) - sent, look(app, by_people) - handed


def approved() -> tuple[str, int]:
    """Return the number of a withdrawal that is to be paid, and the id of its payout."""
    row = make_withdrawal(fen=FEN, is_approved=True)
    return row.no, db.session.scalars(sa.select(Payout.id).where(Payout.no == row.payout_no)).one()


def by_people() -> int:
    """Return how many withdrawals people have paid in cash."""
    return wallet.balance_of(wallet.house_account("channel.cash")) // FEN


def test_what_people_pay_wechat_does_not(app: Flask, pay: FakePay) -> None:
    for _ in range(4):
        assert sum(pay_both_ways(app, pay)) == 1
    assert look(app, wrong) == set()


def test_twin_without_the_look_at_the_payout_it_is_paid_twice(
    app: Flask, pay: FakePay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pay_whatever(payout_no: str, **_: Any) -> None:
        time.sleep(0.2)  # WeChat has paid by now
        wallet.transfer(
            kind="test.by_hand",
            source=payout_no,
            payer_id=wallet.house_account(withdrawing.HOUSE),
            payee_id=wallet.house_account("channel.cash"),
            amount_fen=FEN,
        )

    monkeypatch.setattr(paying_withdrawals.payments, "pay_by_hand", pay_whatever)
    assert pay_both_ways(app, pay) == (1, 1)
    assert "withdrawal.clearing" in look(app, wrong)


# --- news that is told often -----------------------------------------------------------------------------------------


def hear_a_failure_often(app: Flask, before: Callable[[], None] = lambda: None) -> tuple[dict[str, int], int]:
    """Tell eight times at once that a payout has failed; return what came, and how much came back."""
    no = look(app, lambda: make_withdrawal(fen=FEN, is_approved=True).no)
    distributor_id = look(app, lambda: queries.get_withdrawal(no).distributor_id)
    left = look(app, lambda: balance(distributor_id))
    before()
    together = Start(8)

    def hear() -> None:
        together.wait()
        paying_withdrawals.follow_failure(no, text="收款人姓名与微信实名不一致")

    outcome = crowd(app, [hear] * 8)
    return outcome, look(app, lambda: balance(distributor_id)) - left


def test_a_failure_told_often_gives_back_once(app: Flask) -> None:
    outcome, came_back = hear_a_failure_often(app)
    assert set(outcome) <= {"done", "illegal_transition"}
    assert came_back == FEN
    assert look(app, told).count("打款失败") == 1


def told() -> list[str]:
    rows = db.session.scalars(sa.select(Message).where(Message.code == "fx_withdraw_0000001"))
    return [row.body.rpartition("：")[2].removesuffix("。") for row in rows]


def test_twin_without_status_and_unique_key_gives_back_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawing, "WITHDRAWAL", NoGuard)
    transfer, getting = wallet.transfer, queries.get_withdrawal
    all_have_seen = Start(8)

    def under_a_new_name(*, source: str, **values: Any) -> Any:
        return transfer(source=f"{source}-{threading.get_ident()}"[:64], **values)

    def see_together(no: str) -> Withdrawal:
        found = getting(no)
        all_have_seen.wait()
        return found

    def let_all_see() -> None:
        monkeypatch.setattr(withdrawing.wallet, "transfer", under_a_new_name)
        monkeypatch.setattr(queries, "get_withdrawal", see_together)

    _outcome, came_back = hear_a_failure_often(app, let_all_see)
    assert came_back > FEN


# --- an answer and a calling back ------------------------------------------------------------------------------------


def test_of_calling_back_and_sending_one_happens(app: Flask, pay: FakePay) -> None:
    for _ in range(4):
        sent = len(pay.transfer_calls)
        no, payout_id = look(app, approved)
        together = Start(2)

        def send(payout_id: int = payout_id, together: Start = together) -> None:
            together.wait()
            payments.send_payout(payout_id)

        def call_back(no: str = no, together: Start = together) -> None:
            together.wait()
            paying_withdrawals.cancel_payout(no, reason="本人要求", by=CASHIER)

        crowd(app, [send, call_back])
        ended = look(app, lambda no=no: status_of(no))
        assert (ended, len(pay.transfer_calls) - sent) in {(W.FAILED, 0), (W.CONFIRMING, 1)}
    assert look(app, wrong) == set()
