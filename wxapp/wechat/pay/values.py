"""Orders, payments, refunds, transfers, notices and bills as frozen values. Amounts in whole fen, moments aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class TradeState(StrEnum):
    """State of an order at WeChat. REFUND: it was paid and a refund has begun."""

    NOTPAY = "NOTPAY"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    REFUND = "REFUND"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"
    ACCEPT = "ACCEPT"

    @property
    def is_paid(self) -> bool:
        return self in (TradeState.SUCCESS, TradeState.REFUND)


class RefundState(StrEnum):
    """State of a refund. ABNORMAL: the bank card is dead, people finish it. CLOSED: begin again with a new number."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ABNORMAL = "ABNORMAL"
    CLOSED = "CLOSED"


class TransferState(StrEnum):
    """State of a transfer to a person. TRANSFERING (WeChat's spelling): the person has confirmed."""

    ACCEPTED = "ACCEPTED"
    PROCESSING = "PROCESSING"
    WAIT_USER_CONFIRM = "WAIT_USER_CONFIRM"
    TRANSFERING = "TRANSFERING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELING = "CANCELING"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more; only after FAIL or CANCELLED a new number is no second payment."""
        return self in (TransferState.SUCCESS, TransferState.FAIL, TransferState.CANCELLED)


@dataclass(frozen=True)
class Order:
    """A JSAPI order to place. The same number with other contents is refused by WeChat."""

    out_trade_no: str
    description: str
    amount_fen: int
    openid: str
    notify_url: str
    expires_at: datetime | None = None
    attach: str = ""
    client_ip: str = ""


@dataclass(frozen=True)
class JsapiParams:
    """What the page hands to WeChat to open the payment sheet."""

    app_id: str
    timestamp: str
    nonce: str
    package: str
    pay_sign: str
    sign_type: str = "RSA"

    def for_bridge(self) -> dict[str, str]:
        """Return the arguments of ``getBrandWCPayRequest``."""
        return {
            "appId": self.app_id,
            "timeStamp": self.timestamp,
            "nonceStr": self.nonce,
            "package": self.package,
            "signType": self.sign_type,
            "paySign": self.pay_sign,
        }


@dataclass(frozen=True)
class Payment:
    """An order as WeChat has it. The caller compares number, amount and payer with its own before acting."""

    out_trade_no: str
    state: TradeState
    appid: str
    mchid: str
    total_fen: int | None = None
    """Amount of the order; None while nobody has paid and WeChat leaves it out."""
    payer_total_fen: int | None = None
    currency: str = "CNY"
    transaction_id: str = ""
    openid: str = ""
    paid_at: datetime | None = None
    attach: str = ""
    bank_type: str = ""
    state_text: str = ""


@dataclass(frozen=True)
class RefundOrder:
    """A refund to ask for. A repeat must carry the same number: a new number pays back twice."""

    out_refund_no: str
    out_trade_no: str
    refund_fen: int
    total_fen: int
    notify_url: str
    reason: str = ""


@dataclass(frozen=True)
class Refund:
    """A refund as WeChat has it. Accepted (PROCESSING) is not done."""

    out_refund_no: str
    out_trade_no: str
    state: RefundState
    refund_fen: int
    total_fen: int
    refund_id: str = ""
    transaction_id: str = ""
    received_account: str = ""
    succeeded_at: datetime | None = None


@dataclass(frozen=True)
class TransferScene:
    """What the merchant's money is sent for, as approved by WeChat, with the texts that the scene asks for."""

    id: str
    reports: tuple[tuple[str, str], ...]
    """(type, content), with the exact names of the scene."""


@dataclass(frozen=True)
class TransferOrder:
    """Money to send to a person. A repeat must carry the same number: a new number pays twice.

    The real name is compared by WeChat when it is given; below 0.30 yuan it is not sent, from 2000 yuan on it must be.
    """

    out_bill_no: str
    openid: str
    amount_fen: int
    remark: str
    scene_id: str
    reports: tuple[tuple[str, str], ...]
    notify_url: str
    real_name: str = field(default="", repr=False)


@dataclass(frozen=True)
class TransferBill:
    """A transfer as WeChat has it. Amount and openid are there in answers to a query and in notices only."""

    out_bill_no: str
    state: TransferState
    transfer_bill_no: str = ""
    amount_fen: int | None = None
    openid: str = ""
    fail_reason: str = ""
    package_info: str = ""
    """What the person's page hands to WeChat so that the person can confirm."""


@dataclass(frozen=True)
class PaymentNotice:
    """WeChat tells that an order was paid. The same notice may come often, and in parallel."""

    notice_id: str
    payment: Payment


@dataclass(frozen=True)
class RefundNotice:
    """WeChat tells how a refund ended. May come before the notice of its payment."""

    notice_id: str
    refund: Refund


@dataclass(frozen=True)
class TransferNotice:
    """WeChat tells how a transfer ended. May come before the answer to its request."""

    notice_id: str
    bill: TransferBill


@dataclass(frozen=True)
class TradeBillRow:
    """One paid or refunded order of a day. A refund stands on the day it was asked for; its state is not updated."""

    at: datetime
    transaction_id: str
    out_trade_no: str
    openid: str
    trade_state: str
    order_fen: int
    settled_fen: int
    refund_id: str
    out_refund_no: str
    refund_fen: int
    refund_state: str
    fee_fen: int
    attach: str

    @property
    def is_refund(self) -> bool:
        return bool(self.out_refund_no)


@dataclass(frozen=True)
class TradeBill:
    """All trades of a day."""

    day: date
    rows: tuple[TradeBillRow, ...]


class FundAccount(StrEnum):
    """The merchant's accounts: what is paid comes into BASIC, transfers to people leave from OPERATION."""

    BASIC = "BASIC"
    OPERATION = "OPERATION"


@dataclass(frozen=True)
class FundFlowRow:
    """One movement of an account of the merchant; ``amount_fen`` is negative when money went out."""

    at: datetime
    transaction_id: str
    flow_no: str
    business: str
    kind: str
    amount_fen: int
    balance_fen: int
    voucher_no: str
    remark: str


@dataclass(frozen=True)
class FundFlowBill:
    """All movements of a day."""

    day: date
    rows: tuple[FundFlowRow, ...]
