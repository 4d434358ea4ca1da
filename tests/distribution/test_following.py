"""Commissions follow their order, whatever is heard of it and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.sales import PRICE, Sale, broken, money, pay, told, transfers
from tests.factories.commissions import freeze_commissions
from tests.factories.distribution import make_distributor
from tests.factories.mall import CONTACT, make_goods
from tests.factories.patients import make_patient
from tests.mall.orders import ask_back, fresh, give_back
from wxapp.core import clock, events
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.core.states import history
from wxapp.distribution import kinds, settings
from wxapp.distribution.models import Commission, CommissionStatus, MonthTotal, Reversal
from wxapp.distribution.services.following import follow_order
from wxapp.distribution.services.settling import settle_due
from wxapp.mall.models import ItemStatus, OrderItem
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, redemption
from wxapp.payments import services as payments
from wxapp.wallet import services as wallet

C = CommissionStatus
At = Callable[[str | timedelta], None]


@pytest.fixture
def sale(app: Flask) -> Sale:
    return Sale()


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Nothing is heard until the returned function is called."""
    listeners = {
        name: {key: heard for key, heard in known.items() if "distribution.handlers" not in key}
        for name, known in events._listeners.items()
    }
    with monkeypatch.context() as patch:
        patch.setattr(events, "_listeners", {name: listeners.get(name, {}) for name in events._listeners})
        yield patch.undo


def test_commission_is_pending_once_the_order_is_paid(sale: Sale) -> None:
    assert money(sale.seller) == (0, 0)
    sale.pay()
    row = sale.of()
    assert (row.status, row.amount_fen, row.pending_at, row.due_at) == (C.PENDING, 999, clock.now(), None)
    assert (money(sale.seller), money(sale.inviter)) == ((999, 0), (499, 0))
    assert told(sale.seller) == [f"订单{sale.no}的佣金9.99元：待结算。"]
    assert told(sale.inviter) == [f"订单{sale.no}的佣金4.99元：待结算。"]
    assert [(step.new, step.actor, step.reason) for step in history(row)] == [
        ("pending", "system:distribution", "订单已付款")
    ]


def test_following_again_changes_nothing(sale: Sale) -> None:
    sale.pay()
    follow_order(sale.no)
    follow_order("M-NONE")
    assert money(sale.seller) == (999, 0)
    assert len(told(sale.seller)) == 1


def test_an_order_that_is_closed_pays_nothing(sale: Sale) -> None:
    ordering.cancel_order(fresh(sale.no), by="wechat:1", reason="不要了")
    row = sale.of()
    assert (row.status, row.ended_at, money(sale.seller)) == (C.VOID, clock.now(), (0, 0))
    assert told(sale.seller) == []


def test_late_money_brings_it_back(sale: Sale, monkeypatch: pytest.MonkeyPatch) -> None:
    order = fresh(sale.no)
    ordering.cancel_order(order, by="wechat:1", reason="不要了")
    monkeypatch.setattr(payments, "take_late", lambda *_, **__: None)
    ordering.mark_paid(sale.no, payment_no=order.payment_no, amount_fen=PRICE, method="wechat", landed_late=True)
    row = sale.of()
    assert (row.status, row.ended_at, row.amount_fen) == (C.PENDING, None, 999)
    assert money(sale.seller) == (999, 0)


def test_it_is_due_some_days_after_the_order_is_done(sale: Sale, at: At) -> None:
    sale.pay()
    at(timedelta(hours=3))
    sale.use("血常规", "彩超")
    assert sale.of().due_at is None
    sale.use("心电图")
    assert (sale.of().done_at, sale.of().due_at) == (clock.now(), clock.now() + timedelta(days=7))


def test_an_undone_redemption_takes_the_day_back(sale: Sale, at: At) -> None:
    sale.pay()
    sale.use()
    at(timedelta(hours=1))
    item = db.session.scalars(sa.select(OrderItem).where(OrderItem.name == "彩超")).one()
    redemption.undo(sale.no, item.id, reason="点错", by="staff:901")
    assert (sale.of().done_at, sale.of().due_at) == (None, None)
    at(timedelta(hours=1))
    sale.use("彩超")
    assert sale.of().due_at == clock.now() + timedelta(days=7)


def test_parts_that_go_back_reverse_in_proportion_and_end_at_the_whole(sale: Sale) -> None:
    sale.pay()
    for name, kept in (("血常规", 666), ("彩超", 333), ("心电图", 0)):
        sale.refund(name)
        assert money(sale.seller) == (kept, 0)
    row = sale.of()
    assert (row.status, row.reversed_fen, row.refunded_fen) == (C.REVERSED, 999, PRICE)
    assert money(sale.inviter) == (0, 0)
    parts = sa.select(Reversal.amount_fen).where(Reversal.commission_id == row.id)
    assert list(db.session.scalars(parts)) == [333, 333, 333]
    assert told(sale.seller)[-1] == f"订单{sale.no}的佣金3.33元：已冲回。"
    assert broken() == set()


def take_out(sale: Sale, fen: int) -> None:
    """What a withdrawal does to the balance."""
    wallet.transfer(
        kind=kinds.WITHDRAWAL,
        source="W1",
        payer_id=kinds.available_account(sale.seller.id),
        payee_id=wallet.house_account("clearing.withdrawal"),
        amount_fen=fen,
        least_left_fen=0,
    )


def test_what_was_available_is_taken_from_there_leaves_a_debt_and_later_income_settles_it(sale: Sale, at: At) -> None:
    sale.pay()
    sale.use("血常规", "彩超")
    sale.refund("心电图")
    at(timedelta(days=7))
    assert settle_due() == 2
    assert money(sale.seller) == (0, 666)
    take_out(sale, 600)
    with transaction():  # money goes back for something used: no page does that, but it has to be borne
        change(sa.update(OrderItem).where(OrderItem.name == "彩超").values(status=ItemStatus.REFUNDED))
        order = fresh(sale.no)
        order.refunded_fen = 6_666
    follow_order(sale.no)
    assert money(sale.seller) == (0, 666 - 600 - 333)
    assert db.session.scalars(sa.select(Reversal.was_available).order_by(Reversal.id.desc())).first() is True
    later = Sale(seller=sale.seller, wait_days=0, quantity=2)
    later.pay()
    later.use()
    assert settle_due() == 2
    assert money(sale.seller) == (0, 1_999 - 267)


# --- whatever the order of events ------------------------------------------------------------------------------------


def _refund_all(sale: Sale) -> None:
    sale.refund()


def _refund_rest(sale: Sale) -> None:
    sale.use("血常规")
    sale.refund()


def _use_all(sale: Sale) -> None:
    sale.use()


@pytest.mark.parametrize(
    ("then", "expected", "moved"),
    [
        (_refund_all, (C.REVERSED, 999, 999), [("pending", 999), ("reversed", 999)]),
        (_refund_rest, (C.PENDING, 999, 666), [("pending", 999), ("reversed", 666)]),
        (_use_all, (C.PENDING, 999, 0), [("pending", 999)]),
    ],
)
def test_all_is_heard_at_the_end(app: Flask, deaf: Callable[[], None], then: Any, expected: Any, moved: Any) -> None:
    """Paid, used and given back before any of it is heard: one look at the mall is enough."""
    sale = Sale()
    sale.pay()
    then(sale)
    deaf()
    follow_order(sale.no)
    row = sale.of()
    assert (row.status, row.amount_fen, row.reversed_fen) == expected
    assert [one for one in transfers() if one[1] > 500] == moved
    assert (row.due_at is None) is (then is _refund_all)
    assert broken() == set()


# --- the limit of a month --------------------------------------------------------------------------------------------


def test_a_month_s_limit_cuts_what_is_booked(sale: Sale, at: At) -> None:
    core_settings.write(settings.MONTH_CAP, 1_500, by="staff:1")
    sales = [sale, Sale(seller=sale.seller), Sale(seller=sale.seller)]
    for one in sales:
        one.pay()
    assert [(row.status, row.amount_fen, row.frozen_fen) for row in (one.of() for one in sales)] == [
        (C.PENDING, 999, 999),
        (C.PENDING, 501, 999),
        (C.PENDING, 0, 999),
    ]
    assert money(sale.seller) == (1_500, 0)
    assert history(sales[1].of())[-1].reason == "订单已付款，超出每月上限的部分不计"
    at("2026-04-01 00:30")
    sales.append(Sale(seller=sale.seller))
    sales[-1].pay()
    totals = sa.select(MonthTotal.month, MonthTotal.booked_fen).where(MonthTotal.distributor_id == sale.seller.id)
    assert dict(db.session.execute(totals).all()) == {"2026-03": 1_500, "2026-04": 999}
    assert broken() == set()


@pytest.mark.parametrize("goes_back", [False, True])
def test_what_was_cut_to_nothing_goes_its_way_without_money(sale: Sale, at: At, goes_back: bool) -> None:
    core_settings.write(settings.MONTH_CAP, 1, by="staff:1")
    sale.pay()
    other = Sale(seller=sale.seller)
    other.pay()
    if goes_back:
        other.refund()
    else:
        other.use()
        at(timedelta(days=7))
        settle_due()
    assert (other.of().amount_fen, other.of().status) == (0, C.REVERSED if goes_back else C.AVAILABLE)
    assert money(sale.seller) == (1, 0)
    assert len(told(sale.seller)) == 1
    assert broken() == set()


def test_one_line_of_two_goes_back(app: Flask) -> None:
    seller = make_distributor()
    goods = [make_goods(price_fen=10_000), make_goods(price_fen=5_000)]
    no = ordering.place_order(
        wechat_user_id=1,
        patient_id=make_patient().id,
        wanted=[Wanted(one.id, 1, one.price_fen) for one in goods],
        contact=CONTACT,
        once_key="two-lines-1",
    )
    freeze_commissions(no, seller)
    pay(no)
    assert (money(seller), told(seller)) == ((1_500, 0), [f"订单{no}的佣金15.00元：待结算。"])
    give_back(ask_back(fresh(no), {goods[1].name: 1}))
    rows = list(db.session.scalars(sa.select(Commission).where(Commission.order_no == no).order_by(Commission.id)))
    assert [(row.status, row.reversed_fen) for row in rows] == [(C.PENDING, 0), (C.REVERSED, 500)]
    assert money(seller) == (1_000, 0)
    assert broken() == set()
