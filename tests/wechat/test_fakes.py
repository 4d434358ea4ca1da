"""The fakes behave as WeChat does where other packages' tests lean on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.wechat import FakeOAuth, FakeOfficialAccount, FakePay, FakeSms
from wxapp.core import clock
from wxapp.sms.errors import Blacklisted
from wxapp.wechat.errors import NotSubscribed, OAuthCodeInvalid, Unavailable
from wxapp.wechat.pay.errors import (
    NotEnough,
    NoticeRefused,
    OrderClosed,
    OrderPaid,
    PayNotFound,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import (
    FundAccount,
    Order,
    RefundOrder,
    RefundState,
    TradeState,
    TransferOrder,
    TransferState,
)
from wxapp.wechat.values import TemplateMessage

ORDER = Order("HOSP0001", "体检套餐", 1230, "o1", "https://h.test/pay/notify/wechat")
REFUND = RefundOrder("HOSPR0001", "HOSP0001", 230, 1230, "https://h.test/pay/notify/wechat-refund")
TRANSFER = TransferOrder(
    "HOSPB0001", "o1", 5000, "佣金提现", "1005", (("岗位类型", "推广员"),), "https://h.test/pay/notify/wechat-transfer"
)


@pytest.fixture
def pay():
    return FakePay()


def test_an_order_is_paid_and_told(pay):
    prepay_id = pay.order(ORDER)
    assert pay.jsapi_params(prepay_id).package == "prepay_id=wx-prepay-HOSP0001"
    assert pay.query("HOSP0001").state is TradeState.NOTPAY
    notification = pay.pay("HOSP0001")
    notice = pay.payment_notice(notification.headers, notification.body)
    assert notice.payment == pay.query("HOSP0001")
    assert (notice.payment.total_fen, notice.payment.openid) == (1230, "o1")
    with pytest.raises(NoticeRefused):
        pay.payment_notice({}, notification.body)
    with pytest.raises(NoticeRefused):
        pay.refund_notice(notification.headers, notification.body)


def test_an_order_is_refused_when_paid_closed_or_changed(pay):
    pay.order(ORDER)
    pay.order(ORDER)
    with pytest.raises(PayRefused):
        pay.order(replace(ORDER, amount_fen=1))
    pay.pay("HOSP0001")
    with pytest.raises(OrderPaid):
        pay.order(ORDER)
    with pytest.raises(OrderPaid):
        pay.close("HOSP0001")
    pay.order(replace(ORDER, out_trade_no="HOSP0002"))
    pay.close("HOSP0002")
    with pytest.raises(OrderClosed):
        pay.order(replace(ORDER, out_trade_no="HOSP0002"))


def test_refunds_end_at_the_amount_paid_and_a_repeat_pays_once(pay):
    pay.order(ORDER)
    with pytest.raises(PayNotFound):
        pay.refund(REFUND)
    pay.pay("HOSP0001")
    assert pay.refund(REFUND) == pay.refund(REFUND)
    with pytest.raises(PayRefused):
        pay.refund(replace(REFUND, refund_fen=231))
    pay.refund(replace(REFUND, out_refund_no="HOSPR0002", refund_fen=1000))
    with pytest.raises(PayRefused):
        pay.refund(replace(REFUND, out_refund_no="HOSPR0003", refund_fen=1))


def test_a_refund_may_wait_for_the_bank(pay):
    pay.refunds_end = RefundState.PROCESSING
    pay.order(ORDER)
    pay.pay("HOSP0001")
    assert pay.refund(REFUND).state is RefundState.PROCESSING
    notification = pay.end_refund("HOSPR0001", RefundState.ABNORMAL)
    assert pay.refund_notice(notification.headers, notification.body).refund.state is RefundState.ABNORMAL
    assert pay.query_refund("HOSPR0001").state is RefundState.ABNORMAL


def test_a_lost_answer_had_its_effect(pay):
    pay.lose_next_answer()
    with pytest.raises(PayUnknown):
        pay.order(ORDER)
    assert pay.query("HOSP0001").state is TradeState.NOTPAY


def test_a_failure_had_none(pay):
    pay.fail_next(PayUnknown("no network", sent=False))
    with pytest.raises(PayUnknown):
        pay.order(ORDER)
    with pytest.raises(PayNotFound):
        pay.query("HOSP0001")


def test_bills_tell_what_happened_and_can_be_made_wrong(pay):
    pay.order(ORDER)
    pay.pay("HOSP0001")
    pay.refund(REFUND)
    payment, refund = pay.trade_bill(clock.today()).rows
    assert (payment.order_fen, refund.refund_fen, refund.is_refund) == (1230, 230, True)
    assert [row.amount_fen for row in pay.fund_flow_bill(clock.today()).rows] == [1230, -230]
    pay.hidden_trades.add("HOSPR0001")
    assert pay.trade_bill(clock.today()).rows == (payment,)


def test_a_transfer_waits_for_the_person_and_a_repeat_pays_once(pay):
    pay.operating_fen = 8000
    assert pay.transfer(TRANSFER) == pay.transfer(TRANSFER)
    with pytest.raises(PayRefused):
        pay.transfer(replace(TRANSFER, amount_fen=4999))
    with pytest.raises(NotEnough):
        pay.transfer(replace(TRANSFER, out_bill_no="HOSPB0002"))
    with pytest.raises(PayNotFound):
        pay.query_transfer("HOSPB0002")
    notification = pay.end_transfer("HOSPB0001")
    told = pay.transfer_notice(notification.headers, notification.body).bill
    assert told == pay.query_transfer("HOSPB0001")
    assert (told.state, told.amount_fen, pay.operating_fen) == (TransferState.SUCCESS, 5000, 3000)
    with pytest.raises(PayRefused):
        pay.cancel_transfer("HOSPB0001")
    with pytest.raises(NoticeRefused):
        pay.refund_notice(notification.headers, notification.body)


def test_a_transfer_that_is_called_back_gives_the_money_back(pay):
    pay.operating_fen = 5000
    pay.transfer(TRANSFER)
    assert pay.cancel_transfer("HOSPB0001").state is TransferState.CANCELING
    pay.end_transfer("HOSPB0001", TransferState.CANCELLED)
    assert pay.cancel_transfer("HOSPB0001").state is TransferState.CANCELLED
    assert pay.operating_fen == 5000
    flows = pay.fund_flow_bill(clock.today(), FundAccount.OPERATION).rows
    assert [row.amount_fen for row in flows] == [-5000, 5000]


def test_a_template_message_is_delivered_once_to_followers():
    account = FakeOfficialAccount(strangers={"o2"})
    message = TemplateMessage("o1", "T1", {}, "m1")
    assert account.send_template(message) != account.send_template(message)
    assert (len(account.sent), account.delivered) == (2, [message])
    with pytest.raises(NotSubscribed):
        account.send_template(replace(message, openid="o2"))
    account.fail_next(Unavailable("busy", sent=True))
    with pytest.raises(Unavailable):
        account.send_text("o1", "您好")
    assert account.texts == []


def test_a_log_in_code_works_once():
    oauth = FakeOAuth()
    code = oauth.log_in("o1")
    assert oauth.exchange(code).openid == "o1"
    with pytest.raises(OAuthCodeInvalid):
        oauth.exchange(code)


def test_sms_reach_who_does_not_refuse():
    sms = FakeSms(refusing={"13800000002"})
    sms.send("13800000001", template_id="1", params=["x"])
    with pytest.raises(Blacklisted):
        sms.send("13800000002", template_id="1", params=["x"])
    assert [message.phone for message in sms.sent] == ["13800000001"]
