"""The text of bills (wechat.md 7.9): pure functions from books to lines.

Four parts: header and rows of the details, header and row of the summary. Values of rows begin with a
back-quote, amounts are yuan with two decimals, lines end with CR LF.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.pay import moments
from sandbox.pay.books import Books, Movement, Order, Refund
from sandbox.pay.books import number as new_number
from sandbox.pay.shown import BANK
from sandbox.pay.twists import Twist

_START = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
    "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额"
)
_REFUND_TIMES = "退款申请时间,退款成功时间"
_REFUND_COLUMNS = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
_END = "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
HEADERS: dict[str, tuple[str, ...]] = {
    "ALL": tuple(f"{_START},{_REFUND_COLUMNS},{_END}".split(",")),
    "SUCCESS": tuple(name for name in f"{_START},{_END}".split(",") if name != "申请退款金额"),
    "REFUND": tuple(f"{_START},{_REFUND_TIMES},{_REFUND_COLUMNS},{_END}".split(",")),
}
"""Columns by bill_type."""
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FUND_HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FUND_SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One detail row: a payment, or a refund on the day it was asked for."""

    at: float
    appid: str
    mchid: str
    device: str
    transaction_id: str
    out_trade_no: str
    openid: str
    description: str
    attach: str
    paid_fen: int = 0
    fee_fen: int = 0
    refund_id: str = ""
    out_refund_no: str = ""
    refund_fen: int = 0
    refund_state: str = ""
    refunded_at: float | None = None

    @property
    def is_refund(self) -> bool:
        return bool(self.refund_id)


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def entries_of(books: Books, on: date, *, bill_type: str, made_at: float) -> list[Entry]:
    """Return the payments made and the refunds asked for on that day, oldest first.

    ``made_at`` is when the bill was written: refund states are those of that moment.
    """
    entries: list[Entry] = []
    if bill_type != "REFUND":
        entries += [
            _entry(order, at=order.paid_at, paid_fen=order.total_fen, fee_fen=order.fee_fen)
            for order in books.paid_orders()
            if order.paid_at is not None and moments.day(order.paid_at) == on
        ]
    if bill_type != "SUCCESS":
        entries += [
            _refund_entry(refund, books.orders[refund.out_trade_no], made_at=made_at)
            for refund in books.refunds.values()
            if moments.day(refund.made_at) == on
        ]
    return sorted(entries, key=lambda entry: entry.at)


def _entry(order: Order, *, at: float, paid_fen: int = 0, fee_fen: int = 0) -> Entry:
    scene = order.request.get("scene_info")
    return Entry(
        at=at,
        appid=order.appid,
        mchid=order.mchid,
        device=str(scene.get("device_id", "")) if isinstance(scene, dict) else "",
        transaction_id=order.transaction_id or "",
        out_trade_no=order.out_trade_no,
        openid=order.openid,
        description=order.description,
        attach=order.attach or "",
        paid_fen=paid_fen,
        fee_fen=fee_fen,
    )


def _refund_entry(refund: Refund, order: Order, *, made_at: float) -> Entry:
    state = refund.state_at(made_at).value
    return dataclasses.replace(
        _entry(order, at=refund.made_at, fee_fen=-refund.fee_back_fen),
        refund_id=refund.refund_id,
        out_refund_no=refund.out_refund_no,
        refund_fen=refund.refund_fen,
        refund_state=state,
        refunded_at=refund.done_at if state == "SUCCESS" else None,
    )


def distort(entries: Sequence[Entry], twist: Twist, *, number: str = "") -> list[Entry]:
    """Return the entries as a wrong bill has them; the one with that number, or the first, is hit."""
    rows = list(entries)
    hit = next((at for at, row in enumerate(rows) if number and number in (row.out_trade_no, row.out_refund_no)), 0)
    if twist is Twist.BILL_MISSING_ROW:
        del rows[hit]
    elif twist is Twist.BILL_EXTRA_ROW:
        at = rows[hit].at
        rows.append(
            dataclasses.replace(rows[hit], transaction_id=new_number(at, 28), out_trade_no="NO" + new_number(at, 26))
        )
    elif twist is Twist.BILL_OTHER_AMOUNT:
        row = rows[hit]
        if row.is_refund:
            rows[hit] = dataclasses.replace(row, refund_fen=row.refund_fen + 1)
        else:
            rows[hit] = dataclasses.replace(row, paid_fen=row.paid_fen + 1)
    return rows


def trade_bill(entries: Sequence[Entry], *, bill_type: str, fee_bp: int) -> str:
    """Return the text of a trade bill."""
    header = HEADERS[bill_type]
    rows = [_row(_values(entry, fee_bp=fee_bp), header) for entry in entries]
    paid = sum(entry.paid_fen for entry in entries)
    back = sum(entry.refund_fen for entry in entries)
    fee = sum(entry.fee_fen for entry in entries)
    summary = [str(len(entries)), yuan(paid), yuan(back), yuan(0), yuan(fee), yuan(paid), yuan(back)]
    return _lines([",".join(header), *rows, SUMMARY, _quoted(summary)])


def _values(entry: Entry, *, fee_bp: int) -> dict[str, str]:
    return {
        "交易时间": moments.plain(entry.at),
        "公众账号ID": entry.appid,
        "商户号": entry.mchid,
        "特约商户号": "0",
        "设备号": entry.device,
        "微信订单号": entry.transaction_id,
        "商户订单号": entry.out_trade_no,
        "用户标识": entry.openid,
        "交易类型": "JSAPI",
        "交易状态": "REFUND" if entry.is_refund else "SUCCESS",
        "付款银行": BANK,
        "货币种类": "CNY",
        "应结订单金额": yuan(entry.paid_fen),
        "代金券金额": yuan(0),
        "退款申请时间": moments.plain(entry.at) if entry.is_refund else "",
        "退款成功时间": moments.plain(entry.refunded_at) if entry.refunded_at is not None else "",
        "微信退款单号": entry.refund_id or "0",
        "商户退款单号": entry.out_refund_no or "0",
        "退款金额": yuan(entry.refund_fen),
        "充值券退款金额": yuan(0),
        "退款类型": "ORIGINAL" if entry.is_refund else "",
        "退款状态": entry.refund_state,
        "商品名称": entry.description,
        "商户数据包": entry.attach,
        "手续费": yuan(entry.fee_fen),
        "费率": f"{fee_bp / 100:.2f}%",
        "订单金额": yuan(entry.paid_fen),
        "申请退款金额": yuan(entry.refund_fen),
        "费率备注": "",
    }


def fund_bill(movements: Sequence[Movement], *, mchid: str) -> str:
    """Return the text of a fund-flow bill of one account."""
    rows = [
        _quoted(
            [
                moments.plain(movement.at),
                movement.business_no,
                movement.movement_no,
                movement.business,
                movement.business,
                "收入" if movement.fen > 0 else "支出",
                yuan(abs(movement.fen)),
                yuan(movement.balance_fen),
                f"{mchid}API",
                movement.note,
                movement.voucher_no,
            ]
        )
        for movement in movements
    ]
    income = [movement.fen for movement in movements if movement.fen > 0]
    spent = [-movement.fen for movement in movements if movement.fen < 0]
    summary = [
        f"{len(movements)}.0",
        f"{len(income)}.0",
        yuan(sum(income)),
        f"{len(spent)}.0",
        yuan(sum(spent)),
    ]
    return _lines([FUND_HEADER, *rows, FUND_SUMMARY, _quoted(summary)])


def first_day(today: date) -> date:
    """Return the oldest day of which there still is a bill: about three months back."""
    return today - timedelta(days=90)


def _row(values: dict[str, str], header: Iterable[str]) -> str:
    return _quoted(values[name] for name in header)


def _quoted(values: Iterable[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _lines(parts: Iterable[str]) -> str:
    return "".join(f"{part}\r\n" for part in parts)
