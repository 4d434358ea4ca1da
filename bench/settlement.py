"""Settlement of a hundred thousand commissions in one run, beside the same SQL in bare PyMySQL on the same rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import pymysql
import sqlalchemy as sa
from flask import Flask

from bench import recording
from bench.figures import Figure, Report
from bench.world import World
from tests.engines.processes import free_port
from tests.factories.commissions import make_terms
from tests.factories.distribution import make_distributor
from tests.factories.messages import make_template
from wxapp.core import clock
from wxapp.core.db import Model, db, insert_rows, transaction
from wxapp.distribution import kinds
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    AttributionWay,
    Commission,
    CommissionStatus,
    Level,
    MonthTotal,
    TermsWay,
)
from wxapp.distribution.services.settling import settle_due
from wxapp.mall.models import GoodsKind, ItemStatus, Order, OrderItem, OrderLine, OrderStatus
from wxapp.patients.models import WechatUser
from wxapp.payments.invariants import check_all
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Account, Transfer

NAME = "settlement"
MOST_SECONDS = 60.0
WANTED = 0.25
LINES_OF_ONE, INVITED_BY_ONE = 50, 10
"""Commissions of one distributor on an average, and sellers of one inviter."""
PRICE_FEN, SELLER_FEN, INVITER_FEN = 10_000, 1_000, 500
_AT_ONCE = 5_000


def measure(world: World, report: Report) -> None:
    lines = 10 * world.effort.orders
    ours, _ = world.application("settled", port=free_port())
    bare, _ = world.application("settled_bare", port=free_port())
    for app in (ours, bare):
        with app.app_context():
            people = fill(lines)
            db.session.remove()
    with ours.app_context(), recording.listening() as sent:
        began, used = time.perf_counter(), time.process_time()
        settled = settle_due(limit=lines)
        took, used = time.perf_counter() - began, time.process_time() - used
    again = _replay(bare, sent)
    report.add(
        Figure(
            NAME,
            f"{settled:,} commissions of {people:,} distributors become available in one run",
            f"{took:.1f} s",
            f"{again:.1f} s same SQL, bare PyMySQL",
            f"{again / took:.0%}",
            f"< {MOST_SECONDS * lines / 100_000:.0f} s, ≥ {WANTED:.0%}",
            settled == lines and took < MOST_SECONDS * lines / 100_000 and again / took >= WANTED,
        )
    )
    statements = [each.sql for each in sent]
    report.note(
        f"settlement: {statements.count(recording.COMMIT):,} transactions, {len(statements):,} statements, "
        f"{used:.1f} s of processor time besides the database's"
    )
    with ours.app_context():
        broken = [check.text for check in check_all() if not check.holds]
    for text in broken:
        report.note(f"**broken**: {text}")
    report.add(
        Figure(NAME, "afterwards commissions and ledger agree", f"{len(broken)} disagree", "", "", "0", not broken)
    )


def _replay(app: Flask, sent: Sequence[recording.Sent]) -> float:
    """Send the recorded statements to another database with the same rows; return how many seconds it took.

    :raises RuntimeError: a statement met other rows than in the recording
    """
    with app.app_context():
        url = db.engine.url
    there: dict[str, Any] = {"host": url.host, "port": url.port, "user": url.username, "password": url.password or ""}
    flags = pymysql.constants.CLIENT.FOUND_ROWS
    connection = pymysql.connect(**there, database=url.database, charset="utf8mb4", client_flag=flags)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone='+00:00'")
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        began = time.perf_counter()
        for step in sent:
            if step.sql == recording.COMMIT:
                connection.commit()
            elif len(step.parameters) > 1:
                cursor.executemany(step.sql, step.parameters)
            else:
                cursor.execute(step.sql, step.parameters[0] if step.parameters else None)
            if step.sql.startswith(("SELECT", "UPDATE")) and cursor.rowcount != step.rows:
                raise RuntimeError(f"{cursor.rowcount} instead of {step.rows} rows: {step.sql[:200]}")
        return time.perf_counter() - began


# --- rows ------------------------------------------------------------------------------------------------------------


def fill(commissions: int) -> int:
    """Write so many commissions that are due, half of them the sellers' and half their inviters', with their books.

    Each order has one line; they came about long ago, so that nothing of them is to be heard any more. Return how
    many distributors there are.
    """
    make_template("fx_commission_0000001")
    people = _people(commissions // LINES_OF_ONE)
    placed_at = clock.now() - timedelta(days=20)
    orders = commissions // 2
    buyer_id = db.session.scalars(sa.select(sa.func.min(WechatUser.id))).one()
    terms_id = make_terms().id
    first = _insert(Order, _orders(orders, buyer_id, placed_at))
    first_line = _insert(OrderLine, _lines(orders, first))
    _insert(OrderItem, _items(orders, first, first_line, placed_at))
    first_sale = _insert(Attribution, _sales(orders, first_line, people, buyer_id, terms_id, placed_at))
    first_commission = _insert(Commission, _commissions(orders, first_line, first_sale, people, terms_id, placed_at))
    _book(people, first_commission, commissions, placed_at)
    return len({person for pair in people for person in pair})


def _people(count: int) -> list[tuple[int, int]]:
    """Return sellers with their inviters, by distributors' ids."""
    found: list[tuple[int, int]] = []
    for _ in range(-(-count // (INVITED_BY_ONE + 1))):
        inviter = make_distributor()
        found += [(make_distributor(inviter=inviter).id, inviter.id) for _ in range(INVITED_BY_ONE)]
    return found


def _insert(model: type[Model], rows: Iterator[dict[str, Any]]) -> int:
    """Write rows, some thousand at once; return the first one's key: the others follow it."""
    while some := list(islice(rows, _AT_ONCE)):
        with transaction():
            insert_rows(model, some)
    return int(db.session.scalars(sa.select(sa.func.min(model.id))).one())  # type: ignore[attr-defined]


def _no(number: int) -> str:
    return f"B{number:012d}"


def _orders(count: int, buyer_id: int, at: Any) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "no": _no(number),
            "wechat_user_id": buyer_id,
            "patient_id": 1,
            "status": OrderStatus.DONE,
            "total_fen": PRICE_FEN,
            "contact_name": "",
            "contact_phone": "",
            "contact_id_number": "",
            "contact_name_index": "",
            "contact_phone_index": "",
            "redemption_code": f"{number:012d}",
            "placed_at": at,
            "expires_at": at,
            "paid_at": at,
            "done_at": at,
        }


def _lines(count: int, first_order: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "order_id": first_order + number,
            "position": 1,
            "goods_id": 1,
            "goods_name": "入职体检套餐",
            "goods_kind": GoodsKind.SINGLE,
            "unit_price_fen": PRICE_FEN,
            "quantity": 1,
            "amount_fen": PRICE_FEN,
        }


def _items(count: int, first_order: int, first_line: int, at: Any) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "order_id": first_order + number,
            "order_line_id": first_line + number,
            "piece": 1,
            "position": 1,
            "name": "入职体检套餐",
            "share_fen": PRICE_FEN,
            "status": ItemStatus.USED,
            "used_at": at,
        }


def _sales(
    count: int, first_line: int, people: Sequence[tuple[int, int]], buyer_id: int, terms_id: int, at: Any
) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "order_no": _no(number),
            "order_line_id": first_line + number,
            "goods_id": 1,
            "goods_name": "入职体检套餐",
            "quantity": 1,
            "line_fen": PRICE_FEN,
            "buyer_id": buyer_id,
            "distributor_id": people[number % len(people)][0],
            "way": AttributionWay.SHARE,
            "opened_at": at,
            "outcome": AttributionOutcome.PAYS,
            "terms_id": terms_id,
            "placed_at": at,
        }


def _commissions(
    count: int, first_line: int, first_sale: int, people: Sequence[tuple[int, int]], terms_id: int, at: Any
) -> Iterator[dict[str, Any]]:
    for number in range(count):
        for level, fen, person in zip(Level, (SELLER_FEN, INVITER_FEN), people[number % len(people)], strict=True):
            yield {
                "attribution_id": first_sale + number,
                "order_no": _no(number),
                "order_line_id": first_line + number,
                "distributor_id": person,
                "level": level,
                "way": TermsWay.PERCENT,
                "rate": fen // (PRICE_FEN // 10_000),
                "terms_id": terms_id,
                "line_fen": PRICE_FEN,
                "frozen_fen": fen,
                "amount_fen": fen,
                "status": CommissionStatus.PENDING,
                "wait_days": 7,
                "placed_at": at,
                "pending_at": at,
                "done_at": at,
                "due_at": at + timedelta(days=7),
            }


def _book(people: Sequence[tuple[int, int]], first_commission: int, count: int, at: Any) -> None:
    """Write the transfers by which the commissions became pending, and the balances they lead to."""
    house = wallet.house_account("house.commission")
    accounts = kinds.pending_accounts({person for pair in people for person in pair})
    kinds.available_accounts(accounts)
    balances = dict.fromkeys(accounts, 0)

    def transfers() -> Iterator[dict[str, Any]]:
        for number in range(count):
            person, fen = people[number // 2 % len(people)][number % 2], (SELLER_FEN, INVITER_FEN)[number % 2]
            balances[person] += fen
            yield {
                "kind": kinds.COMMISSION_PENDING,
                "source": str(first_commission + number),
                "payer_id": house,
                "payee_id": accounts[person],
                "amount_fen": fen,
                "payee_after_fen": balances[person],
                "at": at,
            }

    _insert(Transfer, transfers())
    with transaction():
        for person, fen in balances.items():
            db.session.execute(sa.update(Account).where(Account.id == accounts[person]).values(balance_fen=fen))
        rows = [{"distributor_id": person, "month": "2026-01", "booked_fen": fen} for person, fen in balances.items()]
        insert_rows(MonthTotal, rows)
