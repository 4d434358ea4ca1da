"""Use cases of refunds: apply, look up, settle (wechat.md 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.pay import rules, shapes, shown
from sandbox.pay.books import Order, Refund, RefundState, number
from sandbox.pay.errors import invalid_request, not_enough, param_error, resource_not_exists
from sandbox.pay.orders import check_notify_url
from sandbox.pay.twists import REFUNDS, Twist

if TYPE_CHECKING:
    from sandbox.pay.desk import Desk

_OUTCOMES = {Twist.REFUND_ABNORMAL: RefundState.ABNORMAL, Twist.REFUND_CLOSED: RefundState.CLOSED}


def apply(desk: Desk, request: dict[str, Any]) -> dict[str, object]:
    """Accept a refund, or find it again by its number; the answer mostly says PROCESSING.

    The merchant's account pays at once, the payer has the money when the refund is settled. A refund that was
    refused (such as NOT_ENOUGH) leaves no trace, so the same number may be used again.

    :raises PayRefusal: as 7.6 lists.
    """
    shapes.REFUND.check(request, "")
    if "out_trade_no" not in request and "transaction_id" not in request:
        raise param_error("缺少必填参数: transaction_id或out_trade_no", field="/transaction_id", issue="missing")
    if "notify_url" in request:
        check_notify_url(desk, request["notify_url"])
    with desk.world.change():
        now, books = desk.now(), desk.books
        order = _order_of(desk, request)
        known = books.refunds.get(request["out_refund_no"])
        if known is not None:
            if order is None or not _is_same(known, order, request):
                raise invalid_request("商户退款单号已存在，且参数与首次请求时不一致")
            return shown.refund_answer(known, books.orders[known.out_trade_no])
        amount = request["amount"]
        earlier = books.refunds_of(order) if order else []
        rules.refuse_refund(order, earlier, refund_fen=amount["refund"], total_fen=amount["total"], now=now)
        assert order is not None  # refuse_refund has said no to None
        fee_back_fen = rules.fee_back(order, earlier, refund_fen=amount["refund"])
        if books.balance_fen < amount["refund"] - fee_back_fen:
            raise not_enough()
        twist = desk.twists.take(REFUNDS, numbers=(request["out_refund_no"], order.out_trade_no))
        refund = Refund(
            out_refund_no=request["out_refund_no"],
            refund_id=number(now, 29),
            out_trade_no=order.out_trade_no,
            refund_fen=amount["refund"],
            fee_back_fen=fee_back_fen,
            reason=request.get("reason"),
            notify_url=request.get("notify_url"),
            request=_without_order(request),
            made_at=now,
            due_at=None
            if twist is not None and twist.twist is Twist.REFUND_STUCK
            else now + desk.world.config.timing.refund_delay,
            outcome=_OUTCOMES.get(twist.twist, RefundState.SUCCESS) if twist else RefundState.SUCCESS,
        )
        books.add_refund(refund, order)
        return shown.refund_answer(refund, order)


def _order_of(desk: Desk, request: dict[str, Any]) -> Order | None:
    """Return the order that the request names; both numbers, if given, must name the same one."""
    orders = []
    if "transaction_id" in request:
        orders.append(desk.books.find_by_transaction(request["transaction_id"]))
    if "out_trade_no" in request:
        orders.append(desk.books.orders.get(request["out_trade_no"]))
    if any(order is not orders[0] for order in orders):
        raise invalid_request("transaction_id与out_trade_no不一致")
    return orders[0]


def _without_order(request: dict[str, Any]) -> dict[str, object]:
    return {name: value for name, value in request.items() if name not in ("transaction_id", "out_trade_no")}


def _is_same(refund: Refund, order: Order, request: dict[str, Any]) -> bool:
    return refund.out_trade_no == order.out_trade_no and refund.request == _without_order(request)


def find(desk: Desk, out_refund_no: str) -> dict[str, object]:
    """Return the answer of a refund query.

    :raises PayRefusal: 404, there is none.
    """
    with desk.world.lock:
        refund = desk.books.refunds.get(out_refund_no)
        if refund is None:
            raise resource_not_exists("退款单不存在")
        return shown.refund_answer(refund, desk.books.orders[refund.out_trade_no])


def apply_abnormal(desk: Desk, refund_id: str, request: dict[str, Any]) -> dict[str, object]:
    """Send an abnormal refund to another account: PROCESSING once more, then SUCCESS.

    :raises PayRefusal: no such refund, not abnormal, or a bank account that can't be decrypted.
    """
    shapes.ABNORMAL_REFUND.check(request, "")
    for name in ("bank_account", "real_name"):
        if name in request:
            desk.keys.open_field(request[name], field=f"/{name}")
    with desk.world.change():
        refund = desk.books.find_by_refund_id(refund_id)
        if refund is None or refund.out_refund_no != request["out_refund_no"]:
            raise resource_not_exists("退款单不存在")
        if refund.state is not RefundState.ABNORMAL:
            raise invalid_request("退款单状态不是退款异常")
        refund.state = RefundState.PROCESSING
        refund.settled_at = None
        refund.outcome = RefundState.SUCCESS
        refund.due_at = desk.now() + desk.world.config.timing.refund_delay
        desk.books.unsettled.append(refund.out_refund_no)
        return shown.refund_answer(refund, desk.books.orders[refund.out_trade_no])


def settle_due(desk: Desk) -> int:
    """Settle the refunds whose time has come; return how many."""
    with desk.world.lock:
        now = desk.now()
        processing = [desk.books.refunds[each] for each in desk.books.unsettled]
        due = [refund for refund in processing if refund.due_at is not None and refund.due_at <= now]
        for refund in due:
            settle(desk, refund, refund.outcome)
        return len(due)


def settle(desk: Desk, refund: Refund, state: RefundState) -> None:
    """Bring a refund to its end and tell the merchant; the payer's phone hears of money that came."""
    with desk.world.change():
        order = desk.books.orders[refund.out_trade_no]
        desk.books.settle_refund(refund, state, now=desk.now())
        if refund.notify_url is not None:
            desk.outbox.tell(
                event_type=f"REFUND.{state.value}",
                original_type="refund",
                number=refund.out_refund_no,
                out_trade_no=order.out_trade_no,
                url=refund.notify_url,
                plain=shown.refund_notice(refund, order),
            )
        person = desk.world.people.get(order.payer_id or "")
        if state is RefundState.SUCCESS and person is not None:
            desk.world.deliver_pay_notice(
                person,
                title="退款到账通知",
                rows=[
                    ("退款金额", f"￥{refund.refund_fen / 100:.2f}"),
                    ("退款方", desk.world.config.official_account.name),
                    ("商品", order.description),
                    ("退款原因", refund.reason or "商家退款"),
                    ("退款方式", "退回零钱"),
                ],
            )
