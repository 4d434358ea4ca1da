"""Price floors in use: who may let which price pass."""

from __future__ import annotations

from collections.abc import Sequence

from wxapp.hospital.rules.floors import ALL_CATEGORIES, Floor, PricedLine, lines_below

EVERYTHING_ROLE = "super_admin"


def below_floor(
    lines: Sequence[PricedLine], final_fen: int, *, floors: Sequence[Floor], roles: Sequence[str]
) -> list[int]:
    """Return the positions of the lines that these roles may not sell at this final price.

    A hospital that has set no floors has none. Once it has, a role without one may not go below the list price; only
    the administrators, who stand above all others, go without a floor unless they are given one.
    """
    if not floors:
        return []
    known = list(floors)
    if all(floor.role != EVERYTHING_ROLE for floor in floors):
        known.append(Floor(EVERYTHING_ROLE, ALL_CATEGORIES, 0))
    return lines_below(lines, final_fen, floors=known, roles=roles)
