"""Filters of tables. A private one (a phone or id number) never stands in an address: it is kept on the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from wxapp.core import ids, sessions
from wxapp.core.store import store

_HOURS = 12
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Filter:
    """One field of a table's filter form.

    :param kind: ``text`` (a str), ``choice`` (a str, "" for all), ``day`` (a date or None) or ``checked`` (a bool)
    :param choices: value and label of each choice, or what makes them per request
    :param placeholder: of a text, what may be typed; of a choice, what is listed without one (全部 unless told)
    :param is_private: may be personal data: sent by POST and kept on the server, the address names it by a token
    """

    name: str
    label: str
    kind: str = "text"
    choices: Choices | Callable[[], Choices] = ()
    placeholder: str = ""
    max_length: int = 60
    is_private: bool = False

    def options(self) -> Choices:
        return self.choices() if callable(self.choices) else self.choices

    def parse(self, text: str) -> Any:
        """Return the value.

        :raises ValueError: a sentence for beside the field
        """
        text = text.strip()
        if self.kind == "checked":
            return text in {"1", "on", "true"}
        if self.kind == "day":
            return self._day(text)
        if self.kind == "choice" and text and text not in {value for value, _ in self.options()}:
            raise ValueError(f"{self.label}不在可选范围内")
        if len(text) > self.max_length:
            raise ValueError(f"{self.label}不能超过{self.max_length}个字")
        return text

    def _day(self, text: str) -> date | None:
        if not text:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = date.min
        if not 1900 < found.year < 2200:
            raise ValueError(f"{self.label}应为日期，如2026-01-31")
        return found


def keep_privately(values: Mapping[str, str]) -> str:
    """Keep the private filters of this session on the server and return the token that stands for them."""
    token = ids.new_token(12)
    store().set(_key(token), json.dumps(dict(values), ensure_ascii=False), ttl=_HOURS * 3600)
    return token


def kept_privately(filters: Iterable[Filter]) -> dict[str, str]:
    """Return the values that the token ``f`` in the address stands for."""
    names = {one.name for one in filters if one.is_private}
    token = request.args.get("f", "")
    kept = store().get(_key(token)) if names and 0 < len(token) <= 40 else None
    values: dict[str, str] = json.loads(kept) if kept else {}
    return {name: value for name, value in values.items() if name in names}


def _key(token: str) -> str:
    row = sessions.current(sessions.STAFF)
    return f"staff-filter:{row.id if row else 0}:{token}"
