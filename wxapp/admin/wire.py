"""Parameters and answers of the interfaces that other programs use (contract/admin.yaml).

Inside, a thing has one English name, money is fen and a moment is aware. On the wire the names are those of the
contract, money is yuan with two decimals, a moment is unix seconds, and everything is a text. This module turns one
into the other; a wire name never goes further than the form that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import BeforeValidator, ConfigDict, Field
from werkzeug.datastructures import MultiDict

from wxapp.core import clock
from wxapp.core.errors import Invalid
from wxapp.core.forms import TRANSPORT_FIELDS, Form, read_form
from wxapp.core.money import MAX_FEN, parse_yuan, yuan

MOST_ELEMENTS = 500
"""Elements of one list; a bill of more lines is a mistake or an attack."""
FULL_WIDTH_COMMA = "，"


class WireForm(Form):
    """Base of the contract's forms. What the contract does not name is ignored: old programs send more than is read.

    A field's ``alias`` is its name on the wire.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, populate_by_name=True)


F = TypeVar("F", bound=WireForm)


def read_wire(model: type[F], source: MultiDict[str, str] | None = None) -> F:
    """Return the parameters of the request: of the body for POST, of the address otherwise.

    A parameter that is sent several times without being a list counts by its last value that is not empty.

    :raises Invalid: with a sentence for each parameter that is missing or wrong
    """
    given = source if source is not None else request.form if request.method == "POST" else request.args
    names = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    lists = {name for name, field in model.model_fields.items() if "tuple" in str(field.annotation)}
    commas = {name for name in lists if any(one in _COMMA_LISTS for one in model.model_fields[name].metadata)}
    kept: MultiDict[str, str] = MultiDict()
    for key in given:
        wire_name = key.removesuffix("[]")
        name = names.get(wire_name, wire_name)
        if name not in model.model_fields or key in TRANSPORT_FIELDS:
            continue
        values = [text for text in given.getlist(key) if text.strip()]
        if name in lists and name not in commas:
            for value in values:
                kept.add(name, value)
        elif values:
            kept[name] = values[-1]
    return read_form(model, kept)


# --- lists in one text -----------------------------------------------------------------------------------------------


def elements(text: str) -> tuple[str, ...]:
    """Split a comma list: each element keeps its place, also a blank one (a single space), wherever it stands.

    The comma at the end is no element, and may be left out.

    :raises ValueError: more elements than anybody needs
    """
    if not text:
        return ()
    parts = text.split(",")
    if not parts[-1]:
        parts = parts[:-1]
    if len(parts) > MOST_ELEMENTS:
        raise ValueError(f"列表不能超过{MOST_ELEMENTS}项")
    return tuple(part.strip() for part in parts)


def _texts(value: object) -> object:
    if isinstance(value, str):
        return elements(value)
    if isinstance(value, list | tuple) and len(value) == 1:
        return elements(str(value[0]))
    return value


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError(f"“{text[:20]}”应为整数")
    return int(text)


def _numbers(value: object) -> object:
    made = _texts(value)
    return tuple(_number(part) for part in made) if isinstance(made, tuple) else made


def _numbers_or_blanks(value: object) -> object:
    made = _texts(value)
    return tuple(_number(part) if part else None for part in made) if isinstance(made, tuple) else made


def _fen(text: str) -> int:
    try:
        fen = parse_yuan(text)
    except ValueError:
        raise ValueError(f"“{text[:20]}”不是正确的金额，例如 128 或 128.50") from None
    if fen > MAX_FEN:
        raise ValueError("金额过大")
    return fen


def _amounts(value: object) -> object:
    made = _texts(value)
    return tuple(_fen(part) for part in made) if isinstance(made, tuple) else made


def _amount(value: object) -> object:
    return _fen(value) if isinstance(value, str) else value


TextList = Annotated[tuple[str, ...], BeforeValidator(_texts)]
"""``A,B,C,``; a blank element is an empty text."""
NumberList = Annotated[tuple[int, ...], BeforeValidator(_numbers)]
"""``1,2,3,``; a blank element is refused."""
BlankNumberList = Annotated[tuple[int | None, ...], BeforeValidator(_numbers_or_blanks)]
"""`` , ,12,``; a blank element is None."""
YuanList = Annotated[tuple[int, ...], BeforeValidator(_amounts)]
"""``10,20.50,`` in yuan, handed on in fen."""
_COMMA_LISTS = [BeforeValidator(read) for read in (_texts, _numbers, _numbers_or_blanks, _amounts)]
"""How a field shows that its list is one text: other lists are repeated keys."""
WireYuan = Annotated[int, BeforeValidator(_amount)]
"""An amount in yuan, zero allowed, handed on in fen."""
RowId = Annotated[int, Field(ge=1, le=10**15)]
"""The number of a row."""


def check_lengths(lists: Mapping[str, Sequence[Any]], *, what: str) -> int:
    """Return how many elements lists of one group have.

    :param lists: label of each list and its elements; an empty one of an optional list is left out by the caller
    :raises Invalid: they don't have the same number of elements
    """
    lengths = {label: len(one) for label, one in lists.items()}
    if len(set(lengths.values())) > 1:
        told = "，".join(f"{label}{length}项" for label, length in lengths.items())
        raise Invalid({}, f"{what}各列表的项数不一致：{told}")
    return next(iter(lengths.values()), 0)


def without_comma(text: str) -> str:
    """Return a remark as it can stand in a comma list."""
    return text.replace(",", FULL_WIDTH_COMMA)


# --- moments ---------------------------------------------------------------------------------------------------------


def _moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.isascii() and text.isdigit() and 9 <= len(text) <= 11:
        return datetime.fromtimestamp(int(text), UTC)
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the hospital's zone is put on below
        except ValueError:
            continue
        if not 1900 < found.year < 2200:
            break
        return found.replace(tzinfo=clock.HOSPITAL_ZONE)
    raise ValueError("时间应如2026-01-31 09:30:00")


WireMoment = Annotated[datetime, BeforeValidator(_moment)]
"""``YYYY-MM-DD HH:MM:SS`` at the hospital, or unix seconds; a date alone is its midnight."""


# --- answers ---------------------------------------------------------------------------------------------------------


def text(value: object) -> str:
    """Return a scalar as the wire has it: a text, nothing as an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return seconds(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def seconds(moment: datetime | None) -> str:
    """Return unix seconds; "0" for what has not happened."""
    return "0" if moment is None else str(int(moment.timestamp()))


def money(fen: int | None) -> str:
    """Return an amount in yuan with two decimals; nothing as "0.00"."""
    return yuan(fen or 0)


def joined(values: Iterable[object]) -> str:
    """Return a comma list as answers have it: no comma at its end."""
    return ",".join(text(value) for value in values)
