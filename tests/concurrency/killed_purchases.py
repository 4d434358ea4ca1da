"""Purchases whose worker is killed at every step, one after the other, against a real database and the sandbox.

Run as a program: ``python -m tests.concurrency.killed_purchases CONFIG SCENARIO [TWIN]``. It walks through all steps
of a use case. Each time a fresh order is brought to the point in question, the worker is killed, the scheduler's
tasks run as time goes by, the people do what people do next; then the books, the stock and WeChat's own account of
the money have to agree. What does not is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa

from tests.concurrency.killing import work_and_die
from tests.factories.mall import CONTACT, make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.wallet import make_balance
from wxapp.app import create_app
from wxapp.core import clock, events, ids, settings
from wxapp.core.config import load
from wxapp.core.db import db, transaction
from wxapp.core.errors import DomainError
from wxapp.core.events import EventRow, EventState
from wxapp.core.idempotency import once
from wxapp.core.outgoing import Outgoing
from wxapp.mall import queries
from wxapp.mall.models import Goods, Order, OrderLine, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, refunds
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments import tasks
from wxapp.payments.models import PartStatus, PaymentOrder, Refund, RefundPart, RefundStatus
from wxapp.payments.services import paying_back
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
        _Listener.heard.clear()
        while not _Listener.heard:
            self.listener.handle_request()
        return _Listener.heard[-1]

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


class _Listener(BaseHTTPRequestHandler):
    """Our web process as WeChat sees it: it is dead, but the notification was on its way."""

    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


# --- scenarios -------------------------------------------------------------------------------------------------------


class Scenario(ABC):
    """A use case, what comes before it, and what its people do when it has gone silent."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.key = f"press-{number:06d}"
        self.buyer = 1000 + number
        self.told_before = self.told()

    def told(self) -> int:
        return db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.code == "pt_order_0000001")) or 0

    def place(self) -> str:
        return ordering.place_order(
            wechat_user_id=self.buyer,
            patient_id=self.world.patient_id,
            wanted=[Wanted(self.world.goods_id, PIECES, PRICE_FEN)],
            contact=CONTACT,
            once_key=self.key,
        )

    def place_first(self) -> None:
        self.order_no = self.place()
        self.payment_no = queries.get_order(self.order_no).payment_no

    def prepay(self) -> str:
        params = payments.begin_wechat(self.payment_no, self.world.payer)
        return params.for_bridge()["package"].removeprefix("prepay_id=")

    def pay_by_balance(self) -> None:
        payments.pay_by_balance(
            self.payment_no, patient_id=self.world.patient_id, user_id=self.world.payer.user_id, password=PASSWORD
        )

    def order(self) -> Order:
        return queries.get_order(self.order_no)

    def expect(self, status: OrderStatus, *, told: int) -> Iterator[str]:
        if self.order().status is not status:
            yield f"the order is {self.order().status}, not {status}"
        if self.told() - self.told_before != told:
            yield f"told {self.told() - self.told_before} times that the order is placed, not {told}"

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def act(self) -> None:
        """The use case whose worker is killed."""

    @abstractmethod
    def finish(self) -> None:
        """What people do next: they press again."""

    @abstractmethod
    def problems(self) -> Iterator[str]: ...


def again(work: Callable[[], object]) -> None:
    """Press once more; a refusal says that it is done already, and the checks see whether that is true."""
    try:
        work()
    except DomainError:
        db.session.rollback()


class PlacingAnOrder(Scenario):
    def prepare(self) -> None:
        pass

    def act(self) -> None:
        self.place()

    def finish(self) -> None:
        self.place_first()

    def problems(self) -> Iterator[str]:
        orders = db.session.scalar(sa.select(sa.func.count(Order.id)).where(Order.wechat_user_id == self.buyer))
        asked = db.session.scalar(
            sa.select(sa.func.count(PaymentOrder.id)).where(PaymentOrder.wechat_user_id == self.buyer)
        )
        if (orders, asked) != (1, 1):
            yield f"{orders} orders and {asked} payments for one press"
        yield from self.expect(OrderStatus.AWAITING_PAYMENT, told=0)


class PayingByBalance(Scenario):
    def prepare(self) -> None:
        self.place_first()
        self.prepay()  # another page of the same order is open: its attempt has to be ended at WeChat first
        self.balance_fen = wallet.balance_of(self.world.account_id)

    def act(self) -> None:
        self.pay_by_balance()

    def finish(self) -> None:
        again(self.pay_by_balance)

    def problems(self) -> Iterator[str]:
        taken = self.balance_fen - wallet.balance_of(self.world.account_id)
        if taken != PIECES * PRICE_FEN:
            yield f"{taken} fen were taken"
        yield from self.expect(OrderStatus.PAID, told=1)


class BeginningToPayByWechat(Scenario):
    def prepare(self) -> None:
        self.place_first()

    def act(self) -> None:
        self.prepay()

    def finish(self) -> None:
        self.world.pay_in_wechat(self.prepay())

    def problems(self) -> Iterator[str]:
        yield from self.expect(OrderStatus.PAID, told=1)


class HearingOfAPayment(Scenario):
    """The notification comes once and its worker dies: the money has to be found by asking."""

    def prepare(self) -> None:
        self.place_first()
        self.headers, self.body = self.world.pay_in_wechat(self.prepay())

    def act(self) -> None:
        payments.receive_notice(self.headers, self.body)

    def finish(self) -> None:
        pass

    def problems(self) -> Iterator[str]:
        yield from self.expect(OrderStatus.PAID, told=1)


class PayingBack(Scenario):
    """One of two pieces goes back to WeChat: approved by staff, carried out by the scheduler."""

    def prepare(self) -> None:
        self.place_first()
        payments.receive_notice(*self.world.pay_in_wechat(self.prepay()))
        self.returned_fen = self.returned()
        lines = {self.order().lines[0].id: 1}
        self.refund_no = refunds.request_refund(self.order_no, pieces=lines, reason="不想要了", by=CLERK)

    def returned(self) -> int:
        return int(self.world.ask("GET", "pay/money")["merchant"]["returned_fen"])

    def approve(self) -> None:
        payments.approve_refund(self.refund_no, by=CHIEF)

    def act(self) -> None:
        self.approve()
        payments.carry_out_refunds()
        self.world.ask("POST", "pay/tick")
        self.world.offset += timedelta(minutes=5)
        payments.carry_out_refunds()

    def finish(self) -> None:
        again(self.approve)

    def problems(self) -> Iterator[str]:
        if (back := self.returned() - self.returned_fen) != PRICE_FEN:
            yield f"WeChat gave {back} fen back"
        refund = db.session.scalars(sa.select(Refund).where(Refund.no == self.refund_no)).one()
        if refund.status is not RefundStatus.DONE:
            yield f"the refund is {refund.status}"
        yield from self.expect(OrderStatus.PAID, told=1)


class Cancelling(Scenario):
    def prepare(self) -> None:
        self.place_first()
        self.prepay()

    def act(self) -> None:
        self.cancel()

    def cancel(self) -> None:
        ordering.cancel_order(self.order(), by="wechat:1", reason="用户取消")

    def finish(self) -> None:
        again(self.cancel)

    def problems(self) -> Iterator[str]:
        yield from self.expect(OrderStatus.CLOSED, told=0)


SCENARIOS: dict[str, type[Scenario]] = {
    scenario.__name__: scenario
    for scenario in (PlacingAnOrder, PayingByBalance, BeginningToPayByWechat, HearingOfAPayment, PayingBack, Cancelling)
}


# --- twins: what the house would be without a guard ------------------------------------------------------------------


def key_apart_from_the_order() -> None:
    """The order is kept before the key that would make it the only one."""
    kept = once

    def split(scope: str, key: str, asked: Any, work: Callable[[], str], **more: Any) -> str:
        with transaction():
            answer = work()
        return kept(scope, key, asked, lambda: answer, **more)

    ordering.once = split  # type: ignore[attr-defined]


def news_apart_from_the_money() -> None:
    """What others have to hear is written in a transaction of its own."""
    from wxapp.payments.services import balance, landing

    for module in (balance, landing):
        module.publish = partial(_after_a_commit, module.publish)  # type: ignore[attr-defined]


def stock_apart_from_the_order() -> None:
    """The order is closed, and then its stock is given back."""
    ordering._return_stock = partial(_after_a_commit, ordering._return_stock)


def _after_a_commit(step: Callable[..., object], *arguments: Any) -> None:
    db.session.commit()
    step(*arguments)


def a_new_number_for_each_try() -> None:
    """A refund whose answer was lost is sent again as another one."""
    query = paying_back.query_part

    def send_again(part_id: int) -> None:
        if db.session.get_one(RefundPart, part_id).channel_state:
            return query(part_id)
        with transaction():
            part = db.session.get_one(RefundPart, part_id)
            part.out_refund_no = ids.outside_number("T")
            part.status = PartStatus.WAITING
            part.next_try_at = clock.now()
        return None

    paying_back.query_part = send_again


TWINS = {
    twin.__name__: twin
    for twin in (
        key_apart_from_the_order,
        news_apart_from_the_money,
        stock_apart_from_the_order,
        a_new_number_for_each_try,
    )
}


# --- the walk --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Death:
    """One killed worker: the step it did not take, and what was wrong in the end."""

    before: str
    problems: list[str]


def walk(world: World, scenario: type[Scenario]) -> list[Death]:
    """Kill the worker before its first step, its second, and so on, until it gets through unharmed."""
    deaths: list[Death] = []
    for kill_at in range(1, MOST_STEPS):
        world.offset = timedelta()
        case = scenario(world, kill_at)
        case.prepare()
        end = work_and_die(case.act, kill_at=kill_at)
        world.catch_up()
        case.finish()
        world.catch_up()
        db.session.remove()
        problems = [*case.problems(), *world.problems(), *([end.error] if end.error else [])]
        deaths.append(Death(end.killed_before, problems))
        if end.is_unharmed or problems:
            return deaths
    raise AssertionError("the use case has no end")


def main(config: str, scenario: str, twin: str = "") -> None:
    loaded = load(Path(config))
    app = create_app(loaded)
    address = urlsplit(loaded.app.base_url)
    # A connection that a fork inherits is no good in it.
    Outgoing._session = _fresh_session  # type: ignore[method-assign,assignment]
    if twin:
        TWINS[twin]()
    with app.app_context(), HTTPServer((str(address.hostname), int(address.port or 0)), _Listener) as listener:
        world = World(loaded.pay.base_url, listener)
        clock.now = world.now
        settings.forget()
        deaths = walk(world, SCENARIOS[scenario])
        db.session.remove()
    json.dump([vars(death) for death in deaths], sys.stdout, ensure_ascii=False)


def _fresh_session(_: Outgoing) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


if __name__ == "__main__":
    main(*sys.argv[1:])
