"""Records: numbers, ciphertext, corrections."""

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_id_number, make_patient
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.patients import queries, services
from wxapp.patients.errors import (
    PatientExists,
)
from wxapp.patients.models import Patient, Sex
from wxapp.patients.services import PatientDetails

pytestmark = pytest.mark.usefixtures("client")

PHONE = "13800000001"


def test_record_numbers_name_the_day_and_count_from_01(at):
    assert [make_patient().record_no for _ in range(2)] == ["HOSP26030201", "HOSP26030202"]
    at("2026-03-03 00:00")
    assert make_patient().record_no == "HOSP26030301"


def test_personal_data_is_ciphertext_in_the_table_and_still_found():
    made = make_patient(name="王芳", phone=PHONE)
    row = db.session.execute(sa.text("SELECT name, phone, id_number FROM patients_patient")).one()
    assert not any(text in "".join(row) for text in ("王芳", PHONE, made.id_number))
    for text in ("王芳", PHONE, made.id_number, made.id_number.lower(), made.record_no, f" {made.record_no} "):
        assert [one.id for one in queries.find_patients(text)] == [made.id]
    assert queries.find_patients("王") == []
    assert queries.find_patients(" ") == []


def test_an_id_number_decides_birthday_and_sex():
    made = make_patient(id_number=make_id_number(3), sex=Sex.FEMALE)
    assert (made.sex, made.birthday.isoformat()) == (Sex.MALE, "1985-06-15")


def test_one_id_number_has_one_record():
    first = make_patient(id_number=make_id_number(5))
    with pytest.raises(PatientExists) as refused:
        make_patient(id_number=make_id_number(5))
    assert refused.value.details["record_no"] == first.record_no
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "123"), ("id_number", "123"), ("id_number", make_id_number(1)[:17] + "?")]
)
def test_a_record_needs_right_numbers(field, value):
    with pytest.raises(Invalid) as refused:
        make_patient(**{field: value})
    assert field in refused.value.errors


def test_two_clerks_who_correct_the_same_record_do_not_overwrite_each_other():
    made = make_patient(name="王芳")
    services.change_patient(made.id, PatientDetails("王芬", PHONE), seen_version=1)
    with pytest.raises(Stale):
        services.change_patient(made.id, PatientDetails("王芬芳", PHONE), seen_version=1)
    assert queries.get_patient(made.id).name == "王芬"
    assert [one.id for one in queries.find_patients("王芬")] == [made.id]
    assert queries.find_patients("王芳") == []


def test_a_correction_does_not_take_anothers_id_number():
    make_patient(id_number=make_id_number(8))
    other = make_patient(id_number=make_id_number(9))
    with pytest.raises(PatientExists):
        services.change_patient(other.id, PatientDetails("王芳", PHONE, make_id_number(8)), seen_version=1)
    db.session.expire_all()
    assert queries.get_patient(other.id).id_number == make_id_number(9)
