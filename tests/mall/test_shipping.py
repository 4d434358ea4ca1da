"""Telling WeChat that a mini-program's order is delivered: when, what, again, and what people see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.mall import CONTACT, make_goods
from tests.factories.patients import make_patient
from tests.fakes.pay import FakePay
from tests.fakes.wechat import FakeMiniProgram
from tests.mall.desk import Desk, P, Sit
from tests.mall.orders import ask_back, fresh
from wxapp.core import settings as kept_settings
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, NotFound
from wxapp.mall import queries, settings, tasks
from wxapp.mall.models import Order, OrderSource, OrderStatus, Shipping, ShippingStatus
from wxapp.mall.rules import MOST_REPORTS, Wanted
from wxapp.mall.services import ordering, shipping
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.payments.services.wechat import Payer
from wxapp.wechat import connected
from wxapp.wechat.errors import (
    Advice,
    AlreadyShipped,
    ConfigurationFault,
    PaymentUnseen,
    Rejected,
    Unavailable,
    WechatError,
)
from wxapp.wechat.values import Logistics

Clock = Callable[[timedelta], None]
UNSEEN = PaymentUnseen(10060001, "支付单不存在")


@pytest.fixture
def program(app: Flask) -> Iterator[FakeMiniProgram]:
    clients = connected.clients()
    fake = FakeMiniProgram()
    connected.use(replace(clients, mini_program=fake, pay=FakePay(appid=clients.appid, mchid=clients.mchid)))
    yield fake
    connected.use(clients)


def place(source: OrderSource = OrderSource.MINI_PROGRAM, **over: object) -> Order:
    goods = make_goods(price_fen=10_000, **over)
    order_no = ordering.place_order(
        wechat_user_id=7,
        patient_id=make_patient().id,
        wanted=[Wanted(goods.id, 2, goods.price_fen)],
        contact=CONTACT,
        once_key=f"once-{goods.id:08d}",
        source=source,
    )
    return queries.get_order(order_no)


def pay_by_wechat(order: Order) -> str:
    """Pay an order in WeChat and return the number of the transaction."""
    fake = connected.pay()
    assert isinstance(fake, FakePay)
    payments.begin_wechat(order.payment_no, Payer(7, "openid-of-the-payer"))
    payment = payment_queries.get_payment(order.payment_no)
    attempt = payment_queries.attempts_of(payment.id)[-1]
    told = fake.pay(attempt.out_trade_no)
    payments.receive_notice(told.headers, told.body)
    db.session.expire_all()
    return str(payment_queries.get_attempt(attempt.id).transaction_id)


def reported(order: Order) -> Shipping:
    db.session.expire_all()
    found = queries.find_shipping(order.id)
    assert found is not None
    return found


@pytest.fixture
def paid(program: FakeMiniProgram) -> Order:
    order = place()
    pay_by_wechat(order)
    return fresh(order.no)


def test_a_paid_order_is_told_a_minute_later(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    assert tasks.report_shippings() == 0
    assert reported(paid).status is ShippingStatus.WAITING
    at(timedelta(minutes=1))
    assert tasks.report_shippings() == 1
    (told,) = program.told
    assert (told.openid, told.logistics, told.at.utcoffset()) == (
        "openid-of-the-payer",
        Logistics.SELF_PICKUP,
        timedelta(0),
    )
    assert told.description == f"{paid.lines[0].goods_name}×2"
    payment = payment_queries.get_payment(paid.payment_no)
    assert told.transaction_id == payment_queries.paid_attempts(payment.id)[0].transaction_id
    shipped = reported(paid)
    assert (shipped.status, shipped.tries, shipped.reported_at is not None) == (ShippingStatus.REPORTED, 1, True)
    at(timedelta(days=1))
    assert tasks.report_shippings() == 0


@pytest.mark.parametrize("source", [OrderSource.OFFICIAL_ACCOUNT])
def test_orders_of_the_official_account_are_not_told(program: FakeMiniProgram, source: OrderSource) -> None:
    order = place(source)
    pay_by_wechat(order)
    assert queries.find_shipping(order.id) is None


def test_money_of_another_kind_is_not_told(program: FakeMiniProgram) -> None:
    order = place()
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:1")
    assert (fresh(order.no).status, queries.find_shipping(order.id)) == (OrderStatus.PAID, None)


def test_a_payment_that_is_not_seen_yet_is_told_again(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    program.fail_next(UNSEEN, times=2)
    for _ in range(2):
        at(timedelta(minutes=2))
        assert tasks.report_shippings() == 1
    waiting = reported(paid)
    assert (waiting.status, waiting.tries, "支付单不存在" in waiting.last_error) == (ShippingStatus.WAITING, 2, True)
    at(timedelta(minutes=2))
    tasks.report_shippings()
    assert (reported(paid).status, reported(paid).last_error) == (ShippingStatus.REPORTED, "")


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("timeout", sent=True),
        WechatError(None, "busy", advice=Advice.WAIT),
        Rejected(1, advice=Advice.RETRY),
    ],
)
def test_what_may_pass_is_tried_again(paid: Order, program: FakeMiniProgram, at: Clock, error: WechatError) -> None:
    program.fail_next(error)
    at(timedelta(minutes=1))
    tasks.report_shippings()
    assert reported(paid).status is ShippingStatus.WAITING


@pytest.mark.parametrize(
    "error", [Rejected(10060004, "支付单处于不可发货的状态"), ConfigurationFault(48001, "api unauthorized")]
)
def test_what_stays_wrong_waits_for_people(
    paid: Order, program: FakeMiniProgram, at: Clock, error: WechatError
) -> None:
    program.fail_next(error)
    at(timedelta(minutes=1))
    tasks.report_shippings()
    stuck = reported(paid)
    assert (stuck.status, stuck.next_try_at, error.errmsg in stuck.last_error) == (ShippingStatus.STUCK, None, True)
    shipping.report_again(paid.no, by="staff:1")
    tasks.report_shippings()
    assert reported(paid).status is ShippingStatus.REPORTED
    with pytest.raises(IllegalTransition):
        shipping.report_again(paid.no, by="staff:1")


def test_it_is_not_tried_for_ever(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    program.fail_next(UNSEEN, times=MOST_REPORTS)
    for _ in range(MOST_REPORTS + 3):
        at(timedelta(hours=5))
        tasks.report_shippings()
    assert (reported(paid).status, len(program.told)) == (ShippingStatus.STUCK, MOST_REPORTS)


def test_what_was_told_before_is_done(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    program.fail_next(AlreadyShipped(10060003, "支付单已使用重新发货机会"))
    at(timedelta(minutes=1))
    tasks.report_shippings()
    assert reported(paid).status is ShippingStatus.REPORTED


def test_what_went_back_whole_is_not_told(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    refund_no = ask_back(paid)
    payments.approve_refund(refund_no, by="staff:2")
    fake = connected.pay()
    assert isinstance(fake, FakePay)
    for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
        payments.carry_out_part(part.id)
        payments.query_part(part.id)
    assert fresh(paid.no).status is OrderStatus.REFUNDED
    at(timedelta(minutes=1))
    tasks.report_shippings()
    assert (reported(paid).status, program.told) == (ShippingStatus.NEEDLESS, [])


def test_the_hospital_says_how_its_goods_are_delivered(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    kept_settings.write(settings.SHIPPING_KIND, "3", by="staff:1")
    at(timedelta(minutes=1))
    tasks.report_shippings()
    assert program.told[0].logistics is Logistics.VIRTUAL


def test_a_long_list_of_goods_is_cut(program: FakeMiniProgram, at: Clock) -> None:
    order = place(name="很长的名称" * 12)
    goods = [make_goods(name=f"{n}很长的商品名称" * 6, price_fen=100) for n in range(5)]
    order_no = ordering.place_order(
        wechat_user_id=7,
        patient_id=order.patient_id,
        wanted=[Wanted(one.id, 1, 100) for one in goods],
        contact=CONTACT,
        once_key="once-of-many-goods",
        source=OrderSource.MINI_PROGRAM,
    )
    pay_by_wechat(queries.get_order(order_no))
    at(timedelta(minutes=1))
    assert tasks.report_shippings() == 1
    assert len(program.told[0].description) == 120


def test_without_a_mini_program_all_wait(paid: Order, at: Clock) -> None:
    connected.use(replace(connected.clients(), mini_program=None))
    at(timedelta(days=1))
    assert (tasks.report_shippings(), reported(paid).tries) == (0, 0)


def test_two_jobs_at_once_tell_once(paid: Order, program: FakeMiniProgram, at: Clock) -> None:
    at(timedelta(minutes=1))
    seen = reported(paid).next_try_at
    for _ in range(2):
        shipping._report(program, reported(paid).id, seen)
    assert len(program.told) == 1


def test_staff_see_it_and_tell_again(paid: Order, program: FakeMiniProgram, sit: Sit, at: Clock) -> None:
    program.fail_next(Rejected(10060004, "支付单处于不可发货的状态"))
    at(timedelta(minutes=1))
    tasks.report_shippings()
    desk: Desk = sit(P.ORDER_READ, P.REFUND_REQUEST)
    page = desk.get(f"orders/{paid.no}").text
    for text in ("微信发货上报", "上报失败", "支付单处于不可发货的状态", "重新上报", "小程序"):
        assert text in page
    assert desk.post(f"orders/{paid.no}/shipping").status_code == 303
    tasks.report_shippings()
    assert "已上报" in desk.get(f"orders/{paid.no}").text
    assert desk.post(f"orders/{paid.no}/shipping").status_code == 409
    assert "重新上报" not in sit(P.ORDER_READ).get(f"orders/{paid.no}").text


def test_an_order_that_need_not_be_told_is_not_found(program: FakeMiniProgram) -> None:
    with pytest.raises(NotFound):
        shipping.report_again(place(OrderSource.OFFICIAL_ACCOUNT).no, by="staff:1")
    assert db.session.scalar(sa.select(sa.func.count(Shipping.id))) == 0
