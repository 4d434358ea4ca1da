"""Staff pages: adding a patient with a visit (添加客户)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import request, url_for

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.wire import read_wire
from wxapp.booking import queries as bookings
from wxapp.core import clock
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form, row_key
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import CodeKind, Method, MethodKind
from wxapp.patients import staff_links
from wxapp.patients.models import Sex
from wxapp.staff import queries as staff
from wxapp.visits.admin.answered import done
from wxapp.visits.admin.door import interface
from wxapp.visits.errors import KnownPhone
from wxapp.visits.intake_forms import AddForm, NewPatientForm, PhoneForm
from wxapp.visits.listings import visit_url
from wxapp.visits.models import Part, Visit
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.appointments import find_noted
from wxapp.visits.queries.desk import Before, acquaintances, known_before, words
from wxapp.visits.rules.ages import age_on, fits
from wxapp.visits.services import arrivals
from wxapp.visits.services.intake import DepositTaken, Intake, add_visit, draw_numbers, visit_of_booking
from wxapp.visits.services.pickups import Wish

_OLDEST = date(1890, 1, 1)
_SEXES = {1: Sex.MALE, 2: Sex.FEMALE}
_SEX_CODES = {sex: str(code) for code, sex in _SEXES.items()}
_AHEAD = timedelta(days=366)
_HELP = {
    "phone": "已登记的号码会提示已有客户",
    "age": "按生日自动计算，可改",
    "channel": "可选择，也可直接填写",
    "deposit_fen": "没有定金填0；收取后记入收银",
    "appointed_at": "不填表示今天随到随诊",
}


@interface("user.add.page", GET="/pc/user/add", permission=Permission.VISIT_INTAKE, is_wire=True)
def add_page() -> Page:
    """The form; filled in for somebody who is known (``patient_id``), or from a booking (``booking_no``)."""
    values: dict[str, Any] = {"deposit_fen": "0", "pickup_people": 1}
    booking_visit, note, noted_referrer = None, "", None
    before = _asked_patient()
    if booking_no := request.args.get("booking_no", "").strip()[:32]:
        booking_visit, from_booking = _booked(booking_no)
        values |= from_booking
        noted_referrer = from_booking["lead_referrer_id"]
        if before is None and from_booking.get("patient_id"):
            before = known_before(int(from_booking["patient_id"]))
    if before is not None:
        values |= _filled_in(before)
        note = "生日、性别、住址区域与来源"
        looked_at("patient", before.patient.id, f"登记复诊：{note}")
    if noted_referrer is not None:  # what the desk has noted on the booking is newer than the record
        values["lead_referrer_id"] = noted_referrer
    lists = words()
    return Page(
        "visits/admin/add.html",
        _form=_shown(values, lists),
        _before=before,
        _before_name=masked_name(before.patient.name) if before else "",
        _before_phone=masked_phone(before.patient.phone) if before else "",
        _booking_no=booking_no,
        _booking_visit=booking_visit,
        _channels=[code.label for code in lists.get(CodeKind.CHANNEL, ())],
        _known=_known_now(),
    )


def _shown(values: dict[str, Any], lists: Any) -> ShownForm:
    people = [(str(staff_id), name) for staff_id, name in staff.active_members()]
    return ShownForm(
        AddForm if "patient_id" in values else NewPatientForm,
        values=values,
        options={
            "sex": [("2", "女"), ("1", "男")],
            "lead_referrer_id": people,
            "referrer_ids": people,
            "escort_ids": people,
            "referral_source": _choices(lists.get(CodeKind.REFERRAL_SOURCE, ())),
            "tag": _choices(lists.get(CodeKind.PATIENT_TAG, ())),
            "category_ids": [(str(one.id), one.name) for one in hospital.categories()],
            "deposit_method": [(method.name, method.name) for method in _money_methods()],
        },
        kinds={
            "phone": "tel", "sex": "radio", "deposit_fen": "money", "appointed_at": "moment", "pickup_at": "moment",
            "remark": "textarea",
        },
        help=_HELP,
    )  # fmt: skip


def _choices(codes: Sequence[Any]) -> list[tuple[str, str]]:
    return [(str(code.code), code.label) for code in codes] or [("0", "未分类")]


def _money_methods() -> list[Method]:
    return [method for method in hospital.methods() if method.kind.is_money]


# --- filled in with what is known ------------------------------------------------------------------------------------


def _asked_patient() -> Before | None:
    """Return whom the address names; after a refusal, whom the form named."""
    text = request.values.get("patient_id", "")
    if not text:
        return None
    try:
        return known_before(row_key(text))
    except ValueError:
        raise NotFound("没有这位客户的档案") from None


def _filled_in(before: Before) -> dict[str, Any]:
    patient, profile, last = before.patient, before.profile, before.last
    birthday = patient.birthday
    values: dict[str, Any] = {
        "patient_id": patient.id,
        "sex": _SEX_CODES.get(patient.sex),
        "birthday": birthday,
        "age": age_on(clock.today(), birthday) if birthday else None,
        "referrer_ids": before.people.get(Part.REFERRER, ()),
        "escort_ids": before.people.get(Part.ESCORT, ()),
    }
    if profile is not None:
        names = ("province", "city", "area", "tag", "lead_referrer_id")
        values |= {name: getattr(profile, name) for name in names}
    if last is not None:
        values |= {name: getattr(last, name) for name in ("referral_source", "channel", "social_account")}
    return values


def _booked(booking_no: str) -> tuple[Visit | None, dict[str, Any]]:
    """Return the visit that a booking has turned into, and what the form is filled in with."""
    looked_at("booking", booking_no, "转客户：姓名、手机号")
    booking, noted = bookings.get_booking(booking_no), find_noted(booking_no)
    return visit_of_booking(booking_no), {
        "booking_no": booking_no,
        "name": booking.contact_name,
        "phone": booking.contact_phone,
        "appointed_at": booking.starts_at,
        "remark": booking.remark,
        "patient_id": booking.patient_id,
        "lead_referrer_id": noted.lead_referrer_id if noted else None,
    }


# --- whose phone it is -----------------------------------------------------------------------------------------------


@interface("visits.known", POST="/pc/user/known", permission=Permission.VISIT_INTAKE, audit="查询手机号是否已登记")
def known() -> Page:
    """Tell whose record has a phone, masked: the page asks while the form is filled in."""
    found = _acquaintances(read_form(PhoneForm).phone)
    audit.about("phone", f"已登记{len(found)}位")
    return Page("visits/admin/known.html", list=found, count=len(found))


def _acquaintances(phone: str) -> list[dict[str, Any]]:
    return [
        {
            "patient_id": one.patient.id,
            "name": masked_name(one.patient.name),
            "record_no": one.patient.record_no,
            "last_day": one.last_day.isoformat() if one.last_day else "",
            "open_visit_no": one.open_visit_no,
            "open_visit_url": visit_url(one.open_visit_id) if one.open_visit_id else "",
            "add_url": url_for("visits_admin.add_page", patient_id=one.patient.id),
        }
        for one in acquaintances(phone)
    ]


def _known_now() -> list[dict[str, Any]]:
    """Return whose phone was typed, when the form comes back because of it."""
    back = refusal()
    if back is None or back.errors.get("phone") != KnownPhone.message:
        return []
    return _acquaintances("".join(back.typed.get("phone", "").split()))


# --- adding ----------------------------------------------------------------------------------------------------------


@interface(
    "user.add",
    POST="/pc/user/add",
    permission=Permission.VISIT_INTAKE,
    audit="添加客户",
    form_page=add_page,
    is_wire=True,
)
def add() -> Done:
    """Add a visit, with the record of a patient who comes for the first time (contract: user.add)."""
    form = read_wire(AddForm if request.form.get("patient_id") else NewPatientForm)
    intake = _intake(form)
    me = current_staff()
    numbers = draw_numbers(with_deposit=intake.deposit is not None)

    def work() -> str:
        visit_id = add_visit(intake, numbers, by=me)
        if form.is_here:
            arrivals.confirm_arrival(visit_id, by=me.id)
        return str(visit_id)

    visit = get_visit(int(once("visits.add", form, work)))
    audit.about(f"visit:{visit.id}", f"{'初诊' if visit.is_first else '复诊'} {visit.visit_no}")
    told = f"已登记{'初诊' if visit.is_first else '复诊'}，编号{visit.visit_no}"
    return done(told, location=visit_url(visit.id), id=str(visit.id), user_number=visit.visit_no)


def _intake(form: AddForm) -> Intake:
    today = clock.today()
    errors: dict[str, str] = {}
    if not _OLDEST <= form.birthday <= today:
        errors["birthday"] = "生日不正确"
    elif not fits(form.age, form.birthday, today=today):
        errors["age"] = f"年龄与生日不符，按生日应为{age_on(today, form.birthday)}岁"
    errors |= _moment_fault("appointed_at", form.appointed_at, label="预约时间")
    errors |= _pickup_faults(form)
    if errors:
        raise Invalid(errors)
    texts = {
        name: getattr(form, name)
        for name in (
            "lead_referrer_id", "referrer_ids", "escort_ids", "category_ids", "referral_source", "tag", "channel",
            "social_account", "province", "city", "area", "address", "appointed_at", "remark", "booking_no",
            "patient_id", "is_other_person",
        )
    }  # fmt: skip
    return Intake(
        name=form.name or "",
        phone=form.phone or "",
        sex=_SEXES[form.sex],
        birthday=form.birthday,
        deposit=_deposit(form),
        pickup=_wish(form),
        **texts,
    )


def _moment_fault(field: str, moment: datetime | None, *, label: str) -> dict[str, str]:
    if moment is None:
        return {}
    day, today = clock.hospital_day(moment), clock.today()
    return {} if today <= day <= today + _AHEAD else {field: f"{label}应在今天之后的一年内"}


def _pickup_faults(form: AddForm) -> dict[str, str]:
    if not form.pickup_place:
        return {"pickup_place": "请填写接送地点"} if form.pickup_at or form.pickup_note else {}
    if (form.pickup_at or form.appointed_at) is None:
        return {"pickup_at": "请填写接送时间"}
    return _moment_fault("pickup_at", form.pickup_at, label="接送时间")


def _wish(form: AddForm) -> Wish | None:
    at = form.pickup_at or form.appointed_at
    if not form.pickup_place or at is None:
        return None
    return Wish(form.pickup_place, at, form.pickup_people, form.pickup_note)


def _deposit(form: AddForm) -> DepositTaken | None:
    if not form.deposit_fen:
        return None
    offered = _money_methods()
    named = [method for method in offered if method.name == form.deposit_method]
    if form.deposit_method and not named:
        raise Invalid({"deposit_method": "请选择在用的收款方式"})
    if not named and "deposit_method" in request.form:  # our page: how it was paid is for who takes it to say
        raise Invalid({"deposit_method": "请选择定金的收款方式"})
    # Programs know no method of deposits: theirs are cash.
    chosen = named or [method for method in offered if method.kind is MethodKind.CASH] or offered
    if not chosen:
        raise Invalid({"deposit_fen": "还没有可收定金的收款方式，请先在“银行配置”中添加"})
    return DepositTaken(form.deposit_fen, chosen[0])


staff_links.register("登记到院", "visits_admin.add_page", "user-plus", Permission.VISIT_INTAKE, 5)
