"""Input of the pages of recharges."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form, FormKey, Yuan
from wxapp.patients.forms import PatientShown


class RechargeForm(Form):
    amount: Yuan = Field(title="充值金额")
    patient_id: PatientShown = 0
    once: str = Field(title="提交编号", min_length=10, max_length=60)


class CancelForm(Form):
    """Cancelling asks nothing more."""


class RefundForm(Form):
    amount: Yuan = Field(title="退款金额")
    patient_id: PatientShown = 0
    reason: str = Field("", title="退款原因", max_length=80)
    once: str = Field(title="提交编号", min_length=10, max_length=60)


# --- staff -----------------------------------------------------------------------------------------------------------


class StaffRefundForm(Form):
    amount: Yuan = Field(title="退款金额")
    reason: str = Field(title="退款原因", min_length=2, max_length=80)
    form_key: FormKey = ""


class GiveBackForm(Form):
    reason: str = Field(title="退款原因", min_length=2, max_length=80)
    form_key: FormKey = ""
