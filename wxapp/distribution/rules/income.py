"""How income is sorted, and how the place in a list of several tables is named. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wxapp.core.labels import Labelled


class IncomeKind(Labelled):
    """The contract's ``distribution_income_kinds``."""

    SALES = "sales", "分销收入"
    TEAM = "team", "团队收入"
    OTHER = "other", "其他收入"


@dataclass(frozen=True, order=True)
class Place:
    """Where a list goes on whose rows come from several tables: by moment, then table, then number."""

    at: datetime
    table: int
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MILLISECOND}-{self.table}-{self.id}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PLACE = re.compile(r"([0-9]{1,14})-([0-9])-([0-9]{1,18})")


def read_place(text: str) -> Place:
    """Return the place that an address names.

    :raises ValueError: it names none
    """
    if (match := _PLACE.fullmatch(text)) is None:
        raise ValueError(f"no place in a list: {text[:40]!r}")
    moment, table, row = match.groups()
    return Place(_EPOCH + int(moment) * _MILLISECOND, int(table), int(row))
