from __future__ import annotations

from datetime import timedelta

import pytest

from tests.wechat.against_sandbox.world import Outside
from wxapp.core import clock
from wxapp.wechat.config import PayConfig
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.errors import (
    BillNotReady,
    NoticeRefused,
    OrderClosed,
    OrderPaid,
    PayMisconfigured,
    PayNotFound,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import RefundState, TradeState


def test_an_order_is_paid_told_refunded_and_billed(outside: Outside):
    pay, backend = outside.pay, outside.backend
    outside.pay_order("HOSP000001")
    query, headers, body = backend.wait_for("/pay/notify/wechat")
    assert query == {}
    told = pay.payment_notice(headers, body).payment
    assert told == pay.query("HOSP000001")
    assert (told.state, told.total_fen, told.openid, told.attach) == (
        TradeState.SUCCESS,
        1230,
        outside.openid(),
        "HOSP",
    )
    with pytest.raises(NoticeRefused):
        pay.payment_notice(headers, body.replace(b"{", b"{ ", 1))
    with pytest.raises(NoticeRefused):
        pay.refund_notice(headers, body)
    with pytest.raises(OrderPaid):
        pay.close("HOSP000001")
    with pytest.raises(OrderPaid):
        pay.order(outside.order("HOSP000001"))

    order = outside.refund_order("HOSPR00001", of="HOSP000001")
    assert pay.refund(order).refund_fen == 230
    _, headers, body = backend.wait_for("/pay/notify/wechat-refund")
    ended = pay.refund_notice(headers, body).refund
    assert (ended.state, ended.out_refund_no, ended.refund_fen) == (RefundState.SUCCESS, "HOSPR00001", 230)
    assert pay.query_refund("HOSPR00001").state is RefundState.SUCCESS
    assert pay.refund(order).out_refund_no == "HOSPR00001"  # a repeat pays nothing
    with pytest.raises(PayRefused):
        pay.refund(outside.refund_order("HOSPR00002", of="HOSP000001", refund_fen=1001))
    assert pay.query("HOSP000001").state is TradeState.REFUND

    day = clock.today()
    with pytest.raises((BillNotReady, PayRefused)):
        pay.trade_bill(day)
    outside.control("clock", advance=3 * 24 * 3600)  # at night the bill of the day before is not ready yet
    outside.backend.seen.clear()
    payment, refund = pay.trade_bill(day).rows
    assert (payment.out_trade_no, payment.order_fen, payment.openid) == ("HOSP000001", 1230, outside.openid())
    assert (refund.out_refund_no, refund.refund_fen, refund.is_refund) == ("HOSPR00001", 230, True)
    assert sorted(row.amount_fen for row in pay.fund_flow_bill(day).rows) == [-230, 1230]
    assert pay.trade_bill(day + timedelta(days=1)).rows == ()


def test_an_order_is_closed_and_can_not_be_had_again(outside: Outside):
    pay = outside.pay
    pay.order(outside.order("HOSP000002"))
    assert pay.order(outside.order("HOSP000002"))
    assert pay.query("HOSP000002").state is TradeState.NOTPAY
    pay.close("HOSP000002")
    pay.close("HOSP000002")
    assert pay.query("HOSP000002").state is TradeState.CLOSED
    with pytest.raises((OrderClosed, PayRefused)):
        pay.order(outside.order("HOSP000002"))
    with pytest.raises(PayNotFound):
        pay.query("HOSP999999")
    with pytest.raises(PayNotFound):
        pay.query_refund("HOSPR99999")
    with pytest.raises(PayRefused):
        pay.refund(outside.refund_order("HOSPR00009", of="HOSP000002"))


def test_another_order_under_the_same_number_is_refused(outside: Outside):
    order = outside.order("HOSP000003")
    outside.pay.order(order)
    with pytest.raises(PayRefused):
        outside.pay.order(outside.order("HOSP000003", amount_fen=1))


def test_a_refund_whose_answer_is_unverifiable_happened_all_the_same(outside: Outside):
    outside.pay_order("HOSP000004")
    outside.control("pay/settings", probe_rate=1)
    with pytest.raises(PayUnknown):
        outside.pay.refund(outside.refund_order("HOSPR00004", of="HOSP000004"))
    with pytest.raises(PayUnknown):
        outside.pay.query_refund("HOSPR00004")
    outside.control("pay/settings", probe_rate=0)
    assert outside.pay.query_refund("HOSPR00004").refund_fen == 230


def test_a_key_that_the_merchant_does_not_know_yet_is_not_believed(outside: Outside):
    outside.pay_order("HOSP000005")
    fresh = outside.control("pay/keys/rotate")
    with pytest.raises(PayUnknown):
        outside.pay.query("HOSP000005")
    keys = {**outside.pay._config.public_keys, fresh["serial"]: fresh["public_key"]}
    config = PayConfig(**{**outside.pay._config.__dict__, "public_keys": keys})
    assert Pay(config, now=clock.now).query("HOSP000005").total_fen == 1230


def test_a_clock_that_is_wrong_is_a_fault_of_ours(outside: Outside):
    wrong = Pay(outside.pay._config, now=lambda: clock.now() + timedelta(minutes=10))
    with pytest.raises(PayMisconfigured):
        wrong.order(outside.order("HOSP000006"))
