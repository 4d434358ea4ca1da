from __future__ import annotations

import pytest

from sandbox.account.value_rules import is_valid


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "内科张医生复诊提醒"),
        ("thing1", "字" * 20),
        ("number1", "12.5"),
        ("letter1", "ABC"),
        ("symbol1", "#*!"),
        ("character_string1", "HX20250101001"),
        ("character_string1", "a-b_c/1"),
        ("time1", "15:01"),
        ("time1", "2019年10月1日 15:01"),
        ("time1", "2019-12-25 09:42"),
        ("time1", "08:00~09:00"),
        ("date1", "2019年10月1日"),
        ("date1", "2019-12-25 09:42"),
        ("date1", "2019年10月1日~2019年10月2日"),
        ("amount1", "￥100.00元"),
        ("amount1", "¥1"),
        ("phone_number1", "+86-0766-66888866"),
        ("car_number1", "粤A8Z888挂"),
        ("name1", "张三"),
        ("name1", "Jean-Paul O'Neill"),
        ("phrase1", "待支付"),
        ("enum1", "是"),
    ],
)
def test_good_values(key: str, value: str) -> None:
    assert is_valid(key, value, allowed={"enum1": ("是", "否")})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "字" * 21),
        ("thing1", ""),
        ("thing1", "  "),
        ("number1", "1" * 33),
        ("number1", "12a"),
        ("letter1", "AB1"),
        ("symbol1", "######"),
        ("symbol1", "a"),
        ("character_string1", "订单1"),
        ("character_string1", "1" * 33),
        ("time1", "明天"),
        ("time1", "25:00"),
        ("date1", "10月1日"),
        ("amount1", "100.00"),
        ("amount1", "￥12345678901"),
        ("amount1", "一百元"),
        ("phone_number1", "1" * 18),
        ("phone_number1", "电话"),
        ("car_number1", "粤A八Z888"),
        ("name1", "张" * 11),
        ("name1", "a" * 21),
        ("name1", "张3"),
        ("phrase1", "待支付A"),
        ("phrase1", "六个字的短语"),
        ("enum1", "或许"),
        ("unheard1", "x"),
    ],
)
def test_bad_values(key: str, value: str) -> None:
    assert not is_valid(key, value, allowed={"enum1": ("是", "否")})
