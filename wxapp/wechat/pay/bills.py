"""The day's bills: unpacked, checked against digest and totals, read by header name. Source: wechat.md 7.9."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from wxapp.wechat.errors import BEIJING
from wxapp.wechat.pay.errors import BillFault
from wxapp.wechat.pay.values import FundFlowBill, FundFlowRow, TradeBill, TradeBillRow

_YUAN = re.compile(r"-?\d{1,12}(\.\d{1,5})?")
_GZIP = b"\x1f\x8b"


def unpack(content: bytes, *, sha1: str, max_bytes: int) -> str:
    """Return the text of a bill, packed or not.

    :raises BillFault: damaged, larger than ``max_bytes``, or not what the digest (of the plain bytes) says.
    """
    if content.startswith(_GZIP):
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(content, max_bytes)
        except zlib.error:
            raise BillFault("the bill can't be unpacked") from None
        if not unpacker.eof:
            raise BillFault("the bill is cut off or too large")
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(digest.encode(), sha1.lower().encode()):
        raise BillFault("the digest of the bill is wrong")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BillFault("the bill is no UTF-8") from None


def trade_bill(text: str, day: date) -> TradeBill:
    """Read a trade bill of type ALL (SUCCESS and REFUND have some of its columns).

    :raises BillFault: it is none, or its rows are not as many as it says.
    """
    sheet = _sheet(text, count_of="总交易单数")
    return TradeBill(day, tuple(_trade_row(row) for row in sheet))


def fund_flow_bill(text: str, day: date) -> FundFlowBill:
    """Read a fund flow bill.

    :raises BillFault: it is none, or its rows are not as many as it says.
    """
    sheet = _sheet(text, count_of="资金流水总笔数")
    return FundFlowBill(day, tuple(_flow_row(row) for row in sheet))


@dataclass(frozen=True)
class _Row:
    cells: Mapping[str, str]

    def text(self, *names: str, needed: bool = False) -> str:
        """Return the first column of these names that the bill has; older merchants have other names."""
        for name in names:
            if name in self.cells:
                return self.cells[name].strip()
        if needed:
            raise BillFault(f"the bill has no column {names[0]}")
        return ""

    def fen(self, *names: str, needed: bool = False) -> int:
        return _fen(self.text(*names, needed=needed) or "0")

    def moment(self, name: str) -> datetime:
        try:
            return datetime.strptime(self.text(name, needed=True), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        except ValueError:
            raise BillFault(f"{name} is no time") from None


def _trade_row(row: _Row) -> TradeBillRow:
    return TradeBillRow(
        at=row.moment("交易时间"),
        transaction_id=row.text("微信订单号", needed=True),
        out_trade_no=row.text("商户订单号", needed=True),
        openid=row.text("用户标识"),
        trade_state=row.text("交易状态", needed=True),
        order_fen=row.fen("订单金额", "总金额", needed=True),
        settled_fen=row.fen("应结订单金额", "总金额"),
        refund_id=_number(row.text("微信退款单号")),
        out_refund_no=_number(row.text("商户退款单号")),
        refund_fen=row.fen("申请退款金额", "退款金额"),
        refund_state=row.text("退款状态"),
        fee_fen=row.fen("手续费"),
        attach=row.text("商户数据包"),
    )


def _flow_row(row: _Row) -> FundFlowRow:
    direction = row.text("收支类型", needed=True)
    if direction not in ("收入", "支出"):
        raise BillFault("收支类型 is neither in nor out")
    amount_fen = row.fen("收支金额(元)", needed=True)
    return FundFlowRow(
        at=row.moment("记账时间"),
        transaction_id=row.text("微信支付业务单号", needed=True),
        flow_no=row.text("资金流水单号", needed=True),
        business=row.text("业务名称"),
        kind=row.text("业务类型"),
        amount_fen=amount_fen if direction == "收入" else -amount_fen,
        balance_fen=row.fen("账户结余(元)", needed=True),
        voucher_no=row.text("业务凭证号"),
        remark=row.text("备注"),
    )


def _sheet(text: str, *, count_of: str) -> Sequence[_Row]:
    """Return the detail rows of a bill: a header, rows that begin with a back-quote, a second header, the totals."""
    lines = [line for line in text.splitlines() if line.strip()]
    headers = [number for number, line in enumerate(lines) if not line.startswith("`")]
    if len(headers) != 2 or headers[1] != len(lines) - 2:
        raise BillFault("the bill has not the four parts of a bill")
    names = lines[0].split(",")
    rows = [_Row(_cells(names, line)) for line in lines[1 : headers[1]]]
    totals = _Row(_cells(lines[headers[1]].split(","), lines[-1]))
    # Counts come as 20 or 20.0.
    if Decimal(_checked(totals.text(count_of, needed=True))) != len(rows):
        raise BillFault("the bill has another number of rows than it says")
    return rows


def _cells(names: Sequence[str], line: str) -> dict[str, str]:
    # Split at comma plus back-quote: a comma may stand inside a value, such as the name of the goods.
    values = line.removeprefix("`").split(",`")
    if len(values) != len(names):
        raise BillFault("a row has another number of columns than the header")
    return dict(zip(names, values, strict=True))


def _fen(yuan: str) -> int:
    fen = Decimal(_checked(yuan)) * 100
    if fen != fen.to_integral_value():
        raise BillFault("an amount is no whole fen")
    return int(fen)


def _checked(number: str) -> str:
    if not _YUAN.fullmatch(number):
        raise BillFault("a number of the bill can't be read")
    return number


def _number(text: str) -> str:
    """Return the number of a refund; payments have 0 or nothing there."""
    return "" if text == "0" else text
