"""What the answers hold: every field of the contract, in the form that it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.calls import PREPARE
from tests.contract.entries import SERVED, Entry
from tests.contract.house import MASKED, PHONE, House
from wxapp.visits.models import Stage

with_fields = [entry for entry in SERVED.values() if entry.fields and entry.kind != "file"]
each = pytest.mark.parametrize("entry", with_fields, ids=lambda entry: entry.id)

MONEY = re.compile(r"-?\d+\.\d\d")
IS_MONEY = {
    "all_price", "discount_price", "pay_price", "old_pay_price", "earnest_money", "col_num", "price", "selling_price",
    "good_price", "goods_price", "real_price",
}  # fmt: skip
MOMENT = re.compile(r"0|\d{9,11}")
IS_MOMENT = {"app_time", "create_time", "create_at", "add_time", "reach_time"}


def records(entry: Entry, answer: Any) -> list[tuple[Mapping[str, Any], list[str]]]:
    """Return the records that an answer holds and the fields that each must have."""
    if entry.id == "common.get_project_ajax":
        return [(row, list(entry.fields)) for row in answer]
    if not entry.variables:
        return [(answer, list(entry.fields))]
    found = answer[entry.variables[0]]
    return [(row, list(entry.fields)) for row in (found if isinstance(found, list) else [found])]


def faults(record: Mapping[str, Any], fields: list[str]) -> list[str]:
    """Return what is wrong with a record: ``name[]`` is an array, ``name[].key`` one of records, the rest are texts."""
    found: list[str] = []
    for field in fields:
        name, is_array, key = field.partition("[]")
        value = record.get(name)
        if name not in record:
            found.append(f"{field} is missing")
        elif is_array and not isinstance(value, list):
            found.append(f"{field} is no array but {value!r}")
        elif is_array and key and not value:
            found.append(f"{field}: there is no row to look at")
        elif is_array and key:
            found += [f for row in value for f in faults(row, [key.removeprefix(".")])]
        elif not is_array:
            found += _faults_of_scalar(name, value)
    return found


def _faults_of_scalar(name: str, value: Any) -> list[str]:
    if name in {"code", "openids"} and not isinstance(value, str):
        return []  # of the envelope
    if not isinstance(value, str):
        return [f"{name} is no text but {value!r}"]
    if name in IS_MONEY and not MONEY.fullmatch(value):
        return [f"{name} is no amount: {value!r}"]
    if name in IS_MOMENT and not MOMENT.fullmatch(value):
        return [f"{name} is no moment: {value!r}"]
    return []


@each
def test_an_answer_has_every_field_of_the_contract_in_its_form(house: House, entry: Entry):
    answer = house.done(entry, PREPARE[entry.id](house))
    held = records(entry, answer)
    assert held
    assert [fault for record, fields in held for fault in faults(record, fields)] == []


@pytest.mark.parametrize("entry", [one for one in SERVED.values() if one.kind == "message"], ids=lambda entry: entry.id)
def test_a_change_answers_in_the_envelope(house: House, entry: Entry):
    answer = house.done(entry, PREPARE[entry.id](house))
    assert (answer["code"], answer["msg"]) == (1, "操作成功")


def test_an_upload_answers_in_its_own_form(house: House):
    answer = house.done("common.upload_one", PREPARE["common.upload_one"](house))
    assert set(answer) == {"success", "message"}
    assert answer["success"] == 1
    assert re.fullmatch(r"/static/upload/\d{8}/[0-9a-f]{32}\.jpg", answer["message"])


def test_a_quote_answers_with_the_list_of_whom_old_programs_tell(house: House):
    for interface_id in ("consultation.consult", "physical.complete"):
        answer = house.done(interface_id, PREPARE[interface_id](house))
        assert answer["msg"] == "操作成功"
        assert isinstance(answer["openids"], list)


def test_a_list_counts_its_rows_and_gives_as_many_as_are_asked_for(house: House):
    for _ in range(3):
        house.visit(Stage.BOOKED)
    answer = house.done("user.index", {"status": "1", "page": "2", "limit": "2"})
    assert (answer["count"], len(answer["list"])) == (3, 1)
    assert answer["msg"] == "ok"


# --- phones ----------------------------------------------------------------------------------------------------------

DETAILS = [
    (entry, role)
    for entry in SERVED.values()
    for role in ("前台", "咨询师", "超管")
    if "user_phone" in entry.fields and entry.kind == "object" and entry.admits(role)
]


@pytest.mark.parametrize(("entry", "role"), DETAILS, ids=lambda one: getattr(one, "id", one))
def test_details_show_a_patients_phone_only_to_who_may_see_it(house: House, entry: Entry, role: str):
    sent = PREPARE[entry.id](house)
    answer = house.call(entry, sent, role=role)
    told = answer.json["info"]["user_phone"]
    is_whole = role in {"前台", "超管"}
    assert (len(told) == 11 and told.isdigit()) == is_whole
    assert ("****" in told) != is_whole
    assert (PHONE in answer.text) <= is_whole


def test_lists_mask_patients_phones_for_everybody_but_not_those_of_staff(house: House):
    PREPARE["user.is_do"](house)
    for role in ("前台", "超管"):
        answer = house.call("user.index", {"status": "1"}, role=role)
        assert [row["user_phone"] for row in answer.json["list"]] == [MASKED]
        assert PHONE not in answer.text


def test_phones_of_staff_are_whole(house: House):
    answer = house.call("consultation.particulars", PREPARE["consultation.particulars"](house))
    assert answer.json["info"]["consultation_user_phone"] == house.members["咨询师"].phone
