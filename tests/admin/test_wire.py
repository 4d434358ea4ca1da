"""What other programs send and get: lists in one text, amounts, moments; and answers in the form that they know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import Field
from werkzeug.datastructures import MultiDict

from tests.admin import toys
from tests.factories.staff import make_member
from wxapp.admin import identity, wire
from wxapp.admin.models import AuditRow
from wxapp.admin.wire import (
    BlankNumberList,
    NumberList,
    RowId,
    TextList,
    WireForm,
    WireMoment,
    WireYuan,
    YuanList,
    read_wire,
)
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.permissions import Permission

READER = {Permission.GOODS_READ}
WRITER = {Permission.GOODS_READ, Permission.GOODS_WRITE}
PAGE = {"Accept": "text/html"}


class Bill(WireForm):
    """A form with everything that parameters of the contract can be."""

    visit_id: RowId | None = Field(None, alias="id", title="到院单")
    names: TextList = Field((), alias="pname", title="项目名称")
    counts: NumberList = Field((), alias="num", title="数量")
    periods: BlankNumberList = Field((), alias="periods_num", title="期数")
    prices: YuanList = Field((), alias="price", title="单价")
    final_fen: WireYuan | None = Field(None, alias="pay_price", title="最终价")
    at: WireMoment | None = Field(None, alias="get_time", title="收款时间")
    referrer_ids: tuple[RowId, ...] = Field((), alias="reg_user_id", title="开发", max_length=3)


def bill(*pairs: tuple[str, str]) -> Bill:
    return read_wire(Bill, MultiDict(pairs))


def why_not(*pairs: tuple[str, str]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        bill(*pairs)
    return refused.value.errors


# --- lists in one text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("A,B,C,", ("A", "B", "C")),
        ("A,B,C", ("A", "B", "C")),
        ("A,", ("A",)),
        ("A", ("A",)),
        ("备注1,备注2,备注3, ,", ("备注1", "备注2", "备注3", "")),
        ("备注1,备注2,备注3, ", ("备注1", "备注2", "备注3", "")),
        (" , ,C,", ("", "", "C")),
        (" , ,C", ("", "", "C")),
        ("A,,C,", ("A", "", "C")),
        (" ,", ("",)),
        (" A , B ,", ("A", "B")),
        ("，一、二,三,", ("，一、二", "三")),
        ("", ()),
    ],
)
def test_a_list_is_split_before_it_is_trimmed_so_that_blanks_keep_their_place(sent, read):
    assert bill(("pname", sent)).names == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (" , , ,12,6,", (None, None, None, 12, 6)),
        (" , , ,12,6", (None, None, None, 12, 6)),
        ("12,6, ,", (12, 6, None)),
        ("12,6, ", (12, 6, None)),
        ("08,", (8,)),
    ],
)
def test_a_list_of_numbers_with_blanks_has_nothing_where_a_blank_stands(sent, read):
    assert bill(("periods_num", sent)).periods == read


@pytest.mark.parametrize("sent", ["1,two,", "1.5,", "-1,", "１,", "1,,2,", "1, ,2,", "0x10,", "1_000,", "9" * 13])
def test_a_list_of_numbers_takes_whole_numbers_and_nothing_else(sent):
    assert set(why_not(("num", sent))) == {"counts"}


@pytest.mark.parametrize(
    ("sent", "fen"),
    [("800.00,1200,0.5,", (80000, 120000, 50)), ("0,", (0,)), ("100.00", (10000,))],
)
def test_a_list_of_amounts_becomes_fen(sent, fen):
    assert bill(("price", sent)).prices == fen


@pytest.mark.parametrize("sent", ["-1,", "1e3,", "1.005,", "1 000,", "NaN,", "1,,2,", "￥5,", "１,", f"{'9' * 10},"])
def test_a_list_of_amounts_takes_no_other_spelling_of_numbers(sent):
    assert set(why_not(("price", sent))) == {"prices"}


def test_a_list_of_more_elements_than_a_bill_can_have_is_refused_before_it_is_read():
    assert len(bill(("pname", "A," * wire.MOST_ELEMENTS)).names) == wire.MOST_ELEMENTS
    assert why_not(("pname", "A," * 10_000)) == {"names": "列表不能超过500项"}


def test_lists_of_one_group_have_one_length_and_the_refusal_tells_which_have_not():
    assert wire.check_lengths({"名称": "ab", "数量": (1, 2)}, what="项目") == 2
    assert wire.check_lengths({}, what="项目") == 0
    with pytest.raises(Invalid) as refused:
        wire.check_lengths({"名称": "ab", "数量": (1, 2, 3)}, what="项目")
    assert refused.value.message == "项目各列表的项数不一致：名称2项，数量3项"


# --- single values and repeated keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["reg_user_id", "reg_user_id[]"])
def test_a_repeated_key_is_a_list_with_and_without_its_brackets(key):
    assert bill((key, "21"), (key, "22")).referrer_ids == (21, 22)
    assert bill((key, "21")).referrer_ids == (21,)
    assert bill().referrer_ids == ()


def test_a_value_that_is_sent_twice_counts_by_the_last_that_is_not_empty():
    assert bill(("pay_price", "10.00"), ("pay_price", "12.50"), ("pay_price", "")).final_fen == 1250
    assert bill(("pname", "A,"), ("pname", "B,C,"), ("pname", " ")).names == ("B", "C")


def test_what_the_contract_does_not_name_is_left_alone_and_our_own_names_are_known_too():
    assert bill(("final_fen", "3"), ("openid", "x"), ("csrf_token", "y")).final_fen == 300


@pytest.mark.parametrize("sent", ["2020-01-06 09:30:15", "2020-01-06T09:30:15", "1578274215", " 2020-01-06 09:30:15 "])
def test_a_moment_is_that_of_the_hospital_or_unix_seconds(sent):
    at = bill(("get_time", sent)).at
    assert at == datetime(2020, 1, 6, 1, 30, 15, tzinfo=UTC)


def test_a_date_alone_is_its_midnight_at_the_hospital():
    at = bill(("get_time", "2020-01-06")).at
    assert at is not None
    assert at.utcoffset() == timedelta(hours=8)
    assert at == datetime(2020, 1, 5, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent", ["tomorrow", "2020-13-01", "2020-02-30 00:00:00", "0006-01-01", "20200106", "12", "-1"]
)
def test_what_is_no_moment_is_refused(sent):
    assert why_not(("get_time", sent)) == {"at": "时间应如2026-01-31 09:30:00"}


@pytest.mark.parametrize("sent", ["0", "-3", "1.5", "abc", "9" * 20])
def test_a_row_has_a_positive_number(sent):
    assert set(why_not(("id", sent))) & {"id", "visit_id"}


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, ""), (True, "1"), (False, "0"), (7, "7"), ("甲", "甲"),
        (datetime(2020, 1, 6, tzinfo=timezone(timedelta(hours=8))), "1578240000"),
    ],
)  # fmt: skip
def test_a_scalar_is_a_text(value, told):
    assert wire.text(value) == told


def test_amounts_have_two_decimals_and_what_has_not_happened_is_zero_seconds():
    assert (wire.money(450000), wire.money(5), wire.money(None)) == ("4500.00", "0.05", "0.00")
    assert wire.seconds(None) == "0"
    assert wire.joined(["1", 2, None]) == "1,2,"
    assert wire.without_comma("左,右") == "左，右"


# --- interfaces that programs know -----------------------------------------------------------------------------------


def test_who_does_not_ask_for_a_page_gets_json(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    expected = {"code": 1, "msg": "ok", "name": "take", "info": {"mid": "3", "price": "4.50", "taken_at": "0"}}
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = client.get("/pc/toybox/take?mid=3", headers=accept)
        assert {key: answer.json[key] for key in expected} == expected
    assert client.get("/pc/toybox/take?mid=3", headers=PAGE).mimetype == "text/html"


@pytest.mark.parametrize("number", [toys.TAKEN, toys.LOCKED, 9999, "x", ""])
def test_a_refusal_is_200_and_code_0_for_programs(client, sign_in_staff, saved, number):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toybox/take", data={"mid": number}, headers={"X-CSRF-Token": csrf})
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert answer.json["msg"].startswith("操作失败：")
    assert saved == []


@pytest.mark.parametrize(
    ("number", "status"), [(toys.TAKEN, 409), (toys.LOCKED, 423), (9999, 404), ("x", 422), ("", 422)]
)
def test_the_same_refusal_is_a_page_with_its_status_for_browsers(client, sign_in_staff, number, status):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toybox/take", data={"mid": number, "csrf_token": csrf}, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")


def test_who_may_not_is_told_so_by_the_status(client, sign_in_staff, saved):
    assert client.post("/pc/toybox/take", data={"mid": 3}).status_code == 401
    assert client.get("/pc/toybox/take?mid=3").status_code == 401
    csrf = sign_in_staff(client, make_member(READER))
    assert client.post("/pc/toybox/take", data={"mid": 3}, headers={"X-CSRF-Token": csrf}).status_code == 403
    sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toybox/take", data={"mid": 3})
    assert (answer.status_code, answer.json["code"]) == (419, 0)
    assert answer.json["msg"].startswith("操作失败：页面已过期")
    assert saved == []


@pytest.mark.parametrize("path", ["/pc/toybox/take", "/pc/ToyBox/Take.html", "/pf/Toys/fetch", "/PF/toys/FETCH.HTML"])
def test_a_change_is_made_under_each_of_its_paths(client, sign_in_staff, saved, path):
    csrf = sign_in_staff(client, make_member(WRITER))
    sent = {"mid": "3", "good_name": "熊,", "pay_num": "1", "csrf_token": csrf}
    assert client.post(path, data=sent).json == {"code": 1, "msg": "操作成功", "id": "3"}
    assert len(saved) == 1


def test_people_read_what_was_done_where_programs_get_the_words_of_the_contract(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(WRITER))
    client.post("/pc/toybox/take", data={"mid": "3", "csrf_token": csrf}, headers={**PAGE, "Referer": "/pc/toys/list"})
    assert "已取走" in client.get("/pc/toys/list", headers=PAGE).text


def test_asking_never_changes_anything_where_asking_and_changing_share_a_path(client, sign_in_staff, saved):
    sign_in_staff(client, make_member(WRITER))
    for path in ("/pc/toybox/take?mid=3", "/PC/toybox/take.html?mid=3"):
        assert client.get(path).json["info"]["mid"] == "3"
    assert client.get("/pf/toys/fetch?mid=3").status_code == 405
    assert saved == []


def test_rows_have_the_names_of_the_contract_and_a_program_may_ask_for_fewer(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    answer = client.get("/pc/toybox/wire_list?page=2&limit=3").json
    assert (answer["code"], answer["msg"], answer["count"]) == (1, "ok", len(toys.TOYS))
    assert answer["list"] == [
        {"goods_title": f"玩具{number:02}", "selling_price": f"{number * 1.5:.2f}"} for number in (4, 5, 6)
    ]
    assert len(client.get("/pc/toybox/wire_list?limit=100000").json["list"]) == len(toys.TOYS)
    assert len(client.get("/pc/toybox/wire_list?limit=none").json["list"]) == 20


# --- machines of the house -------------------------------------------------------------------------------------------


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Let one machine in, whose token is ``known``; returns the headers for a token."""
    device = identity.Device(5, "诊室一")
    monkeypatch.setattr(identity, "_load_device", lambda token: device if token == "known" else None)
    return lambda token: {"Authorization": f"Bearer {token}"}


def take(client: Any, headers: dict[str, str]) -> Any:
    return client.post("/pf/toys/fetch", data={"mid": 3}, headers=headers)


def test_a_machine_calls_with_its_token_and_stands_in_the_log_as_itself(client, saved, machine):
    assert take(client, machine("known")).json["code"] == 1
    assert saved == ["3  system:device:5"]
    row = db.session.execute(sa.select(AuditRow.actor, AuditRow.action)).one()
    assert tuple(row) == ("system:device:5", "toys.take")


@pytest.mark.parametrize("token", ["unknown", "", " "])
def test_a_machine_that_nobody_knows_is_refused(client, saved, machine, token):
    answer = take(client, machine(token))
    assert (answer.status_code, answer.json["code"]) == (401, 0)
    assert saved == []


def test_the_word_before_the_token_may_be_written_in_any_letters(client, saved, machine):
    assert take(client, {"Authorization": "bearer known"}).json["code"] == 1
    assert len(saved) == 1


def test_a_machine_opens_only_what_is_meant_for_machines(client, machine):
    assert client.get("/pc/toybox/take?mid=3", headers=machine("known")).status_code == 401
    assert client.post("/pc/toys/bear", data={"label": "好"}, headers=machine("known")).status_code == 401


def test_a_token_lends_nothing_to_the_session_beside_it(client, sign_in_staff, saved, machine):
    """A page could send any header: with a wrong token the cookie must not let it in past the CSRF check."""
    sign_in_staff(client, make_member(WRITER))
    assert take(client, machine("unknown")).status_code == 401
    assert saved == []
