"""Input of the staff's pages of the wallet."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wxapp.core.forms import Form, FormKey, Yuan

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


class CardForm(Form):
    """Handing a card out asks nothing more."""

    form_key: FormKey = ""


class RejectForm(Form):
    reason: str = Field(title="驳回原因", min_length=2, max_length=100)
