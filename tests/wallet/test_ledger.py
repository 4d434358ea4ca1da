"""Transfers, balances, closings and the checks that must fail when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.factories.wallet import make_balance
from wxapp.core.db import AppendOnly, change, db, transaction
from wxapp.wallet import queries, services
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance, TransferDiffers
from wxapp.wallet.models import Account, Closing, Transfer, TransfersAreNeverChanged

HOUSE = services.house_account("house.mall")


def pay(account_id: int, fen: int, source: str = "order-1") -> services.Booked:
    return services.transfer(kind="test.pay", source=source, payer_id=account_id, payee_id=HOUSE, amount_fen=fen)


def broken() -> set[str]:
    return {check.name for check in services.invariants() if not check.holds}


def test_money_moves_and_both_sides_say_so(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    booked = pay(account_id, 1_200)
    assert (booked.is_new, booked.payer_after_fen, booked.payee_after_fen) == (True, 3_800, None)
    assert services.patient_balance(1) == 3_800
    assert services.balance_of(HOUSE) == 1_200
    assert broken() == set()


def test_the_same_event_is_booked_once(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    first = pay(account_id, 1_200)
    again = pay(account_id, 1_200)
    assert (again.id, again.is_new, again.payer_after_fen) == (first.id, False, 3_800)
    assert services.patient_balance(1) == 3_800


def test_the_same_event_over_another_amount_is_a_fault(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    pay(account_id, 1_200)
    with pytest.raises(TransferDiffers):
        pay(account_id, 1_300)


def test_nobody_pays_more_than_there_is(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    with pytest.raises(InsufficientBalance):
        pay(account_id, 5_001)
    assert services.patient_balance(1) == 5_000
    assert queries.find_transfer("test.pay", "order-1") is None


def test_the_database_itself_refuses_a_balance_below_its_floor(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(sa.update(Account).where(Account.id == account_id).values(balance_fen=-1))


def test_a_frozen_account_receives_but_does_not_pay(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    services.set_frozen(account_id, True)
    make_balance(1, 1_000)
    with pytest.raises(AccountFrozen):
        pay(account_id, 1)
    assert services.patient_balance(1) == 6_000


@pytest.mark.parametrize(("payer", "payee", "fen"), [(1, 1, 5), (1, 2, 0), (1, 2, -5)])
def test_a_transfer_is_a_positive_amount_between_two(app: Flask, payer: int, payee: int, fen: int) -> None:
    with pytest.raises(ValueError, match="between two accounts"):
        services.transfer(kind="k", source="s", payer_id=payer, payee_id=payee, amount_fen=fen)


def test_a_mistake_is_corrected_by_its_mirror_image_once(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    wrong = pay(account_id, 1_200)
    services.reverse(wrong.id, memo="收错")
    services.reverse(wrong.id, memo="收错")
    assert services.patient_balance(1) == 5_000
    assert next(line.label for line in services.statement_of(account_id)) == "冲正"


def test_a_transfer_can_not_be_changed_or_removed(app: Flask) -> None:
    booked = pay(make_balance(1, 5_000), 1_200)
    with pytest.raises(TransfersAreNeverChanged), transaction():
        db.session.execute(sa.update(Transfer).where(Transfer.id == booked.id).values(amount_fen=1))
    with pytest.raises(TransfersAreNeverChanged), transaction():
        db.session.execute(sa.delete(Transfer))
    with pytest.raises(AppendOnly), transaction():
        change(sa.update(Transfer).where(Transfer.id == booked.id).values(amount_fen=1))
    with pytest.raises(TransfersAreNeverChanged), transaction():
        db.session.get_one(Transfer, booked.id).amount_fen = 1


def test_a_statement_runs_backwards_and_goes_on(app: Flask) -> None:
    account_id = make_balance(1, 5_000)
    for number in range(3):
        pay(account_id, 100 + number, f"order-{number}")
    lines = services.statement_of(account_id, limit=2)
    assert [(line.amount_fen, line.after_fen) for line in lines] == [(-102, 4_697), (-101, 4_799)]
    rest = services.statement_of(account_id, before_id=lines[-1].id)
    assert [line.amount_fen for line in rest] == [-100, 5_000]


def test_paying_takes_four_statements(app: Flask, queries: list[str]) -> None:
    account_id = make_balance(1, 5_000)
    queries.clear()
    with transaction():
        pay(account_id, 100)
        sent = list(queries)
    about_money = [statement for statement in sent if "core_event" not in statement]
    assert len(about_money) == 4, about_money


# --- closings --------------------------------------------------------------------------------------------------------


def test_missed_days_are_closed_in_order(app: Flask, at: Callable[[timedelta], None]) -> None:
    account_id = make_balance(1, 5_000)
    at(timedelta(days=1))
    pay(account_id, 1_200)
    at(timedelta(days=2))
    assert services.close_missed_days() == 3
    assert services.close_missed_days() == 0
    days = [(row.day, row.balance_fen) for row in queries.closings(account_id=account_id)]
    assert days == [(date(2026, 3, 3), 3_800), (date(2026, 3, 2), 5_000)]


def test_a_house_balance_goes_on_from_its_last_closing(app: Flask, at: Callable[[timedelta], None]) -> None:
    account_id = make_balance(1, 5_000)
    pay(account_id, 1_200)
    at(timedelta(days=1))
    services.close_missed_days()
    pay(account_id, 300, "order-2")
    assert services.balance_of(HOUSE) == 1_500


def test_the_list_of_house_accounts_agrees_with_each_balance(app: Flask, at: Callable[[timedelta], None]) -> None:
    account_id = make_balance(1, 5_000)
    pay(account_id, 1_200)
    at(timedelta(days=1))
    pay(account_id, 50, "order-2")
    at(timedelta(days=1))
    services.close_missed_days()
    pay(account_id, 300, "order-3")
    rows = queries.house_balances(date(2026, 3, 4))
    assert {row.name: row.balance_fen for row in rows if row.balance_fen} == {
        "channel.cash": -5_000,
        "house.mall": 1_550,
    }
    assert all(row.balance_fen == services.balance_of(row.id) for row in rows)
    assert {row.name: row.received_fen for row in rows if row.received_fen} == {"house.mall": 300}


# --- the checks fail when they should --------------------------------------------------------------------------------


def raw(statement: str) -> None:
    """Do what no code of ours does."""
    with transaction():
        db.session.execute(sa.text(statement))


def test_a_touched_balance_is_found(app: Flask) -> None:
    make_balance(1, 5_000)
    raw("UPDATE wallet_account SET balance_fen = balance_fen + 1 WHERE kind = 'patient'")
    assert broken() == {"ledger.balances", "ledger.after"}


def test_a_touched_transfer_is_found_by_the_closing(app: Flask, at: Callable[[timedelta], None]) -> None:
    make_balance(1, 5_000)
    at(timedelta(days=1))
    services.close_missed_days()
    assert broken() == set()
    raw("UPDATE wallet_transfer SET source = 'another'")
    assert broken() == {"ledger.closings"}


def test_a_removed_transfer_is_found(app: Flask, at: Callable[[timedelta], None]) -> None:
    pay(make_balance(1, 5_000), 100)
    at(timedelta(days=1))
    services.close_missed_days()
    raw("DELETE FROM wallet_transfer WHERE kind = 'test.pay'")
    assert broken() == {"ledger.balances", "ledger.after", "ledger.closings"}


def test_a_closing_of_an_empty_day_still_carries_the_chain(app: Flask, at: Callable[[timedelta], None]) -> None:
    make_balance(1, 5_000)
    at(timedelta(days=3))
    services.close_missed_days()
    hashes = list(db.session.scalars(sa.select(Closing.hash).where(Closing.account_id == 0).order_by(Closing.day)))
    assert len(set(hashes)) == 3
    assert broken() == set()
