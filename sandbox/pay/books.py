"""What WeChat Pay knows: orders, refunds, transfers, movements of the merchant's money, who paid and got what.

This is the outside truth that tests compare the backend's books with, so nothing here is
taken from the backend's word: a balance is the sum of movements, a person's money the sum of
payments and finished refunds. Amounts are whole fen, moments Unix seconds of the sandbox's clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.pay import moments
from sandbox.pay.transfer_books import TransferBooks

PREPAY_LIFE = 2 * 3600
ORDER_LIFE = 7 * 24 * 3600
BASIC, OPERATION = "BASIC", "OPERATION"
"""The merchant's accounts: payments come into the first, transfers leave from the second."""


class TradeState(StrEnum):
    NOTPAY = "NOTPAY"
    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    CLOSED = "CLOSED"

    @property
    def label(self) -> str:
        return {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "REFUND": "转入退款", "CLOSED": "订单已关闭"}[self.value]


class RefundState(StrEnum):
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    ABNORMAL = "ABNORMAL"


@dataclass(frozen=True)
class Prepay:
    """A ticket for the cashier; an order may have had several."""

    prepay_id: str
    made_at: float

    def is_dead(self, now: float) -> bool:
        return now >= self.made_at + PREPAY_LIFE


@dataclass(kw_only=True)
class Order:
    out_trade_no: str
    appid: str
    mchid: str
    openid: str
    description: str
    total_fen: int
    notify_url: str
    attach: str | None
    pays_until: float
    """The end of payment; the order itself lives on until it is closed."""
    request: dict[str, object]
    """The first request as sent: a repeated one must be equal."""
    made_at: float
    state: TradeState = TradeState.NOTPAY
    prepays: list[Prepay] = field(default_factory=list)
    transaction_id: str | None = None
    paid_at: float | None = None
    payer_id: str | None = None
    fee_fen: int = 0

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None


@dataclass(kw_only=True)
class Refund:
    out_refund_no: str
    refund_id: str
    out_trade_no: str
    refund_fen: int
    fee_back_fen: int
    reason: str | None
    notify_url: str | None
    request: dict[str, object]
    made_at: float
    due_at: float | None
    """When ``outcome`` becomes the state; None waits for a hand."""
    outcome: RefundState = RefundState.SUCCESS
    state: RefundState = RefundState.PROCESSING
    settled_at: float | None = None
    """When it last left PROCESSING."""

    @property
    def done_at(self) -> float | None:
        """When the money reached the payer."""
        return self.settled_at if self.state is RefundState.SUCCESS else None

    def state_at(self, moment: float) -> RefundState:
        """Return the state as it was: bills are written once and not brought up to date."""
        return self.state if self.settled_at is not None and self.settled_at <= moment else RefundState.PROCESSING

    @property
    def holds_money(self) -> bool:
        """Tell whether the merchant's account has paid for it: all but a closed one."""
        return self.state is not RefundState.CLOSED


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """What the mini-program told of the delivery of a payment; ``times`` counts how often."""

    logistics_type: int
    description: str
    made_at: str
    times: int


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One line of an account of the merchant. ``fen`` is negative for money that leaves."""

    movement_no: str
    at: float
    fen: int
    balance_fen: int
    business: str
    """交易, 退款, 扣除交易手续费, 充值, 提现 …"""
    business_no: str
    voucher_no: str
    note: str = ""
    account: str = BASIC


@dataclass
class Books:
    """The money of one merchant. Plain values, so that it survives a trip through JSON; lock the world around it."""

    orders: dict[str, Order] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    balance_fen: int = 0
    operating_fen: int = 0
    transfers: TransferBooks = field(default_factory=TransferBooks)
    by_prepay: dict[str, str] = field(default_factory=dict)
    """prepay_id to out_trade_no, and so on: ways to find things without a search."""
    by_transaction: dict[str, str] = field(default_factory=dict)
    by_refund_id: dict[str, str] = field(default_factory=dict)
    by_order: dict[str, list[str]] = field(default_factory=dict)
    """out_trade_no to the out_refund_no of its refunds, oldest first."""
    unsettled: list[str] = field(default_factory=list)
    """out_refund_no of the refunds that are PROCESSING."""
    shippings: dict[str, Shipping] = field(default_factory=dict)
    """By out_trade_no: payments of a mini-program whose money is not held back any more."""
    is_open: bool = False

    def open_account(self, fen: int, *, operating_fen: int = 0, now: float) -> None:
        """Put in what the accounts hold at the start; a second time does nothing."""
        if not self.is_open:
            self.is_open = True
            self.move(fen, now=now, business="充值", note="期初余额")
            self.move(operating_fen, now=now, business="充值", note="期初余额", account=OPERATION)

    def add_order(self, order: Order) -> None:
        self.orders[order.out_trade_no] = order

    def add_prepay(self, order: Order, prepay: Prepay) -> None:
        order.prepays.append(prepay)
        self.by_prepay[prepay.prepay_id] = order.out_trade_no

    def mark_paid(self, order: Order, *, payer_id: str, fee_fen: int, now: float) -> None:
        """Record the payment and book it on the merchant's account."""
        order.state = TradeState.SUCCESS
        order.transaction_id = number(now, 28)
        order.paid_at = now
        order.payer_id = payer_id
        order.fee_fen = fee_fen
        self.by_transaction[order.transaction_id] = order.out_trade_no
        for business, fen in (("交易", order.total_fen), ("扣除交易手续费", -fee_fen)):
            self.move(fen, now=now, business=business, business_no=order.transaction_id, voucher_no=order.out_trade_no)

    def add_refund(self, refund: Refund, order: Order) -> None:
        """Record an accepted refund and take its money from the merchant's account."""
        self.refunds[refund.out_refund_no] = refund
        self.by_refund_id[refund.refund_id] = refund.out_refund_no
        self.by_order.setdefault(refund.out_trade_no, []).append(refund.out_refund_no)
        self.unsettled.append(refund.out_refund_no)
        order.state = TradeState.REFUND
        self._move_refund(refund, sign=-1, now=refund.made_at)

    def settle_refund(self, refund: Refund, state: RefundState, *, now: float) -> None:
        """Write the final (or abnormal) state; a closed refund gives the merchant the money back."""
        refund.state = state
        refund.settled_at = now
        if refund.out_refund_no in self.unsettled:
            self.unsettled.remove(refund.out_refund_no)
        if state is RefundState.CLOSED:
            self._move_refund(refund, sign=1, now=now)

    def _move_refund(self, refund: Refund, *, sign: int, now: float) -> None:
        names = {-1: ("退款", "退还交易手续费"), 1: ("退款关闭退回", "扣除交易手续费")}[sign]
        for business, fen in zip(names, (refund.refund_fen, -refund.fee_back_fen), strict=True):
            self.move(
                sign * fen, now=now, business=business, business_no=refund.refund_id, voucher_no=refund.out_refund_no
            )

    def move(
        self,
        fen: int,
        *,
        now: float,
        business: str,
        business_no: str = "",
        voucher_no: str = "",
        note: str = "",
        account: str = BASIC,
    ) -> None:
        """Change the balance of an account of the merchant; nothing happens for 0 fen."""
        if fen == 0:
            return
        if account == OPERATION:
            self.operating_fen += fen
        else:
            self.balance_fen += fen
        self.movements.append(
            Movement(
                movement_no=number(now, 28),
                at=now,
                fen=fen,
                balance_fen=self.operating_fen if account == OPERATION else self.balance_fen,
                business=business,
                business_no=business_no or number(now, 28),
                voucher_no=voucher_no or number(now, 28),
                note=note,
                account=account,
            )
        )

    def find_by_prepay(self, prepay_id: str) -> tuple[Order, Prepay] | None:
        order = self.orders.get(self.by_prepay.get(prepay_id, ""))
        if order is None:
            return None
        return order, next(prepay for prepay in order.prepays if prepay.prepay_id == prepay_id)

    def find_by_transaction(self, transaction_id: str) -> Order | None:
        return self.orders.get(self.by_transaction.get(transaction_id, ""))

    def find_by_refund_id(self, refund_id: str) -> Refund | None:
        return self.refunds.get(self.by_refund_id.get(refund_id, ""))

    def refunds_of(self, order: Order) -> list[Refund]:
        return [self.refunds[number] for number in self.by_order.get(order.out_trade_no, ())]

    def refunded_fen(self, order: Order) -> int:
        """Return what has been refunded or is on its way."""
        return sum(refund.refund_fen for refund in self.refunds_of(order) if refund.holds_money)

    def held_fen(self, appid: str) -> int:
        """Return what is held back of the payments of a mini-program, until their delivery is reported."""
        return sum(
            order.total_fen - self.refunded_fen(order)
            for order in self.paid_orders()
            if order.appid == appid and order.out_trade_no not in self.shippings
        )

    def money_of_people(self) -> dict[str, dict[str, int]]:
        """Return per person what they paid, and what came back to them for certain."""
        people: dict[str, dict[str, int]] = {}
        for order in self.paid_orders():
            money = people.setdefault(order.payer_id or "", {"paid_fen": 0, "returned_fen": 0})
            money["paid_fen"] += order.total_fen
            money["returned_fen"] += sum(
                refund.refund_fen for refund in self.refunds_of(order) if refund.state is RefundState.SUCCESS
            )
        return people

    def paid_orders(self) -> Iterator[Order]:
        return (order for order in self.orders.values() if order.is_paid)


def number(now: float, length: int) -> str:
    """Return a number of that many digits, beginning with the moment."""
    start = "42" + moments.compact(now)
    return start + "".join(str(secrets.randbelow(10)) for _ in range(length - len(start)))


def new_prepay(now: float) -> Prepay:
    return Prepay("wx" + moments.compact(now) + secrets.token_hex(10), now)


def fee_of(amount_fen: int, *, fee_bp: int) -> int:
    """Return the merchant's fee, rounded half up to whole fen."""
    return (amount_fen * fee_bp + 5_000) // 10_000


def close_if_old(order: Order, *, now: float) -> None:
    """An order that nobody paid for seven days is closed by WeChat itself."""
    if order.state is TradeState.NOTPAY and now >= order.made_at + ORDER_LIFE:
        order.state = TradeState.CLOSED
