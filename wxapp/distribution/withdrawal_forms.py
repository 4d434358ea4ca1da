"""Input of the pages of withdrawals."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form, FormKey, Yuan
from wxapp.payments.models import Method


class WithdrawForm(Form):
    """提现."""

    amount: Yuan = Field(title="提现金额")
    real_name: str = Field(title="真实姓名", max_length=40)
    id_number: str = Field("", title="身份证号", max_length=24)
    once: str = Field(title="提交编号", min_length=10, max_length=60)


class TakeBackForm(Form):
    """Taking a request back asks nothing more."""


# --- staff -----------------------------------------------------------------------------------------------------------


class ApproveForm(Form):
    by_hand: bool = Field(False, title="由财务线下打款，不经微信转账")


class RejectForm(Form):
    reason: str = Field(title="不通过的原因", min_length=2, max_length=100)


class HandForm(Form):
    channel: Method = Field(title="打款方式")
    note: str = Field(title="凭证号或说明", min_length=2, max_length=150)
    form_key: FormKey = ""


class TaxForm(Form):
    """登记缴税."""

    amount: Yuan = Field(title="缴税金额（元）")
    note: str = Field(title="完税凭证号", min_length=2, max_length=100)
    form_key: FormKey = ""


class CancelForm(Form):
    reason: str = Field(title="撤销原因", min_length=2, max_length=100)
