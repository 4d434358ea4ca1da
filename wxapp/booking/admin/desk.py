"""Staff pages: booking for somebody who calls or stands at the desk (代客预约)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.booking.admin.bookings import booking_url, free_times
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import who_options
from wxapp.booking.models import Source
from wxapp.booking.services.bookings import Contact, book
from wxapp.booking.staff_forms import PhoneBookingForm
from wxapp.core import ids
from wxapp.core.errors import Forbidden, Invalid, NotFound
from wxapp.core.forms import read_form, row_key
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages
from wxapp.patients import queries as patients
from wxapp.patients import staff_links
from wxapp.patients.models import Patient

FOUND = Table(
    "booking.desk",
    title="患者",
    columns=(
        Column("record_no", "病历号", kind="code"),
        Column("name", "姓名", value=lambda row: masked_name(row.name)),
        Column("phone", "手机号", value=lambda row: masked_phone(row.phone)),
        Column("id_number", "证件号", value=lambda row: masked_id_number(row.id_number)),
    ),
    filters=(Filter("q", "查找患者", placeholder="病历号、姓名、手机号或证件号，须完整", is_private=True),),
    actions=(Action("为其预约", lambda row: url_for("booking_admin.desk", patient_id=row.id)),),
    empty="请输入病历号、姓名、手机号或证件号",
    is_exportable=False,
)


def _find(q: str) -> Sequence[Patient]:
    return patients.find_patients(q)


_HELP = {"name": "必填", "phone": "必填，停诊或改约时短信通知这个号码", "remark": "例如需要轮椅"}


@interface("booking.desk", GET="/pc/booking/new", permission=Permission.BOOKING_WRITE)
def desk() -> Page:
    """Who comes, to whom, and when: each step is in the address, so that it can be gone back to."""
    patient = _asked_patient()
    is_new = patient is None and "contact" in request.args
    choices = who_options()
    who = request.args.get("who", "")
    who = who if who in dict(choices) and (patient or is_new) else ""
    steps = {"patient_id": patient.id} if patient else {"contact": "1"} if is_new else {}
    may_look = current_staff().may(Permission.PATIENT_READ)
    found = FOUND.load(_find) if may_look and not steps else None
    shown: dict[str, Any] = {"table": found} if found else {}
    return Page(
        "booking/admin/desk.html",
        **shown,
        patient=None if patient is None else _masked(patient),
        is_new=is_new,
        who=who,
        **free_times(who),
        _may_look=may_look,
        _table=found,
        _steps=steps,
        _choices=choices,
        _form=ShownForm(PhoneBookingForm, kinds={"phone": "tel", "remark": "text"}, help=_HELP),
    )


def _masked(patient: Patient) -> dict[str, Any]:
    return {
        "id": patient.id,
        "record_no": patient.record_no,
        "name": masked_name(patient.name),
        "phone": masked_phone(patient.phone),
    }


def _asked_patient() -> Patient | None:
    if not (text := request.args.get("patient_id", "")):
        return None
    try:
        return _patient(row_key(text))
    except ValueError:
        raise NotFound from None


def _patient(patient_id: int) -> Patient:
    if not current_staff().may(Permission.PATIENT_READ):
        raise Forbidden
    return patients.get_patient(patient_id)


@interface(
    "booking.book",
    POST="/pc/booking/new",
    permission=Permission.BOOKING_WRITE,
    audit="代客预约",
    form_page=desk,
)
def book_for() -> Done:
    """Book for a patient or a new contact: within the seats there are, without the limits that hold online."""
    form = read_form(PhoneBookingForm)
    if form.patient_id is not None:
        patient = _patient(form.patient_id)
        contact = Contact(patient.name, patient.phone, patient.id_number or "", remark=form.remark)
    else:
        missing = {"name": "请填写姓名"} if not form.name else {}
        missing |= {"phone": "请填写手机号"} if not form.phone else {}
        if missing:
            raise Invalid(missing)
        contact = Contact(form.name, form.phone, form.id_number, remark=form.remark)
    booking_no = book(
        form.slot_id,
        contact,
        wechat_user_id=None,
        patient_id=form.patient_id,
        source=Source.PHONE,
        by=current_staff().actor,
        once_key=form.form_key or ids.new_token(18),
    )
    forget_public_pages()
    audit.about(f"booking:{booking_no}")
    # Only WeChat tells of a booking: who is known by phone alone hears of changes by SMS, but not of this.
    told = "绑定了微信的患者会收到通知" if form.patient_id is not None else f"请将预约号{booking_no}告诉患者"
    return Done(f"预约成功，{told}", location=booking_url(booking_no), booking_no=booking_no)


menu.entry("预约", "代客预约", "booking_admin.desk", Permission.BOOKING_WRITE, 40)


staff_links.register("代客预约", "booking_admin.desk", "calendar-event", Permission.BOOKING_WRITE, 20)
