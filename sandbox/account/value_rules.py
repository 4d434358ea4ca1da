"""What a value of a category template may look like, by the type in its key (``thing1`` is a ``thing``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

OLD_KEYS = re.compile(r"first|remark|keyword\d+")
KEY = re.compile(r"([a-z_]+?)\d+")
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")

_CLOCK = r"([01]?\d|2[0-3])[:：][0-5]\d([:：][0-5]\d)?"
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2})"
_TIME = rf"({_DAY}\s*)?{_CLOCK}"
_DATE = rf"{_DAY}(\s*{_CLOCK})?"
_SIGN = r"[¥￥$€£]"


def keys_of(content: str) -> list[str]:
    """Return the keys of a template in the order of its text."""
    return PLACEHOLDER.findall(content)


def is_old(keys: Sequence[str]) -> bool:
    """Tell an old template (``keyword1``, ``first``, ``remark``) from a category template."""
    return all(OLD_KEYS.fullmatch(key) for key in keys)


def is_valid(key: str, value: str, *, allowed: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether the value keeps the rule of its type; an empty one never does.

    ``allowed`` holds the list behind a key of type enum, const or short_thing.
    """
    match = KEY.fullmatch(key)
    kind = match.group(1) if match else ""
    if not value.strip():
        return False
    if kind in {"enum", "const", "short_thing"}:
        return value in allowed.get(key, ())
    rule = RULES.get(kind)
    return rule is not None and rule(value)


def _symbols(value: str, limit: int) -> bool:
    return len(value) <= limit and all(unicodedata.category(char)[0] in "PS" for char in value)


def _is_chinese(char: str) -> bool:
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿"


def _moment(value: str, one: str) -> bool:
    # The end of a range on the same day may be a bare time.
    return re.fullmatch(rf"{one}(\s*~\s*({one}|{_CLOCK}))?", value) is not None


def _name(value: str) -> bool:
    if any(char.isdecimal() for char in value):
        return False
    return len(value) <= (10 if any(_is_chinese(char) for char in value) else 20)


def _car(value: str) -> bool:
    inner = value[1:-1]
    return len(value) <= 8 and not any(_is_chinese(char) for char in inner)


RULES: dict[str, Callable[[str], bool]] = {
    "thing": lambda value: len(value) <= 20,
    "number": lambda value: len(value) <= 33 and re.fullmatch(r"-?\d{1,32}(\.\d{1,31})?", value) is not None,
    "letter": lambda value: re.fullmatch(r"[A-Za-z]{1,32}", value) is not None,
    "symbol": lambda value: _symbols(value, 5),
    "character_string": lambda value: re.fullmatch(r"[\x20-\x7e]{1,32}", value) is not None,
    "time": lambda value: _moment(value, _TIME) or _moment(value, _DATE),
    "date": lambda value: _moment(value, _DATE),
    "amount": lambda value: re.fullmatch(rf"{_SIGN}\d{{1,10}}(\.\d{{1,2}})?元?", value) is not None,
    "phone_number": lambda value: re.fullmatch(r"[\d+\-() ]{1,17}", value) is not None,
    "car_number": _car,
    "name": _name,
    "phrase": lambda value: len(value) <= 5 and all(_is_chinese(char) for char in value),
}
