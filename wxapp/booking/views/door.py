"""What the patients' pages of booking share: the blueprint, for whom one books, and days."""

from __future__ import annotations

from datetime import date, datetime

from flask import request

from wxapp.booking import hours
from wxapp.booking.forms import ContactForm, LineForm
from wxapp.booking.services.bookings import Contact
from wxapp.core import clock
from wxapp.core.errors import Invalid, NotFound
from wxapp.h5.shell import Pages
from wxapp.patients import rules as patient_rules
from wxapp.patients.access import current_patient, signed_in_user
from wxapp.patients.errors import OtherPatientShown, SnapshotVisitor
from wxapp.patients.models import Patient

pages = Pages("booking", "wxapp.booking")


def find_patient() -> Patient | None:
    """Return the patient for whom this user books, or None for a visitor who has bound none.

    :raises SnapshotVisitor: an account that WeChat has invented, to which nobody comes back
    """
    user = signed_in_user()
    if user.current_patient_id is None:
        if user.is_snapshot:
            raise SnapshotVisitor
        return None
    return current_patient(user)


def contact_of(form: ContactForm | LineForm, patient: Patient | None) -> Contact:
    """Return who comes: the patient's record says it, else what the visitor has typed.

    :raises OtherPatientShown: the page was about somebody else
    :raises Invalid: a visitor left something out, or the ID number is none
    """
    if form.patient_id != (patient.id if patient else 0):
        raise OtherPatientShown
    id_number, remark, order_no = "", "", ""
    if isinstance(form, ContactForm):
        id_number, remark, order_no = form.id_number, form.remark, form.order_no
    if patient is not None:
        return Contact(patient.name, patient.phone, patient.id_number or "", remark, order_no)
    errors = {}
    if form.name is None:
        errors["name"] = "请填写姓名"
    if form.phone is None:
        errors["phone"] = "请填写手机号"
    if id_number:
        try:
            id_number = patient_rules.read_id_number(id_number, today=clock.today()).number
        except ValueError as error:
            errors["id_number"] = str(error)
    if errors:
        raise Invalid(errors)
    return Contact(form.name or "", form.phone or "", id_number, remark, order_no)


def asked_day() -> date | None:
    """Return the day that the address names.

    :raises NotFound: something else stands there
    """
    text = request.args.get("day", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if day.isoformat() != text:  # the same day in another spelling
        raise NotFound
    return day


def asked_number(name: str) -> int | None:
    """Return the number of a row that the address names.

    :raises NotFound: something else stands there
    """
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound
    return int(text)


# --- as templates show times -----------------------------------------------------------------------------------------


@pages.app_template_filter("hm")
def hm(moment: datetime) -> str:
    """Show the hospital's time of day: ``09:30``."""
    return f"{clock.local(moment):%H:%M}"


@pages.app_template_filter("hms")
def hms(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M:%S}"


@pages.app_template_filter("day_text")
def day_text(when: datetime | date) -> str:
    """Show a day as people say it: ``3月5日 周四``."""
    day = clock.hospital_day(when) if isinstance(when, datetime) else when
    return f"{day.month}月{day.day}日 {hours.WEEKDAYS[day.weekday()]}"


@pages.app_template_filter("weekday_text")
def weekday_text(day: date) -> str:
    """Show the day of the week: ``周四``."""
    return hours.WEEKDAYS[day.weekday()]


pages.app_template_filter("minute_text")(hours.minute_text)
