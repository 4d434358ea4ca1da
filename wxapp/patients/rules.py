"""Rules of ID numbers, phones, balance passwords and answers to keywords. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

PHONE = r"1[3-9][0-9]{9}"
RECORD_NO = r"HOSP\d{8,12}"

MOST_PASSWORD_TRIES = 5
PASSWORD_LOCK = timedelta(minutes=30)
ISSUED_PASSWORD_LIFE = timedelta(days=30)
"""How long a password given by staff waits to be changed (checklist S-09)."""

CODE_LIFE = timedelta(minutes=5)
MOST_CODE_TRIES = 5
MOST_BINDINGS = 10
"""Patients that one WeChat user may look after."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_ID_NUMBER = re.compile(r"[1-9]\d{16}[0-9X]")
_OLDEST = date(1890, 1, 1)


@dataclass(frozen=True)
class IdNumber:
    """What a citizen's ID number says about its owner."""

    number: str
    birthday: date
    sex: str
    """``male`` or ``female``"""


def check_digit(first_17: str) -> str:
    """Return the eighteenth digit (GB 11643-1999, after ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def read_id_number(text: str, *, today: date) -> IdNumber:
    """Return what an ID number says.

    :raises ValueError: wrong length, letters, birthday or check digit
    """
    number = text.strip().upper()
    if not _ID_NUMBER.fullmatch(number) or not number.isascii():
        raise ValueError("身份证号应为18位")
    try:
        birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("身份证号中的出生日期不存在") from None
    if not _OLDEST <= birthday <= today:
        raise ValueError("身份证号中的出生日期不正确")
    if check_digit(number[:17]) != number[17]:
        raise ValueError("身份证号校验位不正确，请核对")
    return IdNumber(number, birthday, "male" if int(number[16]) % 2 else "female")


def is_phone(text: str) -> bool:
    return text.isascii() and re.fullmatch(PHONE, text) is not None


_COMMON = {
    "123123", "123321", "112233", "332211", "121212", "123654", "147258", "147852", "159357", "159753", "168168",
    "258369", "258456", "369258", "456123", "456789", "520131", "521521", "520520", "131420", "741852", "789456",
    "852963", "963852", "987654", "101010", "100000", "888168", "666888", "886886", "110110", "119119", "120120",
}  # fmt: skip
"""What people choose when they need six digits quickly."""


def weakness(password: str, *, birthday: date | None, id_number: str = "", phone: str = "") -> str | None:
    """Return why a balance password is too easy to guess, or None when it is good enough."""
    if not (password.isascii() and password.isdigit() and len(password) == 6):
        return "余额密码应为6位数字"
    if len(set(password)) <= 2 and (len(set(password)) == 1 or password in _two_digit_patterns(password)):
        return "余额密码不能使用重复的数字"
    if password[:3] == password[3:] or password[:2] * 3 == password:
        return "余额密码不能使用重复的数字"
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(password)}
    if steps in ({1}, {9}):
        return "余额密码不能使用连续的数字"
    if password in _COMMON or password == password[::-1]:
        return "余额密码过于简单，请换一个"
    if birthday is not None and password in _birthday_forms(birthday):
        return "余额密码不能使用生日"
    if password in {id_number[-6:], id_number[:6], phone[-6:], phone[:6]}:
        return "余额密码不能使用证件号或手机号中的数字"
    return None


def _two_digit_patterns(password: str) -> set[str]:
    """Patterns of two digits that are guessed at once: aaabbb, aabbaa, aaaaab, abbbbb."""
    a, b = password[0], password[-1]
    return {a * 3 + b * 3, a * 2 + b * 2 + a * 2, a * 5 + b, a + b * 5}


def _birthday_forms(day: date) -> set[str]:
    year, short, month, date_ = f"{day:%Y}", f"{day:%y}", f"{day:%m}", f"{day:%d}"
    return {
        short + month + date_, month + date_ + short, date_ + month + short,
        year + month, month + year, year + date_, f"{year}{day.month}{day.day}"[-6:], short + date_ + month,
    }  # fmt: skip


def tries_left(tries: int) -> int:
    return max(0, MOST_PASSWORD_TRIES - tries)


def minutes_left(until: datetime, *, now: datetime) -> int:
    """Return the minutes until a lock ends, rounded up: never 0 while it holds."""
    return max(1, -(-int((until - now).total_seconds()) // 60))


# --- answers to keywords ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keywords:
    """The keywords of one rule, as ``plain_text`` gives them."""

    rule_id: int
    words: Sequence[str]
    is_exact: bool


def plain_text(text: str) -> str:
    """Return a text as it is compared: full and half width, case and blanks make no difference, nor a closing mark."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", folded).strip().rstrip("。.!?~ ").strip()


def matching(text: str, rules: Sequence[Keywords]) -> int | None:
    """Return the number of the rule that answers a text: one that matches it whole before one that it contains.

    ``rules`` are in the order in which they are tried.
    """
    asked = plain_text(text)
    if not asked:
        return None
    for rule in rules:
        if asked in rule.words:
            return rule.rule_id
    return next(
        (rule.rule_id for rule in rules if not rule.is_exact and any(word in asked for word in rule.words)), None
    )
