"""Money sent to a person: what is asked, what is answered, what is told."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1

from tests.fakes.platform import Platform, rsa_key
from tests.wechat.pay_world import APPID, MCHID, OLD_SERIAL, PayServer, merchant
from wxapp.wechat.pay.errors import (
    NotEnough,
    NoticeReason,
    NoticeRefused,
    PayMisconfigured,
    PayNotFound,
    PayRateLimited,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import FundAccount, TransferOrder, TransferState

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"
ONE = f"{BILLS}/out-bill-no/HOSPB0001"
DAY = date(2026, 3, 1)
FINISHED = "MCHTRANSFER.BILL.FINISHED"
ORDER = TransferOrder(
    out_bill_no="HOSPB0001",
    openid="o1",
    amount_fen=5000,
    remark="佣金提现",
    scene_id="1005",
    reports=(("岗位类型", "推广员"), ("报酬说明", "推广服务佣金")),
    notify_url="https://h.test/pay/notify/wechat-transfer",
    real_name="张三",
)


def answered(**changes):
    return {
        "out_bill_no": "HOSPB0001",
        "transfer_bill_no": "1330000071100999991182020050700019480001",
        "create_time": "2026-03-02T10:00:00+08:00",
        "state": "WAIT_USER_CONFIRM",
        "package_info": "affffddafdfafddffda==",
        **changes,
    }


def queried(**changes):
    return {
        "mch_id": MCHID,
        "out_bill_no": "HOSPB0001",
        "transfer_bill_no": "1330000071100999991182020050700019480001",
        "appid": APPID,
        "state": "SUCCESS",
        "transfer_amount": 5000,
        "transfer_remark": "佣金提现",
        "openid": "o1",
        "create_time": "2026-03-02T10:00:00+08:00",
        "update_time": "2026-03-02T10:05:00+08:00",
        **changes,
    }


@pytest.fixture
def server(wechat):
    return PayServer(wechat)


@pytest.fixture
def pay(server):
    return merchant()


@pytest.fixture
def platform():
    return Platform()


# --- what is asked


def test_a_transfer_is_asked_for_as_documented(pay, server):
    server.answer("POST", BILLS, answered())
    bill = pay.transfer(ORDER)
    sent = server.sent()
    name = base64.b64decode(sent.pop("user_name"))
    opened = rsa_key(OLD_SERIAL).decrypt(name, padding.OAEP(padding.MGF1(SHA1()), SHA1(), None))
    assert opened.decode() == "张三"
    assert server.requests[0].headers["Wechatpay-Serial"] == OLD_SERIAL
    assert sent == {
        "appid": APPID,
        "out_bill_no": "HOSPB0001",
        "transfer_scene_id": "1005",
        "openid": "o1",
        "transfer_amount": 5000,
        "transfer_remark": "佣金提现",
        "notify_url": "https://h.test/pay/notify/wechat-transfer",
        "transfer_scene_report_infos": [
            {"info_type": "岗位类型", "info_content": "推广员"},
            {"info_type": "报酬说明", "info_content": "推广服务佣金"},
        ],
    }
    assert (bill.state, bill.package_info) == (TransferState.WAIT_USER_CONFIRM, "affffddafdfafddffda==")
    assert (bill.amount_fen, bill.openid) == (None, "")


@pytest.mark.parametrize(("fen", "name", "is_sent"), [(29, "张三", False), (30, "张三", True), (5000, "", False)])
def test_the_name_is_sent_from_thirty_fen_on_if_there_is_one(pay, server, fen, name, is_sent):
    server.answer("POST", BILLS, answered())
    pay.transfer(replace(ORDER, amount_fen=fen, real_name=name))
    assert ("user_name" in server.sent()) is is_sent


@pytest.mark.parametrize(
    "wrong",
    [
        {"out_bill_no": ""},
        {"out_bill_no": "B" * 33},
        {"out_bill_no": "HOSP-B1"},
        {"out_bill_no": "HOSPB1\n"},
        {"amount_fen": 0},
        {"amount_fen": 1.5},
        {"openid": ""},
        {"remark": ""},
        {"remark": "佣" * 33},
        {"scene_id": ""},
        {"reports": ()},
        {"reports": (("岗" * 16, "推广员"),)},
        {"reports": (("岗位类型", "推" * 33),)},
        {"reports": (("岗位类型", ""),)},
        {"real_name": "张" * 64},
        {"amount_fen": 200_000, "real_name": ""},
        {"notify_url": "https://h.test/?a=1"},
    ],
)
def test_a_transfer_that_wechat_would_refuse_is_not_sent(pay, server, wrong):
    with pytest.raises(ValueError, match=r"\w"):
        pay.transfer(replace(ORDER, **wrong))
    assert server.requests == []


def test_a_transfer_shows_no_name_in_a_log(pay):
    assert "张三" not in repr(ORDER)


def test_a_transfer_is_queried(pay, server):
    server.answer("GET", ONE, queried(state="FAIL", fail_reason="NAME_NOT_CORRECT"))
    bill = pay.query_transfer("HOSPB0001")
    assert (bill.state, bill.fail_reason, bill.amount_fen, bill.openid) == (
        TransferState.FAIL,
        "NAME_NOT_CORRECT",
        5000,
        "o1",
    )


@pytest.mark.parametrize("state", ["CANCELING", "CANCELLED"])
def test_a_transfer_is_called_back(pay, server, state):
    server.answer("POST", ONE + "/cancel", answered(state=state, package_info=None))
    assert pay.cancel_transfer("HOSPB0001").state is TransferState(state)
    assert not server.requests[0].body


def test_the_fund_flow_of_transfers_is_that_of_the_operating_account(pay, server):
    server.answer(
        "GET",
        "/v3/bill/fundflowbill?bill_date=2026-03-01&account_type=OPERATION&tar_type=GZIP",
        {"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"},
        status=400,
    )
    assert pay.fund_flow_bill(DAY, FundAccount.OPERATION).rows == ()


# --- what is answered


@pytest.mark.parametrize(
    ("status", "code", "cls"),
    [
        (403, "NOT_ENOUGH", NotEnough),
        (429, "FREQUENCY_LIMITED", PayRateLimited),
        (400, "FREQUENCY_LIMIT_EXCEED", PayRateLimited),
        (403, "NO_AUTH", PayMisconfigured),
        (401, "SIGN_ERROR", PayMisconfigured),
        (404, "NOT_FOUND", PayNotFound),
        (400, "PARAM_ERROR", PayRefused),
        (400, "INVALID_REQUEST", PayRefused),
        (400, "ALREADY_EXISTS", PayRefused),
        (500, "SYSTEM_ERROR", PayUnknown),
    ],
)
def test_an_error_says_what_to_do(pay, server, status, code, cls):
    server.answer("POST", BILLS, {"code": code, "message": "x"}, status=status)
    with pytest.raises((PayRefused, PayRateLimited, PayUnknown)) as caught:
        pay.transfer(ORDER)
    assert type(caught.value) is cls


@pytest.mark.parametrize(
    "change",
    [
        {"out_bill_no": "HOSPB0002"},
        {"out_bill_no": None},
        {"mch_id": "1900000002"},
        {"appid": "wxffffffffffffffff"},
        {"state": "HAPPY"},
        {"state": None},
        {"transfer_amount": "5000"},
        {"transfer_amount": 50.5},
        {"fail_reason": 7},
    ],
)
def test_a_transfer_of_the_wrong_shape_or_of_another_is_not_believed(pay, server, change):
    server.answer("GET", ONE, queried(**change))
    with pytest.raises(PayUnknown):
        pay.query_transfer("HOSPB0001")


def test_a_query_that_names_no_amount_tells_nothing(pay, server):
    server.answer("GET", ONE, {name: value for name, value in queried().items() if name != "transfer_amount"})
    with pytest.raises(PayUnknown):
        pay.query_transfer("HOSPB0001")


@pytest.mark.parametrize("path", [BILLS, ONE + "/cancel"])
def test_an_unverifiable_answer_is_left_to_the_caller(pay, server, path):
    server.answer("POST", path, answered(), signature="WECHATPAY/SIGNTEST/A")
    with pytest.raises(PayUnknown):
        pay.transfer(ORDER) if path == BILLS else pay.cancel_transfer("HOSPB0001")
    assert len(server.requests) == 1


# --- what is told


@pytest.mark.parametrize(("state", "reason"), [("SUCCESS", ""), ("FAIL", "OVERDUE_CLOSE"), ("CANCELLED", "MCH_CANCEL")])
def test_the_end_of_a_transfer_is_told(pay, platform, state, reason):
    body = platform.notice(FINISHED, queried(state=state, fail_reason=reason), bound_to="mch_payment")
    notice = pay.transfer_notice(platform.headers(body), body)
    assert notice.notice_id == "EV-1"
    assert (notice.bill.out_bill_no, notice.bill.state, notice.bill.fail_reason) == (
        "HOSPB0001",
        TransferState(state),
        reason,
    )
    assert (notice.bill.amount_fen, notice.bill.openid) == (5000, "o1")


@pytest.mark.parametrize(
    ("event", "change", "why"),
    [
        ("REFUND.SUCCESS", {}, NoticeReason.UNKNOWN_EVENT),
        (FINISHED, {"mch_id": "1900000002"}, NoticeReason.NOT_OURS),
        (FINISHED, {"mch_id": None}, NoticeReason.NOT_OURS),
        (FINISHED, {"appid": "wxffffffffffffffff"}, NoticeReason.NOT_OURS),
        (FINISHED, {"state": "TRANSFERING"}, NoticeReason.UNREADABLE),
        (FINISHED, {"state": "HAPPY"}, NoticeReason.UNREADABLE),
        (FINISHED, {"transfer_amount": "5000"}, NoticeReason.UNREADABLE),
        (FINISHED, {"out_bill_no": None}, NoticeReason.UNREADABLE),
    ],
)
def test_what_is_no_end_of_a_transfer_of_ours_is_refused(pay, platform, event, change, why):
    body = platform.notice(event, queried(**change), bound_to="mch_payment")
    with pytest.raises(NoticeRefused) as caught:
        pay.transfer_notice(platform.headers(body), body)
    assert caught.value.reason is why


def test_a_notice_of_a_transfer_must_be_signed(pay, platform):
    body = platform.notice(FINISHED, queried(), bound_to="mch_payment")
    with pytest.raises(NoticeRefused):
        pay.transfer_notice(platform.headers(body, signature="WECHATPAY/SIGNTEST/A"), body)
    with pytest.raises(NoticeRefused):
        pay.payment_notice(platform.headers(body), body)
