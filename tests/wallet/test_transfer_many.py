"""Many transfers at once: the same promises as for one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from tests.factories.wallet import make_balance
from wxapp.core.db import db, transaction
from wxapp.core.events import EventRow
from wxapp.wallet import queries, services
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance, TransferDiffers
from wxapp.wallet.models import Account
from wxapp.wallet.services import Asked, accounts_of, balance_of, ledger, transfer_many

HOUSE = services.house_account("house.commission")
KIND = "test.many"
numbers = itertools.count(100)


def asked(source: str, payer_id: int, payee_id: int, fen: int, **more: Any) -> Asked:
    return Asked(KIND, source, payer_id, payee_id, fen, **more)


def accounts(*fens: int, floor_fen: int = 0) -> list[int]:
    """Accounts of nobody in particular with these balances."""
    owners = [next(numbers) for _ in fens]
    found = list(accounts_of("test", owners, floor_fen=floor_fen).values())
    for account_id, fen in zip(found, fens, strict=True):
        if fen:
            services.transfer(kind="test.open", source=str(account_id), payer_id=HOUSE, payee_id=account_id,
                              amount_fen=fen)  # fmt: skip
    return found


def balances(account_ids: list[int]) -> list[int]:
    return [balance_of(account_id) for account_id in account_ids]


def broken() -> set[str]:
    return {check.name for check in services.invariants() if not check.holds}


def test_each_transfer_says_what_stood_there_after_it(app: Flask) -> None:
    a, b = accounts(1_000, 0)
    booked = transfer_many([asked("1", a, b, 300), asked("2", HOUSE, b, 50), asked("3", b, a, 350)])
    assert [(one.is_new, one.payer_after_fen, one.payee_after_fen) for one in booked] == [
        (True, 700, 300),
        (True, None, 350),
        (True, 0, 1_050),
    ]
    assert balances([a, b]) == [1_050, 0]
    assert [row.id for row in map(queries.find_transfer, [KIND] * 3, "123") if row] == [one.id for one in booked]
    assert broken() == set()


def test_a_repeated_batch_changes_nothing(app: Flask) -> None:
    a, b = accounts(1_000, 0)
    moves = [asked("1", a, b, 300), asked("2", a, b, 200)]
    first = transfer_many(moves)
    again = transfer_many([asked("3", a, b, 1), *reversed(moves)])
    assert [one.is_new for one in again] == [True, False, False]
    assert [(one.id, one.payer_after_fen) for one in again[:0:-1]] == [(one.id, one.payer_after_fen) for one in first]
    assert balances([a, b]) == [499, 501]
    assert transfer_many([]) == []
    assert broken() == set()


def test_all_or_nothing(app: Flask) -> None:
    a, b = accounts(1_000, 0)
    with pytest.raises(InsufficientBalance):
        transfer_many([asked("1", a, b, 600), asked("2", a, HOUSE, 600)])
    assert balances([a, b]) == [1_000, 0]
    assert queries.find_transfer(KIND, "1") is None


def test_no_balance_is_too_low_on_the_way(app: Flask) -> None:
    a, b = accounts(100, 0)
    with pytest.raises(InsufficientBalance):
        transfer_many([asked("1", a, b, 200), asked("2", HOUSE, a, 500)])
    transfer_many([asked("2", HOUSE, a, 500), asked("1", a, b, 200)])
    assert balances([a, b]) == [400, 200]


def test_who_has_to_keep_something_keeps_it_after_each(app: Flask) -> None:
    (a,) = accounts(100, floor_fen=-10_000)
    with pytest.raises(InsufficientBalance):
        transfer_many([asked("1", a, HOUSE, 101, least_left_fen=0), asked("2", HOUSE, a, 5)])
    transfer_many([asked("2", HOUSE, a, 5), asked("1", a, HOUSE, 105, least_left_fen=0), asked("3", a, HOUSE, 5)])
    assert balances([a]) == [-5]


def test_nothing_is_paid_from_a_frozen_account_not_even_what_comes_with_it(app: Flask) -> None:
    a, b = accounts(100, 100)
    services.set_frozen(a, True)
    with pytest.raises(AccountFrozen):
        transfer_many([asked("1", b, a, 50), asked("2", a, HOUSE, 10)])
    transfer_many([asked("1", b, a, 50)])
    assert balances([a, b]) == [150, 50]


def test_another_amount_or_the_same_event_twice_is_a_fault(app: Flask) -> None:
    a, b = accounts(1_000, 0)
    transfer_many([asked("1", a, b, 300)])
    with pytest.raises(TransferDiffers):
        transfer_many([asked("2", a, b, 1), asked("1", a, b, 301)])
    with pytest.raises(ValueError, match="twice"):
        transfer_many([asked("2", a, b, 1), asked("2", a, b, 1)])
    with pytest.raises(ValueError, match="between two accounts"):
        transfer_many([asked("2", a, b, 1), asked("3", a, b, 0)])
    assert balances([a, b]) == [700, 300]


def test_patients_are_told_of_each(app: Flask) -> None:
    account_id = make_balance(1, 500)
    before = set(db.session.scalars(sa.select(EventRow.id)))
    transfer_many([asked("1", account_id, HOUSE, 100), asked("2", account_id, HOUSE, 50)])
    rows = db.session.scalars(sa.select(EventRow).where(EventRow.id.not_in(before)).order_by(EventRow.id))
    assert [row.payload.partition('"balance_fen": ')[2] for row in rows if row.name == "BalanceChanged"] == [
        "400}",
        "350}",
    ]


def test_an_account_changes_once_and_transfers_are_written_at_once(app: Flask, queries: list[str]) -> None:
    a, b = accounts(1_000, 1_000)
    queries.clear()
    with transaction():
        transfer_many([asked(str(number), *((a, b), (b, a))[number % 2], 1 + number) for number in range(20)])
        sent = list(queries)
    assert len([statement for statement in sent if statement.startswith("UPDATE")]) == 2
    assert len([statement for statement in sent if statement.startswith("INSERT")]) == 1
    assert len(sent) == 7


def test_rows_are_changed_in_the_order_of_their_numbers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c = accounts(100, 100, 100)
    touched: list[int] = []
    change = ledger._change_balance
    monkeypatch.setattr(ledger, "_change_balance", lambda key, *more: (touched.append(key), change(key, *more)))
    transfer_many([asked("1", c, a, 1), asked("2", b, c, 1)])
    assert touched == sorted([a, b, c])


def test_what_the_look_up_could_not_see_is_found_by_the_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = accounts(1_000, 0)
    transfer_many([asked("1", a, b, 300)])
    look_up, blind = ledger._look_up, iter([True])
    monkeypatch.setattr(
        ledger, "_look_up", lambda moves: ({}, look_up(moves)[1]) if next(blind, False) else look_up(moves)
    )
    booked = transfer_many([asked("1", a, b, 300), asked("2", a, b, 1)])
    assert [one.is_new for one in booked] == [False, True]
    assert balances([a, b]) == [699, 301]


def test_accounts_are_opened_once(app: Flask) -> None:
    first = accounts_of("test", [3, 1])
    assert accounts_of("test", [1, 2, 3]).items() >= first.items()
    assert db.session.scalar(sa.select(sa.func.count()).where(Account.kind == "test")) == 3
    assert services.account_of("test", 2) == accounts_of("test", [2])[2]
    assert accounts_of("test", []) == {}


_MOVE = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 90)).filter(lambda move: move[0] != move[1])


@bounded(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(st.lists(_MOVE, min_size=1, max_size=6), max_size=4))
def test_many_at_once_are_what_they_are_one_by_one(app: Flask, batches: list[list[tuple[int, int, int]]]) -> None:
    """The fourth account is the house's. A batch with one that can't be done is not done at all."""
    found = [*accounts(100, 100, 100), HOUSE]
    expected = [100, 100, 100, 0]
    for batch in batches:
        tried, lowest = list(expected), 0
        for payer, payee, fen in batch:
            tried[payer], tried[payee] = tried[payer] - fen, tried[payee] + fen
            lowest = min(lowest, *tried[:3])
        moves = [asked(str(next(numbers)), found[a], found[b], fen) for a, b, fen in batch]
        if lowest < 0:
            with pytest.raises(InsufficientBalance):
                transfer_many(moves)
        else:
            transfer_many(moves)
            expected = tried
    assert balances(found[:3]) == expected[:3]
    assert broken() == set()
