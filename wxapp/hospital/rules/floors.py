"""Price floors: how low a price each role may give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WHOLE_BP = 10_000
ALL_CATEGORIES = 0


@dataclass(frozen=True)
class Floor:
    """A role's lowest share of the list price, in one category or in all that name none (0)."""

    role: str
    category_id: int
    floor_bp: int


@dataclass(frozen=True)
class PricedLine:
    """A line of a quote, as floors look at it; amounts are of all its pieces."""

    category_id: int
    quoted_fen: int
    list_fen: int


def floor_of(floors: Iterable[Floor], roles: Iterable[str], category_id: int) -> int | None:
    """Return the lowest floor that these roles give in a category; None when no role of theirs has one."""
    wanted = set(roles)
    own = [floor for floor in floors if floor.role in wanted]
    exact = {floor.role: floor.floor_bp for floor in own if floor.category_id == category_id}
    general = {floor.role: floor.floor_bp for floor in own if floor.category_id == ALL_CATEGORIES}
    return min((general | exact).values(), default=None)


def lines_below(
    lines: Sequence[PricedLine], final_fen: int, *, floors: Sequence[Floor], roles: Sequence[str]
) -> list[int]:
    """Return the positions of the lines that a final price puts below what these roles may give.

    The final price is spread over the lines in proportion to what was quoted for each. Roles without any floor in a
    category may not go below the list price there.
    """
    total = sum(line.quoted_fen for line in lines)
    below = []
    for position, line in enumerate(lines):
        floor_bp = floor_of(floors, roles, line.category_id)
        floor_bp = WHOLE_BP if floor_bp is None else floor_bp
        # final × quoted / total < list × floor, without leaving whole numbers
        if total and final_fen * line.quoted_fen * WHOLE_BP < line.list_fen * floor_bp * total:
            below.append(position)
    return below
