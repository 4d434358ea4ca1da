"""What the mall says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class GoodsUnavailable(DomainError):
    code, status, message = "goods_unavailable", 409, "该商品已下架"


class OutOfStock(DomainError):
    code, status, message = "out_of_stock", 409, "库存不足"


class PriceChanged(DomainError):
    code, status, message = "price_changed", 409, "价格已变动，请确认后重新提交"


class TooManyUnpaid(DomainError):
    code, status, message = "too_many_unpaid", 409, "您有多笔未付款订单，请先付款或取消"


class OrderNumbersUsedUp(DomainError):
    """A day has 89,999 numbers (format of the contract)."""

    code, status, message = "order_numbers_used_up", 503, "今日订单号已用完，请明天再试"


class NotRefundable(DomainError):
    code, status, message = "not_refundable", 409, "该订单当前不能退款"
