"""Input of the staff's pages of the wallet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from wxapp.core.forms import Form
from wxapp.core.money import parse_yuan


def _parse_yuan(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_yuan(value)
    except ValueError:
        raise ValueError("金额格式不正确，例如 128 或 128.50") from None


Yuan = Annotated[int, BeforeValidator(_parse_yuan), Field(ge=1, le=100_000_000)]
"""Typed in yuan, handed on in fen."""

CounterMethod = Literal["cash", "card", "transfer", "wechat_code", "alipay_code"]


class TopUpForm(Form):
    amount: Yuan = Field(title="金额")
    method: CounterMethod = Field(title="收款方式")
    note: str = Field("", title="备注", max_length=100)
    form_key: str = Field(title="提交编号", min_length=10, max_length=60)


class PayBackForm(Form):
    """Its fields stand on the same page as those of the top-up, so they have names of their own."""

    back_amount: Yuan = Field(title="退款金额")
    back_method: CounterMethod = Field(title="退款方式")
    back_note: str = Field(title="原因", min_length=2, max_length=100)
    form_key: str = Field(title="提交编号", min_length=10, max_length=60)


class RejectForm(Form):
    reason: str = Field(title="驳回原因", min_length=2, max_length=100)
