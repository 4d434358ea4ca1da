"""What WeChat Pay allows at a given moment: pure decisions on an order and its refunds."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.pay import moments
from sandbox.pay.books import Order, Refund, TradeState
from sandbox.pay.errors import PayRefusal, invalid_request, order_closed, order_paid, param_error, resource_not_exists

MOST_REFUNDS = 50


def refuse_repeated_order(order: Order, request: dict[str, object]) -> None:
    """Say no to a repeated number, unless the order is still unpaid and the request is the first one's equal."""
    if order.appid != request["appid"]:
        raise PayRefusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
    if order.is_paid:
        raise order_paid()
    if order.state is TradeState.CLOSED:
        raise order_closed()
    if order.request != request:
        raise invalid_request("请求重入时，参数与首次请求时不一致")


def pays_until(time_expire: str | None, *, now: float, order_life: float) -> float:
    """Return the end of payment; one less than a minute ahead is lifted to a minute."""
    if time_expire is None:
        return now + order_life
    try:
        return max(moments.read(time_expire), now + 60)
    except ValueError:
        raise param_error("time_expire不是有效时间", field="/time_expire", issue="no such moment") from None


def refuse_refund(
    order: Order | None, earlier: Sequence[Refund], *, refund_fen: int, total_fen: int, now: float
) -> None:
    """Say no to a new refund that the rules of 7.6 forbid.

    ``earlier`` are the order's refunds. The merchant's balance is not looked at here.
    """
    if order is None or order.paid_at is None:
        raise resource_not_exists()
    if total_fen != order.total_fen:
        raise invalid_request("订单金额与原交易不一致")
    if now > moments.year_after(order.paid_at):
        raise invalid_request("订单已超过可退款的最大期限")
    held = [refund for refund in earlier if refund.holds_money]
    if len(held) >= MOST_REFUNDS:
        raise invalid_request("部分退款次数超限，一笔订单最多退款50次")
    if sum(refund.refund_fen for refund in held) + refund_fen > order.total_fen:
        raise invalid_request("申请退款金额大于订单可退金额")


def fee_back(order: Order, earlier: Sequence[Refund], *, refund_fen: int) -> int:
    """Return the part of the fee that comes back: in proportion, and the whole with the last fen."""
    held = [refund for refund in earlier if refund.holds_money]
    refunded = sum(refund.refund_fen for refund in held) + refund_fen
    return order.fee_fen * refunded // order.total_fen - sum(refund.fee_back_fen for refund in held)
