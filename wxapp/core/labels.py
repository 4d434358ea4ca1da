"""Names that people read, beside the values that tables and programs keep."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A set of values, each with the Chinese word that pages show: ``CASH = "cash", "现金"``."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
