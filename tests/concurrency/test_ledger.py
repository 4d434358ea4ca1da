"""The bank test: money moves at random between accounts, and every read must see the same sum."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_recharge import Start
from wxapp.core.db import db, transaction
from wxapp.wallet import services
from wxapp.wallet.errors import InsufficientBalance
from wxapp.wallet.models import Account
from wxapp.wallet.services import account_of, accounts_of, balance_of, house_account, ledger, patient_account, transfer

pytestmark = pytest.mark.mariadb

ACCOUNTS, EACH, ROUNDS = 8, 100, 40


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


def look(app: Flask, question: Callable[[], Any]) -> Any:
    with app.app_context():
        try:
            return question()
        finally:
            db.session.remove()


def broken() -> set[str]:
    return {check.name for check in services.invariants() if not check.holds}


def open_accounts() -> list[int]:
    """Open accounts of nobody in particular: changes of patients' balances would be told."""
    ids = [account_of("test", number) for number in range(ACCOUNTS)]
    cash = house_account("channel.cash")
    for account_id in ids:
        transfer(kind="test.open", source=f"opening-{account_id}", payer_id=cash, payee_id=account_id, amount_fen=EACH)
    return ids


def bank(app: Flask, move: Callable[[int, int, int, str], object]) -> list[tuple[int, int]]:
    """Move money at random between eight accounts while others read; return what each read saw: sum and lowest."""
    ids = look(app, open_accounts)
    seen: list[tuple[int, int]] = []
    chance = random.Random(20260302)
    total = sa.select(sa.func.sum(Account.balance_fen), sa.func.min(Account.balance_fen)).where(Account.id.in_(ids))

    def mover(number: int) -> Callable[[], None]:
        plan = [(*chance.sample(ids, 2), chance.randint(1, 5)) for _ in range(ROUNDS)]
        done = iter(enumerate(plan))  # a repetition after a conflict goes on where it was

        def work() -> None:
            for step, (payer_id, payee_id, fen) in done:
                try:
                    move(payer_id, payee_id, fen, f"{number}-{step}")
                except InsufficientBalance:
                    continue

        return work

    def reader() -> None:
        for _ in range(ROUNDS * 2):
            fen, lowest = db.session.execute(total).one()
            db.session.rollback()
            seen.append((int(fen), int(lowest)))

    crowd(app, [mover(number) for number in range(6)] + [reader] * 3, at_once=9)
    return seen


def test_every_read_sees_the_same_sum(app: Flask) -> None:
    def move(payer_id: int, payee_id: int, fen: int, source: str) -> None:
        transfer(kind="test.bank", source=source, payer_id=payer_id, payee_id=payee_id, amount_fen=fen)

    seen = bank(app, move)
    assert {fen for fen, _ in seen} == {ACCOUNTS * EACH}
    assert min(lowest for _, lowest in seen) >= 0
    assert look(app, broken) == set()


def test_twin_with_two_transactions_shows_money_on_its_way(app: Flask) -> None:
    def move(payer_id: int, payee_id: int, fen: int, source: str) -> None:
        with transaction():
            ledger._change_balance(payer_id, -fen)
        time.sleep(0.002)
        with transaction():
            ledger._change_balance(payee_id, fen)

    seen = bank(app, move)
    assert {fen for fen, _ in seen} != {ACCOUNTS * EACH}


def test_one_event_is_booked_once_by_many(app: Flask) -> None:
    account_id = look(app, open_accounts)[0]
    mall = house_account("house.mall")

    def book() -> None:
        transfer(kind="test.once", source="1", payer_id=account_id, payee_id=mall, amount_fen=10)

    crowd(app, [book] * 20)
    assert look(app, lambda: balance_of(account_id)) == EACH - 10
    assert look(app, broken) == set()


def test_one_account_is_opened_by_many(app: Flask) -> None:
    crowd(app, [lambda: patient_account(77)] * 10)
    count = look(app, lambda: db.session.scalar(sa.select(sa.func.count()).where(Account.owner_id == 77)))
    assert count == 1


def test_who_loses_a_deadlock_inside_a_savepoint_begins_anew(app: Flask) -> None:
    """What he hears is that the savepoint is gone: the deadlock has rolled everything back."""
    first, second = look(app, open_accounts)[:2]
    both_hold_one = Start(2)

    def cross(one: int, other: int) -> None:
        with transaction():
            ledger._change_balance(one, 1)
            both_hold_one.wait()
            with db.session.begin_nested():
                ledger._change_balance(other, 1)

    assert crowd(app, [lambda: cross(first, second), lambda: cross(second, first)]) == {"done": 2}
    assert look(app, lambda: [balance_of(first), balance_of(second)]) == [EACH + 2, EACH + 2]


def test_many_accounts_are_opened_once_by_many(app: Flask) -> None:
    owners = list(range(1, 40))

    def one_by_one() -> None:
        for owner_id in reversed(owners):
            account_of("test", owner_id)

    crowd(app, [lambda: accounts_of("test", owners), one_by_one] * 4)
    count = look(app, lambda: db.session.scalar(sa.select(sa.func.count()).where(Account.kind == "test")))
    assert count == len(owners)
