"""A patient's bills: every change, by month and kind, page by page, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.wallet import make_balance
from wxapp.core import clock
from wxapp.wallet import services
from wxapp.wallet.queries import Turnover, statement_of, turnover_of
from wxapp.wallet.views import Month

At = Callable[[str], None]
Get = Callable[..., Any]


@pytest.fixture
def patient_id(client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str]) -> int:
    patient = make_patient()
    sign_in_wechat(client, make_wechat_user(patient=patient))
    return patient.id


def pay_back(patient_id: int, amount_fen: int) -> None:
    services.request_pay_back(patient_id=patient_id, amount_fen=amount_fen, method="cash", by="staff:1", note="")


@pytest.fixture
def three_months(patient_id: int, at: At) -> int:
    """Return the account after a top-up in January, two changes in February, and one in March."""
    at("2026-01-31 23:59")
    account_id = make_balance(patient_id, 10_000)
    at("2026-02-01 00:00")
    pay_back(patient_id, 3_000)
    at("2026-02-28 23:59")
    make_balance(patient_id, 500)
    at("2026-03-01 00:00")
    make_balance(patient_id, 100)
    return account_id


def amounts(page: str) -> list[str]:
    return re.findall(r'class="bill__amount[^"]*">([+-][\d.]+)<', page)


def test_every_change_with_the_balance_after_it(client: FlaskClient, three_months: int) -> None:
    page = client.get("/me/wallet").text
    assert amounts(page) == ["+1.00", "+5.00", "-30.00", "+100.00"]
    assert re.findall(r"余额 ([\d.]+)", page) == ["76.00", "75.00", "70.00", "100.00"]


def test_a_month_is_the_hospital_s_month(client: FlaskClient, three_months: int) -> None:
    page = client.get("/me/wallet?month=2026-02").text
    assert amounts(page) == ["+5.00", "-30.00"]
    assert "期初余额" in page
    assert turnover_of(three_months, *Month(clock.today().replace(month=2)).bounds) == Turnover(10_000, 500, 3_000)
    assert amounts(client.get("/me/wallet?month=2026-01").text) == ["+100.00"]


def test_a_month_opens_where_the_one_before_it_closed(three_months: int) -> None:
    month = Month(clock.today().replace(year=2025, month=12))
    closing = 0
    for _ in range(5):
        found = turnover_of(three_months, *month.bounds)
        assert found.opening_fen == closing
        closing, month = found.closing_fen, month.next
    assert closing == services.balance_of(three_months)


@pytest.mark.parametrize(
    ("day", "before", "after"), [("2026-01-01", "2025-12", "2026-02"), ("2026-12-01", "2026-11", "2027-01")]
)
def test_months_before_and_after(day: str, before: str, after: str) -> None:
    month = Month(date.fromisoformat(day))
    assert (month.previous.key, month.next.key) == (before, after)


def test_a_kind_alone(client: FlaskClient, three_months: int) -> None:
    page = client.get("/me/wallet?kind=pay_back.aside").text
    assert amounts(page) == ["-30.00"]
    assert 'aria-current="page">退储值' in page
    assert amounts(client.get("/me/wallet?kind=pay_back.aside&month=2026-03").text) == []
    assert len(amounts(client.get("/me/wallet?kind=unknown").text)) == 4


@pytest.mark.parametrize("month", ["x", "2026-13", "1899-01", "2026", "99999-01", "²-01"])
def test_what_is_no_month_is_not_found(client: FlaskClient, three_months: int, month: str) -> None:
    assert client.get(f"/me/wallet?month={month}").status_code == 404


def test_pages_go_on_where_the_last_one_ended(client: FlaskClient, patient_id: int) -> None:
    for number in range(45):
        make_balance(patient_id, 100 + number)
    seen: list[str] = []
    address = "/me/wallet?kind=top_up.counter"
    while address:
        page = client.get(address).text
        seen += amounts(page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 45


def test_one_change_in_detail(client: FlaskClient, three_months: int) -> None:
    line = statement_of(three_months)[-1]
    page = client.get(f"/me/wallet/{line.id}").text
    assert all(text in page for text in ("到店充值", "+100.00", line.source))


def test_another_s_change_is_not_there(client: FlaskClient, three_months: int) -> None:
    other = make_balance(make_patient().id, 777)
    (line,) = statement_of(other)
    assert client.get(f"/me/wallet/{line.id}").status_code == 404
    assert "7.77" not in client.get("/me/wallet").text


def test_without_an_account_there_is_no_detail(client: FlaskClient, patient_id: int) -> None:
    assert client.get("/me/wallet/1").status_code == 404
    assert "还没有收支记录" in client.get("/me/wallet").text
