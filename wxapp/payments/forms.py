"""Input of the pages of payments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wxapp.core.forms import Form, Yuan
from wxapp.payments.models import Method
from wxapp.payments.services.at_counter import COUNTER_METHODS


class WayForm(Form):
    way: Literal["wechat", "balance", "hospital"] = Field(title="支付方式")


class PasswordForm(Form):
    password: str = Field("", title="余额密码", pattern=r"^\d{6}$")


# --- staff -----------------------------------------------------------------------------------------------------------


class CollectForm(Form):
    """What the cashier takes: one field for each way; those left empty are not used."""

    cash: Yuan | None = Field(None, title="现金")
    card: Yuan | None = Field(None, title="刷卡")
    wechat_code: Yuan | None = Field(None, title="微信收款码")
    alipay_code: Yuan | None = Field(None, title="支付宝收款码")
    transfer: Yuan | None = Field(None, title="银行转账")
    till: str = Field("", title="收银台", max_length=20)

    def parts(self) -> list[tuple[Method, int]]:
        given = [(method, getattr(self, method.value)) for method in COUNTER_METHODS]
        return [(method, fen) for method, fen in given if fen]


class RefundForm(Form):
    amount: Yuan = Field(title="退款金额")
    reason: str = Field(title="退款原因", min_length=2, max_length=80)
    form_key: str = Field(title="提交编号", min_length=10, max_length=60)


class DecisionForm(Form):
    note: str = Field("", title="审核意见", max_length=100)


class RejectForm(Form):
    reason: str = Field(title="驳回原因", min_length=2, max_length=100)


class HandForm(Form):
    """People gave a part back: which way, and what is to be remembered."""

    way: Method = Field(title="退款方式")
    note: str = Field("", title="备注", max_length=100)


class ResolveForm(Form):
    note: str = Field(title="处理结果", min_length=2, max_length=200)
