"""Names of projects, methods and the like: lists on the wire join them by commas, so none may have one."""

from __future__ import annotations

from wxapp.core.errors import Invalid

COMMAS = ",，"


def check_name(text: str, field: str) -> str:
    """Return a name as it is kept: blanks within it are single ones.

    :raises Invalid: beside ``field``, when it has a comma
    """
    if any(comma in text for comma in COMMAS):
        raise Invalid({field: "名称不能含有逗号"})
    return " ".join(text.split())
