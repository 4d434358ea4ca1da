"""How names of files that a device leaves in a folder tell whose pictures they are.

A pattern is the name with ``{number}`` where the record or visit number stands, and ``*`` for anything:
``{number}_*.jpg`` finds HOSP2603020001 in ``HOSP2603020001_left.jpg``.
"""

from __future__ import annotations

import re

NUMBER = "{number}"
ANYTHING = "*"
MOST_STARS = 3
"""More make one name fit in very many ways."""
_NUMBER = r"(?P<number>[A-Za-z0-9]{4,30})"


def is_pattern(text: str) -> bool:
    """Whether this is a pattern: the number stands in it once, and not too many stars do."""
    return text.count(NUMBER) == 1 and text.count(ANYTHING) <= MOST_STARS and not set("/\\") & set(text)


def number_in(pattern: str, file_name: str) -> str | None:
    """Return the number that a file's name gives, in capitals; None when it does not fit.

    :raises ValueError: no pattern
    """
    if not is_pattern(pattern):
        raise ValueError(f"no pattern of file names: {pattern!r}")
    parts = re.split(r"(\{number\}|\*)", pattern)
    rule = "".join({NUMBER: _NUMBER, ANYTHING: ".*"}.get(part) or re.escape(part) for part in parts)
    found = re.fullmatch(rule, file_name, re.IGNORECASE)
    return found["number"].upper() if found else None
