from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from wxapp.core.clock import HOSPITAL_ZONE
from wxapp.messages.rules import timing
from wxapp.messages.rules.values import (
    SMS_TYPE,
    BadPattern,
    BadValue,
    check_line,
    fields_in,
    filled,
    fitted,
    type_of_key,
)


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("thing1", "入职体检套餐", "入职体检套餐"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing1", "第一行\n第二行", "第一行 第二行"),
        ("thing1", "", "-"),
        ("name2", "欧阳娜娜", "欧阳娜娜"),
        ("name2", "一" * 11, "一" * 9 + "…"),
        ("name2", "Alexander Hamilton", "Alexander Hamilton"),
        ("name2", "Alexander Hamilton the Second", "Alexander Hamilton …"),
        ("character_string3", "HM26030200001", "HM26030200001"),
        ("character_string3", "A" * 40, "A" * 29 + "..."),
        ("number4", "12.5", "12.5"),
        ("number4", "9" * 32, "9" * 32),
        ("letter5", "ABC", "ABC"),
        ("symbol6", "#*!", "#*!"),
        ("time7", "15:01", "15:01"),
        ("time7", "2019年10月1日 15:01", "2019年10月1日 15:01"),
        ("time7", "2019-12-25 09:42", "2019-12-25 09:42"),
        ("time7", "2019-12-25 09:42~2019-12-25 10:42", "2019-12-25 09:42~2019-12-25 10:42"),
        ("date8", "2019年10月1日", "2019年10月1日"),
        ("amount9", "￥100.00元", "￥100.00元"),
        ("phone_number10", "+86-0766-66888866", "+86-0766-66888866"),
        ("car_number11", "粤A8Z888挂", "粤A8Z888挂"),
        ("phrase12", "待支付", "待支付"),
        ("phrase12", "已支付（部分）退款", "已支付部分"),
        ("keyword1", "一" * 30, "一" * 19 + "…"),
    ],
)
def test_a_value_is_made_to_fit_its_type(key: str, text: str, shown: str) -> None:
    assert fitted(type_of_key(key), text) == shown


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("number1", "十二"),
        ("number1", "9" * 33),
        ("number1", ""),
        ("letter1", "字母"),
        ("symbol1", "abc"),
        ("character_string1", "编号1"),
        ("time1", "明天"),
        ("date1", "15:01"),
        ("amount1", "12345678901"),
        ("amount1", "一百元"),
        ("amount1", "100.00元"),
        ("amount1", "￥-3.05"),
        ("phone_number1", "1" * 18),
        ("car_number1", "粤A8Z888888"),
        ("phrase1", "OK"),
        ("phrase1", ""),
    ],
)
def test_a_value_that_cannot_fit_is_refused(key: str, text: str) -> None:
    with pytest.raises(BadValue):
        fitted(type_of_key(key), text)


@pytest.mark.parametrize("key", ["thing", "1thing", "dance1", "THING1", "thing1.DATA", ""])
def test_a_key_without_a_known_type_is_refused(key: str) -> None:
    with pytest.raises(BadPattern):
        type_of_key(key)


def test_a_pattern_is_filled_with_fields() -> None:
    assert filled("订单{order_no}：{amount}元", {"order_no": "1", "amount": "2.00"}) == "订单1：2.00元"


@pytest.mark.parametrize("pattern", ["{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{", "}", "{}", "{0}"])
def test_only_plain_fields_stand_in_a_pattern(pattern: str) -> None:
    with pytest.raises(BadPattern):
        fields_in(pattern)


def test_values_with_braces_are_not_read_as_patterns() -> None:
    assert filled("{a}", {"a": "{b}"}) == "{b}"


SAMPLES = {"order_no": "HM26030100001", "amount": "299.00", "items": "入职体检套餐"}


@pytest.mark.parametrize(
    ("key", "pattern"),
    [("thing1", "{items}"), ("amount2", "￥{amount}元"), ("character_string3", "{order_no}"), ("phrase4", "已支付")],
)
def test_a_mapping_that_can_be_sent_is_accepted(key: str, pattern: str) -> None:
    check_line(key, pattern, samples=SAMPLES, kind=type_of_key(key))


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("thing1", ""),
        ("thing1", "{unknown}"),
        ("thing1", "一" * 21),
        ("thing1", "一" * 20 + "{items}"),
        ("amount1", "{items}"),
        ("character_string1", "订单{order_no}"),
    ],
)
def test_a_mapping_that_could_never_be_sent_is_refused(key: str, pattern: str) -> None:
    with pytest.raises((BadPattern, BadValue)):
        check_line(key, pattern, samples=SAMPLES, kind=type_of_key(key))


def test_parameters_of_short_messages_are_cut_visibly() -> None:
    assert fitted(SMS_TYPE, "一" * 30) == "一" * 19 + "…"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HOSPITAL_ZONE)


@pytest.mark.parametrize(
    ("due", "goes_out"),
    [
        ("2026-03-01 21:59", "2026-03-01 21:59"),
        ("2026-03-01 22:00", "2026-03-02 08:00"),
        ("2026-03-02 00:30", "2026-03-02 08:00"),
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 08:00", "2026-03-02 08:00"),
    ],
)
def test_quiet_hours_hold_back_what_is_not_urgent(due: str, goes_out: str) -> None:
    assert timing.not_before(local(due), is_urgent=False) == local(goes_out)
    assert timing.not_before(local(due), is_urgent=True) == local(due)


def test_gaps_grow_and_differ() -> None:
    middles = [timing.gap(n, chance=lambda: 0.5).total_seconds() for n in range(1, 9)]
    assert middles == [5, 20, 80, 320, 1280, 5120, 20480, 28800]
    assert timing.gap(1, chance=lambda: 0.0) == timedelta(seconds=4)
    assert timing.gap(1, chance=lambda: 1.0) == timedelta(seconds=6)


def test_eight_tries_end_within_a_day() -> None:
    longest = sum((timing.gap(n, chance=lambda: 1.0) for n in range(1, timing.MAX_TRIES)), timedelta())
    assert longest < timing.GIVE_UP_AFTER


@pytest.mark.parametrize(
    ("tries", "age", "given_up"), [(1, 0, False), (7, 60, False), (8, 60, True), (2, 24 * 60, True)]
)
def test_a_delivery_is_given_up_after_tries_or_time(tries: int, age: int, given_up: bool) -> None:
    patience = timing.give_up_after(is_urgent=False, has_another_way=True)
    assert timing.is_given_up(tries, age=timedelta(minutes=age), patience=patience) is given_up


def test_an_urgent_message_with_another_way_waits_half_an_hour() -> None:
    assert timing.give_up_after(is_urgent=True, has_another_way=True) == timedelta(minutes=30)
    assert timing.give_up_after(is_urgent=True, has_another_way=False) == timedelta(hours=24)
