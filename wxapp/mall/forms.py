"""Input of the mall's pages."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from wxapp.core.forms import Form
from wxapp.mall.rules import MAX_QUANTITY


class CheckoutQuery(Form):
    """What the goods page hands to the check page."""

    goods_id: int = Field(title="商品", ge=1, le=2**53)
    quantity: int = Field(1, title="数量", ge=1, le=MAX_QUANTITY)


class OrderForm(CheckoutQuery):
    """The check page. ``price`` is what the buyer was shown, in fen: another price now is told, not charged."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    price: int = Field(title="价格", ge=1)
    wished_on: date | None = Field(None, title="期望日期")
    remark: str = Field("", title="备注", max_length=100)


class CancelForm(Form):
    """Cancelling asks nothing more."""
