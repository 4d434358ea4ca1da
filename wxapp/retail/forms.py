"""Input of retail's pages, and of the programs that sell."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from werkzeug.datastructures import MultiDict

from wxapp.admin.sheets import PrintForm
from wxapp.admin.wire import NumberList, RowId, TextList, WireForm, YuanList
from wxapp.core.errors import Invalid
from wxapp.core.forms import Form, FormKey, Yuan
from wxapp.retail.models import StockReason

MAX_PRICE_FEN = 10_000_000
"""A hundred thousand yuan: more is a slip of the finger."""
MOST_PIECES = 9_999
MOST_ROWS = 500


class CategoryForm(Form):
    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    name: str = Field(title="名称", max_length=40)
    position: int = Field(100, title="排序", ge=0, le=9_999)
    is_active: bool = Field(False, title="启用")


class GoodsForm(Form):
    """Goods as staff type them; the stock is only of new ones."""

    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    name: str = Field(title="商品名称", max_length=60)
    category_id: int = Field(title="分类", ge=1, le=2**53)
    unit: str = Field("件", title="单位", max_length=10)
    price: Yuan = Field(title="售价", le=MAX_PRICE_FEN)
    stock: int = Field(0, title="期初库存", ge=0, le=1_000_000)
    is_active: bool = Field(False, title="在售")


class StockForm(Form):
    """What came in or went out otherwise than by sale."""

    form_key: FormKey = ""
    reason: StockReason = Field(title="原因")
    count: int = Field(title="数量", ge=-1_000_000, le=1_000_000)
    note: str = Field("", title="说明", max_length=100)


class CountForm(Form):
    """A count of the shelf: three lists of one length, one element for each of the goods that were counted."""

    form_key: FormKey = ""
    goods: Annotated[tuple[int, ...], Field(max_length=MOST_ROWS)] = Field((), title="商品")
    seen: Annotated[tuple[int, ...], Field(max_length=MOST_ROWS)] = Field((), title="账面库存")
    counted: Annotated[tuple[int, ...], Field(max_length=MOST_ROWS)] = Field((), title="实盘数量")
    note: str = Field("", title="说明", max_length=100)


class SaleForm(WireForm):
    """retail.index: two groups of lists that need not have the same length, see :mod:`wxapp.admin.wire`."""

    form_key: FormKey = ""
    seller_id: RowId = Field(alias="developer", title="销售人")
    patient_id: RowId = Field(alias="mid", title="客户")
    amounts: YuanList = Field((), alias="pay_money", title="支付金额")
    methods: TextList = Field((), alias="pay_type", title="支付方式")
    counts: NumberList = Field((), alias="pay_num", title="商品数量")
    goods_ids: NumberList = Field((), alias="good_id", title="商品")
    names: TextList = Field((), alias="good_name", title="商品名称")
    prices: YuanList = Field((), alias="pay_price", title="商品价格")
    balance_password: str = Field("", title="余额密码", max_length=20)


class ShelfQuery(WireForm):
    """retail.get_cate_goods."""

    id: RowId = Field(title="商品分类")


class CancelForm(WireForm):
    """retail.cancel_order. Programs send no reason."""

    form_key: FormKey = ""
    order_no: str = Field(title="订单号", min_length=1, max_length=18)
    reason: str = Field("", title="撤单原因", max_length=200)


class ReceiptForm(PrintForm):
    """What a print button of a sale sends."""

    receipt_no: str = Field(title="收据号", max_length=20)


_ROWS = {
    "good_id": "row_goods",
    "good_name": "row_name",
    "pay_price": "row_price",
    "pay_num": "row_count",
}
_PAYMENTS = {"pay_type": "row_method", "pay_money": "row_amount"}


def joined_rows(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return what the page's table sends as the comma lists that programs send.

    The page shows a row for each of the goods and for each method; one without a count or an amount was not chosen.

    :raises Invalid: a table of which parts are missing, or a comma where none may be
    """
    if "row_goods" not in form and "row_method" not in form:
        return form
    made: MultiDict[str, str] = MultiDict(
        [(key, text) for key, text in form.items(multi=True) if not key.startswith("row_")]
    )
    for columns, decides in ((_ROWS, "pay_num"), (_PAYMENTS, "pay_money")):
        lists = {wire: [text.strip() for text in form.getlist(name)] for wire, name in columns.items()}
        if len({len(texts) for texts in lists.values()}) != 1:
            raise Invalid({}, "表单内容不完整，请刷新页面后重新填写")
        if any("," in text for texts in lists.values() for text in texts):
            raise Invalid({decides: "请不要输入逗号"})
        chosen = [place for place, text in enumerate(lists[decides]) if text not in {"", "0"}]
        for wire, texts in lists.items():
            made[wire] = "".join(f"{texts[place]}," for place in chosen)
    return made
