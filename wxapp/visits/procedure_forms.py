"""Input of the pages about operations and leaving."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from wxapp.admin.wire import RowId, WireMoment
from wxapp.core.forms import Form


class ArrangementForm(Form):
    """Who operates whom, where and when."""

    id: RowId = Field(title="到院单")
    version: int | None = Field(None, ge=0)
    physician_id: RowId | None = Field(None, title="主刀医生")
    nurse_id: RowId | None = Field(None, title="护士")
    room: str = Field("", title="手术室", max_length=40)
    planned_at: WireMoment | None = Field(None, title="计划时间")
    has_consent: bool = Field(False, title="已签署知情同意书")
    is_inpatient: bool = Field(False, title="住院")
    bed: str = Field("", title="床位", max_length=20)
    note: str = Field("", title="备注", max_length=500)


class StepForm(Form):
    """One press about a visit."""

    id: RowId = Field(title="到院单")


class ReasonForm(Form):
    """A step back, with its reason."""

    id: RowId = Field(title="到院单")
    why: str = Field(title="原因", max_length=200)


class LeaveForm(Form):
    """The check list before leaving."""

    id: RowId = Field(title="到院单")
    version: int | None = Field(None, ge=0)
    results_handed_over: bool = Field(False, title="检查结果已交给客户")
    medicine_handed_over: bool = Field(False, title="药品与用药说明已交给客户（无药品时也请勾选）")
    next_visit_on: date | None = Field(None, title="下次复诊日期")
    advice: str = Field("", title="离店医嘱", max_length=500)
    overridden: str = Field("", title="放行原因", max_length=200)
