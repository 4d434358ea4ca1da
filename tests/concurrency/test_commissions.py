"""Commissions under load: followed, settled, limited, rewarded once. Each twin takes a guard away and must show why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.killing import work_and_die
from tests.concurrency.test_money import NoGuard, broken, look
from tests.concurrency.test_recharge import Start
from tests.distribution.sales import Sale, money
from tests.factories.distribution import make_distributor
from wxapp.core import events
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.distribution import settings
from wxapp.distribution.models import CommissionStatus, MonthTotal, Reward, RewardStatus
from wxapp.distribution.services import checks, following, rewarding, settling
from wxapp.distribution.services.following import follow_order
from wxapp.distribution.services.settling import settle_due
from wxapp.mall.models import ItemStatus, Order, OrderItem
from wxapp.wallet import services as wallet
from wxapp.wallet.services import ledger

pytestmark = pytest.mark.mariadb

C = CommissionStatus
FEN = 999
MOST_STEPS = 200


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distribution hears nothing by itself."""
    for name, known in list(events._listeners.items()):
        others = {key: listener for key, listener in known.items() if "distribution.handlers" not in key}
        monkeypatch.setitem(events._listeners, name, others)


def due_sale(**over: Any) -> Sale:
    sale = Sale(wait_days=0, **over)
    sale.pay()
    sale.use()
    return sale


def under_new_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's key no longer tells that something was booked before."""
    book = ledger.transfer_many

    def renamed(moves: Sequence[Any]) -> Any:
        here = f"{threading.get_ident() % 10**6}-{time.monotonic_ns() % 10**9}"
        return book([ledger.Asked(**{**vars(move), "source": f"{move.source}~{here}"}) for move in moves])

    monkeypatch.setattr(wallet, "transfer_many", renamed)


def held_by_nobody(monkeypatch: pytest.MonkeyPatch, module: Any, parties: int) -> None:
    """Rows are read without being held, and all have read before anybody goes on."""
    monkeypatch.setattr(sa.Select, "with_for_update", lambda statement, **_: statement)
    hold, all_have_seen = module._hold, Start(parties)

    def look_only(what: Any) -> Any:
        found = hold(what)
        all_have_seen.wait()
        return found

    monkeypatch.setattr(module, "_hold", look_only)


# --- paid, heard often ------------------------------------------------------------------------------------------------


def hear_often(app: Flask) -> tuple[int, set[str]]:
    """Follow an order that is paid eight times at once; return what is pending, and what is broken."""

    def make() -> Sale:
        sale = Sale()
        sale.pay()
        return sale

    sale = look(app, make)
    crowd(app, [lambda: follow_order(sale.no)] * 8)
    return look(app, lambda: money(sale.seller_id))[0], look(app, broken)


def test_money_heard_often_at_once_is_booked_once(app: Flask, deaf: None) -> None:
    assert hear_often(app) == (FEN, set())


def test_twin_that_holds_nothing_books_it_often(app: Flask, deaf: None, monkeypatch: pytest.MonkeyPatch) -> None:
    held_by_nobody(monkeypatch, following, 8)
    monkeypatch.setattr(following, "COMMISSION", NoGuard)
    under_new_names(monkeypatch)
    pending, wrong = hear_often(app)
    assert pending > FEN
    assert wrong >= {"distribution.pending", "distribution.transfers"}


# --- two settlers -----------------------------------------------------------------------------------------------------


def settle_twice_at_once(app: Flask) -> tuple[list[int], tuple[int, int], set[str]]:
    """Let two runs settle the same four lines; return what each has done, the seller's money, and what is broken."""

    def make() -> Sale:
        sale = due_sale()
        due_sale(seller=sale.seller)
        waiting = Sale(seller=sale.seller, quantity=3)  # what could be paid out by mistake
        waiting.pay()
        return sale

    sale = look(app, make)
    done: list[int] = []
    crowd(app, [lambda: done.append(settle_due())] * 2)
    return done, look(app, lambda: money(sale.seller_id)), look(app, broken)


def test_of_two_settlers_each_line_is_settled_by_one(app: Flask) -> None:
    done, (pending, available), wrong = settle_twice_at_once(app)
    assert (sum(done), pending, available, wrong) == (4, 2_999, 2 * FEN, set())


def test_twin_without_guards_settles_lines_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    held_by_nobody(monkeypatch, settling, 2)
    monkeypatch.setattr(settling.COMMISSION, "move_all", lambda *_, **__: None)
    under_new_names(monkeypatch)
    _done, (_pending, available), wrong = settle_twice_at_once(app)
    assert available > 2 * FEN
    assert wrong >= {"distribution.pending", "distribution.available", "distribution.transfers"}


# --- a refund and settlement ------------------------------------------------------------------------------------------


def give_back_while_it_is_settled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[int, tuple[int, int], set[str]]:
    """Let money go back when settlement has read and not written; return what was settled, the money, what is broken.

    A third of the order goes back. Settlement waits a second for the refund to be followed; who holds the rows makes
    it wait in vain.
    """
    sale = look(app, due_sale)
    has_read, is_followed = threading.Event(), threading.Event()
    standings = settling.mall.standings

    def read_and_wait(order_nos: Sequence[str]) -> Any:
        found = standings(order_nos)
        if not has_read.is_set():
            has_read.set()
            is_followed.wait(timeout=1)
        return found

    def give_back() -> None:
        has_read.wait(timeout=20)
        with transaction():  # money goes back for something used: no page does that, but it has to be borne
            change(sa.update(OrderItem).where(OrderItem.name == "彩超").values(status=ItemStatus.REFUNDED))
            change(sa.update(Order).values(refunded_fen=3_333))
        follow_order(sale.no)
        is_followed.set()

    done: list[int] = []
    monkeypatch.setattr(settling, "mall", SimpleNamespace(standings=read_and_wait))
    crowd(app, [lambda: done.append(settle_due()), give_back])
    wrong = {name for name in look(app, broken) if name.startswith(("distribution", "ledger"))}
    return sum(done), look(app, lambda: money(sale.seller_id)), wrong


def test_a_refund_and_settlement_at_once_come_one_after_the_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert give_back_while_it_is_settled(app, monkeypatch) == (2, (0, 666), set())


def test_twin_that_holds_nothing_settles_what_went_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sa.Select, "with_for_update", lambda statement, **_: statement)
    waiting: list[Sale] = []
    make = due_sale

    def with_money_beside_it() -> Sale:
        sale = make()
        waiting.append(Sale(seller=sale.seller, quantity=3))
        waiting[0].pay()
        return sale

    monkeypatch.setitem(globals(), "due_sale", with_money_beside_it)
    _settled, _money, wrong = give_back_while_it_is_settled(app, monkeypatch)
    assert wrong >= {"distribution.pending", "distribution.available"}


# --- the limit of a month ---------------------------------------------------------------------------------------------


def pay_many_orders(app: Flask) -> tuple[int, set[str]]:
    """Hear of five orders of one distributor at once, whose limit is two of them; return what was booked."""

    def make() -> list[Sale]:
        core_settings.write(settings.MONTH_CAP, 2 * FEN, by="staff:1")
        first = Sale()
        sales = [first, *(Sale(seller=first.seller) for _ in range(4))]
        for sale in sales:
            sale.pay()
        return sales

    sales = look(app, make)
    crowd(app, [partial(follow_order, sale.no) for sale in sales])
    return look(app, lambda: money(sales[0].seller_id))[0], look(app, broken)


def test_orders_heard_at_once_keep_the_months_limit(app: Flask, deaf: None) -> None:
    assert pay_many_orders(app) == (2 * FEN, set())


def test_twin_that_reads_and_compares_passes_the_months_limit(
    app: Flask, deaf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_compare_write(distributor_id: int, fen: int) -> int:
        mine = MonthTotal.distributor_id == distributor_id
        found = db.session.scalar(sa.select(MonthTotal.booked_fen).where(mine)) or 0
        time.sleep(0.3)  # so that all have read before anybody writes
        part = min(fen, max(0, settings.MONTH_CAP() - found))
        change(sa.update(MonthTotal).where(mine).values(booked_fen=found + part))
        return part

    monkeypatch.setattr(following, "count_in_month", read_compare_write)
    assert pay_many_orders(app)[0] > 2 * FEN


# --- rewards ----------------------------------------------------------------------------------------------------------


def reward_at_once(app: Flask) -> list[RewardStatus]:
    """Settle the first sales of three invited by the same inviter at once, who may be rewarded once a day."""

    def make() -> list[int]:
        core_settings.write(settings.REWARD, 2_000, by="staff:1")
        core_settings.write(settings.REWARDS_PER_DAY, 1, by="staff:1")
        inviter = make_distributor()
        return [due_sale(seller=make_distributor(inviter=inviter)).of().id for _ in range(3)]

    ids = look(app, make)
    crowd(app, [partial(settling._settle, [key]) for key in ids])
    return sorted(look(app, lambda: list(db.session.scalars(sa.select(Reward.status)))))


def test_an_inviter_is_rewarded_no_more_often_than_a_day_allows(app: Flask) -> None:
    assert reward_at_once(app) == [RewardStatus.PAID, RewardStatus.SKIPPED, RewardStatus.SKIPPED]
    assert look(app, broken) == set()


def test_twin_that_does_not_hold_the_inviter_rewards_too_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewarding, "_hold", lambda _ids: None)
    count, all_have_counted = rewarding._given_today, Start(3)

    def together(ids: Any) -> Any:
        found = count(ids)
        all_have_counted.wait()
        return found

    monkeypatch.setattr(rewarding, "_given_today", together)
    assert reward_at_once(app).count(RewardStatus.PAID) > 1


# --- killed -----------------------------------------------------------------------------------------------------------


def kill_at_each_step(app: Flask, work: Callable[[], object]) -> tuple[list[str], set[str]]:
    """Kill one worker after the other, each a step later, until one gets through.

    Return the steps that were not taken, and what was broken after any of them.
    """
    steps: list[str] = []
    wrong: set[str] = set()
    with app.app_context():
        for kill_at in range(1, MOST_STEPS):
            end = work_and_die(work, kill_at=kill_at)
            assert not end.error, end.error
            wrong |= {check.name for check in (*wallet.invariants(), *checks.invariants()) if not check.holds}
            db.session.remove()
            if end.is_unharmed:
                return steps, wrong
            steps.append(end.killed_before)
    raise AssertionError("the work has no end")


def some_that_are_due() -> list[Sale]:
    """Three sales of two distributors, one of them rewarded: two batches of three lines."""
    core_settings.write(settings.REWARD, 2_000, by="staff:1")
    sale = due_sale()
    return [sale, due_sale(seller=sale.seller), due_sale()]


def settle_in_small_batches() -> int:
    return settle_due(size=3)


def test_killed_settlement_leaves_no_half_and_is_finished_by_the_next(app: Flask) -> None:
    sales = look(app, some_that_are_due)
    steps, wrong = kill_at_each_step(app, settle_in_small_batches)
    assert wrong == set()
    assert steps.count("COMMIT") >= 2
    assert len(steps) > 20
    assert look(app, settle_due) == 0
    assert look(app, lambda: [sale.of().status for sale in sales]) == [C.AVAILABLE] * 3
    assert look(app, lambda: money(sales[0].seller_id)) == (0, 2 * FEN)
    assert look(app, lambda: db.session.scalar(sa.select(sa.func.count(Reward.id)))) == 2


def test_twin_that_books_apart_is_found_by_the_walk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    book = wallet.transfer_many

    def after_a_commit(moves: Any) -> Any:
        db.session.commit()
        return book(moves)

    look(app, some_that_are_due)
    monkeypatch.setattr(wallet, "transfer_many", after_a_commit)
    _steps, wrong = kill_at_each_step(app, settle_in_small_batches)
    assert "distribution.pending" in wrong


def test_killed_following_is_finished_by_the_next(app: Flask, deaf: None) -> None:
    def make() -> Sale:
        sale = Sale()
        sale.pay()
        sale.use("血常规")
        sale.refund("彩超")
        return sale

    sale = look(app, make)
    steps, wrong = kill_at_each_step(app, lambda: follow_order(sale.no))
    assert wrong == set()
    assert "COMMIT" in steps
    assert look(app, lambda: money(sale.seller_id)) == (666, 0)
