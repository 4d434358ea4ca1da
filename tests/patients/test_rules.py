from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories.patients import make_id_number
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.patients.rules import check_digit, is_phone, minutes_left, read_id_number, tries_left, weakness

TODAY = date(2026, 3, 2)
BORN = date(1985, 6, 15)


@pytest.mark.parametrize("sequence", range(12))
def test_an_id_number_tells_birthday_and_sex(sequence):
    said = read_id_number(make_id_number(sequence), today=TODAY)
    assert said.birthday == BORN
    assert said.sex == ("male" if sequence % 2 else "female")


def test_the_check_digit_is_that_of_the_standard():
    # The worked example of GB 11643-1999, annex A, in its first seventeen digits.
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


def test_a_small_x_is_read_as_a_large_one():
    number = next(n for n in (make_id_number(i) for i in range(50)) if n.endswith("X"))
    assert read_id_number(f" {number.lower()} ", today=TODAY).number == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456",
        make_id_number(1)[:17],
        make_id_number(1) + "0",
        make_id_number(1)[:17] + "Y",
        "9999991985061500１Ｘ",
        "99999919850230" + "0011",
        make_id_number(1, born=date(2026, 3, 3)),
        make_id_number(1, born=date(1850, 1, 1)),
    ],
)
def test_what_is_no_id_number_is_refused(text):
    with pytest.raises(ValueError, match="身份证号"):
        read_id_number(text, today=TODAY)


def test_every_wrong_check_digit_is_refused():
    number = make_id_number(7)
    for digit in set("0123456789X") - {number[-1]}:
        with pytest.raises(ValueError, match="校验位"):
            read_id_number(number[:17] + digit, today=TODAY)


@pytest.mark.parametrize("phone", ["13800000001", "19" + "800000001"])
def test_mobile_numbers(phone):
    assert is_phone(phone)


@pytest.mark.parametrize("phone", ["", "1380000000", "138000000011", "12800000001", "1380000000a", "１3800000001"])
def test_what_is_no_mobile_number(phone):
    assert not is_phone(phone)


@pytest.mark.parametrize(
    "password",
    [
        "000000", "999999", "123456", "654321", "012345", "890123", "987654", "111222", "112211", "111112", "122222",
        "121212", "123123", "123321", "147258", "520131", "abcdef", "12345", "1234567", "12345６", " 12345",
        "850615", "061585", "150685", "198506", "061985", "198515",
        "150010", "000001", "138000",
    ],
)  # fmt: skip
def test_weak_passwords_are_refused(password):
    assert weakness(password, birthday=BORN, id_number="999999198506150010", phone="13800000001")


@pytest.mark.parametrize("password", ["739185", "482915", "604817", "290573", "118274"])
def test_good_passwords_pass(password):
    assert weakness(password, birthday=BORN, id_number="999999198506150010", phone="13800000001") is None


def test_a_password_is_judged_without_birthday_too():
    assert weakness("850615", birthday=None) is None


def test_tries_and_minutes_left():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert [tries_left(n) for n in (0, 1, 4, 5, 9)] == [5, 4, 1, 0, 0]
    assert minutes_left(now + timedelta(minutes=30), now=now) == 30
    assert minutes_left(now + timedelta(seconds=61), now=now) == 2
    assert minutes_left(now + timedelta(seconds=1), now=now) == 1


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (masked_name, "王芳", "王*"),
        (masked_name, "欧阳小明", "欧***"),
        (masked_name, "王", "王"),
        (masked_name, "", "—"),
        (masked_id_number, "350312198506151257", "3503****1257"),
        (masked_id_number, "12345678", "********"),
        (masked_id_number, None, "—"),
        (masked_phone, "13800000001", "138****0001"),
        (masked_phone, "123", "***"),
        (masked_phone, None, "—"),
    ],
)
def test_masks_are_those_of_the_contract(mask, text, shown):
    assert mask(text) == shown
