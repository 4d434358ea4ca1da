"""The world in which workers are killed: a patient, some goods, the sandbox, and a clock that is put forward."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import requests
import sqlalchemy as sa

from tests.factories.mall import make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.wallet import make_balance
from wxapp.core import clock, events
from wxapp.core.db import db
from wxapp.core.events import EventRow, EventState
from wxapp.mall.models import Goods, Order, OrderLine, OrderStatus
from wxapp.payments import services as payments
from wxapp.payments import tasks
from wxapp.payments.services.wechat import Payer
from wxapp.wallet import services as wallet

PRICE_FEN, STOCK, PIECES = 1_000, 10_000, 2
PASSWORD = "135791"
MOST_STEPS = 200
PAID = (OrderStatus.PAID, OrderStatus.REFUNDING, OrderStatus.REFUNDED)
CLERK, CHIEF = "staff:1", "staff:2"
real_now = clock.now


class World:
    """One patient, one kind of goods, the sandbox, and a clock that can be put forward."""

    def __init__(self, sandbox: str, listener: HTTPServer) -> None:
        self.sandbox = sandbox
        self.listener = listener
        self.offset = timedelta()
        self.ask("POST", "pay/settings", {"probe_rate": 0})
        self.ask("POST", "pay/twists", {"twist": "notice_lost", "at": "REFUND.SUCCESS", "count": None})
        patient = make_patient(balance_password=PASSWORD)
        self.patient_id = patient.id
        person = self.ask("GET", "people/1")
        user = make_wechat_user(openid=person["openid"], patient=patient)
        self.payer = Payer(user.id, user.openid)
        self.account_id = make_balance(patient.id, 10_000_000)
        self.goods_id = make_goods(price_fen=PRICE_FEN, stock=STOCK).id

    def now(self) -> datetime:
        return real_now() + self.offset

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, f"{self.sandbox}/__sandbox/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def catch_up(self) -> None:
        """Let the scheduler do its work as time goes by; unpaid orders stay open that long."""
        for seconds in (90, 400):
            self.offset += timedelta(seconds=seconds)
            self.ask("POST", "pay/tick")
            for task in (events.deliver_due, tasks.query_attempts, tasks.carry_out_refunds, events.deliver_due):
                task()
                db.session.remove()
        self.ask("POST", "pay/tick")

    def pay_in_wechat(self, prepay_id: str) -> tuple[dict[str, str], bytes]:
        """Confirm on the phone; returns the notification that WeChat Pay sends."""
        self.ask("POST", "pay/confirm", {"person": "1", "prepay_id": prepay_id})
        Listener.heard.clear()
        while not Listener.heard:
            self.listener.handle_request()
        return Listener.heard[-1]

    # --- what has to agree ---

    def problems(self) -> Iterator[str]:
        """Name what does not agree."""
        for check in [*wallet.invariants(), *payments.invariants()]:
            if not check.holds:
                yield f"{check.name}: {check.text}"
        truth = self.ask("GET", "pay/money")["merchant"]
        ours = -wallet.balance_of(wallet.house_account("channel.wechat"))
        if truth["received_fen"] - truth["returned_fen"] != ours:
            yield f"WeChat has {truth['received_fen'] - truth['returned_fen']}, our books say {ours}"
        yield from self._wrong_goods()
        waiting = db.session.scalars(sa.select(EventRow.name).where(EventRow.state != EventState.HEARD)).all()
        if waiting:
            yield f"not heard: {', '.join(waiting)}"

    def _wrong_goods(self) -> Iterator[str]:
        pieces = sa.select(
            sa.func.sum(OrderLine.quantity * PRICE_FEN) - sa.func.sum(Order.refunded_fen)  # each order has one line
        ).join(OrderLine, OrderLine.order_id == Order.id)
        held_fen = db.session.scalar(pieces.where(Order.status != OrderStatus.CLOSED)) or 0
        sold_fen = db.session.scalar(pieces.where(Order.status.in_(PAID))) or 0
        goods = db.session.get_one(Goods, self.goods_id, populate_existing=True)
        if (goods.stock + held_fen // PRICE_FEN, goods.sales) != (STOCK, sold_fen // PRICE_FEN):
            yield f"stock {goods.stock}, sales {goods.sales}; orders hold {held_fen} fen, sold are {sold_fen} fen"


class Listener(BaseHTTPRequestHandler):
    """Our web process as WeChat sees it: it is dead, but the notification was on its way."""

    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass
