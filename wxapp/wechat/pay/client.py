"""WeChat Pay as the rest of wxapp sees it. Source: wechat.md part 7."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from wxapp.core.outgoing import Outgoing
from wxapp.wechat.config import PayConfig
from wxapp.wechat.errors import BEIJING
from wxapp.wechat.interfaces import Now
from wxapp.wechat.pay import bills, reading
from wxapp.wechat.pay.errors import BillFault, PayRefused, PayUnknown
from wxapp.wechat.pay.gateway import PayLibrary
from wxapp.wechat.pay.notices import Notices
from wxapp.wechat.pay.signature import Verifier
from wxapp.wechat.pay.values import (
    FundAccount,
    FundFlowBill,
    JsapiParams,
    Order,
    Payment,
    PaymentNotice,
    Refund,
    RefundNotice,
    RefundOrder,
    TradeBill,
    TransferBill,
    TransferNotice,
    TransferOrder,
)

# WeChat allows "|" too; it would be sent escaped and signed unescaped, and the signature would not fit.
_TRADE_NO = re.compile(r"[0-9A-Za-z_\-*]{6,32}")
_REFUND_NO = re.compile(r"[0-9A-Za-z_\-*@]{1,64}")
_BILL_NO = re.compile(r"[0-9A-Za-z]{1,32}")
_LONGEST_DESCRIPTION = 127
_LONGEST_REASON = 80
_LONGEST_ATTACH = 128
_LONGEST_NOTIFY_URL = 255
_LONGEST_REMARK = 32
_LONGEST_REPORT_TYPE = 15
_LONGEST_REPORT = 32
_LONGEST_NAME_BYTES = 190
"""What one block of RSA-OAEP with a key of 2048 bits holds is 214; names never come near."""
NAME_FROM_FEN = 200_000
"""From 2000 yuan on a transfer must carry the real name: wechat.md 7.8."""
_EMPTY_DAY = "NOSTATEMENTEXIST"

Read = TypeVar("Read")


class Pay:
    """Orders, refunds, transfers, bills and notices of one merchant. Safe to share between threads.

    Every method raises subclasses of ``PayError``; values that break a limit known beforehand are a ``ValueError``.
    """

    def __init__(self, config: PayConfig, *, now: Now, http: Outgoing | None = None) -> None:
        self._config = config
        self._now = now
        verifier = Verifier(config.public_keys, now)
        http = http or Outgoing(config.limits, proxy=config.proxy)
        self._library = PayLibrary(config, verifier=verifier, http=http, now=now)
        self._notices = Notices(config, verifier)

    def order(self, order: Order) -> str:
        """Place a JSAPI order and return its prepay_id, good for two hours.

        The same order again gives another prepay_id.

        :raises OrderPaid, OrderClosed, PayRefused: a clear no.
        :raises PayUnknown: it may exist now; the payer can't have seen it, so the same order may be repeated.
        """
        check_order(order)
        arguments: dict[str, Any] = {
            "description": order.description,
            "out_trade_no": order.out_trade_no,
            "amount": {"total": order.amount_fen, "currency": "CNY"},
            "payer": {"openid": order.openid},
            "notify_url": order.notify_url,
        }
        if order.expires_at is not None:
            arguments["time_expire"] = order.expires_at.astimezone(BEIJING).isoformat(timespec="seconds")
        if order.attach:
            arguments["attach"] = order.attach
        if order.client_ip:
            arguments["scene_info"] = {"payer_client_ip": order.client_ip}
        prepay_id = self._library.pay(**arguments).get("prepay_id")
        if not isinstance(prepay_id, str) or not prepay_id:
            raise PayUnknown("no prepay_id in the answer")
        return prepay_id

    def jsapi_params(self, prepay_id: str) -> JsapiParams:
        """Return what the page needs to open the payment sheet. The sheet's "ok" is no proof of payment."""
        timestamp, nonce = str(int(self._now().timestamp())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        return JsapiParams(
            app_id=self._config.appid,
            timestamp=timestamp,
            nonce=nonce,
            package=package,
            pay_sign=self._library.sign([self._config.appid, timestamp, nonce, package]),
        )

    def query(self, out_trade_no: str) -> Payment:
        """Return the order as WeChat has it.

        :raises PayNotFound: WeChat has none of this number.
        """
        _check(_TRADE_NO, out_trade_no)
        answer = self._library.query(out_trade_no=out_trade_no)
        payment = _read(lambda: reading.payment(answer))
        if payment.out_trade_no != out_trade_no or payment.mchid != self._config.mchid:
            raise PayUnknown("the answer is about another order")
        return payment

    def close(self, out_trade_no: str) -> None:
        """Close an order so that nobody can pay it any more; may be repeated. Query once after it all the same.

        :raises OrderPaid: somebody was faster.
        """
        _check(_TRADE_NO, out_trade_no)
        self._library.close(out_trade_no)

    def refund(self, order: RefundOrder) -> Refund:
        """Ask for a refund. The answer means accepted; how it ends comes by notice or ``query_refund``.

        :raises NotEnough: repeat with the same number after the balance was filled up.
        :raises PayUnknown: it may be under way; query, or repeat with the same number.
        """
        check_refund(order)
        amount = {"refund": order.refund_fen, "total": order.total_fen, "currency": "CNY"}
        answer = self._library.refund(
            order.out_refund_no,
            amount,
            out_trade_no=order.out_trade_no,
            reason=order.reason or None,
            notify_url=order.notify_url,
        )
        return self._refund(answer, order.out_refund_no)

    def query_refund(self, out_refund_no: str) -> Refund:
        """Return a refund as WeChat has it.

        :raises PayNotFound: WeChat has none of this number.
        """
        _check(_REFUND_NO, out_refund_no)
        return self._refund(self._library.query_refund(out_refund_no), out_refund_no)

    def transfer(self, order: TransferOrder) -> TransferBill:
        """Send money to a person, who may have to confirm it in WeChat first. Accepted is not paid.

        The same order again returns the same bill.

        :raises NotEnough, PayRateLimited: nothing has happened; repeat with the same number.
        :raises PayRefused: no new number all the same, before a query has told that there is none of this one.
        :raises PayUnknown: it may be under way; query, or repeat with the same number.
        """
        check_transfer(order)
        answer = self._library.mch_transfer_bills(
            order.out_bill_no,
            order.scene_id,
            order.openid,
            order.amount_fen,
            order.remark,
            user_name=order.real_name or None,
            transfer_scene_report_infos=[{"info_type": name, "info_content": text} for name, text in order.reports],
            notify_url=order.notify_url,
        )
        return self._transfer(answer, order.out_bill_no)

    def query_transfer(self, out_bill_no: str) -> TransferBill:
        """Return a transfer as WeChat has it; it is found for thirty days.

        :raises PayNotFound: WeChat has none of this number.
        """
        _check(_BILL_NO, out_bill_no)
        bill = self._transfer(self._library.mch_transfer_bills_query(out_bill_no), out_bill_no)
        if bill.amount_fen is None:
            raise PayUnknown("the answer names no amount")
        return bill

    def cancel_transfer(self, out_bill_no: str) -> TransferBill:
        """Call a transfer back before the person confirms it. The final state comes by notice or query.

        :raises PayRefused: it can't be called back (any more).
        """
        _check(_BILL_NO, out_bill_no)
        return self._transfer(self._library.mch_transfer_bills_cancel(out_bill_no), out_bill_no)

    def trade_bill(self, day: date) -> TradeBill:
        """Return all trades of a day, available after ten o'clock of the next day and for three months.

        :raises BillNotReady: it is still being made.
        :raises BillFault: damaged; fetch it again.
        """
        text = self._bill(lambda: self._library.trade_bill(day.isoformat(), "ALL", "GZIP"))
        return TradeBill(day, ()) if text is None else bills.trade_bill(text, day)

    def fund_flow_bill(self, day: date, account: FundAccount = FundAccount.BASIC) -> FundFlowBill:
        """Return all movements of one account of the merchant on a day.

        :raises BillNotReady: it is still being made.
        :raises BillFault: damaged; fetch it again.
        """
        text = self._bill(lambda: self._library.fundflow_bill(day.isoformat(), account.value, "GZIP"))
        return FundFlowBill(day, ()) if text is None else bills.fund_flow_bill(text, day)

    def payment_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """Verify and read a notice of payment; ``body`` are the raw bytes.

        :raises NoticeRefused: not genuine, not readable, or not ours.
        """
        return self._notices.payment(headers, body)

    def refund_notice(self, headers: Mapping[str, str], body: bytes) -> RefundNotice:
        """Verify and read a notice of refund; ``body`` are the raw bytes.

        :raises NoticeRefused: not genuine, not readable, or not ours.
        """
        return self._notices.refund(headers, body)

    def transfer_notice(self, headers: Mapping[str, str], body: bytes) -> TransferNotice:
        """Verify and read a notice of the end of a transfer; ``body`` are the raw bytes.

        :raises NoticeRefused: not genuine, not readable, or not ours.
        """
        return self._notices.transfer(headers, body)

    def _transfer(self, answer: Mapping[str, Any], out_bill_no: str) -> TransferBill:
        bill = _read(lambda: reading.transfer(answer))
        ours = {"out_bill_no": out_bill_no, "mch_id": self._config.mchid, "appid": self._config.appid}
        if any(answer.get(name, value) != value for name, value in ours.items()):
            raise PayUnknown("the answer is about another transfer")
        return bill

    def _refund(self, answer: Mapping[str, Any], out_refund_no: str) -> Refund:
        refund = _read(lambda: reading.refund(answer, state_field="status"))
        if refund.out_refund_no != out_refund_no:
            raise PayUnknown("the answer is about another refund")
        return refund

    def _bill(self, apply: Callable[[], dict[str, Any]]) -> str | None:
        """Return the text of a bill, None for a day without movement."""
        try:
            answer = apply()
        except PayRefused as error:
            if error.code == _EMPTY_DAY:
                return None
            raise
        url, digest = answer.get("download_url"), answer.get("hash_value")
        # The library joins base URL and rest; another address would make it ask a host of another's choosing.
        if not (isinstance(url, str) and url.startswith(self._config.pay_url + "/") and isinstance(digest, str)):
            raise BillFault("the bill is offered at an address that is not WeChat Pay's")
        content: bytes = self._library.download_bill(url)
        return bills.unpack(content, sha1=digest, max_bytes=self._config.max_bill_bytes)


def check_order(order: Order) -> None:
    """Raise ValueError for an order that WeChat would refuse for its form."""
    _check(_TRADE_NO, order.out_trade_no)
    _check_amount(order.amount_fen)
    _check_length(order.description, 1, _LONGEST_DESCRIPTION)
    _check_length(order.attach, 0, _LONGEST_ATTACH)
    _check_length(order.openid, 1, 128)
    _check_notify_url(order.notify_url)


def check_refund(order: RefundOrder) -> None:
    """Raise ValueError for a refund that WeChat would refuse for its form."""
    _check(_REFUND_NO, order.out_refund_no)
    _check(_TRADE_NO, order.out_trade_no)
    _check_amount(order.refund_fen)
    _check_amount(order.total_fen)
    if order.refund_fen > order.total_fen:
        raise ValueError("a refund is not more than the order")
    if len(order.reason.encode()) > _LONGEST_REASON:
        raise ValueError("the reason is too long")
    _check_notify_url(order.notify_url)


def check_transfer(order: TransferOrder) -> None:
    """Raise ValueError for a transfer that WeChat would refuse for its form."""
    _check(_BILL_NO, order.out_bill_no)
    _check_amount(order.amount_fen)
    _check_length(order.openid, 1, 128)
    _check_length(order.remark, 1, _LONGEST_REMARK)
    if not order.scene_id or not order.reports:
        raise ValueError("a transfer has a scene and what the scene asks for")
    for name, text in order.reports:
        _check_length(name, 1, _LONGEST_REPORT_TYPE)
        _check_length(text, 1, _LONGEST_REPORT)
    if len(order.real_name.encode()) > _LONGEST_NAME_BYTES:
        raise ValueError("the name is too long")
    if order.amount_fen >= NAME_FROM_FEN and not order.real_name:
        raise ValueError("from 2000 yuan on the real name is needed")
    _check_notify_url(order.notify_url)


def _read(read: Callable[[], Read]) -> Read:
    try:
        return read()
    except reading.ShapeFault as error:
        raise PayUnknown(f"the answer can't be read: {error}") from None


def _check(pattern: re.Pattern[str], number: str) -> None:
    if not pattern.fullmatch(number):
        raise ValueError(f"{number!r} can't be a number at WeChat Pay")


def _check_amount(amount_fen: int) -> None:
    if type(amount_fen) is not int or amount_fen < 1:
        raise ValueError("an amount is a whole number of fen, at least 1")


def _check_length(text: str, shortest: int, longest: int) -> None:
    if not shortest <= len(text) <= longest:
        raise ValueError(f"{shortest} to {longest} characters are needed")


def _check_notify_url(url: str) -> None:
    if "?" in url or "#" in url or len(url) > _LONGEST_NOTIFY_URL:
        raise ValueError("a notification address has no query string and at most 255 characters")
