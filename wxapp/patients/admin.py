"""Staff's interfaces of patients, their bindings and balance passwords, WeChat users, and the account's menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from wxapp.admin import audit, dashboard, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.patients import queries, services
from wxapp.patients.forms import ChangePatientForm, EndBindingForm, IssuePasswordForm, PatientForm
from wxapp.patients.models import Patient, WechatUser
from wxapp.patients.services import PatientDetails
from wxapp.patients.services.menu import MenuRefused

blueprint = Interfaces("patients", __name__)
interface = blueprint.interface

menu.entry("患者", "患者", "patients_admin.patient_list", Permission.PATIENT_READ, 10)
menu.entry("患者", "微信用户", "patients_admin.wechat_users", Permission.PATIENT_READ, 20)
menu.entry("公众号", "公众号菜单", "patients_admin.account_menu", Permission.MENU_PUBLISH, 10)


# --- patients --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PatientRow:
    """A patient as lists and pages show one: masked."""

    id: int
    record_no: str
    name: str
    phone: str
    id_number: str
    sex: str
    created_at: datetime

    @classmethod
    def of(cls, patient: Patient) -> PatientRow:
        return cls(
            patient.id,
            patient.record_no,
            masked_name(patient.name),
            masked_phone(patient.phone),
            masked_id_number(patient.id_number),
            patient.sex.label,
            patient.created_at,
        )

    @property
    def url(self) -> str:
        return url_for("patients_admin.patient", patient_id=self.id)


PATIENTS = Table(
    "patients.list",
    title="患者",
    columns=(
        Column("record_no", "病历号", "code", link=lambda row: row.url, sort=Patient.record_no),
        Column("name", "姓名"),
        Column("sex", "性别"),
        Column("phone", "手机号"),
        Column("id_number", "证件号"),
        Column("created_at", "建档时间", sort=Patient.created_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="病历号、姓名、手机号或证件号，须完整", is_private=True),
        Filter("since", "建档从", "day"),
        Filter("until", "到", "day"),
    ),
    actions=(
        Action("查看", lambda row: row.url, Permission.PATIENT_READ),
        Action("修改", lambda row: url_for("patients_admin.edit_form", patient_id=row.id), Permission.PATIENT_WRITE),
    ),
    sort="-created_at",
    key=Patient.id,
    make=PatientRow.of,
    empty="还没有患者档案",
)


@interface("patients.list", GET="/pc/patients", permission=Permission.PATIENT_READ)
def patient_list() -> Page:
    return Page("patients/admin/patients.html", table=PATIENTS.load(queries.patients_for_staff))


@interface("patients.new", GET="/pc/patients/new", permission=Permission.PATIENT_WRITE)
def new_form() -> Page:
    return Page("patients/admin/patient_form.html", form=_patient_form(PatientForm, {}), patient=None)


@interface(
    "patients.create", POST="/pc/patients", permission=Permission.PATIENT_WRITE, audit="患者建档", form_page=new_form
)
def create() -> Done:
    form = read_form(PatientForm)
    details = PatientDetails(form.name, form.phone, form.id_number, form.sex, form.birthday)
    by = current_staff().actor
    made_id = once("patients.create", form, lambda: str(services.register_patient(details, by=by).id))
    made = queries.get_patient(int(made_id))
    audit.about(f"patient:{made.id}", f"病历号{made.record_no}")
    return Done(
        f"已建档，病历号{made.record_no}",
        location=url_for("patients_admin.patient", patient_id=made.id),
        record_no=made.record_no,
        id=made.id,
    )


@interface("patients.detail", GET="/pc/patients/<int:patient_id>", permission=Permission.PATIENT_READ)
def patient(patient_id: int) -> Page:
    """Show a patient, masked; the look is logged."""
    page = _patient_page(patient_id)
    audit.looked_at("patient", patient_id, "患者详情")
    return page


@interface(
    "patients.reveal",
    POST="/pc/patients/<int:patient_id>/reveal",
    permission=Permission.PATIENT_REVEAL,
    audit="查看患者完整信息",
)
def reveal(patient_id: int) -> Page:
    """Show the whole numbers, this once; the look is logged."""
    found = queries.get_patient(patient_id)
    audit.looked_at("patient", patient_id, "姓名、手机号、证件号")
    return _patient_page(
        patient_id, full={"name": found.name, "phone": found.phone, "id_number": found.id_number or ""}
    )


def _patient_page(patient_id: int, **more: Any) -> Page:
    found = queries.get_patient(patient_id)
    return Page(
        "patients/admin/patient.html",
        patient=PatientRow.of(found),
        birthday=found.birthday,
        created_by=found.created_by,
        has_password=found.balance_password_hash is not None,
        issued_until=found.balance_password_expires_at,
        locked_until=found.balance_locked_until if queries.is_locked(found) else None,
        bindings=queries.bindings_of(patient_id),
        looks=queries.looks_at(patient_id, limit=20),
        **{"full": None, "password": None, **more},
    )


@interface("patients.edit", GET="/pc/patients/<int:patient_id>/edit", permission=Permission.PATIENT_WRITE)
def edit_form(patient_id: int) -> Page:
    """The form for corrections. Whole numbers stand in it only for those who may see them."""
    found = queries.get_patient(patient_id)
    may_see = current_staff().may(Permission.PATIENT_REVEAL)
    audit.looked_at("patient", patient_id, "姓名、手机号、证件号" if may_see else "姓名")
    values = {"name": found.name, "sex": found.sex, "birthday": found.birthday}
    if may_see:
        values |= {"phone": found.phone, "id_number": found.id_number or ""}
    form = _patient_form(ChangePatientForm, values)
    return Page("patients/admin/patient_form.html", form=form, patient=PatientRow.of(found), version=found.version)


@interface(
    "patients.save",
    POST="/pc/patients/<int:patient_id>",
    permission=Permission.PATIENT_WRITE,
    audit="修改患者资料",
    form_page=edit_form,
)
def save(patient_id: int) -> Done:
    form = read_form(ChangePatientForm)
    found = queries.get_patient(patient_id)
    details = PatientDetails(
        form.name, form.phone or found.phone, form.id_number or found.id_number or "", form.sex, form.birthday
    )
    services.change_patient(patient_id, details, seen_version=form.version)
    audit.about(f"patient:{patient_id}")
    return Done("已保存", location=url_for("patients_admin.patient", patient_id=patient_id))


def _patient_form(model: type[PatientForm | ChangePatientForm], values: Mapping[str, Any]) -> ShownForm:
    kept = "留空则不修改" if model is ChangePatientForm else ""
    return ShownForm(
        model,
        values=values,
        kinds={"phone": "tel", "sex": "radio"},
        help={"id_number": kept or "填写后，性别与出生日期以证件号为准", "phone": kept or "用于短信验证与通知"},
    )


# --- balance password ------------------------------------------------------------------------------------------------


@interface(
    "patients.issue_password",
    POST="/pc/patients/<int:patient_id>/balance-password",
    permission=Permission.BALANCE_PASSWORD_RESET,
    audit="发放余额密码",
)
def issue_password(patient_id: int) -> Page | Done:
    """Give a new first password: shown this once, or sent to the phone of the record."""
    form = read_form(IssuePasswordForm)
    by_sms = bool(form.by_sms)
    password = once(
        "patients.issue_password",
        form,
        lambda: services.issue_balance_password(patient_id),
        is_secret=True,
        patient=patient_id,
    )
    audit.about(f"patient:{patient_id}", "短信发送" if by_sms else "当面告知")
    if by_sms:
        services.send_issued_password(patient_id, password)
        return Done("初始密码已发送至患者手机", location=url_for("patients_admin.patient", patient_id=patient_id))
    return _patient_page(patient_id, password=password)


# --- bindings and WeChat users ---------------------------------------------------------------------------------------


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


# --- the official account's menu -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MenuLine:
    """A sub-button of the account's menu."""

    name: str
    address: str


@dataclass(frozen=True)
class MenuGroup:
    """A button with its sub-buttons."""

    name: str
    lines: list[MenuLine]


@interface("patients.menu", GET="/pc/account-menu", permission=Permission.MENU_PUBLISH)
def account_menu() -> Page:
    """The menu as the pages that exist would make it, beside the one that phones show now."""
    problem = ""
    try:
        wanted = _groups(services.build_menu())
    except MenuRefused as refusal:
        wanted, problem = [], refusal.message
    published = _groups(services.published_menu() or {})
    return Page(
        "patients/admin/account_menu.html",
        wanted=wanted,
        published=published,
        problem=problem,
        is_current=wanted == published,
    )


@interface(
    "patients.publish_menu",
    POST="/pc/account-menu",
    permission=Permission.MENU_PUBLISH,
    audit="发布公众号菜单",
    form_page=account_menu,
)
def publish_menu() -> Done:
    made = _groups(services.publish_menu())
    audit.about("menu", "，".join(f"{group.name}/{line.name}" for group in made for line in group.lines))
    return Done("菜单已发布，用户重新进入公众号后5分钟内生效")


def _groups(found: Mapping[str, Any]) -> list[MenuGroup]:
    return [
        MenuGroup(
            str(top.get("name")),
            [MenuLine(str(one.get("name")), str(one.get("url", ""))) for one in top.get("sub_button", [])],
        )
        for top in found.get("button", [])
    ]


# --- search and start page -------------------------------------------------------------------------------------------


def _find(text: str) -> list[search.Hit]:
    return [
        search.Hit(f"{row.name}　{row.record_no}", row.url, row.phone)
        for row in map(PatientRow.of, queries.find_patients(text, limit=search.MOST))
    ]


search.register("患者", Permission.PATIENT_READ, _find)


def _people() -> list[dashboard.Card]:
    people = queries.people_since(clock.day_bounds(clock.today())[0])
    return [
        dashboard.Card(
            "今日建档", str(people.new), url=url_for("patients_admin.patient_list"), icon="user-plus", hint="新患者"
        ),
        dashboard.Card(
            "今日绑定",
            str(people.newly_bound),
            url=url_for("patients_admin.wechat_users", bound="1"),
            icon="link",
            hint=f"共{people.bound}位患者已绑定",
        ),
    ]


dashboard.dashboard_card(60, Permission.PATIENT_READ, _people)
