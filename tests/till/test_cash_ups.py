"""The count at the end of the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.configuration import make_methods
from tests.factories.patients import make_patient
from tests.factories.payments import make_payment
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, take_for
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Method
from wxapp.payments import services as payments
from wxapp.payments.models import Method as Channel
from wxapp.till import queries, services
from wxapp.till.cash_lines import from_text, lines_of
from wxapp.till.errors import AlreadyChecked, CountedTooEarly, DifferenceUnexplained, OwnCashUp
from wxapp.till.models import CashUp, CashUpStatus
from wxapp.till.services import Cashier, Paid
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value

CHIEF = "staff:99999"


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


@pytest.fixture
def cashier(app: Flask) -> Cashier:
    return cashier_of(make_member())


@pytest.fixture
def patient_id(app: Flask) -> int:
    return make_patient().id


def expected(cashier: Cashier, day: date | None = None) -> dict[str, int]:
    lines = lines_of(cashier.id, day or clock.today())
    return {line.kind: line.expected_fen for line in lines if line.expected_fen}


def test_everything_at_the_counter_counts_by_kind(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    take_for(
        "visit:1", Paid(methods["现金"], 1_000), Paid(methods["分期甲"], 5_000), patient_id=patient_id, cashier=cashier
    )
    take_for("retail:1", Paid(methods["微信"], 300), patient_id=patient_id, cashier=cashier, payee="house.retail")
    payment = make_payment(amount_fen=20_000)
    payments.collect(payment.no, [(Channel.CASH, 15_000), (Channel.CARD, 5_000)], by=cashier.actor)
    core_settings.write(stored_value.TOP_UP_ALONE, 5_000, by=CHIEF)
    wallet.top_up_at_counter(patient_id=patient_id, amount_fen=10_000, method="cash", by=cashier.actor)
    assert wallet.patient_balance(patient_id) == 0  # waits for another person; but the money is in the drawer
    assert expected(cashier) == {
        "cash": 1_000 + 15_000 + 10_000, "card": 5_000, "wechat_code": 300, "bank": 5_000,
    }  # fmt: skip


def test_what_is_given_back_counts_for_who_gives_it(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int, at: Callable[[timedelta], None]
) -> None:
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    monday = clock.today()
    at(timedelta(days=1))
    other = cashier_of(make_member())
    take_for(
        "visit:1",
        Paid(methods["微信"], 400),
        patient_id=patient_id,
        cashier=other,
        voids=list(queries.entries_of("visit:1")),
    )
    assert expected(cashier, monday) == {"cash": 1_000}
    assert expected(cashier) == {}
    assert expected(other) == {"cash": -1_000, "wechat_code": 400}


def count(cashier: Cashier, *, seen: int | None = None, note: str = "", **counted: int) -> CashUp:
    return services.count_up(cashier, clock.today(), counted, note=note, seen=seen)


def test_a_count_that_fits_needs_no_words(methods: Mapping[str, Method], cashier: Cashier, patient_id: int) -> None:
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    made = count(cashier, cash=1_000)
    assert (made.status, made.expected_fen, made.counted_fen) == (CashUpStatus.COUNTED, 1_000, 1_000)
    assert {line.kind: line.counted_fen for line in from_text(made.lines)}["cash"] == 1_000


def test_a_difference_is_explained_and_counted_again_until_checked(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    with pytest.raises(DifferenceUnexplained):
        count(cashier, cash=900)
    with pytest.raises(DifferenceUnexplained):  # sums agree, kinds don't
        count(cashier, cash=900, card=100)
    first = count(cashier, cash=900, note="少一百元，待查")
    with pytest.raises(Stale):
        count(cashier, cash=1_000)
    with pytest.raises(Stale):
        count(cashier, cash=1_000, seen=first.version + 1)
    second = count(cashier, cash=1_000, seen=first.version)
    assert (second.id, second.counted_fen, second.note, second.version) == (first.id, 1_000, "", 2)
    services.check_cash_up(second.id, by=CHIEF, seen=2)
    with pytest.raises(AlreadyChecked):
        count(cashier, cash=900, note="再改", seen=3)


def test_a_count_is_checked_by_another_person_as_it_stands(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    made = count(cashier, cash=1_000)
    with pytest.raises(OwnCashUp):
        services.check_cash_up(made.id, by=cashier.actor, seen=1)
    with pytest.raises(Stale):
        services.check_cash_up(made.id, by=CHIEF, seen=2)
    take_for("visit:2", Paid(methods["现金"], 1), patient_id=patient_id, cashier=cashier)
    with pytest.raises(CountedTooEarly):
        services.check_cash_up(made.id, by=CHIEF, seen=1)
    count(cashier, cash=1_001, seen=1)
    checked = services.check_cash_up(made.id, by=CHIEF, seen=2)
    db.session.refresh(checked)
    assert (checked.status, checked.checked_by) == (CashUpStatus.CHECKED, CHIEF)


def test_what_comes_after_the_check_is_counted_and_checked_again(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    made = count(cashier, cash=1_000)
    services.check_cash_up(made.id, by=CHIEF, seen=1)
    take_for("visit:2", Paid(methods["现金"], 500), patient_id=patient_id, cashier=cashier)
    with pytest.raises(Stale):
        count(cashier, cash=1_500)
    again = count(cashier, cash=1_500, seen=2)
    db.session.refresh(again)
    assert (again.status, again.counted_fen, again.checked_by) == (CashUpStatus.COUNTED, 1_500, None)
    services.check_cash_up(again.id, by=CHIEF, seen=3)
    with pytest.raises(AlreadyChecked):
        count(cashier, cash=1_500, seen=4)


def test_the_page_lets_count_what_came_after_the_check(
    client: FlaskClient,
    methods: Mapping[str, Method],
    patient_id: int,
    sign_in_staff: Callable[[FlaskClient, Any], str],
) -> None:
    member = make_member({Permission.VISIT_COLLECT})
    csrf = sign_in_staff(client, member)
    cashier = cashier_of(member)
    take_for("visit:1", Paid(methods["现金"], 1_000), patient_id=patient_id, cashier=cashier)
    services.check_cash_up(count(cashier, cash=1_000).id, by=CHIEF, seen=1)
    assert "确认日结" not in client.get("/pc/till/cash_up").text
    take_for("visit:2", Paid(methods["现金"], 500), patient_id=patient_id, cashier=cashier)
    assert "确认日结" in client.get("/pc/till/cash_up").text
    form = {"day": str(clock.today()), "cash": "15", "version": "2", "csrf_token": csrf}
    assert client.post("/pc/till/cash_up", data=form).status_code == 303


def test_no_day_is_counted_before_it_comes(cashier: Cashier) -> None:
    with pytest.raises(Invalid):
        services.count_up(cashier, clock.today() + timedelta(days=1), {})


def test_the_pages_count_and_check(
    client: FlaskClient,
    methods: Mapping[str, Method],
    patient_id: int,
    sign_in_staff: Callable[[FlaskClient, Any], str],
) -> None:
    member = make_member({Permission.VISIT_COLLECT})
    csrf = sign_in_staff(client, member)
    take_for("visit:1", Paid(methods["现金"], 12_345), patient_id=patient_id, cashier=cashier_of(member))
    assert "123.45" in client.get("/pc/till/cash_up").text
    form = {"day": str(clock.today()), "cash": "120", "csrf_token": csrf}
    refused = client.post("/pc/till/cash_up", data=form)
    assert refused.status_code == 422
    assert "请填写差异说明" in refused.text
    assert client.post("/pc/till/cash_up", data={**form, "note": "零钱短少"}).status_code == 303
    [made] = queries.cash_ups_on(clock.today()).values()
    assert client.get("/pc/till/cash_ups").status_code == 403

    csrf = sign_in_staff(client, make_member({Permission.TILL_CHECK}))
    assert member.name in client.get("/pc/till/cash_ups").text
    assert "零钱短少" in client.get(f"/pc/till/cash_ups/{made.id}").text
    checked = client.post(f"/pc/till/cash_ups/{made.id}/check", data={"version": made.version, "csrf_token": csrf})
    assert checked.status_code == 303
    db.session.refresh(made)
    assert made.status is CashUpStatus.CHECKED


@pytest.mark.parametrize("day", ["x", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_days_that_are_none_are_today(
    client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str], day: str
) -> None:
    sign_in_staff(client, make_member({Permission.VISIT_COLLECT, Permission.TILL_CHECK}))
    assert client.get("/pc/till/cash_up", query_string={"day": day}).status_code == 200
    assert client.get("/pc/till/cash_ups", query_string={"day": day}).status_code == 200
