"""Withheld tax under load: however many record its payment at once, no more is paid than was withheld."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.concurrency.test_recharge import Start
from tests.factories.withdrawals import CASHIER
from wxapp.core import ids
from wxapp.distribution.queries import withheld_tax as queries
from wxapp.distribution.services.withheld_tax import record_tax_payment
from wxapp.wallet import services as wallet

pytestmark = pytest.mark.mariadb

FEN, PEOPLE = 1_000, 6
open_fen = queries.open_fen


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


def withhold() -> None:
    wallet.transfer(
        kind="test.tax",
        source="1",
        payer_id=wallet.house_account("house.commission"),
        payee_id=wallet.house_account(queries.ACCOUNT),
        amount_fen=FEN,
    )


def pay_all(app: Flask) -> tuple[dict[str, int], int]:
    look(app, withhold)
    together = Start(PEOPLE)

    def one() -> None:
        together.wait()
        record_tax_payment(FEN, note="完税8812", by=CASHIER)

    return crowd(app, [one] * PEOPLE, at_once=PEOPLE), look(app, open_fen)


def test_tax_is_paid_once(app: Flask) -> None:
    assert pay_all(app) == ({"done": 1, "invalid": PEOPLE - 1}, 0)


def test_twin_that_holds_nobody_pays_more_than_was_withheld(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count(1)
    step = ids.next_number
    monkeypatch.setattr(
        ids,
        "next_number",
        lambda name, **more: next(numbers) if name == "distribution.tax_payments" else step(name, **more),
    )
    all_have_looked = Start(PEOPLE)

    def look_together() -> int:
        found = open_fen()
        all_have_looked.wait()
        return found

    monkeypatch.setattr(queries, "open_fen", look_together)
    outcome, left = pay_all(app)
    assert outcome["done"] > 1  # who lost a conflict looks anew, alone
    assert left < 0
