from __future__ import annotations

import gzip
import hashlib
from datetime import date, datetime, timedelta, timezone

import pytest

from tests.wechat.pay_world import PAY, PayServer, merchant, pay_config
from wxapp.core import clock
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.errors import BillFault, BillNotReady, PayRefused

DAY = date(2026, 3, 1)
BEIJING = timezone(timedelta(hours=8))
TRADES = "/v3/bill/tradebill"
FLOWS = "/v3/bill/fundflowbill"
FILE = "/v3/billdownload/file"

TRADE_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,"
    "费率,订单金额,申请退款金额,费率备注"
)
TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PAYMENT = (
    "`2026-03-01 10:11:12,`wx0123456789abcdef,`1900000001,`0,`,`4200000001,`HOSP0001,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,"
    "`12.30,`0.00,`0,`0,`0.00,`0.00,`,`,`套餐,含早餐,`attach,`0.07000,`0.60%,`12.30,`0.00,`"
)
REFUND = (
    "`2026-03-01 11:00:00,`wx0123456789abcdef,`1900000001,`0,`,`4200000001,`HOSP0001,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,"
    "`0.00,`0.00,`5000000001,`HOSPR0001,`2.30,`0.00,`ORIGINAL,`PROCESSING,`套餐,`attach,`-0.01000,`0.60%,`0.00,`2.30,`"
)
TRADE_SUM = "`{count},`12.30,`2.30,`0.00,`0.06000,`12.30,`2.30"

FLOW_HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FLOW_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
IN = "`2026-03-01 10:11:12,`4200000001,`1001,`交易,`交易,`收入,`12.30,`112.30,`system,`结算,`HOSP0001"
OUT = "`2026-03-01 11:00:00,`5000000001,`1002,`退款,`退款,`支出,`2.30,`110.00,`1900000001API,`退款,`HOSPR0001"


def trade_text(*rows, header=TRADE_HEADER, count=None):
    total = TRADE_SUM.format(count=len(rows) if count is None else count)
    return "\r\n".join([header, *rows, TRADE_TOTALS, total]) + "\r\n"


def flow_text(*rows):
    return "\n".join([FLOW_HEADER, *rows, FLOW_TOTALS, f"`{len(rows)}.0,`1.0,`12.30,`1.0,`2.30"])


@pytest.fixture
def server(wechat):
    return PayServer(wechat)


@pytest.fixture
def pay(server):
    return merchant()


def offer(server, path, text, *, packed=True, digest=None, url=PAY + FILE + "?token=abc&tartype=gzip", **headers):
    content = text.encode()
    server.answer(
        "GET",
        path,
        {"hash_type": "SHA1", "hash_value": digest or hashlib.sha1(content).hexdigest(), "download_url": url},
    )
    server.answer("GET", FILE, body=gzip.compress(content) if packed else content, signed=False)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_trade_bill_is_read_by_header_name(pay, server, packed, mark):
    offer(server, TRADES, mark + trade_text(PAYMENT, REFUND), packed=packed)
    payment, refund = pay.trade_bill(DAY).rows
    assert payment.at == datetime(2026, 3, 1, 10, 11, 12, tzinfo=BEIJING)
    assert (payment.out_trade_no, payment.transaction_id, payment.openid) == ("HOSP0001", "4200000001", "o1")
    assert (payment.order_fen, payment.settled_fen, payment.fee_fen, payment.is_refund) == (1230, 1230, 7, False)
    assert payment.attach == "attach"  # although the name of the goods has a comma
    assert (refund.out_refund_no, refund.refund_fen, refund.refund_state) == ("HOSPR0001", 230, "PROCESSING")
    assert (refund.is_refund, refund.fee_fen) == (True, -1)
    asked, fetched = server.requests
    assert asked.params == {"bill_date": "2026-03-01", "bill_type": "ALL", "tar_type": "GZIP"}
    assert fetched.params == {"token": "abc", "tartype": "gzip"}


def test_a_bill_with_the_older_names_is_read(pay, server):
    header = TRADE_HEADER.replace("应结订单金额,代金券金额", "总金额,企业红包金额").replace(
        ",订单金额,申请退款金额,费率备注", ""
    )
    row = PAYMENT.rpartition(",`12.30,`0.00,`")[0]
    offer(server, TRADES, trade_text(row, header=header))
    (payment,) = pay.trade_bill(DAY).rows
    assert (payment.order_fen, payment.settled_fen) == (1230, 1230)


def test_a_fund_flow_bill_is_read_with_signs(pay, server):
    offer(server, FLOWS, flow_text(IN, OUT))
    income, expense = pay.fund_flow_bill(DAY).rows
    assert (income.amount_fen, income.balance_fen, income.voucher_no) == (1230, 11230, "HOSP0001")
    assert (expense.amount_fen, expense.balance_fen, expense.kind) == (-230, 11000, "退款")
    assert server.requests[0].params["account_type"] == "BASIC"


@pytest.mark.parametrize("status", [400, 404])
def test_a_day_without_movement_is_an_empty_bill(pay, server, status):
    for path in (TRADES, FLOWS):
        server.answer("GET", path, {"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"}, status=status)
    assert pay.trade_bill(DAY).rows == ()
    assert pay.fund_flow_bill(DAY).rows == ()


def test_a_bill_that_is_still_being_made_is_not_empty(pay, server):
    server.answer("GET", TRADES, {"code": "STATEMENT_CREATING", "message": "账单生成中"}, status=400)
    with pytest.raises(BillNotReady):
        pay.trade_bill(DAY)


def test_an_old_day_is_refused(pay, server):
    server.answer("GET", TRADES, {"code": "INVALID_REQUEST", "message": "日期超出范围"}, status=400)
    with pytest.raises(PayRefused):
        pay.trade_bill(DAY)


def test_the_digest_is_that_of_the_unpacked_bill(pay, server):
    text = trade_text(PAYMENT)
    offer(server, TRADES, text, digest=hashlib.sha1(gzip.compress(text.encode(), mtime=0)).hexdigest())
    with pytest.raises(BillFault, match="digest"):
        pay.trade_bill(DAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        trade_text(PAYMENT, count=2),
        trade_text(PAYMENT, count="many"),
        trade_text(PAYMENT.replace("`12.30,`0.00,`0,", "`12,30,`0.00,`0,")),
        trade_text(PAYMENT.replace(",`12.30,`0.00,`", ",`12.305,`0.00,`")),
        trade_text(PAYMENT.replace(",`12.30,`0.00,`", ",`NaN,`0.00,`")),
        trade_text(PAYMENT.replace("2026-03-01 10", "2026-13-01 10")),
        trade_text(PAYMENT + ",`more"),
        trade_text(PAYMENT, header=TRADE_HEADER.replace("商户订单号", "别的")),
        trade_text(PAYMENT).replace(TRADE_TOTALS + "\r\n", ""),
        PAYMENT + "\r\n" + trade_text(PAYMENT),
        trade_text(PAYMENT) + TRADE_SUM.format(count=1),
    ],
    ids=[
        "empty", "html", "count", "no count", "comma", "half fen", "NaN", "month", "columns", "no number", "no totals",
        "row before the header", "row after the totals",
    ],
)  # fmt: skip
def test_a_bill_that_does_not_add_up_is_not_believed(pay, server, text):
    offer(server, TRADES, text)
    with pytest.raises(BillFault):
        pay.trade_bill(DAY)


def test_a_flow_must_be_in_or_out(pay, server):
    offer(server, FLOWS, flow_text(IN.replace("收入", "其他")))
    with pytest.raises(BillFault):
        pay.fund_flow_bill(DAY)


def test_a_bomb_is_not_unpacked(server):
    pay = Pay(pay_config(max_bill_bytes=10_000), now=clock.now)
    offer(server, TRADES, trade_text(*[PAYMENT] * 1000))
    with pytest.raises(BillFault, match="too large"):
        pay.trade_bill(DAY)


def test_a_packed_bill_that_is_cut_off_is_a_fault(pay, server):
    text = trade_text(PAYMENT)
    server.answer(
        "GET", TRADES, {"hash_value": hashlib.sha1(text.encode()).hexdigest(), "download_url": PAY + FILE + "?token=a"}
    )
    server.answer("GET", FILE, body=gzip.compress(text.encode())[:-12], signed=False)
    with pytest.raises(BillFault):
        pay.trade_bill(DAY)


@pytest.mark.parametrize("url", ["https://evil.test/v3/x", "https://pay.test.evil.test/x", "/v3/x", None])
def test_a_bill_at_another_address_is_not_fetched(pay, server, url):
    server.answer("GET", TRADES, {"hash_type": "SHA1", "hash_value": "0" * 40, "download_url": url})
    with pytest.raises(BillFault):
        pay.trade_bill(DAY)
    assert len(server.mock.calls) == 1
