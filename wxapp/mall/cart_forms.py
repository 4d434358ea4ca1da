"""Input of shopping beside the check page of one kind of goods: cart, orders from it, reviews, invoices."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.mall import invoice_rules
from wxapp.mall.cart_models import TitleKind
from wxapp.mall.rules import MAX_CART_LINES, MAX_QUANTITY, Wanted
from wxapp.patients.forms import PatientShown

_BOUND = re.compile(r"([1-9][0-9]{0,15}):([1-9][0-9]?):([1-9][0-9]{0,9})")
_CHOICE = r"^([1-9][0-9]{0,15}|all):[01]$"


def read_bound(text: object) -> object:
    """Read ``goods:quantity:price`` as the check page writes it.

    :raises ValueError: no such line
    """
    if not isinstance(text, str):
        return text
    if (found := _BOUND.fullmatch(text)) is None:
        raise ValueError("商品清单有误，请返回购物车重新提交")
    goods_id, quantity, price_fen = (int(part) for part in found.groups())
    return Wanted(goods_id, quantity, price_fen)


class AddForm(Form):
    """Into the cart."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    goods_id: int = Field(title="商品", ge=1, le=2**53)
    quantity: int = Field(1, title="数量", ge=1, le=MAX_QUANTITY)


class ChoiceForm(Form):
    """``7:1`` chooses the goods 7, ``7:0`` leaves them out; ``all:1`` and ``all:0`` do so with all lines."""

    choice: str = Field(title="选择", pattern=_CHOICE, max_length=20)

    @property
    def goods_id(self) -> int | None:
        name = self.choice.partition(":")[0]
        return None if name == "all" else int(name)

    @property
    def is_chosen(self) -> bool:
        return self.choice.endswith(":1")


class CartOrderForm(Form):
    """The check page of what was chosen in the cart; each line is bound to the price that was shown."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    lines: tuple[Annotated[Wanted, BeforeValidator(read_bound)], ...] = Field(
        title="商品", min_length=1, max_length=MAX_CART_LINES
    )
    patient_id: PatientShown = 0
    wished_on: date | None = Field(None, title="期望日期")
    remark: str = Field("", title="备注", max_length=100)


class ReviewForm(Form):
    """Pictures come along as files."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    stars: int = Field(title="评分", ge=1, le=5)
    text: str = Field("", title="评价内容", max_length=500)
    is_anonymous: bool = Field(False, title="匿名评价")


class InvoiceForm(Form):
    once: str = Field(title="提交编号", min_length=10, max_length=60)
    kind: TitleKind = Field(title="抬头类型")
    title: str = Field(title="发票抬头", min_length=2, max_length=60)
    tax_no: str = Field("", title="税号", max_length=30)
    email: str = Field("", title="接收邮箱", max_length=100)
    phone: str = Field("", title="接收手机号", max_length=20)

    @property
    def plain_tax_no(self) -> str:
        """The taxpayer's number as it is printed; a person's invoice has none."""
        return invoice_rules.plain_tax_no(self.tax_no) if self.kind is TitleKind.COMPANY else ""

    def errors(self) -> dict[str, str]:
        """Return a sentence for each field that does not fit the others."""
        found: dict[str, str] = {}
        if self.kind is TitleKind.COMPANY and not self.tax_no:
            found["tax_no"] = "企业抬头请填写税号"
        elif self.plain_tax_no and not invoice_rules.is_tax_no(self.plain_tax_no):
            found["tax_no"] = "税号不正确，请核对统一社会信用代码"
        if not self.email and not self.phone:
            found["email"] = "请填写接收邮箱或手机号"
        if self.email and not invoice_rules.is_email(self.email):
            found["email"] = "邮箱格式不正确"
        if self.phone and not invoice_rules.is_mobile(self.phone):
            found["phone"] = "手机号格式不正确"
        return found


class TitleForm(Form):
    """Forgetting a title asks nothing more."""


# --- staff -----------------------------------------------------------------------------------------------------------


class HideForm(Form):
    hide_reason: str = Field(title="不展示的原因", max_length=60)


class AnswerForm(Form):
    answer: str = Field("", title="回复内容", max_length=300)


class IssueForm(Form):
    """``amount`` is what was looked at, in fen: another amount now is told, not issued. A PDF may come along."""

    form_key: FormKey = ""
    amount: int = Field(title="金额", ge=1, le=10**12)
    invoice_no: str = Field(title="发票号码", min_length=6, max_length=30, pattern=r"^[0-9A-Za-z-]+$")
    issued_on: date = Field(title="开票日期")


class RejectForm(Form):
    end_reason: str = Field(title="原因", max_length=60)
