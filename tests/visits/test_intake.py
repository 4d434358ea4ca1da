"""Who comes for the first time gets a record; who is known gets a return visit with a number of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.configuration import make_code, make_method, make_project_category
from tests.factories.intake import make_intake, take_in
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from wxapp.core import clock, settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.ids import Sequence
from wxapp.hospital.models import CodeKind, MethodKind
from wxapp.patients.models import Patient, Sex
from wxapp.patients.settings import RECORD_PREFIX
from wxapp.till.models import Deposit
from wxapp.visits.errors import BookingUsed, KnownPhone
from wxapp.visits.models import Part, Pickup, Profile, ProfilePerson, Stage, Visit
from wxapp.visits.queries import people_of
from wxapp.visits.services.intake import DepositTaken
from wxapp.visits.services.pickups import Wish
from wxapp.visits.wire import wire_visit


def _visit(visit_id: int) -> Visit:
    return db.session.get_one(Visit, visit_id)


def _patients() -> int:
    return db.session.scalar(sa.select(sa.func.count(Patient.id))) or 0


def test_a_first_visit_has_the_number_of_its_patient(app: Flask) -> None:
    visit = _visit(take_in(make_intake(name="赵小兰", phone="13800000001")))

    patient = db.session.get_one(Patient, visit.patient_id)
    assert (visit.visit_no, visit.is_first) == (patient.record_no, True) == ("HOSP26030201", True)
    assert (visit.stage, visit.day, patient.name) == (Stage.BOOKED, clock.today(), "赵小兰")


def test_somebody_known_gets_a_return_visit_with_a_number_of_its_own(app: Flask) -> None:
    intake = make_intake(name="赵小兰", phone="13800000001")
    first, second = _visit(take_in(intake)), _visit(take_in(intake))

    assert (second.patient_id, second.is_first, second.visit_no) == (first.patient_id, False, "HOSP26030202")
    wired = wire_visit(second, whole=True)
    assert (wired["unum"], wired["user_number"], wired["first_again"]) == ("HOSP26030201", "HOSP26030202", "复诊")
    assert _patients() == 1


def test_a_record_may_be_named_instead_of_name_and_phone(app: Flask) -> None:
    patient = make_patient(name="赵小兰")
    visit = _visit(take_in(make_intake(patient_id=patient.id)))
    assert (visit.patient_id, visit.is_first) == (patient.id, False)


def test_a_phone_of_somebody_else_is_asked_about(app: Flask) -> None:
    make_patient(name="赵小兰", phone="13800000001")
    intake = make_intake(name="钱小梅", phone="13800000001")

    with pytest.raises(KnownPhone):
        take_in(intake)
    visit = _visit(take_in(replace(intake, is_other_person=True)))

    assert visit.is_first
    assert _patients() == 2


def test_a_corrected_name_stands_in_nobodys_way(app: Flask) -> None:
    intake = make_intake(name="赵小兰", phone="13800000001")
    first = _visit(take_in(intake))
    patient = db.session.get_one(Patient, first.patient_id)
    patient.name = "赵晓兰"
    db.session.commit()

    second = _visit(take_in(replace(intake, is_other_person=True)))

    assert second.patient_id != first.patient_id


def test_the_people_of_the_visit_are_those_that_the_next_one_begins_with(app: Flask) -> None:
    escorts = [make_member(name="甲").id, make_member(name="乙").id]
    intake = make_intake(escort_ids=(escorts[1], escorts[0]))
    visit = _visit(take_in(intake))

    assert [one.name for one in people_of([visit.id])[visit.id][Part.ESCORT]] == ["乙", "甲"]
    kept = sa.select(ProfilePerson.name).where(ProfilePerson.part == Part.ESCORT).order_by(ProfilePerson.position)
    assert list(db.session.scalars(kept)) == ["乙", "甲"]
    assert visit.lead_referrer_id == intake.lead_referrer_id


def test_what_is_not_said_again_stays(app: Flask) -> None:
    intake = make_intake(province="甲省", city="乙市", address="丁路1号", tag=2)
    take_in(intake)
    take_in(replace(intake, city="丙市", address=""))

    profile = db.session.scalars(sa.select(Profile)).one()
    assert (profile.province, profile.city, profile.address, profile.version) == ("甲省", "丙市", "丁路1号", 2)


def test_a_record_without_birthday_gets_it(app: Flask) -> None:
    patient = make_patient(id_number="")
    intake = make_intake(patient_id=patient.id, sex=Sex.MALE)

    take_in(intake)

    db.session.refresh(patient)
    assert (patient.birthday, patient.sex) == (intake.birthday, Sex.MALE)


def test_the_day_of_the_visit_is_that_of_the_appointment(app: Flask) -> None:
    at = datetime(2026, 3, 5, 0, 30, tzinfo=clock.HOSPITAL_ZONE)
    visit = _visit(take_in(make_intake(appointed_at=at)))
    assert (visit.day.isoformat(), visit.appointed_at) == ("2026-03-05", at)


def test_a_deposit_goes_into_the_till(app: Flask) -> None:
    cash = make_method("现金", MethodKind.CASH)
    visit = _visit(take_in(make_intake(deposit=DepositTaken(20_000, cash))))

    deposit = db.session.scalars(sa.select(Deposit)).one()
    assert (deposit.subject, deposit.amount_fen, deposit.left_fen) == (f"visit:{visit.id}", 20_000, 20_000)
    assert visit.deposit_fen == 20_000


def test_a_wish_to_be_fetched_waits_for_a_driver(app: Flask) -> None:
    wish = Wish("丁路1号南门", clock.now(), people=2)
    visit_id = take_in(make_intake(pickup=wish))
    pickup = db.session.scalars(sa.select(Pickup)).one()
    assert (pickup.visit_id, pickup.place, pickup.people) == (visit_id, "丁路1号南门", 2)


def test_a_booking_turns_into_one_visit(app: Flask) -> None:
    intake = make_intake(booking_no="B260302AAA")
    take_in(intake)
    with pytest.raises(BookingUsed):
        take_in(intake)


@pytest.mark.parametrize("field", ["lead_referrer_id", "referrer_ids", "escort_ids"])
def test_who_has_left_the_house_is_refused_beside_the_field(app: Flask, field: str) -> None:
    gone = make_member(is_active=False).id
    intake = make_intake(**{field: gone if field == "lead_referrer_id" else (gone,)})

    with pytest.raises(Invalid) as refused:
        take_in(intake)

    assert list(refused.value.errors) == [field]
    assert _patients() == 0


def test_categories_and_codes_out_of_use_are_refused(app: Flask) -> None:
    closed = make_project_category(is_active=False)
    with pytest.raises(Invalid, match="项目分类"):
        take_in(make_intake(category_ids=(closed.id,)))
    make_code(CodeKind.PATIENT_TAG, 2)
    with pytest.raises(Invalid, match="医院标签"):
        take_in(make_intake(tag=7))
    assert _visit(take_in(make_intake(tag=2))).is_first


def test_the_prefix_of_numbers_is_a_setting(app: Flask) -> None:
    settings.write(RECORD_PREFIX, "MR", by="system:tests")
    assert _visit(take_in(make_intake())).visit_no == "MR26030201"


def test_the_hundredth_number_has_three_digits(app: Flask) -> None:
    numbers = [_visit(take_in(make_intake(phone="13800000001", name="赵小兰"))).visit_no for _ in range(2)]
    db.session.execute(sa.update(Sequence).where(Sequence.name == "patient:20260302").values(value=99))
    db.session.commit()
    assert numbers == ["HOSP26030201", "HOSP26030202"]
    assert _visit(take_in(make_intake())).visit_no == "HOSP260302100"
