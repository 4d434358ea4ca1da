"""Record numbers: as the contract writes them, one counter a day, and never one twice."""

from __future__ import annotations

import re

from tests.contract.calls import NEW_PHONE, PREPARE, add_customer, patient_of
from tests.contract.house import House
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.visits.models import Visit

FORM = re.compile(r"HOSP\d{6}\d{2,}")


def test_a_first_visit_has_the_number_of_its_patient(house: House):
    visit = add_customer(house)
    assert FORM.fullmatch(visit.visit_no)
    assert visit.visit_no.startswith(f"HOSP{clock.today():%y%m%d}")
    assert visit.visit_no == patient_of(NEW_PHONE).record_no


def test_a_return_visit_draws_a_number_of_its_own_from_the_same_counter(house: House):
    first = add_customer(house)
    house.done("user.add", {**PREPARE["user.add"](house), "user_id": str(first.patient_id)})
    again = db.session.query(Visit).order_by(Visit.id.desc()).limit(1).one()
    assert again.id != first.id
    assert (again.patient_id, again.is_first) == (first.patient_id, False)
    assert int(again.visit_no[-2:]) == int(first.visit_no[-2:]) + 1
    row = next(one for one in house.done("user.index", {"status": "3"})["list"] if one["id"] == str(again.id))
    assert row["user_number"] == again.visit_no
    assert row["first_again"] == "复诊"
    shown = house.done("user.details", {"id": str(again.id)})["info"]
    assert (shown["user_number"], shown["unum"]) == (again.visit_no, first.visit_no)
    assert shown["only_number"] == first.visit_no.removeprefix("HOSP")


def test_from_the_hundredth_on_a_number_has_three_digits(house: House):
    for _ in range(103):
        house.done("user.add", {**PREPARE["user.add"](house), "user_id": str(house.patient.id)})
    numbers = [visit.visit_no for visit in db.session.query(Visit).order_by(Visit.id)]
    assert len(set(numbers)) == 103
    assert len(numbers[-1]) == len("HOSP260302100")
