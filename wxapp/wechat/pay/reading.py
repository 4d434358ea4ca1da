"""From WeChat Pay's JSON to our values. Whatever has the wrong shape is a ``ShapeFault``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from wxapp.wechat.pay.values import Payment, Refund, RefundState, TradeState, TransferBill, TransferState


class ShapeFault(ValueError):
    """A field is missing or is not what it should be."""


AnyState = TypeVar("AnyState", TradeState, RefundState, TransferState)


def payment(fields: Mapping[str, Any]) -> Payment:
    """Read an order, as queried or as told by a notice."""
    amount, payer = _object(fields, "amount"), _object(fields, "payer")
    return Payment(
        out_trade_no=_text(fields, "out_trade_no", needed=True),
        state=_state(TradeState, fields, "trade_state"),
        appid=_text(fields, "appid", needed=True),
        mchid=_text(fields, "mchid", needed=True),
        total_fen=_fen(amount, "total") if "total" in amount else None,
        payer_total_fen=_fen(amount, "payer_total") if "payer_total" in amount else None,
        currency=_text(amount, "currency") or "CNY",
        transaction_id=_text(fields, "transaction_id"),
        openid=_text(payer, "openid"),
        paid_at=_moment(fields, "success_time"),
        attach=_text(fields, "attach"),
        bank_type=_text(fields, "bank_type"),
        state_text=_text(fields, "trade_state_desc"),
    )


def refund(fields: Mapping[str, Any], *, state_field: str) -> Refund:
    """Read a refund; its state is ``status`` in the interface and ``refund_status`` in a notice."""
    amount = _object(fields, "amount")
    return Refund(
        out_refund_no=_text(fields, "out_refund_no", needed=True),
        out_trade_no=_text(fields, "out_trade_no", needed=True),
        state=_state(RefundState, fields, state_field),
        refund_fen=_fen(amount, "refund"),
        total_fen=_fen(amount, "total"),
        refund_id=_text(fields, "refund_id"),
        transaction_id=_text(fields, "transaction_id"),
        received_account=_text(fields, "user_received_account"),
        succeeded_at=_moment(fields, "success_time"),
    )


def transfer(fields: Mapping[str, Any]) -> TransferBill:
    """Read a transfer, as answered, as queried or as told by a notice."""
    return TransferBill(
        out_bill_no=_text(fields, "out_bill_no", needed=True),
        state=_state(TransferState, fields, "state"),
        transfer_bill_no=_text(fields, "transfer_bill_no"),
        amount_fen=_fen(fields, "transfer_amount") if "transfer_amount" in fields else None,
        openid=_text(fields, "openid"),
        fail_reason=_text(fields, "fail_reason"),
        package_info=_text(fields, "package_info"),
    )


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ShapeFault(name)
    return value


def _text(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = fields.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise ShapeFault(name)
    return value


def _fen(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ShapeFault(name)
    return value


def _state(cls: type[AnyState], fields: Mapping[str, Any], name: str) -> AnyState:
    try:
        return cls(_text(fields, name, needed=True))
    except ValueError:
        raise ShapeFault(name) from None


def _moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(fields, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ShapeFault(name) from None
    if moment.tzinfo is None:
        raise ShapeFault(name)
    return moment
