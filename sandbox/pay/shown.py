"""Orders, refunds and transfers as the API and the notifications show them."""

from __future__ import annotations

from sandbox.pay import moments
from sandbox.pay.books import Order, Refund
from sandbox.pay.transfer_books import Transfer, TransferState

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


def transfer_answer(bill: Transfer) -> dict[str, object]:
    """Return what the sending of a transfer answers; the package comes while the person has to confirm."""
    answer: dict[str, object] = {
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "create_time": moments.shown(bill.made_at),
        "state": bill.state.value,
    }
    if bill.state is TransferState.FAIL:
        answer["fail_reason"] = bill.fail_reason
    if bill.state is TransferState.WAIT_USER_CONFIRM:
        answer["package_info"] = bill.package_info
    return answer


def transfer_cancel(bill: Transfer) -> dict[str, object]:
    return {
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "state": bill.state.value,
        "update_time": moments.shown(bill.updated_at),
    }


def transfer_query(bill: Transfer) -> dict[str, object]:
    """Return the answer of a query, which is the plain text of the notification too."""
    answer: dict[str, object] = {
        "mch_id": bill.mchid,
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "appid": bill.appid,
        "state": bill.state.value,
        "transfer_amount": bill.fen,
        "transfer_remark": bill.remark,
        "openid": bill.openid,
        "create_time": moments.shown(bill.made_at),
        "update_time": moments.shown(bill.updated_at),
    }
    if bill.state in (TransferState.FAIL, TransferState.CANCELLED) and bill.fail_reason:
        answer["fail_reason"] = bill.fail_reason
    return answer
