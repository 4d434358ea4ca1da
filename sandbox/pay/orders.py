"""Use cases of orders: place, look up, close (wechat.md 7.4, 7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.pay import rules, shapes, shown
from sandbox.pay.books import ORDER_LIFE, Order, TradeState, close_if_old, fee_of, new_prepay
from sandbox.pay.errors import PayRefusal, mch_not_exists, order_not_exist, order_paid, param_error
from sandbox.pay.moments import shown as moment
from sandbox.pay.twists import CLOSES, Twist

if TYPE_CHECKING:
    from sandbox.pay.desk import Desk


def place(desk: Desk, request: dict[str, Any]) -> str:
    """Take an order in, or find it again by its number; return a fresh prepay_id.

    :raises PayRefusal: as 7.4 lists.
    """
    shapes.ORDER.check(request, "")
    _check_parties(desk, request)
    check_notify_url(desk, request["notify_url"])
    with desk.world.change():
        now = desk.now()
        until = rules.pays_until(request.get("time_expire"), now=now, order_life=ORDER_LIFE)
        order = desk.books.orders.get(request["out_trade_no"])
        if order is None:
            order = Order(
                out_trade_no=request["out_trade_no"],
                appid=request["appid"],
                mchid=request["mchid"],
                openid=request["payer"]["openid"],
                description=request["description"],
                total_fen=request["amount"]["total"],
                notify_url=request["notify_url"],
                attach=request.get("attach"),
                pays_until=until,
                request=request,
                made_at=now,
            )
            desk.books.add_order(order)
        else:
            close_if_old(order, now=now)
            rules.refuse_repeated_order(order, request)
        prepay = new_prepay(now)
        desk.books.add_prepay(order, prepay)
        return prepay.prepay_id


def _check_parties(desk: Desk, request: dict[str, Any]) -> None:
    """Refuse a foreign merchant, AppID or openid."""
    if request["mchid"] != desk.world.config.pay.mchid:
        raise mch_not_exists()
    if request["appid"] not in desk.appids:
        raise PayRefusal(400, "APPID_MCHID_NOT_MATCH", "AppID和mch_id不匹配")
    if desk.person_of(appid=request["appid"], openid=request["payer"]["openid"]) is None:
        raise param_error("appid和openid不匹配", field="/payer/openid", issue="not an openid of this appid")


def check_notify_url(desk: Desk, url: str) -> None:
    """Refuse an address that isn't https.

    WeChat knows no exception. Here the backend's own address may be http, since it runs beside us without a
    certificate; ``pay.https_only`` takes that back.
    """
    parts = urlsplit(url)
    backend = urlsplit(desk.world.config.backend.url)
    is_backend = (parts.scheme, parts.netloc) == (backend.scheme, backend.netloc)
    if parts.scheme != "https" and (desk.world.config.pay.https_only or not is_backend):
        raise param_error("通知地址必须为https", field="/notify_url", issue="not https")


def find(desk: Desk, *, out_trade_no: str = "", transaction_id: str = "", mchid: str | None) -> dict[str, object]:
    """Return the answer of a query by one of the numbers.

    :raises PayRefusal: 404 ORDER_NOT_EXIST, or 400 for a missing or foreign mchid.
    """
    check_mchid(desk, mchid)
    with desk.world.lock:
        books = desk.books
        order = books.orders.get(out_trade_no) if out_trade_no else books.find_by_transaction(transaction_id)
        if order is None:
            raise order_not_exist()
        close_if_old(order, now=desk.now())
        return shown.order_answer(order)


def check_mchid(desk: Desk, mchid: str | None) -> None:
    if not mchid:
        raise param_error("缺少必填参数: mchid", field="/mchid", issue="missing")
    if mchid != desk.world.config.pay.mchid:
        raise mch_not_exists()


def close(desk: Desk, out_trade_no: str, request: dict[str, Any]) -> None:
    """Close an unpaid order; a second time changes nothing.

    :raises PayRefusal: it is paid (also by a payment that was ordered to come in between), or there is none.
    """
    shapes.CLOSE.check(request, "")
    check_mchid(desk, request["mchid"])
    with desk.world.change():
        order = desk.books.orders.get(out_trade_no)
        if order is None:
            raise order_not_exist()
        close_if_old(order, now=desk.now())
        if order.state is TradeState.NOTPAY:
            race = desk.twists.take(CLOSES, numbers=(out_trade_no,))
            if race is not None:
                record_payment(desk, order)
                if race.twist is Twist.PAID_DESPITE_CLOSE:
                    return
        if order.is_paid:
            raise order_paid("订单已支付")
        order.state = TradeState.CLOSED


def record_payment(desk: Desk, order: Order) -> None:
    """Let the order's payer pay, whatever the cashier would say; tells the merchant and the payer's phone."""
    person = desk.person_of(appid=order.appid, openid=order.openid)
    with desk.world.change():
        now = desk.now()
        fee_fen = fee_of(order.total_fen, fee_bp=desk.world.config.pay.fee_bp)
        desk.books.mark_paid(order, payer_id=person.id if person else "", fee_fen=fee_fen, now=now)
        desk.outbox.tell(
            event_type="TRANSACTION.SUCCESS",
            original_type="transaction",
            number=order.out_trade_no,
            out_trade_no=order.out_trade_no,
            url=order.notify_url,
            plain=shown.order_answer(order),
        )
        if person is not None:
            desk.world.deliver_pay_notice(
                person,
                title="微信支付凭证",
                rows=[
                    ("付款金额", f"￥{order.total_fen / 100:.2f}"),
                    ("收款方", desk.world.config.official_account.name),
                    ("商品", order.description),
                    ("支付时间", moment(now)[:19].replace("T", " ")),
                    ("交易单号", order.transaction_id or ""),
                ],
            )
