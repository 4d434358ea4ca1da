"""What retail says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class GoodsOff(DomainError):
    code, status, message = "retail_goods_off", 409, "商品已停售，请刷新页面"


class OutOfStock(DomainError):
    code, status, message = "retail_out_of_stock", 409, "库存不足"


class PriceChanged(DomainError):
    """The page showed another price or another name than what holds now."""

    code, status, message = "retail_price_changed", 409, "价格已变化，请刷新页面后重新提交"


class StockMoved(DomainError):
    """Something was sold or came in between the count and its entry."""

    code, status, message = "retail_stock_moved", 409, "盘点期间库存有变动，请核对后重新提交"


class AlreadyCancelled(DomainError):
    code, status, message = "retail_already_cancelled", 409, "该订单已撤单，不能重复撤单"
