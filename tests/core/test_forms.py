"""Forms: a Chinese sentence beside each field that is wrong."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import Field, field_validator
from werkzeug.datastructures import MultiDict

from wxapp.core.errors import Invalid
from wxapp.core.forms import Form, Yuan, read_form


class Booking(Form):
    name: str = Field(title="姓名", max_length=4)
    day: date = Field(title="日期")
    pieces: int = Field(1, title="数量", ge=1, le=9)
    tags: tuple[str, ...] = Field((), title="标签")

    @field_validator("name")
    @classmethod
    def _no_digits(cls, value: str) -> str:
        if any(char.isdigit() for char in value):
            raise ValueError("姓名不能含数字")
        return value


GOOD = [("name", " 林小满 "), ("day", "2026-03-03")]


def test_a_right_form_becomes_values() -> None:
    form = read_form(Booking, MultiDict([*GOOD, ("csrf_token", "x"), ("tags[]", "a"), ("tags[]", "b")]))
    assert (form.name, form.day, form.pieces, form.tags) == ("林小满", date(2026, 3, 3), 1, ("a", "b"))


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ([("day", "2026-03-03")], {"name": "请填写姓名"}),
        ([("name", "  "), ("day", "2026-03-03")], {"name": "请填写姓名"}),
        ([("name", "林小满小满"), ("day", "2026-03-03")], {"name": "姓名不能超过4个字"}),
        ([("name", "林3"), ("day", "2026-03-03")], {"name": "姓名不能含数字"}),
        ([("name", "林"), ("day", "明天")], {"day": "日期应为日期，如2026-01-31"}),
        ([*GOOD, ("pieces", "0")], {"pieces": "数量不能小于1"}),
        ([*GOOD, ("pieces", "x")], {"pieces": "数量应为整数"}),
        ([*GOOD, ("pieces", "9" * 5000)], {"pieces": "数量数值过大"}),
        ([*GOOD, ("name", "王")], {"name": "姓名重复提交"}),
        ([*GOOD, ("role", "admin")], {"role": "表单含有未知的字段"}),
    ],
)
def test_each_wrong_field_has_its_sentence(fields: list[tuple[str, str]], errors: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        read_form(Booking, MultiDict(fields))
    assert refusal.value.errors == errors


class Bill(Form):
    amount: Yuan = Field(title="金额")


@pytest.mark.parametrize(("text", "fen"), [("128", 12_800), ("128.5", 12_850), ("0.01", 1), ("1000000", 100_000_000)])
def test_an_amount_is_typed_in_yuan_and_handed_on_in_fen(text: str, fen: int) -> None:
    assert read_form(Bill, MultiDict({"amount": text})).amount == fen


@pytest.mark.parametrize("text", ["0", "1000000.01", "1.005", "-1", "1e3", "一百"])
def test_what_is_no_amount_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_form(Bill, MultiDict({"amount": text}))
    assert list(refused.value.errors) == ["amount"]
