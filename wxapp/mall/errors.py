"""What the mall says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class LineRefused(DomainError):
    """Some goods of an order can't be had as wanted. ``errors`` has a sentence beside each line that is concerned."""

    def __init__(self, message: str | None = None, *, goods_id: int | None = None) -> None:
        super().__init__(message, goods_id=goods_id)
        self.errors = {} if goods_id is None else {f"line_{goods_id}": self.message}


class GoodsUnavailable(LineRefused):
    code, status, message = "goods_unavailable", 409, "该商品已下架"


class OutOfStock(LineRefused):
    code, status, message = "out_of_stock", 409, "库存不足"


class PriceChanged(LineRefused):
    code, status, message = "price_changed", 409, "价格已变动，请确认后重新提交"


class TooManyUnpaid(DomainError):
    code, status, message = "too_many_unpaid", 409, "您有多笔未付款订单，请先付款或取消"


class TooManyPieces(DomainError):
    code, status, message = "too_many_pieces", 409, "每种商品一次最多购买99件"


class CartFull(DomainError):
    code, status, message = "cart_full", 409, "购物车已满，请先结算或删除一些商品"


class CartChanged(DomainError):
    """The lines of this order are not in the cart any more as they were shown: bought or changed elsewhere."""

    code, status, message = "cart_changed", 409, "购物车已有变动，请返回购物车确认后重新提交"


class NotReviewable(DomainError):
    code, status, message = "not_reviewable", 409, "订单完成后才能评价"


class AlreadyReviewed(DomainError):
    code, status, message = "already_reviewed", 409, "该商品已评价过"


class NotInvoiceable(DomainError):
    code, status, message = "not_invoiceable", 409, "该订单当前不能申请开票"


class InvoiceOpen(DomainError):
    code, status, message = "invoice_open", 409, "该订单已申请过发票"


class InvoiceAmountMoved(DomainError):
    """Money went back, or a refund is under way: another amount has to be invoiced than was looked at."""

    code, status, message = "invoice_amount_moved", 409, "订单的可开票金额已变动，请刷新页面核对后再开票"


class OrderNumbersUsedUp(DomainError):
    """A day has 89,999 numbers (format of the contract)."""

    code, status, message = "order_numbers_used_up", 503, "今日订单号已用完，请明天再试"


class NotRefundable(DomainError):
    code, status, message = "not_refundable", 409, "该订单当前不能退款"


class NotRedeemable(DomainError):
    code, status, message = "not_redeemable", 409, "该订单当前不能核销"


class RedeemedMeanwhile(DomainError):
    """Two people at once, a page that is old, or a refund that was faster: nothing was redeemed."""

    code, status, message = "redeemed_meanwhile", 409, "该订单的项目刚刚有变动，请核对后再操作"


class NotUndoable(DomainError):
    code, status, message = "not_undoable", 409, "只能撤销当天的核销"


class NoApplication(DomainError):
    code, status, message = "no_application", 409, "退款申请已处理，不能撤回"
