"""Staff pages: patients and their balance passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.patients import queries, services, staff_links
from wxapp.patients.admin.door import interface
from wxapp.patients.forms import ChangePatientForm, IssuePasswordForm, PatientForm
from wxapp.patients.models import Patient
from wxapp.patients.services import PatientDetails

menu.entry("患者", "患者", "patients_admin.patient_list", Permission.PATIENT_READ, 10)


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
        _links=staff_links.links_for(current_staff()),
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
