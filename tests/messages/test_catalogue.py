from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from wxapp.messages import catalogue
from wxapp.messages.entry import Channel, Entry, Kind, WrongContext
from wxapp.messages.rules.values import SMS_TYPE, check_line, fields_in, type_of_key

CONTRACT = yaml.safe_load((Path(__file__).parents[2] / "contract" / "messages.yaml").read_text(encoding="utf-8"))
MESSAGES: list[dict[str, Any]] = CONTRACT["messages"]
ENTRIES = [pytest.param(entry, id=entry.code) for entry in catalogue.everything()]


def test_the_catalogue_has_the_codes_of_the_contract_in_no_other_number() -> None:
    assert sorted(catalogue.CATALOGUE) == sorted(message["code"] for message in MESSAGES)


@pytest.mark.parametrize("message", [pytest.param(message, id=message["code"]) for message in MESSAGES])
def test_an_entry_agrees_with_the_contract(message: dict[str, Any]) -> None:
    entry = catalogue.find(message["code"])
    assert (entry.to, list(entry.channels), entry.tap) == (message["to"], message["channels"], message["tap"])


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_text_of_an_entry_can_be_filled(entry: Entry) -> None:
    title, body = entry.site_text(entry.samples())
    assert title
    assert body
    for line in entry.oa:
        check_line(line.key, line.pattern, samples=entry.samples(), kind=type_of_key(line.key))
    for line in entry.sms:
        check_line(line.key, line.pattern, samples=entry.samples(), kind=SMS_TYPE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_channel_of_this_house_has_lines(entry: Entry) -> None:
    assert bool(entry.oa) is (Channel.OA_TEMPLATE in entry.channels)
    assert bool(entry.sms) is (Channel.SMS in entry.channels)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_code_that_lets_somebody_in_stands_in_no_site_text(entry: Entry) -> None:
    assert "code" not in fields_in(entry.title) | fields_in(entry.body)


def test_texts_are_made_of_the_context_by_kind() -> None:
    entry = catalogue.find("pt_order_0000001")
    kinds = {field.name: field.kind for field in entry.fields}
    assert (kinds["amount"], kinds["at"], kinds["order_no"]) == (Kind.MONEY, Kind.MOMENT, Kind.TEXT)


@pytest.mark.parametrize("wrong", [{"amount": "299.00"}, {"amount": True}, {"at": "10:00"}, {"items": None}])
def test_a_context_of_a_wrong_form_is_a_fault(wrong: dict[str, Any]) -> None:
    from tests.factories.messages import order_context

    with pytest.raises(WrongContext):
        catalogue.find("pt_order_0000001").texts(order_context(**wrong))


def test_specimens_ask_for_exactly_the_lines_of_the_catalogue() -> None:
    from wxapp.messages.specimens import specimens

    asked = {(one.code, one.channel): one.text for one in specimens()}
    assert asked["pt_order_0000001", Channel.OA_TEMPLATE].startswith("订单编号：{{character_string1.DATA}}\n")
    moved = asked["pt_booking_0000003", Channel.SMS]
    assert moved == "预约变更通知：科室{1}，原预约时间{2}，原因{3}。"
