"""Purchases whose worker is killed at every step, one after the other, against a real database and the sandbox.

Run as a program: ``python -m tests.concurrency.killed_purchases CONFIG SCENARIO [TWIN]``. It walks through all steps
of a use case. Each time a fresh order is brought to the point in question, the worker is killed, the scheduler's
tasks run as time goes by, the people do what people do next; then the books, the stock and WeChat's own account of
the money have to agree. What does not is printed as JSON.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from tests.concurrency.killed_walk import play
from tests.concurrency.killed_world import CHIEF, CLERK, PASSWORD, PIECES, PRICE_FEN, World
from tests.factories.mall import CONTACT
from wxapp.core import clock, ids
from wxapp.core.db import db, transaction
from wxapp.core.errors import DomainError
from wxapp.core.idempotency import once
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, refunds
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments.models import PartStatus, PaymentOrder, Refund, RefundPart, RefundStatus
from wxapp.payments.services import paying_back
from wxapp.recharge import queries as recharges
from wxapp.recharge.models import RechargeStatus
from wxapp.recharge.services import checks as recharge_checks
from wxapp.recharge.services import placing
from wxapp.wallet import services as wallet

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


class HearingOfARecharge(Scenario):
    """The same for stored value: the balance grows once, whoever dies."""

    def prepare(self) -> None:
        self.recharge_no = placing.place_recharge(
            wechat_user_id=self.buyer, patient_id=self.world.patient_id, amount_fen=PRICE_FEN, once_key=self.key
        )
        self.payment_no = recharges.get_recharge(self.recharge_no).payment_no
        self.balance_fen = wallet.balance_of(self.world.account_id)
        self.headers, self.body = self.world.pay_in_wechat(self.prepay())

    def act(self) -> None:
        payments.receive_notice(self.headers, self.body)

    def finish(self) -> None:
        pass

    def problems(self) -> Iterator[str]:
        status = recharges.get_recharge(self.recharge_no).status
        if status is not RechargeStatus.PAID:
            yield f"the recharge is {status}, not paid"
        if (came := wallet.balance_of(self.world.account_id) - self.balance_fen) != PRICE_FEN:
            yield f"the balance grew by {came} fen"
        yield from (check.text for check in recharge_checks.invariants() if not check.holds)


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
    for scenario in (
        PlacingAnOrder,
        PayingByBalance,
        BeginningToPayByWechat,
        HearingOfAPayment,
        HearingOfARecharge,
        PayingBack,
        Cancelling,
    )
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


if __name__ == "__main__":
    play(World, SCENARIOS, TWINS)
