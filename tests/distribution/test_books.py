"""Whatever is bought, used, given back, settled and taken out, in whatever order: the books agree.

A machine presses what people may press, through the real services, and lets days go by. News of orders may reach
distribution late and in another order.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import START
from tests.factories.distribution import make_distributor
from tests.factories.mall import CONTACT
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.promotion import make_membership, make_opening, make_promoted_goods, make_terms
from tests.factories.withdrawals import ask
from tests.fakes.pay import FakePay
from tests.mall.orders import OTHER, STAFF, fresh
from wxapp.core import events
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import DomainError
from wxapp.distribution import settings
from wxapp.distribution.models import (
    Commission,
    CommissionStatus,
    Distributor,
    DistributorStatus,
    Level,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.distribution.services import checks, paying_withdrawals, people, withdrawing
from wxapp.distribution.services.following import follow_order
from wxapp.distribution.services.settling import settle_due
from wxapp.mall import queries as mall
from wxapp.mall.models import OrderItem, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, redemption, refunds
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method, Refund, RefundStatus
from wxapp.payments.queries import get_payout
from wxapp.wallet import services as wallet
from wxapp.wechat import connected
from wxapp.wechat.pay.values import TransferState

C, W = CommissionStatus, WithdrawalStatus
UNPAID = (OrderStatus.AWAITING_PAYMENT,)
LIVE = (OrderStatus.PAID, OrderStatus.IN_USE)
_numbers = itertools.count(1)

pick = st.integers(0, 10**6)
"""One of a list, by its number modulo the length: lists are empty when the plan is made."""

PRESSED = (
    *["let_time_pass"] * 4,  # first, because the simplest run does nothing but the first
    *["buy"] * 5,
    *["use"] * 5,
    *["ask_back"] * 3,
    *["end_refund"] * 2,
    *["take_out"] * 3,
    *["end_withdrawal"] * 2,
    *["undo"] * 3,
    "cancel",
    "hear_nothing_for_a_while",
    *["hear_what_was_kept"] * 3,
    "change_terms",
    "change_limits",
    "freeze_or_thaw",
)
"""Choices in their weights. One rule for all: of several, some would be left out of each run on purpose."""


def one_of(found: list[Any], number: int) -> Any:
    return found[number % len(found)]


class Books(RuleBasedStateMachine):
    """Three distributors above each other, two kinds of goods, and everybody who may press something."""

    clock: ClassVar[time_machine.Traveller]
    pay_client: ClassVar[FakePay]

    @initialize(
        reward=st.sampled_from([0, 700]), wait=st.sampled_from([0, 0, 1]), month=st.sampled_from([900, 2_000_000])
    )
    def open_hospital(self, reward: int, wait: int, month: int) -> None:
        self.savepoint = db.engine.begin_nested()  # type: ignore[attr-defined]
        core_settings.forget()
        self.clock.move_to(START)
        self.orders: list[str] = []
        self.above: dict[str, int | None] = {}
        self.unheard: list[str] = []
        self.is_deaf = False
        for setting, value in (
            (settings.DEPTH, 2),
            (settings.REWARD, reward),
            (settings.WAIT_DAYS, wait),
            (settings.MONTH_CAP, month),
            (settings.WITHDRAWAL_LEAST, 30),
            (settings.WITHDRAWALS_PER_DAY, 20),
        ):
            self.write(setting, value)
        top = make_distributor()
        middle = make_distributor(inviter=top)
        self.people = [top.id, middle.id, make_distributor(inviter=middle).id]
        self.patient_id = make_patient().id
        self.goods = [
            make_promoted_goods(items=("血常规", "彩超", "心电图"), price_fen=9_999, stock=1_000),
            make_promoted_goods(price_fen=333, stock=1_000),
        ]
        make_terms()
        self.hear_late()

    def teardown(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        self.hear()
        wrong = {check.text for check in check_all() if not check.holds}
        self.restore()
        db.session.remove()
        self.savepoint.rollback()
        core_settings.forget()
        assert wrong == set()

    @rule(pressed=st.sampled_from(PRESSED), number=pick, more=pick)
    def press(self, pressed: str, number: int, more: int) -> None:
        getattr(self, pressed)(number, more)

    @staticmethod
    def write(setting: Any, value: Any) -> None:
        core_settings.write(setting, value, by="staff:1")

    # --- news --------------------------------------------------------------------------------------------------------

    def hear_late(self) -> None:
        """Put something between the mall's news and distribution that can keep it."""
        self.kept: dict[tuple[str, str], Callable[[Any], None]] = {}
        for name, known in events._listeners.items():
            for key, listener in known.items():
                if "distribution.handlers.follow_" in key:
                    self.kept[name, key] = listener
                    known[key] = self.hear_or_keep

    def restore(self) -> None:
        for (name, key), listener in self.kept.items():
            events._listeners[name][key] = listener

    def hear_or_keep(self, event: Any) -> None:
        if self.is_deaf:
            self.unheard.append(event.order_no)
        else:
            follow_order(event.order_no)

    def hear_nothing_for_a_while(self, _number: int, _more: int) -> None:
        self.is_deaf = True

    def hear_what_was_kept(self, number: int, _more: int) -> None:
        self.unheard = self.unheard[number % 7 :] + self.unheard[: number % 7]
        self.hear()

    def hear(self) -> None:
        self.is_deaf = False
        while self.unheard:
            follow_order(self.unheard.pop())

    # --- orders ------------------------------------------------------------------------------------------------------

    def buy(self, number: int, more: int) -> None:
        """Place an order by a share or as a member, and pay it unless something is wrong with that."""
        seller_id, buyer = one_of(self.people, number), make_wechat_user()
        quantities = [more % 4, more // 4 % 3] if more % 12 else [1, 1]
        wanted = [
            Wanted(goods.id, quantity, goods.price_fen)
            for goods, quantity in zip(self.goods, quantities, strict=True)
            if quantity
        ]
        if number % 2:
            make_membership(seller_id, wechat_user_id=buyer.id)
        else:
            for line in wanted:
                make_opening(seller_id, line.goods_id, wechat_user_id=buyer.id)
        no = ordering.place_order(
            wechat_user_id=buyer.id,
            patient_id=self.patient_id,
            wanted=wanted,
            contact=CONTACT,
            once_key=f"books-{next(_numbers):08d}",
        )
        self.orders.append(no)
        self.above[no] = db.session.get_one(Distributor, seller_id).inviter_id
        if more % 5 != 1:
            order = fresh(no)
            payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:999")

    def in_state(self, *states: OrderStatus) -> list[Any]:
        db.session.expire_all()
        return [order for order in map(mall.get_order, self.orders) if order.status in states]

    def cancel(self, number: int, _more: int) -> None:
        if found := self.in_state(*UNPAID):
            ordering.cancel_order(one_of(found, number), by="wechat:1", reason="不要了")

    def use(self, number: int, more: int) -> None:
        if found := self.in_state(*LIVE, OrderStatus.REFUNDING):
            order = one_of(found, number)
            opened = mall.open_items(order.id)[: more % 3 or None]
            if opened:
                redemption.redeem(order.no, wished=Counter((item.line_id, item.position) for item in opened), by=STAFF)

    def undo(self, number: int, more: int) -> None:
        """Take a redemption of today back, and perhaps give the item back at once: it may have been settled already."""
        used = list(db.session.scalars(sa.select(OrderItem).where(OrderItem.used_by != "").order_by(OrderItem.id)))
        if not used:
            return
        item = one_of(used, number)
        line, position = item.order_line_id, item.position
        order_no = next(order.no for order in map(mall.get_order, self.orders) if order.id == item.order_id)
        with suppress(DomainError):  # it was used on another day, or a refund of the order is under way
            redemption.undo(order_no, item.id, reason="点错", by=STAFF)
            if more % 3:
                refunds.request_refund(order_no, wished={(line, position): 1}, reason="点错", by="wechat:1")
                self.end_refund(number, 1)

    # --- money back --------------------------------------------------------------------------------------------------

    def ask_back(self, number: int, more: int) -> None:
        if found := self.in_state(*LIVE):
            order = one_of(found, number)
            opened = mall.open_items(order.id)[-(more % 4) :]
            wished = Counter((item.line_id, item.position) for item in opened)
            refunds.request_refund(order.no, wished=wished, reason="时间有变", by="wechat:1")
            if more % 2:
                self.end_refund(number, 1)

    def end_refund(self, number: int, more: int) -> None:
        open_ones = sa.select(Refund).where(Refund.status == RefundStatus.REQUESTED).order_by(Refund.id)
        if not (found := list(db.session.scalars(open_ones))):
            return
        refund = one_of(found, number)
        if not more % 4:
            payments.reject_refund(refund.no, reason="已预约", by=OTHER)
            return
        payments.approve_refund(refund.no, by=OTHER)
        for part in payment_queries.parts_of([refund.id]):
            payments.finish_by_hand(part.id, by=STAFF, way=Method.CASH)

    # --- what staff change -------------------------------------------------------------------------------------------

    def change_terms(self, number: int, more: int) -> None:
        with suppress(DomainError):  # the inviter alone
            make_terms(seller=one_of([0, 1, 333, 1_000, 4_000], number), inviter=one_of([0, 1, 500, 1_000], more))

    def change_limits(self, number: int, more: int) -> None:
        self.write(settings.DEPTH, one_of([1, 2, 2], number))
        self.write(settings.ORDER_CAP, one_of([700, 200_000], more))
        self.write(settings.MONTH_CAP, one_of([900, 9_000, 2_000_000], number + more))

    def freeze_or_thaw(self, number: int, _more: int) -> None:
        row = db.session.get_one(Distributor, one_of(self.people, number))
        change = people.freeze if row.status is DistributorStatus.ACTIVE else people.unfreeze
        change(row.id, reason="核实中", by="staff:1")

    # --- time --------------------------------------------------------------------------------------------------------

    def let_time_pass(self, number: int, _more: int) -> None:
        self.clock.shift(timedelta(hours=one_of([0, 1, 20, 50], number)))
        settle_due(size=3)

    # --- taking out --------------------------------------------------------------------------------------------------

    def take_out(self, number: int, more: int) -> None:
        row = db.session.get_one(Distributor, one_of(self.people, number))
        account_id = checks.kinds.available_account(row.id)
        with suppress(DomainError):  # too little, too often, frozen
            ask(row, wallet.balance_of(account_id) // (1 + more % 2))

    def end_withdrawal(self, number: int, more: int) -> None:
        waiting = sa.select(Withdrawal).where(Withdrawal.status == W.REQUESTED).order_by(Withdrawal.id)
        if not (found := list(db.session.scalars(waiting))):
            return
        no, end = one_of(found, number).no, one_of(["reject", "withdraw", "by hand", "paid", "paid", "failed"], more)
        if end == "reject":
            withdrawing.reject_withdrawal(no, reason="资料不全", by=OTHER)
        elif end == "withdraw":
            withdrawing.withdraw_request(no, by="wechat:1")
        else:
            withdrawing.approve_withdrawal(no, by=OTHER, is_by_hand=end == "by hand")
            if end == "by hand":
                paying_withdrawals.pay_by_hand(no, channel=Method.CASH, note="现金", by=STAFF)
            else:
                self.end_payout(no, is_paid=end == "paid")

    def end_payout(self, no: str, *, is_paid: bool) -> None:
        """Let WeChat transfer the money, or find that it can't be."""
        payments.carry_out_payouts()
        db.session.expire_all()
        payout = get_payout(db.session.scalars(sa.select(Withdrawal.payout_no).where(Withdrawal.no == no)).one())
        state = TransferState.SUCCESS if is_paid else TransferState.FAIL
        notice = self.pay_client.end_transfer(payout.out_bill_no, state)
        payments.receive_transfer_notice(notice.headers, notice.body)

    # --- what always holds -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.orders)
    @invariant()
    def each_commission_follows_its_line(self) -> None:
        db.session.expire_all()
        standings = mall.standings(self.orders)
        by_line: Counter[int] = Counter()
        for row in db.session.scalars(sa.select(Commission)):
            kept = row.amount_fen - row.reversed_fen
            assert 0 <= kept <= row.frozen_fen
            by_line[row.order_line_id] += row.frozen_fen
            assert by_line[row.order_line_id] <= row.line_fen
            assert row.distributor_id in self.people
            if row.level is Level.INVITER:  # one above the seller, as it was when the order was placed
                assert row.distributor_id == self.above[row.order_no]
            if row.order_no not in self.unheard and row.status in {C.PENDING, C.AVAILABLE}:
                back = standings[row.order_no].refunded_fen.get(row.order_line_id, 0)
                assert kept == row.amount_fen * (row.line_fen - back) // row.line_fen

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        may_differ = {"distribution.followed"} if self.unheard else set()
        found = [check for check in checks.invariants() if not check.holds]
        assert [check.text for check in found if check.name not in may_differ] == []


@pytest.fixture
def pay_client(app: Flask) -> Iterator[FakePay]:
    clients = connected.clients()
    fake = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, pay=fake))
    yield fake
    connected.use(clients)


@pytest.mark.once  # what differs between databases is tested in tests/concurrency
def test_the_books_agree_whatever_happens(still_clock: time_machine.Traveller, pay_client: FakePay) -> None:
    Books.clock, Books.pay_client = still_clock, pay_client
    run_state_machine_as_test(
        Books,
        settings=bounded(
            max_examples=8,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # who looks for a fault adds Phase.shrink: it may take minutes
        ),
    )
