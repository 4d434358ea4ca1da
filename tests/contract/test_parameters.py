"""Each parameter of the contract: what happens without it, and with nonsense in it. Nothing is saved then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.calls import PREPARE
from tests.contract.entries import SERVED, Entry, Param
from tests.contract.house import House, changed, contents

WITH_PARAMS = [entry for entry in SERVED.values() if entry.params]
each = pytest.mark.parametrize("entry", WITH_PARAMS, ids=lambda entry: entry.id)

MAY_BE_MISSING: dict[tuple[str, str], str] = {
    ("collect.edit", "collect_remarks"): "not every payment has a remark",
    ("collect.again", "collect_remarks"): "not every payment has a remark",
    ("examine.pay", "collect_remark"): "not every payment has a remark",
    ("external.set_machine", "user_name"): "looked up by the patient's number",
    ("external.set_machine", "user_phone"): "looked up by the patient's number",
    ("external.set_machine", "user_number"): "looked up by the patient's number",
}
"""What the contract calls required and is not asked for, and why."""

MAY_BE_ANYTHING: dict[tuple[str, str], str] = {
    ("retail.order_list", "page"): "a page that does not exist is the first one",
    ("consultation.consult", "all_price"): "the total is computed",
    ("user.index", "status"): "a list that does not exist is that of today",
    ("common.get_project_ajax", "name"): "no project has such a name: the list is empty",
    ("external.set_machine", "user_name"): "looked up by the patient's number",
    ("external.set_machine", "user_phone"): "looked up by the patient's number",
    ("external.set_machine", "user_number"): "looked up by the patient's number",
}
"""What is not read at all, or read kindly."""

NONSENSE: dict[str, tuple[Any, ...]] = {
    "int": ("x", "-1", "1.5", "9" * 30, "999999999"),
    "money": ("x", "-1", "1.005", "1e3", "9" * 30),
    "date": ("x", "2020-02-30", "20200101"),
    "datetime": ("x", "2020-02-30 00:00:00"),
    "enum": ("x", "99", "-1"),
    "str": ("长" * 5_000,),
    "file": ((b"no picture", "a.jpg"), (b"", "a.jpg"), "a.jpg"),
    "list[int]": ("x,", "1,x,", "-1,", "9" * 30 + ","),
    "list[money]": ("x,", "-1,", "1.005,"),
    "list[str]": ("长" * 5_000 + ",", "一,二,三,四,五,六,七,"),
}
"""What a parameter of this kind can never be."""


def nonsense_of(param: Param) -> list[Any]:
    wrong = NONSENSE[param.kind]
    is_repeated = param.kind.startswith("list") and not param.is_list
    return [str(one).rstrip(",") if is_repeated else one for one in wrong]


def refuses(house: House, entry: Entry, sent: dict[str, Any]) -> bool:
    """Whether the call is refused in the envelope that programs know."""
    answer = house.call(entry, sent)
    if entry.id == "common.upload_one":
        return bool(answer.status_code == 200 and answer.json["success"] == 0 and answer.json["message"])
    told = answer.json if isinstance(answer.json, dict) else {}
    return bool(answer.status_code == 200 and told.get("code") == 0 and told["msg"].startswith("操作失败："))


def taken_without(house: House, entry: Entry) -> list[str]:
    """Return the required parameters without which the call is not refused."""
    sent = PREPARE[entry.id](house)
    before = contents()
    found: list[str] = []
    for param in entry.params:
        rest = {key: value for key, value in sent.items() if key != param.key}
        if param.is_required and (entry.id, param.name) not in MAY_BE_MISSING and not refuses(house, entry, rest):
            found.append(param.name)
            break  # the call has had its effect
    return found or changed(before, contents())


@each
def test_without_a_parameter_that_is_required_nothing_is_done(house: House, entry: Entry):
    assert taken_without(house, entry) == []


@each
def test_with_nonsense_in_a_parameter_nothing_is_done(house: House, entry: Entry):
    sent = PREPARE[entry.id](house)
    before = contents()
    for param in entry.params:
        if (entry.id, param.name) in MAY_BE_ANYTHING:
            continue
        for wrong in nonsense_of(param):
            assert refuses(house, entry, {**sent, param.key: wrong}), (param.name, str(wrong)[:20])
    assert changed(before, contents()) == []


@pytest.mark.parametrize(("interface_id", "name"), MAY_BE_MISSING, ids=lambda one: one)
def test_what_is_not_asked_for_may_be_missing(house: House, interface_id: str, name: str):
    sent = PREPARE[interface_id](house)
    keys = {param.key for param in SERVED[interface_id].params if param.name == name}
    house.done(interface_id, {key: value for key, value in sent.items() if key not in keys})
