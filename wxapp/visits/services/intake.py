"""Intake (客户添加): a patient comes into the books, with the visit for which he is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.identity import Staff
from wxapp.core import clock, ids
from wxapp.core.db import db, insert_rows, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import CodeKind, Method
from wxapp.patients import queries as patients
from wxapp.patients import services as records
from wxapp.patients.models import Patient, Sex
from wxapp.patients.services import PatientDetails
from wxapp.staff import queries as staff
from wxapp.till import services as till
from wxapp.till.services import Cashier
from wxapp.visits.errors import BookingUsed, KnownPhone
from wxapp.visits.models import Interest, Part, Visit
from wxapp.visits.rules.subjects import subject_of
from wxapp.visits.services.people import set_people
from wxapp.visits.services.pickups import Wish, wish_for
from wxapp.visits.services.profiles import keep_profile


@dataclass(frozen=True)
class DepositTaken:
    """A deposit that the patient pays at intake."""

    amount_fen: int
    method: Method


@dataclass(frozen=True)
class Intake:
    """What the front desk writes down.

    :ivar patient_id: the record, when it is known; else name and phone say who it is
    :ivar is_other_person: somebody new, although a record has this phone (a family may share one)
    """

    name: str
    phone: str
    sex: Sex
    birthday: date | None
    lead_referrer_id: int
    referrer_ids: tuple[int, ...]
    escort_ids: tuple[int, ...]
    category_ids: tuple[int, ...]
    referral_source: int = 0
    tag: int = 0
    channel: str = ""
    social_account: str = ""
    province: str = ""
    city: str = ""
    area: str = ""
    address: str = ""
    appointed_at: datetime | None = None
    remark: str = ""
    booking_no: str = ""
    deposit: DepositTaken | None = None
    pickup: Wish | None = None
    patient_id: int | None = None
    is_other_person: bool = False


@dataclass(frozen=True)
class Numbers:
    """Numbers that an intake may need; those that it does not use are gaps."""

    record_no: str
    deposit_no: str = ""
    receipt_no: str = ""


def draw_numbers(*, with_deposit: bool) -> Numbers:
    """Return fresh numbers. Call it before the transaction: inside one, everybody else would wait for its end."""
    if not with_deposit:
        return Numbers(records.new_record_no())
    return Numbers(records.new_record_no(), till.new_deposit_no(), till.new_receipt_no())


def add_visit(intake: Intake, numbers: Numbers, *, by: Staff) -> int:
    """Make a visit, and the record of a patient who comes for the first time; return the visit's id.

    A first visit has the number of its patient, a return visit the drawn one. Of two intakes of the same new person at
    the same moment one makes the record, the other a return visit.

    :raises Invalid: somebody is not of the staff, or a category or code is not in use
    :raises KnownPhone: a record with another name has this phone, and nobody has said who it is
    :raises BookingUsed: another visit came from this booking
    :raises NotForDeposits: the deposit's method is no money in hand
    """
    _check(intake)
    with transaction():
        patient, is_new = _find_or_register(intake, numbers.record_no, by=by.actor)
        if not is_new:
            # Before anything that names the patient is written: each such row shares a lock on the record, and two
            # intakes that then want it for themselves would wait for each other.
            records.complete_patient(patient.id, sex=intake.sex, birthday=intake.birthday)
        keep_profile(patient.id, intake, by=by.actor)
        visit = _insert(intake, patient, is_first=is_new, visit_no=numbers.record_no, by=by.actor)
        _set_people(visit.id, intake)
        _add_interests(visit.id, intake.category_ids)
        if intake.pickup is not None:
            wish_for(visit.id, intake.pickup, by=by)
        if intake.deposit is not None:
            _take_deposit(visit, intake.deposit, numbers, by=Cashier(by.id, by.name))
        return visit.id


def check_codes(kind: CodeKind, code: int, *, field: str, label: str) -> None:
    """:raises Invalid: the hospital has a list of such codes, and this one is not in use; 0 stands for none"""
    known = {one.code for one in hospital.codes(kind)}
    if code and known and code not in known:
        raise Invalid({field: f"{label}不在可选范围内"})


def _check(intake: Intake) -> None:
    check_codes(CodeKind.REFERRAL_SOURCE, intake.referral_source, field="referral_source", label="开发部门")
    check_codes(CodeKind.PATIENT_TAG, intake.tag, field="tag", label="医院标签")
    active = {category.id for category in hospital.categories()}
    if missing := [one for one in intake.category_ids if one not in active]:
        raise Invalid({"category_ids": f"没有编号为{missing[0]}的项目分类，或已停用"})
    named = {
        "lead_referrer_id": (intake.lead_referrer_id,),
        "referrer_ids": intake.referrer_ids,
        "escort_ids": intake.escort_ids,
    }
    there = staff.active_among(one for ids in named.values() for one in ids)
    if wrong := {
        field: f"没有编号为{gone[0]}的在职员工"
        for field, ids in named.items()
        if (gone := [one for one in ids if one not in there])
    }:
        raise Invalid(wrong)


# --- the patient -----------------------------------------------------------------------------------------------------


def _find_or_register(intake: Intake, record_no: str, *, by: str) -> tuple[Patient, bool]:
    """Return the patient, and whether the record was made just now."""
    if intake.patient_id is not None:
        try:
            return patients.get_patient(intake.patient_id), False
        except NotFound:
            raise Invalid({"patient_id": "没有这位客户的档案"}) from None
    hold_phone(intake.phone)
    known = patients.patients_with_phone(intake.phone)
    same = [patient for patient in known if patient.name == intake.name]
    if same and not intake.is_other_person:
        return same[-1], False
    if known and not intake.is_other_person:
        raise KnownPhone
    details = PatientDetails(intake.name, intake.phone, sex=intake.sex, birthday=intake.birthday)
    return records.register_patient(details, by=by, record_no=record_no), True


def hold_phone(phone: str) -> None:
    """Let intakes of one phone go one after the other until the transaction ends.

    Two desks may add the same person at the same moment. Phones are no key of records, as families share them; so a
    row of the phone's own is locked, and who comes second finds the record.
    """
    ids.next_number(f"intake:{patients.phone_index(phone)[:40]}")


def _insert(intake: Intake, patient: Patient, *, is_first: bool, visit_no: str, by: str) -> Visit:
    now = clock.now()
    values: dict[str, Any] = {
        "visit_no": patient.record_no if is_first else visit_no,
        "patient_id": patient.id,
        "is_first": is_first,
        "day": clock.hospital_day(intake.appointed_at) if intake.appointed_at else clock.today(),
        "appointed_at": intake.appointed_at,
        "booking_no": intake.booking_no or None,
        "flow_id": hospital.newest_flow_id(),
        "referral_source": intake.referral_source,
        "channel": intake.channel,
        "social_account": intake.social_account,
        "deposit_fen": intake.deposit.amount_fen if intake.deposit else 0,
        "remark": intake.remark,
    }
    visit = Visit(**values, step_since=now, created_at=now, created_by=by, changed_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(visit)
    except IntegrityError:
        if intake.booking_no:
            raise BookingUsed from None
        raise
    return visit


def _set_people(visit_id: int, intake: Intake) -> None:
    set_people(visit_id, Part.LEAD_REFERRER, [intake.lead_referrer_id])
    set_people(visit_id, Part.REFERRER, intake.referrer_ids)
    set_people(visit_id, Part.ESCORT, intake.escort_ids)


def _add_interests(visit_id: int, category_ids: Sequence[int]) -> None:
    different = enumerate(dict.fromkeys(category_ids))
    insert_rows(
        Interest, [{"visit_id": visit_id, "category_id": one, "position": position} for position, one in different]
    )


def _take_deposit(visit: Visit, deposit: DepositTaken, numbers: Numbers, *, by: Cashier) -> None:
    till.take_deposit(
        deposit_no=numbers.deposit_no,
        receipt_no=numbers.receipt_no,
        patient_id=visit.patient_id,
        subject=subject_of(visit.id),
        amount_fen=deposit.amount_fen,
        method=deposit.method,
        cashier=by,
    )


def visit_of_booking(booking_no: str) -> Visit | None:
    """Return the visit that came from a booking."""
    return db.session.scalars(sa.select(Visit).where(Visit.booking_no == booking_no)).one_or_none()
