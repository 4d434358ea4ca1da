"""WeChat Pay for the tests of other packages: orders, refunds and transfers live in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tests.fakes.failing import Failing
from wxapp.core import clock
from wxapp.wechat.pay.client import check_order, check_refund, check_transfer
from wxapp.wechat.pay.errors import (
    NotEnough,
    NoticeReason,
    NoticeRefused,
    OrderClosed,
    OrderPaid,
    PayNotFound,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import (
    FundAccount,
    FundFlowBill,
    FundFlowRow,
    JsapiParams,
    Order,
    Payment,
    PaymentNotice,
    Refund,
    RefundNotice,
    RefundOrder,
    RefundState,
    TradeBill,
    TradeBillRow,
    TradeState,
    TransferBill,
    TransferNotice,
    TransferOrder,
    TransferState,
)

AnyNotice = PaymentNotice | RefundNotice | TransferNotice


@dataclass(frozen=True)
class Notification:
    """A request that WeChat Pay would send: post ``body`` with ``headers`` to the notification address."""

    headers: dict[str, str]
    body: bytes


@dataclass
class FakePay(Failing):
    """A merchant's orders, refunds and transfers.

    ``pay`` and ``end_refund`` do what people and banks do and return the notification. ``lose_next_answer`` makes
    the next call work and raise PayUnknown all the same. With ``refunds_end`` PROCESSING refunds wait for
    ``end_refund``. With ``transfers_begin`` WAIT_USER_CONFIRM (as WeChat mostly does) transfers wait for
    ``end_transfer``, which stands for the person, the next day, or WeChat's checks. ``operating_fen`` is what may be
    sent, None for plenty. Bills are made of what happened; ``extra_trades`` and ``hidden_trades`` make them disagree.
    """

    appid: str = "wx0000000000000001"
    mchid: str = "1900000001"
    refunds_end: RefundState = RefundState.SUCCESS
    now: Callable[[], datetime] = clock.now
    orders: dict[str, Order] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refund_orders: dict[str, RefundOrder] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    refund_calls: list[RefundOrder] = field(default_factory=list)
    transfers_begin: TransferState = TransferState.WAIT_USER_CONFIRM
    operating_fen: int | None = None
    transfer_orders: dict[str, TransferOrder] = field(default_factory=dict)
    transfers: dict[str, TransferBill] = field(default_factory=dict)
    transfer_times: dict[str, datetime] = field(default_factory=dict)
    transfer_calls: list[TransferOrder] = field(default_factory=list)
    cancel_calls: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    extra_trades: list[TradeBillRow] = field(default_factory=list)
    extra_flows: list[FundFlowRow] = field(default_factory=list)
    hidden_trades: set[str] = field(default_factory=set)
    _answers_to_lose: int = 0
    _notices: dict[str, AnyNotice] = field(default_factory=dict)

    # --- what the application calls

    def order(self, order: Order) -> str:
        check_order(order)
        self.meet_failure()
        known = self.orders.get(order.out_trade_no)
        if known is not None:
            self._refuse_again(known, order)
        self.orders[order.out_trade_no] = order
        self.payments.setdefault(
            order.out_trade_no,
            Payment(order.out_trade_no, TradeState.NOTPAY, self.appid, self.mchid, attach=order.attach),
        )
        self._maybe_lose()
        return f"wx-prepay-{order.out_trade_no}"

    def jsapi_params(self, prepay_id: str) -> JsapiParams:
        return JsapiParams(self.appid, str(int(self.now().timestamp())), "nonce", f"prepay_id={prepay_id}", "sign")

    def query(self, out_trade_no: str) -> Payment:
        self.meet_failure()
        if out_trade_no not in self.payments:
            raise PayNotFound("ORDER_NOT_EXIST", "订单不存在", status=404)
        return self.payments[out_trade_no]

    def close(self, out_trade_no: str) -> None:
        self.meet_failure()
        payment = self.payments.get(out_trade_no)
        if payment is None:
            raise PayNotFound("ORDER_NOT_EXIST", "订单不存在", status=404)
        if payment.state.is_paid:
            raise OrderPaid("ORDER_PAID", "该订单已支付", status=400)
        self.closed.append(out_trade_no)
        self.payments[out_trade_no] = replace(payment, state=TradeState.CLOSED)
        self._maybe_lose()

    def refund(self, order: RefundOrder) -> Refund:
        check_refund(order)
        self.refund_calls.append(order)
        self.meet_failure()
        if known := self.refund_orders.get(order.out_refund_no):
            if replace(known, notify_url="", reason="") != replace(order, notify_url="", reason=""):
                raise PayRefused("INVALID_REQUEST", "参数与首次请求时不一致", status=400)
            return self.refunds[order.out_refund_no]
        self._refuse_refund(order)
        payment = self.payments[order.out_trade_no]
        refund = Refund(
            out_refund_no=order.out_refund_no,
            out_trade_no=order.out_trade_no,
            state=self.refunds_end,
            refund_fen=order.refund_fen,
            total_fen=order.total_fen,
            refund_id=f"5000{len(self.refunds) + 1:08d}",
            transaction_id=payment.transaction_id,
            succeeded_at=self.now() if self.refunds_end is RefundState.SUCCESS else None,
        )
        self.refund_orders[order.out_refund_no] = order
        self.refunds[order.out_refund_no] = refund
        self.payments[order.out_trade_no] = replace(payment, state=TradeState.REFUND)
        self._maybe_lose()
        return refund

    def query_refund(self, out_refund_no: str) -> Refund:
        self.meet_failure()
        if out_refund_no not in self.refunds:
            raise PayNotFound("RESOURCE_NOT_EXISTS", "退款单不存在", status=404)
        return self.refunds[out_refund_no]

    def transfer(self, order: TransferOrder) -> TransferBill:
        check_transfer(order)
        self.transfer_calls.append(order)
        self.meet_failure()
        if known := self.transfer_orders.get(order.out_bill_no):
            if replace(known, notify_url="") != replace(order, notify_url=""):
                raise PayRefused("INVALID_REQUEST", "商家单号已存在，但信息不一致", status=400)
            return self._as_answered(order.out_bill_no)
        if self.operating_fen is not None:
            if self.operating_fen < order.amount_fen:
                raise NotEnough("NOT_ENOUGH", "商户运营账户资金不足", status=403)
            self.operating_fen -= order.amount_fen
        self.transfer_orders[order.out_bill_no] = order
        self.transfer_times[order.out_bill_no] = self.now()
        self.transfers[order.out_bill_no] = TransferBill(
            out_bill_no=order.out_bill_no,
            state=self.transfers_begin,
            transfer_bill_no=f"1330{len(self.transfers) + 1:08d}",
            amount_fen=order.amount_fen,
            openid=order.openid,
        )
        self._maybe_lose()
        return self._as_answered(order.out_bill_no)

    def query_transfer(self, out_bill_no: str) -> TransferBill:
        self.meet_failure()
        if out_bill_no not in self.transfers:
            raise PayNotFound("NOT_FOUND", "记录不存在", status=404)
        return self.transfers[out_bill_no]

    def cancel_transfer(self, out_bill_no: str) -> TransferBill:
        self.cancel_calls.append(out_bill_no)
        self.meet_failure()
        bill = self.query_transfer(out_bill_no)
        if bill.state in (TransferState.TRANSFERING, TransferState.SUCCESS, TransferState.FAIL):
            raise PayRefused("INVALID_REQUEST", "当前单据状态不支持撤销", status=400)
        if bill.state is not TransferState.CANCELLED:
            self.transfers[out_bill_no] = replace(bill, state=TransferState.CANCELING)
        self._maybe_lose()
        return replace(self._as_answered(out_bill_no), package_info="")

    def trade_bill(self, day: date) -> TradeBill:
        self.meet_failure()
        rows = [self._payment_row(payment) for payment in self.payments.values() if payment.state.is_paid]
        rows += [self._refund_row(refund) for refund in self.refunds.values()]
        rows = [
            row
            for row in rows + self.extra_trades
            if clock.hospital_day(row.at) == day and not {row.out_trade_no, row.out_refund_no} & self.hidden_trades
        ]
        return TradeBill(day, tuple(rows))

    def fund_flow_bill(self, day: date, account: FundAccount = FundAccount.BASIC) -> FundFlowBill:
        if account is FundAccount.OPERATION:
            return FundFlowBill(day, tuple(self._transfer_flows(day)))
        flows: list[FundFlowRow] = []
        balance_fen = 0
        for row in self.trade_bill(day).rows:
            amount_fen = -row.refund_fen if row.is_refund else row.order_fen
            balance_fen += amount_fen
            flows.append(
                FundFlowRow(
                    at=row.at,
                    transaction_id=row.refund_id or row.transaction_id,
                    flow_no=f"flow-{len(flows) + 1}",
                    business="退款" if row.is_refund else "交易",
                    kind="退款" if row.is_refund else "交易",
                    amount_fen=amount_fen,
                    balance_fen=balance_fen,
                    voucher_no=row.out_refund_no or row.out_trade_no,
                    remark="",
                )
            )
        return FundFlowBill(day, tuple(flows))

    def payment_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        notice = self._notice(headers, body)
        if not isinstance(notice, PaymentNotice):
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        return notice

    def refund_notice(self, headers: Mapping[str, str], body: bytes) -> RefundNotice:
        notice = self._notice(headers, body)
        if not isinstance(notice, RefundNotice):
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        return notice

    def transfer_notice(self, headers: Mapping[str, str], body: bytes) -> TransferNotice:
        notice = self._notice(headers, body)
        if not isinstance(notice, TransferNotice):
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        return notice

    # --- what people, banks and bad luck do

    def pay(self, out_trade_no: str, *, openid: str = "", amount_fen: int = 0) -> Notification:
        """Pay an order; another amount or payer makes a notification that must be refused."""
        order = self.orders[out_trade_no]
        total_fen = amount_fen or order.amount_fen
        payment = replace(
            self.payments[out_trade_no],
            state=TradeState.SUCCESS,
            total_fen=total_fen,
            payer_total_fen=total_fen,
            transaction_id=f"4200{len(self._notices) + 1:08d}",
            openid=openid or order.openid,
            paid_at=self.now(),
        )
        self.payments[out_trade_no] = payment
        return self._notify(PaymentNotice(f"notice-{len(self._notices) + 1}", payment))

    def end_refund(self, out_refund_no: str, state: RefundState = RefundState.SUCCESS) -> Notification:
        """Let a refund end."""
        refund = replace(
            self.refunds[out_refund_no],
            state=state,
            succeeded_at=self.now() if state is RefundState.SUCCESS else None,
        )
        self.refunds[out_refund_no] = refund
        return self._notify(RefundNotice(f"notice-{len(self._notices) + 1}", refund))

    def end_transfer(
        self, out_bill_no: str, state: TransferState = TransferState.SUCCESS, *, reason: str = "", amount_fen: int = 0
    ) -> Notification:
        """Let a transfer end (or tell of another amount, which must be refused); FAIL and CANCELLED give it back."""
        bill = self.transfers[out_bill_no]
        assert bill.amount_fen is not None
        if self.operating_fen is not None and state is not TransferState.SUCCESS:
            self.operating_fen += bill.amount_fen
        bill = replace(bill, state=state, fail_reason=reason)
        self.transfers[out_bill_no] = bill
        told = replace(bill, amount_fen=amount_fen or bill.amount_fen)
        return self._notify(TransferNotice(f"notice-{len(self._notices) + 1}", told))

    def lose_next_answer(self, *, times: int = 1) -> None:
        """Make the next order, close, refund, transfer or cancel work, but its answer get lost."""
        self._answers_to_lose += times

    # --- inside

    def _refuse_again(self, known: Order, order: Order) -> None:
        state = self.payments[order.out_trade_no].state
        if state.is_paid:
            raise OrderPaid("ORDERPAID", "该订单已支付", status=400)
        if state is TradeState.CLOSED:
            raise OrderClosed("ORDER_CLOSED", "该订单已关闭", status=400)
        if known != order:
            raise PayRefused("INVALID_REQUEST", "请求重入时，参数与首次请求时不一致", status=400)

    def _refuse_refund(self, order: RefundOrder) -> None:
        payment = self.payments.get(order.out_trade_no)
        if payment is None or not payment.state.is_paid:
            raise PayNotFound("RESOURCE_NOT_EXISTS", "订单不存在", status=404)
        if payment.total_fen != order.total_fen:
            raise PayRefused("INVALID_REQUEST", "订单金额不一致", status=400)
        gone = sum(row.refund_fen for row in self.refunds.values() if row.out_trade_no == order.out_trade_no)
        if gone + order.refund_fen > payment.total_fen:
            raise PayRefused("INVALID_REQUEST", "退款金额超过可退金额", status=400)

    def _as_answered(self, out_bill_no: str) -> TransferBill:
        """Return a transfer as its request is answered: without amount and openid."""
        bill = self.transfers[out_bill_no]
        package = f"package-{out_bill_no}" if bill.state is TransferState.WAIT_USER_CONFIRM else ""
        return replace(bill, amount_fen=None, openid="", package_info=package)

    def _maybe_lose(self) -> None:
        if self._answers_to_lose:
            self._answers_to_lose -= 1
            raise PayUnknown("the answer got lost")

    def _notify(self, notice: AnyNotice) -> Notification:
        self._notices[notice.notice_id] = notice
        return Notification({"Wechatpay-Signature": "genuine"}, json.dumps({"id": notice.notice_id}).encode())

    def _notice(self, headers: Mapping[str, str], body: bytes) -> AnyNotice:
        given = {name.lower(): value for name, value in headers.items()}
        if given.get("wechatpay-signature") != "genuine":
            raise NoticeRefused(NoticeReason.BAD_SIGNATURE)
        try:
            return self._notices[json.loads(body)["id"]]
        except (ValueError, KeyError, TypeError):
            raise NoticeRefused(NoticeReason.UNREADABLE) from None

    def _transfer_flows(self, day: date) -> list[FundFlowRow]:
        rows = []
        for number, bill in self.transfers.items():
            assert bill.amount_fen is not None
            came_back = bill.state in (TransferState.FAIL, TransferState.CANCELLED)
            for business, fen in (("商家转账", -bill.amount_fen), ("商家转账退回", bill.amount_fen))[: 1 + came_back]:
                row = FundFlowRow(
                    at=self.transfer_times[number],
                    transaction_id=bill.transfer_bill_no,
                    flow_no=f"flow-{number}-{business}",
                    business=business,
                    kind=business,
                    amount_fen=fen,
                    balance_fen=0,
                    voucher_no=number,
                    remark="",
                )
                rows.append(row)
        rows += self.extra_flows
        return [row for row in rows if clock.hospital_day(row.at) == day and row.voucher_no not in self.hidden_trades]

    def _payment_row(self, payment: Payment) -> TradeBillRow:
        assert payment.paid_at is not None
        assert payment.total_fen is not None
        return TradeBillRow(
            at=payment.paid_at,
            transaction_id=payment.transaction_id,
            out_trade_no=payment.out_trade_no,
            openid=payment.openid,
            trade_state="SUCCESS",
            order_fen=payment.total_fen,
            settled_fen=payment.total_fen,
            refund_id="",
            out_refund_no="",
            refund_fen=0,
            refund_state="",
            fee_fen=0,
            attach=payment.attach,
        )

    def _refund_row(self, refund: Refund) -> TradeBillRow:
        return replace(
            self._payment_row(self.payments[refund.out_trade_no]),
            at=refund.succeeded_at or self.now(),
            trade_state="REFUND",
            order_fen=0,
            settled_fen=0,
            refund_id=refund.refund_id,
            out_refund_no=refund.out_refund_no,
            refund_fen=refund.refund_fen,
            refund_state=refund.state.value,
        )
