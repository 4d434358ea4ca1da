"""Deliveries of what was paid in the mini-program (发货信息录入): WeChat keeps the money until it hears of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.account.api import Body, done, interface, json_body
from sandbox.account.errors import ApiError
from sandbox.endpoints import world
from sandbox.pay.books import Order, Shipping
from sandbox.pay.desk import desk

PATH = "/wxa/sec/order/upload_shipping_info"
MOST_PARCELS = 10
LONGEST_DESCRIPTION = 120
BY_OUT_TRADE_NO, BY_TRANSACTION_ID = 1, 2
LOGISTICS = {1, 2, 3, 4}
UNIFIED, SPLIT = 1, 2


@interface(PATH, method="POST", of_mini_program=True)
def upload_shipping_info() -> Body:
    """Take a delivery in. The second one of a payment replaces the first, a third is refused."""
    body = json_body()
    made_at = _moment(body.get("upload_time"))
    description = _description(body)
    if body.get("logistics_type") not in LOGISTICS:
        raise ApiError(10060005)
    with world().change():
        order = _paid_order(body)
        if (body.get("payer") or {}).get("openid") != order.openid:
            raise ApiError(10060031)
        if desk().books.refunded_fen(order) >= order.total_fen:
            raise ApiError(10060004)
        before = desk().books.shippings.get(order.out_trade_no)
        if before is not None and before.times > 1:
            raise ApiError(10060003)
        desk().books.shippings[order.out_trade_no] = Shipping(
            logistics_type=int(body["logistics_type"]),
            description=description,
            made_at=made_at,
            times=1 if before is None else before.times + 1,
        )
    return done()


def _paid_order(body: dict[str, Any]) -> Order:
    """Return what is paid in the mini-program.

    :raises ApiError: 10060001, there is no such payment, it is of another app, or nobody has paid yet
    """
    key = body.get("order_key")
    if not isinstance(key, dict):
        raise ApiError(10060014)
    books = desk().books
    if key.get("order_number_type") == BY_TRANSACTION_ID:
        order = books.find_by_transaction(str(key.get("transaction_id", "")))
    elif key.get("order_number_type") == BY_OUT_TRADE_NO and key.get("mchid") == world().config.pay.mchid:
        order = books.orders.get(str(key.get("out_trade_no", "")))
    else:
        order = None
    if order is None or not order.is_paid or order.appid != world().config.mini_program.appid:
        raise ApiError(10060001)
    return order


def _description(body: dict[str, Any]) -> str:
    parcels = body.get("shipping_list")
    if body.get("delivery_mode") not in {UNIFIED, SPLIT} or not isinstance(parcels, list):
        raise ApiError(10060014)
    if not 1 <= len(parcels) <= MOST_PARCELS or not all(isinstance(parcel, dict) for parcel in parcels):
        raise ApiError(10060014)
    texts = [str(parcel.get("item_desc") or "") for parcel in parcels]
    if not all(texts):
        raise ApiError(10060008)
    if any(len(text) > LONGEST_DESCRIPTION for text in texts):
        raise ApiError(10060009)
    return "；".join(texts)


def _moment(value: object) -> str:
    """Return the time of the report.

    :raises ApiError: 268485224, it is no RFC 3339 text with an offset, e.g. seconds as a number
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ApiError(268485224)
    return str(value)
