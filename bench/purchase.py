"""Placing an order and paying it by balance over HTTP, beside the same SQL in bare PyMySQL on the same server."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import machine, people, recording
from bench.figures import Figure, Report, Rounds, percent, ratio_of
from bench.people import Buyer, Ware
from bench.world import Effort, Served, World, run_programs
from tests.engines.processes import free_port
from tests.factories.messages import make_template
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.mall.models import Goods, Order, OrderLine, OrderStatus
from wxapp.payments import services as payments
from wxapp.payments.settings import PASSWORD_FREE
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Account

NAME = "purchase"
WANTED = 0.25
CONNECTIONS = 16
PROCESSES = 2
ENOUGH = 10**6
_run_numbers = itertools.count(10)


@dataclass(frozen=True)
class Side:
    """One of the two databases, with what lives in it."""

    app: Flask
    name: str
    buyers: list[Buyer]
    wares: list[Ware]


@dataclass(frozen=True)
class Pace:
    per_second: float
    processor_ms: float
    p50_ms: float = 0
    p99_ms: float = 0


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("purchase", port=port)
    ours = _fill(world, app, "purchase", scarce=True)
    bare_app, _ = world.application("bare", port=port)
    bare = _fill(world, bare_app, "bare", scarce=False)
    web = world.web(config, port=port)
    ends: Counter[str] = Counter()
    for what, free_fen in (("balance password asked for", 0), ("small sum, free of the password", 100_000)):
        for side in (ours, bare):
            with side.app.app_context():
                settings.write(PASSWORD_FREE, free_fen, by="system:bench")
        time.sleep(2.5)  # until then a process may still know the old value
        recorded = recording.record(bare.buyers, bare.wares, _clicks(bare.app, asks_password=not free_fen))
        buy = partial(_buy, web, ours, asks_password=not free_fen, ends=ends)
        _compare(report, what, recorded, buy, partial(_replay, world, bare, recorded), world.effort)
    web.running.stop()
    _check_books(report, ours, ends)


def _fill(world: World, app: Flask, name: str, *, scarce: bool) -> Side:
    with app.app_context():
        for code in ("pt_order_0000001", "pt_wallet_0000001"):
            make_template(code)
        wares = people.make_wares(scarce=scarce)
        return Side(app, name, people.make_buyers(app, world.effort.buyers), wares)


def _clicks(app: Flask, *, asks_password: bool) -> Any:
    """Return what places an order and pays it in this process, over the same doors."""
    keys = itertools.count(1)

    def purchase(buyer: Buyer, ware: Ware) -> None:
        client = app.test_client(use_cookies=False)
        headers = {"Cookie": buyer.cookie, "User-Agent": "MicroMessenger"}
        base = {"headers": headers, "base_url": app.config["WXAPP"].app.base_url}
        form = {"csrf_token": buyer.csrf, "goods_id": ware.id, "quantity": 1, "price": ware.price_fen}
        placed = client.post("/mall/checkout", data=form | {"once": f"recorded-{asks_password}-{next(keys)}"}, **base)
        assert placed.status_code == 303, placed.get_data(as_text=True)
        pay = {"csrf_token": buyer.csrf} | ({"password": people.PASSWORD} if asks_password else {})
        paid = client.post(f"{placed.location}/balance", data=pay, **base)
        assert paid.status_code == 303, paid.get_data(as_text=True)

    return purchase


def _compare(
    report: Report,
    what: str,
    recorded: recording.Recording,
    buy: Callable[[float], Pace],
    replay: Callable[[float], tuple[Pace, dict[str, int]]],
    effort: Effort,
) -> None:
    buy(1.0)
    differing = replay(1.0)[1]
    if differing:
        raise RuntimeError(f"the replay met other rows than the recording: {differing}")
    mine: list[Pace] = []
    other: list[Pace] = []
    for _ in range(effort.rounds):
        mine.append(buy(effort.seconds))
        other.append(replay(effort.seconds)[0])
    a, b = (Rounds(tuple(pace.per_second for pace in paces)) for paces in (mine, other))
    ratio = ratio_of(a, b)
    report.add(
        Figure(
            NAME,
            f"order and payment, {what}",
            f"{a.median:,.0f}/s",
            f"{b.median:,.0f}/s same SQL, bare PyMySQL",
            percent(ratio),
            f"≥ {WANTED:.0%}",
            ratio.median >= WANTED,
        )
    )
    if machine.has_proc():
        a, b = (Rounds(tuple(pace.processor_ms for pace in paces)) for paces in (mine, other))
        report.add(
            Figure(
                NAME,
                f"processor time of the web processes for one, {what}",
                f"{a.median:.1f} ms",
                f"{b.median:.1f} ms of the bare client",
                percent(ratio_of(b, a)),
            )
        )
    report.note(
        f"{what}: {recorded.statements} statements and {recorded.commits} commits for one; half of the purchases take "
        f"{_median(mine, 'p50_ms'):.0f} ms, one in a hundred {_median(mine, 'p99_ms'):.0f} ms "
        f"({CONNECTIONS} buyers at a time)"
    )


def _median(paces: Sequence[Pace], name: str) -> float:
    return Rounds(tuple(getattr(pace, name) for pace in paces)).median


def _buy(web: Served, side: Side, seconds: float, *, asks_password: bool, ends: Counter[str]) -> Pace:
    job = {
        "port": web.port,
        "visit": "buy",
        "connections": CONNECTIONS,
        "seconds": seconds,
        "most": ENOUGH,
        "run": f"bench-{next(_run_numbers)}",
        "asks_password": asks_password,
        "buyers": [buyer.for_loader() for buyer in side.buyers],
        "goods": [ware.for_loader() for ware in side.wares],
    }
    used = web.processor_seconds()
    (result,) = run_programs("bench.loader", [job])
    used = web.processor_seconds() - used
    ends.update(result["ends"])
    if failed := {end: count for end, count in result["ends"].items() if end not in {"ok", "sold out"}}:
        raise RuntimeError(f"purchases failed: {failed}; the end of the log:\n{web.running.tail()}")
    done = result["ends"]["ok"]
    took = result["took"]
    return Pace(done / result["seconds"], used / done * 1000, took["p50"] * 1000, took["p99"] * 1000)


def _replay(world: World, side: Side, recorded: recording.Recording, seconds: float) -> tuple[Pace, dict[str, int]]:
    jobs = [
        {
            "port": sa.engine.make_url(world.mariadb.url).port,
            "database": side.name,
            "threads": CONNECTIONS // PROCESSES,
            "seconds": seconds,
            "most": ENOUGH,
            "run": f"{next(_run_numbers)}",
            "steps": recorded.steps,
            "buyers": [buyer.rows for buyer in side.buyers[number::PROCESSES]],
            "goods": [ware.id for ware in side.wares],
        }
        for number in range(PROCESSES)
    ]
    results = run_programs("bench.replay", jobs)
    done = sum(result["ends"].get("ok", 0) for result in results)
    differing: Counter[str] = Counter()
    for result in results:
        differing.update(result["differing"])
    rate = sum(result["ends"].get("ok", 0) / result["seconds"] for result in results)
    return Pace(rate, sum(result["processor"] for result in results) / done * 1000), dict(differing)


# --- afterwards ------------------------------------------------------------------------------------------------------


def _check_books(report: Report, side: Side, ends: Counter[str]) -> None:
    """See to it that nothing was oversold and no fen was lost."""
    with side.app.app_context():
        broken = [check.text for check in (*wallet.invariants(), *payments.invariants()) if not check.holds]
        paid, paid_fen = db.session.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Order.total_fen), 0)).where(
                Order.status == OrderStatus.PAID
            )
        ).one()
        left_fen = db.session.scalar(
            sa.select(sa.func.sum(Account.balance_fen)).where(Account.id.in_([b.account_id for b in side.buyers]))
        )
        broken += _wrong_stock(side.wares)
    gone_fen = len(side.buyers) * people.BALANCE_FEN - int(left_fen or 0)
    if gone_fen != int(paid_fen):
        broken.append(f"patients paid {gone_fen} fen, paid orders hold {paid_fen} fen")
    if paid != ends["ok"]:
        broken.append(f"{ends['ok']} purchases were confirmed, {paid} orders are paid")
    for text in broken:
        report.note(f"**broken**: {text}")
    report.add(
        Figure(
            NAME,
            f"afterwards stock, balances, payments and ledger agree: {paid:,} purchases, "
            f"{ends['sold out']:,} refused as sold out",
            f"{len(broken)} disagree",
            "",
            "",
            "0",
            not broken,
        )
    )


def _wrong_stock(wares: Sequence[Ware]) -> list[str]:
    sold = sa.select(sa.func.coalesce(sa.func.sum(OrderLine.quantity), 0)).where(OrderLine.goods_id == Goods.id)
    rows = db.session.execute(sa.select(Goods.id, Goods.stock, Goods.sales, sold.scalar_subquery()))
    found = {row[0]: row for row in rows}
    return [
        f"goods {ware.id}: {ware.stock} pieces, {found[ware.id][3]} sold, {found[ware.id][1]} left"
        for ware in wares
        if found[ware.id][1] + found[ware.id][3] != ware.stock or found[ware.id][2] != found[ware.id][3]
    ]
