"""Figures are those of the rows, counted by the hospital's days; the pages show and export them."""

import io
from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from tests.factories.booking import make_booking, make_session, slots_of
from tests.factories.mall import make_goods, make_order
from tests.factories.payments import make_collected
from tests.factories.staff import make_member
from wxapp.booking.models import Booking, BookingStatus
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.mall import queries as mall
from wxapp.mall.models import Order
from wxapp.mall.services import refunds
from wxapp.payments import services as payments
from wxapp.payments.models import Attempt, Method, PaymentOrder
from wxapp.statistics import queries
from wxapp.statistics.rules import Period

TODAY = date(2026, 3, 2)
P = Permission
JSON = {"Accept": "application/json"}


def pay(order_no, way=Method.CASH):
    order = mall.get_order(order_no)
    payments.collect(order.payment_no, [(way, order.total_fen)], by="staff:999")


@pytest.fixture
def busy(client, at):
    """Orders just before and after midnight, paid in several ways, one refunded; bookings in several states."""
    goods = make_goods(price_fen=10_000, stock=100)
    at("2026-03-01 23:59:59")
    pay(make_order(goods), Method.CARD)
    at("2026-03-02 00:00:01")
    pay(make_order(goods, quantity=2))
    make_order(goods)
    at("2026-03-02 10:00")
    returned = make_order(goods)
    pay(returned)
    line = mall.get_order(returned).lines[0]
    refund_no = refunds.request_refund(returned, pieces={line.id: 1}, reason="不想要了", by="staff:1")
    payments.approve_refund(refund_no, by="staff:2")
    recharge = make_collected({Method.WECHAT_CODE: 5_000})
    db.session.execute(
        sa.update(PaymentOrder).where(PaymentOrder.id == recharge.id).values(subject_kind=queries.RECHARGE)
    )
    session = make_session(day=TODAY + timedelta(days=1), capacity=3)
    for _ in range(3):
        make_booking(slots_of(session)[0])
    first = db.session.scalar(sa.select(sa.func.min(Booking.id)))
    db.session.execute(sa.update(Booking).where(Booking.id == first).values(status=BookingStatus.MISSED))
    db.session.expire_all()
    return goods


def test_a_day_is_the_hospitals(busy):
    found = queries.days(Period(TODAY - timedelta(days=1), TODAY))
    assert [found[day].placed for day in (date(2026, 3, 1), TODAY)] == [1, 3]
    assert found[date(2026, 3, 1)].came == {Method.CARD: 10_000}
    assert found[TODAY].came == {Method.CASH: 30_000}


def test_money_for_stored_value_stands_apart_from_takings(busy):
    day = queries.days(Period(TODAY, TODAY))[TODAY]
    assert (day.recharges, day.recharged_fen, day.came_fen) == (1, 5_000, 30_000)


def test_figures_equal_the_slow_count(busy):
    found = queries.days(Period(date(2026, 2, 1), TODAY + timedelta(days=30)))
    orders = db.session.scalars(sa.select(Order)).all()
    slow = Counter(clock.hospital_day(order.placed_at) for order in orders)
    assert {day: figures.placed for day, figures in found.items() if figures.placed} == slow
    paid = Counter(clock.hospital_day(order.placed_at) for order in orders if order.paid_at)
    assert {day: figures.paid for day, figures in found.items() if figures.paid} == paid
    attempts = db.session.scalars(sa.select(Attempt).where(Attempt.paid_at.is_not(None))).all()
    came = sum(attempt.amount_fen for attempt in attempts)
    assert sum(day.came_fen + day.recharged_fen for day in found.values()) == came
    bookings = db.session.scalars(sa.select(Booking)).all()
    due = Counter((clock.hospital_day(booking.starts_at), booking.status) for booking in bookings)
    counted = {(day, status): count for day, figures in found.items() for status, count in figures.bookings.items()}
    assert counted == due
    assert sum(figures.made for figures in found.values()) == len(bookings)


def test_goods_are_counted_by_the_orders_of_the_period(busy):
    (row,) = queries.goods_rows(Period(TODAY, TODAY))
    assert (row.orders, row.paid_orders, row.pieces, row.paid_fen) == (3, 2, 3, 30_000)
    assert queries.goods_rows(Period(date(2026, 1, 1), date(2026, 1, 2))) == []


def test_seats_and_bookings_are_counted_by_whose_time_it_is(busy):
    tomorrow = TODAY + timedelta(days=1)
    (row,) = queries.booking_rows(Period(tomorrow, tomorrow))
    assert (row.kind, row.seats, row.booked, row.missed) == ("项目", 12, 3, 1)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def reader(client, sign_in_staff):
    sign_in_staff(client, make_member({P.STATISTICS_READ, P.TABLE_EXPORT}))
    return client


@pytest.mark.parametrize("page", ["", "/takings", "/goods", "/bookings"])
@pytest.mark.parametrize("period", ["", "?period=today", "?period=last_month", "?from=2025-03-03&to=2026-03-02"])
def test_each_page_shows_each_period(busy, reader, page, period):
    shown = reader.get(f"/pc/statistics{page}{period}")
    assert shown.status_code == 200
    assert "data-chart" in shown.text or "这段时间没有" in shown.text or "暂无数据" in shown.text


@pytest.mark.parametrize("page", ["", "/takings", "/goods", "/bookings"])
def test_a_hospital_without_anything_has_empty_pages(reader, page):
    assert reader.get(f"/pc/statistics{page}").status_code == 200


def test_the_table_ends_in_its_sum(busy, reader):
    rows = reader.get("/pc/statistics?period=7", headers=JSON).json["list"]
    assert [row["label"] for row in rows][-1] == "合计"
    assert rows[-1]["placed"] == sum(row["placed"] for row in rows[:-1]) == 4


def test_the_table_is_exported_as_it_is_shown(busy, reader):
    answer = reader.get("/pc/statistics/takings?period=7&export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("支付方式", "收款", "占比", "退款", "实收")
    assert rows[-1][:2] == ("合计", 400)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("from=x&to=2026-03-02", "应为日期"),
        ("from=2026-03-02&to=", "应为日期"),
        ("from=2026-03-02&to=2026-03-01", "不能早于"),
        ("from=2024-01-01&to=2026-03-01", "最多查看"),
        ("from=2027-01-01&to=2027-01-02", "可查询的范围"),
        ("from=0001-01-01&to=0001-01-02", "可查询的范围"),
    ],
)
def test_a_wrong_period_is_told_beside_its_field(reader, asked, sentence):
    page = reader.get(f"/pc/statistics?{asked}")
    assert page.status_code == 422
    assert sentence in page.text


def test_an_unknown_preset_is_the_usual_one(reader):
    assert 'aria-current="true">近30天' in reader.get("/pc/statistics?period=%3Cscript%3E").text


@pytest.mark.parametrize("page", ["", "/takings", "/goods", "/bookings"])
def test_figures_need_their_right(client, sign_in_staff, page):
    sign_in_staff(client, make_member({P.ORDER_READ}))
    assert client.get(f"/pc/statistics{page}", headers=JSON).status_code == 403
