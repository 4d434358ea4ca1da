"""Input of the mall's pages."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from wxapp.core.forms import Form, FormKey, Yuan
from wxapp.mall.models import GoodsKind, Nature
from wxapp.mall.rules import MAX_QUANTITY
from wxapp.patients.forms import PatientShown


class CheckoutQuery(Form):
    """What the goods page hands to the check page."""

    goods_id: int = Field(title="商品", ge=1, le=2**53)
    quantity: int = Field(1, title="数量", ge=1, le=MAX_QUANTITY)


class OrderForm(CheckoutQuery):
    """The check page. ``price`` is what the buyer was shown, in fen: another price now is told, not charged."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    price: int = Field(title="价格", ge=1)
    patient_id: PatientShown = 0
    wished_on: date | None = Field(None, title="期望日期")
    remark: str = Field("", title="备注", max_length=100)


class CancelForm(Form):
    """Cancelling asks nothing more."""


# --- staff -----------------------------------------------------------------------------------------------------------


MAX_PRICE_FEN = 10_000_000
"""A hundred thousand yuan: more is a slip of the finger."""


class GoodsForm(Form):
    """Goods as staff type them. ``items`` has one examination a line: name, blank or ｜, purpose."""

    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    kind: GoodsKind = Field(title="类型")
    nature: Nature = Field(title="性质")
    category_id: int = Field(title="分类", ge=1, le=2**53)
    name: str = Field(title="名称", max_length=60)
    summary: str = Field("", title="一句话简介", max_length=120)
    keywords: str = Field("", title="搜索关键词", max_length=200)
    price: Yuan = Field(title="售价", le=MAX_PRICE_FEN)
    original_price: Yuan | None = Field(None, title="原价", le=MAX_PRICE_FEN)
    stock: int = Field(0, title="初始库存", ge=0, le=1_000_000)
    audience: str = Field("", title="适合人群", max_length=120)
    items: str = Field("", title="包含项目", max_length=4000)
    notice: str = Field("", title="检查须知", max_length=2000)
    detail_html: str = Field("", title="详细介绍", max_length=20_000)
    position: int = Field(0, title="排序", ge=0, le=9999)
    is_on_sale: bool = Field(False, title="上架销售")


class StockForm(Form):
    form_key: FormKey = ""
    by_pieces: int = Field(title="增减数量", ge=-100_000, le=100_000)


class PictureForm(Form):
    """What to do with the pictures; a file may come along."""

    remove: str = Field("", title="删除", max_length=40)
    first: str = Field("", title="设为封面", max_length=40)


class CategoryForm(Form):
    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    name: str = Field(title="名称", max_length=20)
    nature: Nature = Field(title="性质")
    position: int = Field(0, title="排序", ge=0, le=9999)
    is_shown: bool = Field(False, title="在商城显示")


class CloseForm(Form):
    reason: str = Field(title="关闭原因", max_length=60)


class SaleForm(Form):
    is_on_sale: bool = Field(False, title="上架销售")
