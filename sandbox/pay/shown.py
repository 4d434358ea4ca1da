"""Orders and refunds as the API and the notifications show them."""

from __future__ import annotations

from sandbox.pay import moments
from sandbox.pay.books import Order, Refund

BANK = "OTHERS"
ACCOUNT = "支付用户零钱"


def order_answer(order: Order) -> dict[str, object]:
    """Return the answer of a query, which is the plain text of the notification too."""
    answer: dict[str, object] = {
        "appid": order.appid,
        "mchid": order.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state.value,
        "trade_state_desc": order.state.label,
        "promotion_detail": [],
    }
    if order.paid_at is None:
        return answer
    answer |= {
        "transaction_id": order.transaction_id,
        "trade_type": "JSAPI",
        "bank_type": BANK,
        "success_time": moments.shown(order.paid_at),
        "payer": {"openid": order.openid},
        "amount": {
            "total": order.total_fen,
            "payer_total": order.total_fen,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
    if order.attach is not None:
        answer["attach"] = order.attach
    scene = order.request.get("scene_info")
    if isinstance(scene, dict) and "device_id" in scene:
        answer["scene_info"] = {"device_id": scene["device_id"]}
    return answer


def refund_answer(refund: Refund, order: Order) -> dict[str, object]:
    """Return what the refund interfaces answer."""
    answer: dict[str, object] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": ACCOUNT,
        "create_time": moments.shown(refund.made_at),
        "status": refund.state.value,
        "funds_account": "AVAILABLE",
        "promotion_detail": [],
        "amount": {
            "total": order.total_fen,
            "refund": refund.refund_fen,
            "payer_total": order.total_fen,
            "payer_refund": refund.refund_fen,
            "settlement_total": order.total_fen,
            "settlement_refund": refund.refund_fen,
            "discount_refund": 0,
            "currency": "CNY",
            "refund_fee": refund.fee_back_fen,
        },
    }
    if refund.done_at is not None:
        answer["success_time"] = moments.shown(refund.done_at)
    return answer


def refund_notice(refund: Refund, order: Order) -> dict[str, object]:
    """Return the plain text of a refund notification: other names and fewer of them."""
    plain: dict[str, object] = {
        "mchid": order.mchid,
        "out_trade_no": order.out_trade_no,
        "transaction_id": order.transaction_id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.state.value,
        "user_received_account": ACCOUNT,
        "amount": {
            "total": order.total_fen,
            "refund": refund.refund_fen,
            "payer_total": order.total_fen,
            "payer_refund": refund.refund_fen,
        },
    }
    if refund.done_at is not None:
        plain["success_time"] = moments.shown(refund.done_at)
    return plain
