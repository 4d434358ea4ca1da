from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wechat.against_sandbox.world import Outside
from wxapp.core import clock
from wxapp.wechat.pay.errors import NotEnough, NoticeRefused, PayMisconfigured, PayNotFound, PayRefused, PayUnknown
from wxapp.wechat.pay.values import FundAccount, TransferState

PATH = "/pay/notify/wechat-transfer"
DAY = 24 * 3600


def test_a_transfer_is_confirmed_told_and_billed(outside: Outside):
    pay = outside.pay
    order = outside.transfer_order("HOSPB00001")
    begun = pay.transfer(order)
    assert begun.state is TransferState.WAIT_USER_CONFIRM
    assert pay.transfer(order) == begun  # a repeat pays nothing, and tells the package once more
    waiting = pay.query_transfer("HOSPB00001")
    assert (waiting.state, waiting.amount_fen, waiting.openid) == (begun.state, 5000, outside.openid())
    assert waiting.package_info == ""
    outside.confirm_transfer(begun.package_info)
    _, headers, body = outside.backend.wait_for(PATH)
    told = pay.transfer_notice(headers, body).bill
    assert told == pay.query_transfer("HOSPB00001")
    assert (told.state, told.amount_fen, told.transfer_bill_no) == (
        TransferState.SUCCESS,
        5000,
        begun.transfer_bill_no,
    )
    with pytest.raises(NoticeRefused):
        pay.refund_notice(headers, body)
    with pytest.raises(PayRefused):
        pay.cancel_transfer("HOSPB00001")
    assert outside.seen("pay/money")["transferred"] == {"1": 5000}

    day = clock.today()
    outside.control("clock", advance=2 * DAY)
    rows = pay.fund_flow_bill(day, FundAccount.OPERATION).rows
    row = next(row for row in rows if row.voucher_no == "HOSPB00001")
    assert (row.amount_fen, row.transaction_id, row.business) == (-5000, begun.transfer_bill_no, "商家转账")


def test_a_name_that_is_not_the_persons_ends_in_failure(outside: Outside):
    assert outside.pay.transfer(outside.transfer_order("HOSPB00002", real_name="李四")).state.is_final is False
    _, headers, body = outside.backend.wait_for(PATH)
    told = outside.pay.transfer_notice(headers, body).bill
    assert (told.state, told.fail_reason) == (TransferState.FAIL, "NAME_NOT_CORRECT")


def test_a_transfer_is_called_back(outside: Outside):
    outside.pay.transfer(outside.transfer_order("HOSPB00003"))
    assert outside.pay.cancel_transfer("HOSPB00003").state is TransferState.CANCELING
    _, headers, body = outside.backend.wait_for(PATH)
    assert outside.pay.transfer_notice(headers, body).bill.state is TransferState.CANCELLED


def test_nobody_confirms(outside: Outside):
    outside.pay.transfer(outside.transfer_order("HOSPB00004"))
    outside.control("clock", advance=DAY + 700)
    outside.control("pay/tick")
    bill = outside.pay.query_transfer("HOSPB00004")
    assert (bill.state, bill.fail_reason) == (TransferState.FAIL, "OVERDUE_CLOSE")


def test_refusals_say_what_to_do(outside: Outside):
    pay, order = outside.pay, outside.transfer_order("HOSPB00005")
    with pytest.raises(PayNotFound):
        pay.query_transfer("HOSPB00005")
    with pytest.raises(PayNotFound):
        pay.cancel_transfer("HOSPB00005")
    with pytest.raises(PayRefused):
        pay.transfer(replace(order, reports=order.reports[:1]))
    outside.control("pay/balance", change_fen=-10_000_000, account="OPERATION")
    with pytest.raises(NotEnough):
        pay.transfer(order)
    outside.control("pay/balance", change_fen=5000, account="OPERATION")
    pay.transfer(order)
    with pytest.raises(PayRefused):
        pay.transfer(replace(order, amount_fen=4999))
    outside.control("faults", endpoint="pay/transfer", kind="error", code="NO_AUTH")
    with pytest.raises(PayMisconfigured):
        pay.transfer(order)


def test_an_unverifiable_answer_may_have_had_its_effect(outside: Outside):
    outside.control("faults", endpoint="pay/transfer", kind="wrong_signature")
    with pytest.raises(PayUnknown):
        outside.pay.transfer(outside.transfer_order("HOSPB00006"))
    assert outside.pay.query_transfer("HOSPB00006").state is TransferState.WAIT_USER_CONFIRM


def test_the_news_may_overtake_the_answer(outside: Outside):
    outside.control("faults", endpoint="pay/transfer", kind="early")
    begun = outside.pay.transfer(outside.transfer_order("HOSPB00007"))
    assert begun.state is TransferState.WAIT_USER_CONFIRM
    _, headers, body = outside.backend.wait_for(PATH)
    assert outside.pay.transfer_notice(headers, body).bill.state is TransferState.SUCCESS
