"""Stored value over the counter."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories.wallet import make_balance
from wxapp.core import settings as core_settings
from wxapp.core.errors import IllegalTransition, Invalid, Stale
from wxapp.wallet import queries, services, settings
from wxapp.wallet.errors import InsufficientBalance, OverLimit, SamePerson, StoredValueClosed
from wxapp.wallet.models import CounterStatus

CLERK, CHIEF = "staff:1", "staff:2"


def top_up(fen: int, *, patient_id: int = 1, by: str = CLERK) -> str:
    return services.top_up_at_counter(patient_id=patient_id, amount_fen=fen, method="cash", by=by).no


def pay_back(fen: int) -> str:
    return services.request_pay_back(patient_id=1, amount_fen=fen, method="cash", by=CLERK, note="退储值").no


def broken() -> set[str]:
    return {check.name for check in services.invariants() if not check.holds}


def test_a_small_top_up_counts_at_once(app: Flask) -> None:
    top_up(10_000)
    assert services.patient_balance(1) == 10_000
    assert services.balance_of(services.house_account("channel.cash")) == -10_000


def test_a_large_top_up_waits_for_another_person(app: Flask) -> None:
    no = top_up(200_001)
    assert services.patient_balance(1) == 0
    with pytest.raises(SamePerson):
        services.approve_movement(no, by=CLERK)
    services.approve_movement(no, by=CHIEF)
    assert services.patient_balance(1) == 200_001
    with pytest.raises(IllegalTransition):
        services.approve_movement(no, by="staff:3")
    assert services.patient_balance(1) == 200_001


def test_the_limit_of_a_day_holds_and_a_rejected_top_up_does_not_count(app: Flask) -> None:
    core_settings.write(settings.TOP_UP_ALONE, 600_000, by=CLERK)
    for _ in range(2):
        top_up(200_000)
    waiting = top_up(500_000)
    with pytest.raises(OverLimit):
        top_up(100_001)
    services.reject_movement(waiting, by=CHIEF, reason="金额有误")
    top_up(200_000)
    assert services.patient_balance(1) == 600_000
    assert queries.get_movement(waiting).status is CounterStatus.REJECTED


def test_a_large_sum_in_small_pieces_waits_too(app: Flask) -> None:
    top_up(150_000)
    waiting = top_up(50_001)
    assert services.patient_balance(1) == 150_000
    services.approve_movement(waiting, by=CHIEF)
    assert services.patient_balance(1) == 200_001
    top_up(150_000, patient_id=2)
    assert services.patient_balance(2) == 150_000


def test_another_patient_has_a_limit_of_its_own(app: Flask) -> None:
    for _ in range(5):
        top_up(200_000)
    with pytest.raises(OverLimit):
        top_up(100)
    top_up(200_000, patient_id=2)


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_nothing_is_topped_up_unless_stored_value_is_open(app: Flask, mode: str) -> None:
    core_settings.write(settings.MODE, mode, by=CLERK)
    with pytest.raises(StoredValueClosed):
        top_up(10_000)


def test_limits_and_methods_are_checked(app: Flask) -> None:
    with pytest.raises(Invalid):
        top_up(99)
    with pytest.raises(Invalid):
        services.top_up_at_counter(patient_id=1, amount_fen=100, method="gold", by=CLERK)


def test_what_is_given_back_leaves_the_balance_at_once(app: Flask) -> None:
    make_balance(1, 10_000)
    no = pay_back(7_000)
    assert services.patient_balance(1) == 3_000
    with pytest.raises(InsufficientBalance):
        pay_back(3_001)
    assert broken() == set()
    services.approve_movement(no, by=CHIEF)
    assert services.balance_of(services.house_account("clearing.pay_back")) == 0
    assert services.balance_of(services.house_account("channel.cash")) == -3_000
    assert broken() == set()


def test_a_rejected_pay_back_returns_to_the_balance(app: Flask) -> None:
    make_balance(1, 10_000)
    no = pay_back(7_000)
    with pytest.raises(SamePerson):
        services.reject_movement(no, by=CLERK, reason="x")
    services.reject_movement(no, by=CHIEF, reason="资料不全")
    assert services.patient_balance(1) == 10_000
    assert broken() == set()


def test_the_mode_is_one_of_three_words(app: Flask) -> None:
    assert settings.MODE.parse("清退") == "run_down"
    assert settings.MODE.parse("off") == "off"
    with pytest.raises(Invalid):
        settings.MODE.parse("sometimes")


def test_a_new_card_ends_the_one_before(app: Flask) -> None:
    first = services.issue_card(1, by=CLERK)
    second = services.issue_card(1, by=CHIEF)
    account_id = services.patient_account(1)
    assert queries.card_of(account_id) == second
    assert {card.no: card.active_for for card in queries.cards_of(account_id)} == {
        first.no: None,
        second.no: account_id,
    }


def test_freezing_twice_is_stale(app: Flask) -> None:
    account_id = make_balance(1, 100)
    services.set_frozen(account_id, True)
    with pytest.raises(Stale):
        services.set_frozen(account_id, True)
