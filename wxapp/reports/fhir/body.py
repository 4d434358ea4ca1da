"""A request's body as JSON, bounded in every direction before anything else looks at it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from wxapp.reports.fhir.outcomes import Issue, Refused

DEEPEST = 40
MOST_PARTS = 400_000
"""Objects, lists and texts of one body."""
_LONGEST_NUMBER = 60


def read_body(raw: bytes) -> dict[str, Any]:
    """Return the resource in a body. Fractions are decimals, so that ``1.20`` keeps its zero.

    :raises Refused: (400) no JSON object, or nested or counting beyond reason
    """
    try:
        body = json.loads(raw.decode("utf-8"), parse_float=_fraction, parse_int=_whole, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _malformed(f"请求内容不是UTF-8编码（第{error.start + 1}字节）") from None
    except RecursionError:
        raise _malformed("JSON嵌套过深") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"不是有效的JSON（第{error.lineno}行第{error.colno}列）") from None
    except ValueError:
        raise _malformed("JSON中的数字无法表示") from None
    if not isinstance(body, dict):
        raise _malformed("请求内容应为一个FHIR资源")
    _check_size(body)
    return body


def _malformed(text: str) -> Refused:
    return Refused([Issue(text, code="structure")], status=400)


def _fraction(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER or abs((number := Decimal(text)).adjusted()) > _LONGEST_NUMBER:
        raise ValueError
    return number


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError
    return int(text)


def _no_number(_text: str) -> NoReturn:
    raise ValueError


def _check_size(body: dict[str, Any]) -> None:
    level: list[Any] = [body]
    count = 0
    for _ in range(DEEPEST):
        count += len(level)
        if count > MOST_PARTS:
            raise _malformed("请求内容的元素过多")
        level = [inner for part in level for inner in _inside(part)]
        if not level:
            return
    raise _malformed("JSON嵌套过深")


def _inside(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []
