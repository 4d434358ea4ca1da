"""Values of templates: patterns with fields in them, and what each type of value may hold (wechat.md 4.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter

_KEY = re.compile(r"([a-z][a-z_]*?)(\d+)")
_CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAS_CHINESE = re.compile(rf"[{_CHINESE}\u3000-\u303f\uff00-\uffef]")
_NOT_CHINESE = re.compile(rf"[^{_CHINESE}]+")
_DAY = r"\d{4}(?:年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_MOMENT = rf"(?:{_DAY}(?: ?{_CLOCK})?|{_CLOCK})"

CUT = "…"
"""What shows that something was cut off; in types that allow no such sign, three dots."""


class BadPattern(ValueError):
    """The text with fields in it can't be used; the message is a Chinese sentence."""


class BadValue(ValueError):
    """The value breaks the rule of its type and can't be made to fit; the message is a Chinese sentence."""


@dataclass(frozen=True)
class ValueType:
    """A type of value: what it holds, in words, and how a text is made to fit."""

    name: str
    rule: str
    fit: Callable[[str], str]


def _plain(text: str) -> str:
    """One line without doubled blanks: line breaks cut a value off (wechat.md 4.1)."""
    return " ".join(text.split())


def _shortened(limit: int) -> Callable[[str], str]:
    return lambda text: text if len(text) <= limit else text[: limit - 1] + CUT


def _exactly(pattern: str, rule: str) -> Callable[[str], str]:
    allowed = re.compile(pattern)

    def fit(text: str) -> str:
        if not allowed.fullmatch(text):
            raise BadValue(f"“{text}”不符合要求：{rule}")
        return text

    return fit


def _fit_name(text: str) -> str:
    return _shortened(10 if _HAS_CHINESE.search(text) else 20)(text)


def _fit_characters(text: str) -> str:
    if _HAS_CHINESE.search(text) or not text.isprintable():
        raise BadValue(f"“{text}”不符合要求：不能含中文")
    return text if len(text) <= 32 else text[:29] + "..."


def _fit_phrase(text: str) -> str:
    only = _NOT_CHINESE.sub("", text)  # the type allows no sign that could show the cut
    if not only:
        raise BadValue(f"“{text}”不符合要求：只能是汉字")
    return only[:5]


def _exact_type(name: str, rule: str, pattern: str) -> ValueType:
    return ValueType(name, rule, _exactly(pattern, rule))


_NUMBER = r"-?\d{1,32}|-?(?=[\d.]{3,33}$)\d+\.\d+"

TYPES: Mapping[str, ValueType] = {
    kind.name: kind
    for kind in (
        ValueType("thing", "20个字以内", _shortened(20)),
        ValueType("short_thing", "模板限定的选项", lambda text: text),
        ValueType("enum", "模板限定的选项", lambda text: text),
        ValueType("const", "模板限定的选项", lambda text: text),
        ValueType("keyword", "20个字以内", _shortened(20)),
        _exact_type("number", "32位以内数字，可带小数", _NUMBER),
        _exact_type("letter", "32个以内字母", r"[A-Za-z]{1,32}"),
        _exact_type("symbol", "5个以内符号", r"[^\w\s]{1,5}"),
        ValueType("character_string", "32个以内数字、字母或符号，不含中文", _fit_characters),
        _exact_type("time", "24小时制时间，可带日期", rf"{_MOMENT}(?: ?~ ?{_MOMENT})?"),
        _exact_type("date", "年月日，可带时间", rf"{_DAY}(?: ?{_CLOCK})?(?: ?~ ?{_DAY}(?: ?{_CLOCK})?)?"),
        _exact_type("amount", "币种符号加10位以内数字，可带小数和“元”", r"[¥￥$]\d{1,10}(?:\.\d{1,2})?元?"),
        _exact_type("phone_number", "17位以内数字或符号", r"[0-9+() *-]{1,17}"),
        _exact_type("car_number", "8位以内车牌号", rf"[A-Za-z0-9{_CHINESE}]{{1,8}}"),
        ValueType("name", "10个以内汉字，或20个以内字母", _fit_name),
        ValueType("phrase", "5个以内汉字", _fit_phrase),
    )
}

SMS_TYPE = ValueType("text", "20个字以内", _shortened(20))
"""Parameters of an SMS have no types; longer ones than this make a text of several parts."""

_MAY_BE_DASH = {"thing", "keyword", "name", "text", "character_string"}


def type_of_key(key: str) -> ValueType:
    """Return the type that an official-account key names.

    :raises BadPattern: no such key can exist
    """
    found = _KEY.fullmatch(key)
    if not found or found[1] not in TYPES:
        raise BadPattern(f"未知的模板字段“{key}”")
    return TYPES[found[1]]


def fitted(kind: ValueType, text: str) -> str:
    """Return the text as this type allows it, with what is too long visibly cut off.

    WeChat refuses empty values; where the type allows it, a dash stands for nothing.

    :raises BadValue: it can't be made to fit
    """
    text = _plain(text)
    if not text:
        if kind.name in _MAY_BE_DASH:
            return "-"
        raise BadValue("内容为空")
    return kind.fit(text)


@lru_cache(maxsize=2000)
def fields_in(pattern: str) -> frozenset[str]:
    """Return the names of the fields in a pattern.

    :raises BadPattern: braces that don't match, or more than a plain name inside them
    """
    names = set()
    try:
        for _, name, spec, conversion in Formatter().parse(pattern):
            if name is None:
                continue
            if spec or conversion or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise BadPattern("花括号内只能写字段名，如{order_no}")
            names.add(name)
    except BadPattern:
        raise
    except ValueError:
        raise BadPattern("花括号没有成对") from None
    return frozenset(names)


def filled(pattern: str, texts: Mapping[str, str]) -> str:
    """Return the pattern with its fields filled in.

    :raises BadPattern: a field is not among the texts
    """
    if missing := fields_in(pattern) - texts.keys():
        raise BadPattern(f"没有字段“{min(missing)}”")
    return pattern.format_map(texts)


def check_line(key: str, pattern: str, *, samples: Mapping[str, str], kind: ValueType) -> None:
    """Refuse a line of a mapping that could never be sent: told when it is written, not at three in the morning.

    :raises BadPattern: the pattern is empty, names unknown fields, or its fixed part alone is too long
    :raises BadValue: the sample values break the rule of the type
    """
    if not pattern.strip():
        raise BadPattern("请填写内容")
    fixed = filled(pattern, dict.fromkeys(samples, ""))
    value = filled(pattern, samples)
    if fields_in(pattern) and not kind.name.startswith(("enum", "const")) and len(_plain(fixed)) >= 20:
        raise BadPattern(f"{key}的固定文字过长：{kind.rule}")
    shown = fitted(kind, value)
    if not fields_in(pattern) and shown != _plain(value):
        raise BadValue(f"{key}的内容过长：{kind.rule}")
