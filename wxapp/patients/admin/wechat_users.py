"""Staff pages: bindings and WeChat users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.patients import queries, services
from wxapp.patients.admin.door import interface
from wxapp.patients.admin.patients import PatientRow
from wxapp.patients.forms import EndBindingForm
from wxapp.patients.models import WechatUser

menu.entry("患者", "微信用户", "patients_admin.wechat_users", Permission.PATIENT_READ, 20)


@interface(
    "patients.end_binding_form",
    GET="/pc/patients/<int:patient_id>/bindings/<int:binding_id>/end",
    permission=Permission.PATIENT_WRITE,
)
def end_binding_form(patient_id: int, binding_id: int) -> Page:
    found = [one for one in queries.bindings_of(patient_id) if one.id == binding_id]
    if not found or not found[0].is_active:
        raise NotFound("该绑定不存在或已解除")
    return Page(
        "patients/admin/end_binding.html",
        form=ShownForm(EndBindingForm),
        binding=found[0],
        patient=PatientRow.of(queries.get_patient(patient_id)),
    )


@interface(
    "patients.end_binding",
    POST="/pc/patients/<int:patient_id>/bindings/<int:binding_id>/end",
    permission=Permission.PATIENT_WRITE,
    audit="解除微信绑定",
    form_page=end_binding_form,
)
def end_binding(patient_id: int, binding_id: int) -> Done:
    form = read_form(EndBindingForm)
    if all(one.id != binding_id for one in queries.bindings_of(patient_id)):
        raise NotFound
    services.end_binding_by_staff(binding_id, by=current_staff().actor, why=form.why)
    audit.about(f"patient:{patient_id} binding:{binding_id}", form.why)
    return Done("已解除绑定", location=url_for("patients_admin.patient", patient_id=patient_id))


@dataclass(frozen=True)
class UserRow:
    """A WeChat user as the list shows one."""

    id: int
    nickname: str
    openid: str
    is_follower: bool
    is_snapshot: bool
    patients: int
    seen_at: datetime | None
    created_at: datetime


WECHAT_USERS = Table(
    "patients.wechat_users",
    title="微信用户",
    columns=(
        Column("nickname", "昵称", value=lambda row: row.nickname or "微信用户"),
        Column("openid", "OpenID", "code"),
        Column("is_follower", "关注", "badge", badges=YES_NO),
        Column("is_snapshot", "身份", "badge", badges={True: Badge("预览", "amber"), False: Badge("正常", "grey")}),
        Column("patients", "绑定患者", "number"),
        Column("seen_at", "最近登录", sort=WechatUser.seen_at),
        Column("created_at", "首次出现", sort=WechatUser.created_at),
    ),
    filters=(
        Filter("openid", "OpenID", placeholder="完整的OpenID"),
        Filter("follows", "关注", "choice", choices=(("1", "已关注"), ("0", "未关注"))),
        Filter("bound", "绑定", "choice", choices=(("1", "已绑定"), ("0", "未绑定"))),
    ),
    sort="-created_at",
    key=WechatUser.id,
    make=lambda row: UserRow(*row),
    empty="还没有微信用户",
)


@interface("patients.wechat_users", GET="/pc/wechat-users", permission=Permission.PATIENT_READ)
def wechat_users() -> Page:
    return Page("patients/admin/wechat_users.html", table=WECHAT_USERS.load(queries.wechat_users_for_staff))
