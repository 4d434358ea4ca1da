"""What an interface returns, and how it becomes JSON.

``Page`` and ``Done`` are values: a test may call the interface as a function; the door makes the response.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from wxapp.core import clock
from wxapp.core.crypto import Encrypted
from wxapp.core.db import Model
from wxapp.core.money import yuan


class Page:
    """A page: its template and what it shows. Asked for JSON, the variables are the answer.

    Variables whose names begin with ``_``, and values that have no meaning in JSON, are for the template only.
    """

    def __init__(self, template: str, /, *, status: int = 200, **variables: Any) -> None:
        if taken := {"code", "msg"} & set(variables):
            raise ValueError(f"{template}: {taken} are the envelope's own words")
        self.template = template
        self.status = status
        self.variables = variables


DONE = "操作成功"
"""What a change answers to programs that know the contract."""


class Done:
    """A change that was made: flashes its sentence and leads on, or answers ``{"code": 1, "msg": …}``.

    :param location: where to go on; the page the form came from if it is not given
    :param extra: further keys of the JSON answer
    """

    def __init__(self, message: str = DONE, *, location: str | None = None, **extra: Any) -> None:
        self.message = message
        self.location = location
        self.extra = extra


Answer = Page | Done

_HIDDEN = ("_hash", "_secret", "_index", "_token", "openid")
NOTHING = object()
"""What :func:`to_wire` answers for values that are not for JSON."""


def to_wire(value: Any) -> Any:
    """Turn a value into JSON: money (keys ending in ``_fen``) in yuan, moments with the hospital's offset.

    Of a table's row only open columns are shown: what is encrypted, hashed or a token stays inside.
    """
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "to_wire"):
        return to_wire(value.to_wire())
    fields = _fields(value)
    if fields is not None:
        return wire_dict(fields)
    if isinstance(value, list | tuple | set | frozenset):
        return [wired for item in value if (wired := to_wire(item)) is not NOTHING]
    return NOTHING


def wire_dict(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Turn named values into JSON; ``amount_fen`` becomes ``amount`` in yuan."""
    made: dict[str, Any] = {}
    for name, value in fields.items():
        if str(name).startswith("_"):
            continue
        if str(name).endswith("_fen") and isinstance(value, int):
            made[str(name).removesuffix("_fen")] = yuan(value)
        elif (wired := to_wire(value)) is not NOTHING:
            made[str(to_wire(name))] = wired
    return made


def _fields(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Model):
        columns = sa.inspect(type(value)).column_attrs
        return {
            column.key: getattr(value, column.key)
            for column in columns
            if not column.key.endswith(_HIDDEN) and not isinstance(column.columns[0].type, Encrypted)
        }
    if isinstance(value, sa.Row):
        return dict(value._asdict())
    return None
