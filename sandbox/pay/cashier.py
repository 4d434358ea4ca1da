"""The cashier in WeChat: what the person sees when a page calls ``getBrandWCPayRequest``, and their decision.

For the phone page. Works on the running application's desk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.pay import orders, signing
from sandbox.pay.books import Order, Prepay, TradeState, close_if_old
from sandbox.pay.desk import Desk, desk
from sandbox.pay.errors import PayRefusal
from sandbox.people import Person

_PARAMETERS = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")


class CashierRefusal(Exception):
    """The cashier doesn't open or the payment doesn't go through; the text is for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the pay sheet shows. ``is_expired``: it opens, but paying is no longer possible."""

    prepay_id: str
    payee: str
    description: str
    amount_fen: int
    is_expired: bool


def check_jsapi(params: Mapping[str, object], person: Person) -> Sheet:
    """Check the parameters as the WeChat client does, and return the sheet.

    :raises CashierRefusal: a parameter is missing or no string, the signature is wrong, or the prepay_id is
        unknown, of another AppID, somebody else's, or of an order that is paid or closed.
    """
    values = {name: params.get(name) for name in _PARAMETERS}
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            raise CashierRefusal("missing_parameter", f"调用支付JSAPI缺少参数：{name}")
    appid, timestamp, nonce, package, sign_type, signature = (str(values[name]) for name in _PARAMETERS)
    if sign_type != "RSA":
        raise CashierRefusal("sign_type", "签名方式应为RSA")
    if not re.fullmatch(r"[0-9]{10}", timestamp) or len(nonce) > 32:
        raise CashierRefusal("bad_parameter", "支付参数格式错误")
    here = desk()
    message = signing.client_message(appid=appid, timestamp=timestamp, nonce=nonce, package=package)
    if not _is_signed(here, message, signature):
        raise CashierRefusal("bad_signature", "支付验证签名失败")
    prepay_id = package.removeprefix("prepay_id=")
    if prepay_id == package:
        raise CashierRefusal("bad_parameter", "订单信息格式错误")
    with here.world.lock:
        order, prepay = _find(here, prepay_id)
        if order.appid != appid:
            raise CashierRefusal("appid", "支付申请的AppID与下单的AppID不一致")
        _refuse(order, person)
        return Sheet(
            prepay_id=prepay_id,
            payee=here.world.config.official_account.name,
            description=order.description,
            amount_fen=order.total_fen,
            is_expired=_is_expired(here, order, prepay),
        )


def pay(prepay_id: str, person_id: str) -> str:
    """Pay; return the transaction_id. Exactly one of two simultaneous payments goes through.

    :raises CashierRefusal: as ``check_jsapi``, or too late.
    :raises sandbox.world.UnknownPerson: there is no such person.
    """
    here = desk()
    person = here.world.person(person_id)
    with here.world.change():
        order, prepay = _find(here, prepay_id)
        _refuse(order, person)
        if _is_expired(here, order, prepay):
            raise CashierRefusal("expired", "订单已过期，请返回商家重新下单")
        orders.record_payment(here, order)
        return order.transaction_id or ""


def refuse(prepay_id: str, person_id: str) -> None:
    """Let the person leave the cashier without paying: the order stays as it is.

    :raises CashierRefusal: the prepay_id is unknown.
    :raises sandbox.world.UnknownPerson: there is no such person.
    """
    here = desk()
    here.world.person(person_id)
    with here.world.lock:
        _find(here, prepay_id)


def _is_signed(here: Desk, message: bytes, signature: str) -> bool:
    try:
        return signing.is_signed(here.keys.merchant_key, message, signature)
    except PayRefusal as refusal:
        raise CashierRefusal("bad_signature", refusal.message) from None


def _find(here: Desk, prepay_id: str) -> tuple[Order, Prepay]:
    found = here.books.find_by_prepay(prepay_id)
    if found is None:
        raise CashierRefusal("unknown_prepay_id", "预支付交易会话标识无效")
    close_if_old(found[0], now=here.now())
    return found


def _refuse(order: Order, person: Person) -> None:
    if person.openid_for(order.appid) != order.openid:
        raise CashierRefusal("other_payer", "下单账号与支付账号不一致")
    if order.is_paid:
        raise CashierRefusal("paid", "该订单已支付")
    if order.state is TradeState.CLOSED:
        raise CashierRefusal("closed", "该订单已关闭")


def _is_expired(here: Desk, order: Order, prepay: Prepay) -> bool:
    return prepay.is_dead(here.now()) or here.now() >= order.pays_until
