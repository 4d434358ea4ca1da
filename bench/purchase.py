"""Placing an order and paying it by balance over HTTP, beside the same SQL in bare PyMySQL on the same server."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import people, recording, side_by_side
from bench.figures import Figure, Report
from bench.people import Buyer, Ware
from bench.side_by_side import ENOUGH, Pace, Row, Side, run_numbers
from bench.world import Served, World, run_programs
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


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("purchase", port=port)
    ours = _fill(world, app, "purchase", scarce=True)
    bare_app, _ = world.application("bare", port=port)
    bare = _fill(world, bare_app, "bare", scarce=False)
    web = world.web(config, port=port)
    ends: Counter[str] = Counter()
    fresh = 0
    for what, free_fen in (("balance password asked for", 0), ("small sum, free of the password", 100_000)):
        for side in (ours, bare):
            with side.app.app_context():
                settings.write(PASSWORD_FREE, free_fen, by="system:bench")
        time.sleep(2.5)  # until then a process may still know the old value
        clicks = _clicks(bare.app, asks_password=not free_fen)
        recorded = recording.record(bare.buyers[fresh:], bare.things, clicks)
        fresh += recording.USED
        buy = partial(_buy, web, ours, asks_password=not free_fen, ends=ends)
        again = partial(side_by_side.replay, world, bare, recorded, connections=CONNECTIONS, processes=PROCESSES)
        side_by_side.compare(
            report,
            Row(NAME, "order and payment", what, WANTED, f"{CONNECTIONS} buyers"),
            recorded,
            ours=buy,
            bare=again,
            effort=world.effort,
        )
    web.running.stop()
    _check_books(report, ours, ends)


def _fill(world: World, app: Flask, name: str, *, scarce: bool) -> Side[Ware]:
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


def _buy(web: Served, side: Side[Ware], seconds: float, *, asks_password: bool, ends: Counter[str]) -> Pace:
    job = {
        "port": web.port,
        "visit": "buy",
        "connections": CONNECTIONS,
        "seconds": seconds,
        "most": ENOUGH,
        "run": f"bench-{next(run_numbers)}",
        "asks_password": asks_password,
        "buyers": [buyer.for_loader() for buyer in side.buyers],
        "goods": [ware.for_loader() for ware in side.things],
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


# --- afterwards ------------------------------------------------------------------------------------------------------


def _check_books(report: Report, side: Side[Ware], ends: Counter[str]) -> None:
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
        broken += _wrong_stock(side.things)
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
