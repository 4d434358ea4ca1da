"""Staff pages: requests to delete personal data (个人信息请求)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa
from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.patients import erasing, export, queries, services
from wxapp.patients.admin.door import interface
from wxapp.patients.erasure_models import OPEN, Erasure, ErasureStatus
from wxapp.patients.forms import DecisionForm
from wxapp.patients.models import WechatUser
from wxapp.patients.services import erasures

menu.entry("患者", "个人信息请求", "patients_admin.erasure_list", Permission.PRIVACY_HANDLE, 30)

_TONES = {
    ErasureStatus.REQUESTED: "amber",
    ErasureStatus.IN_REVIEW: "blue",
    ErasureStatus.DONE: "green",
    ErasureStatus.REJECTED: "red",
    ErasureStatus.WITHDRAWN: "grey",
}


@dataclass(frozen=True)
class ErasureRow:
    """A request as lists and pages show one. ``is_late``: the day to answer has passed."""

    id: int
    nickname: str
    status: ErasureStatus
    asked_at: datetime
    due_on: date
    taken_by: str
    decided_at: datetime | None
    is_late: bool

    @classmethod
    def of(cls, row: Erasure, nickname: str) -> ErasureRow:
        is_late = row.status in OPEN and row.due_on < clock.today()
        return cls(
            row.id,
            nickname or "微信用户",
            row.status,
            row.asked_at,
            row.due_on,
            row.taken_by,
            row.decided_at,
            is_late,
        )


ERASURES = Table(
    "patients.erasures",
    title="个人信息请求",
    columns=(
        Column(
            "id",
            "编号",
            "code",
            link=lambda row: url_for("patients_admin.erasure", erasure_id=row.id),
        ),
        Column("nickname", "微信用户"),
        Column(
            "status",
            "状态",
            "badge",
            badges={one: Badge(one.label, tone) for one, tone in _TONES.items()},
        ),
        Column("asked_at", "提交时间", sort=Erasure.asked_at),
        Column("due_on", "答复期限", sort=Erasure.due_on, below=lambda row: "已逾期" if row.is_late else ""),
        Column("taken_by", "受理人", "actor"),
        Column("decided_at", "办结时间", sort=Erasure.decided_at),
    ),
    filters=(Filter("status", "状态", "choice", choices=tuple((one.value, one.label) for one in ErasureStatus)),),
    sort="due_on",
    key=Erasure.id,
    make=lambda row: ErasureRow.of(*row),
    empty="没有待办理的个人信息请求",
)


def _listed(*, status: str) -> sa.Select[Any]:
    columns: list[Any] = [Erasure, WechatUser.nickname]
    statement: sa.Select[Any] = cast("sa.Select[Any]", sa.select(*columns)).join(
        WechatUser, WechatUser.id == Erasure.wechat_user_id
    )
    return statement.where(Erasure.status == ErasureStatus(status)) if status else statement


@interface("patients.erasures", GET="/pc/privacy/requests", permission=Permission.PRIVACY_HANDLE)
def erasure_list() -> Page:
    return Page("patients/admin/erasures.html", table=ERASURES.load(_listed))


@interface("patients.erasure", GET="/pc/privacy/requests/<int:erasure_id>", permission=Permission.PRIVACY_HANDLE)
def erasure(erasure_id: int) -> Page:
    row, nickname = erasures.get_with_nickname(erasure_id)
    audit.looked_at("wechat_user", row.wechat_user_id, "删除请求")
    return Page(
        "patients/admin/erasure.html",
        row=ErasureRow.of(row, nickname),
        reason=row.reason,
        decision=row.decision,
        bound=[one.patient.record_no for one in queries.bound_patients(row.wechat_user_id)],
        goes=[one.label for one in export.what_goes()],
        stays=erasing.MUST_STAY,
        moves=history(row),
        form=ShownForm(DecisionForm),
        _status=ErasureStatus,
    )


@interface(
    "patients.take_up_erasure",
    POST="/pc/privacy/requests/<int:erasure_id>/take",
    permission=Permission.PRIVACY_HANDLE,
    audit="受理个人信息请求",
)
def take_up_erasure(erasure_id: int) -> Done:
    services.take_up(erasure_id, by=current_staff().actor)
    audit.about(f"erasure:{erasure_id}")
    return Done("已受理", location=url_for("patients_admin.erasure", erasure_id=erasure_id))


@interface(
    "patients.carry_out_erasure",
    POST="/pc/privacy/requests/<int:erasure_id>/carry-out",
    permission=Permission.PRIVACY_HANDLE,
    audit="删除个人信息",
)
def carry_out_erasure(erasure_id: int) -> Done:
    services.carry_out(erasure_id, by=current_staff().actor)
    told = erasures.get_erasure(erasure_id).decision
    audit.about(f"erasure:{erasure_id}", told[:100])
    return Done(told, location=url_for("patients_admin.erasure", erasure_id=erasure_id))


@interface(
    "patients.reject_erasure",
    POST="/pc/privacy/requests/<int:erasure_id>/reject",
    permission=Permission.PRIVACY_HANDLE,
    audit="不通过个人信息请求",
    form_page=erasure,
)
def reject_erasure(erasure_id: int) -> Done:
    form = read_form(DecisionForm)
    services.reject(erasure_id, why=form.decision, by=current_staff().actor)
    audit.about(f"erasure:{erasure_id}", form.decision)
    return Done("已答复", location=url_for("patients_admin.erasure", erasure_id=erasure_id))
