"""Figures of distribution: by day, beside the period before, and who sold most."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_withdrawal
from tests.factories.patients import make_wechat_user
from tests.factories.promotion import make_membership, make_opening
from tests.factories.staff import make_member
from wxapp.core.permissions import Permission
from wxapp.distribution.models import CommissionStatus, DistributorStatus
from wxapp.distribution.queries import figures
from wxapp.distribution.queries.figures import Day

C = CommissionStatus
At = Callable[[str], None]
JSON = {"Accept": "application/json"}


@pytest.fixture
def sold(app: Flask, at: At) -> tuple[int, int]:
    """Let two people sell on two days; return their numbers."""
    at("2026-03-01 09:00")
    inviter = make_distributor(name="陈晓", code="bbbbbb")
    at("2026-03-02 23:30")
    seller = make_distributor(inviter=inviter, name="周敏", code="aaaaaa")
    user = make_wechat_user()
    make_opening(seller, 1, wechat_user_id=user.id)
    make_membership(seller, wechat_user_id=user.id)
    make_commission(seller, line_fen=50_000, order_no="M1")
    make_commission(inviter, seller=seller, line_fen=50_000, rate=500, order_no="M1")
    make_reversal(make_commission(seller, status=C.AVAILABLE, line_fen=20_000, order_no="M1"), amount_fen=500)
    make_commission(seller, status=C.PLACED, line_fen=70_000)
    at("2026-03-03 00:10")
    make_commission(inviter, status=C.AVAILABLE, line_fen=30_000)
    make_commission(seller, status=C.REVERSED, line_fen=8_000)
    make_withdrawal(inviter, amount_fen=1_200)
    make_distributor(status=DistributorStatus.APPLIED)
    return seller.id, inviter.id


@pytest.fixture
def staff(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> FlaskClient:
    sign_in_staff(client, make_member({Permission.DISTRIBUTION_READ, Permission.TABLE_EXPORT}))
    return client


def test_days_hold_what_was_placed_on_them(sold: tuple[int, int]) -> None:
    found = figures.days(date(2026, 3, 2), date(2026, 3, 3))
    assert dict(found) == {
        date(2026, 3, 2): Day(
            orders=2,
            paid=1,
            sales_fen=50_000 + 15_000,
            seller_fen=5_000 + 1_500,
            inviter_fen=2_500,
            reversed_fen=500,
            distributors=1,
            members=1,
            openings=1,
        ),
        date(2026, 3, 3): Day(
            orders=2, paid=2, sales_fen=30_000, seller_fen=3_000, reversed_fen=800, paid_out_fen=1_200
        ),
    }


def test_who_sold_most_comes_first(sold: tuple[int, int]) -> None:
    seller_id, inviter_id = sold
    rows = figures.ranking(date(2026, 3, 1), date(2026, 3, 3))
    assert [(row.place, row.id, row.orders, row.sales_fen, row.commission_fen) for row in rows] == [
        (1, seller_id, 2, 65_000, 6_500),
        (2, inviter_id, 1, 30_000, 5_500),
    ]
    assert [row.id for row in figures.ranking(date(2026, 3, 3), date(2026, 3, 3))] == [inviter_id, seller_id]
    assert figures.best_goods(date(2026, 3, 1), date(2026, 3, 3), count=1)[0][1] == 50_000


def test_the_page_shows_days_with_their_sum(sold: tuple[int, int], staff: FlaskClient) -> None:
    found = staff.get("/pc/distribution/figures?from=2026-03-02&to=2026-03-03", headers=JSON).json
    assert [(row["label"], row["sales"], row["share"]) for row in found["list"]] == [
        ("03-02", "650.00", "13.8%"),
        ("03-03", "300.00", "10.0%"),
        ("合计", "950.00", "12.6%"),
    ]
    page = staff.get("/pc/distribution/figures").text
    assert "¥950.00" in page
    assert "热推商品" in page


def test_the_ranking_is_exported_with_masked_names(sold: tuple[int, int], staff: FlaskClient) -> None:
    rows = list(load_workbook(io.BytesIO(staff.get("/pc/distribution/ranking?export=xlsx").data)).active.values)
    assert [row[:4] for row in rows[1:]] == [(1, "周*", 2, 650), (2, "陈*", 1, 300)]
    assert "bbbbbb" in staff.get("/pc/distribution/ranking").text


@pytest.mark.parametrize("page", ["figures", "ranking"])
@pytest.mark.parametrize("address", ["from=x&to=y", "from=2026-03-05&to=2026-03-01", "from=1999-01-01&to=1999-01-02"])
def test_wrong_periods_are_named(staff: FlaskClient, page: str, address: str) -> None:
    assert staff.get(f"/pc/distribution/{page}?{address}").status_code == 422


@pytest.mark.parametrize("page", ["figures", "ranking"])
def test_an_empty_hospital_has_pages_too(staff: FlaskClient, page: str) -> None:
    assert staff.get(f"/pc/distribution/{page}").status_code == 200
