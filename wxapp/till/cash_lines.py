"""What a cashier should have at the end of a day, by kind of money, and from where it came."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.hospital.models import MethodKind
from wxapp.payments import queries as payments
from wxapp.till.models import Entry, Receipt
from wxapp.wallet import queries as wallet

COUNTED_KINDS = tuple(kind for kind in MethodKind if kind.is_money)
"""What a cashier has in hand or on a terminal; loans, deposits and stored value are shown, not counted."""


@dataclass(frozen=True)
class Line:
    """One kind of money of one cashier and day.

    :ivar till_fen: by receipts of the till, less what was voided
    :ivar mall_fen: by the mall's payments at the counter, less what was handed back
    :ivar stored_fen: by stored value at the counter, less what was paid back
    """

    kind: str
    till_fen: int = 0
    mall_fen: int = 0
    stored_fen: int = 0
    counted_fen: int = 0

    @property
    def label(self) -> str:
        return MethodKind(self.kind).label

    @property
    def is_counted(self) -> bool:
        return MethodKind(self.kind).is_money

    @property
    def expected_fen(self) -> int:
        return self.till_fen + self.mall_fen + self.stored_fen

    @property
    def difference_fen(self) -> int:
        return self.counted_fen - self.expected_fen if self.is_counted else 0


def lines_on(day: date) -> dict[int, list[Line]]:
    """Return what each who took or gave money on a hospital day should have, by staff id, with four questions."""
    made: defaultdict[int, dict[str, Line]] = defaultdict(dict)

    def add(staff_id: int | None, kind: str, **fen: int) -> None:
        if staff_id is None or kind not in set(MethodKind):
            return
        line = made[staff_id].get(kind, Line(kind))
        made[staff_id][kind] = replace(line, **{name: getattr(line, name) + more for name, more in fen.items()})

    for cashier_id, kind, fen in _taken(day):
        add(cashier_id, kind, till_fen=fen)
    for mall in payments.at_counter_on(day):
        add(_staff_id(mall.actor), mall.channel.value, mall_fen=mall.amount_fen)
    for stored in wallet.at_counter_on(day):
        add(_staff_id(stored.actor), stored.method, stored_fen=stored.amount_fen)
    return {staff_id: _in_order(kinds) for staff_id, kinds in made.items()}


def lines_of(cashier_id: int, day: date) -> list[Line]:
    """Return what a cashier should have: each kind of money, and what else moved."""
    return lines_on(day).get(cashier_id) or _in_order({})


def _staff_id(actor: str) -> int | None:
    """Return the number of ``staff:12``; None for whoever is no person."""
    kind, _, number = actor.partition(":")
    return int(number) if kind == "staff" and number.isdigit() else None


def _in_order(kinds: dict[str, Line]) -> list[Line]:
    shown = [kind for kind in MethodKind if kind.is_money or kind in kinds]
    return [kinds.get(kind, Line(kind.value)) for kind in shown]


def _taken(day: date) -> list[tuple[int, str, int]]:
    """Return what receipts of a day took and voided, by cashier and kind."""
    on_day = Receipt.day == day
    came = sa.select(Receipt.cashier_id, Entry.kind, Entry.amount_fen.label("fen")).join(
        Entry, Entry.receipt_id == Receipt.id
    )
    went = sa.select(Receipt.cashier_id, Entry.kind, -Entry.amount_fen).join(
        Entry, Entry.voided_by_receipt_id == Receipt.id
    )
    both = came.where(on_day).union_all(went.where(on_day)).subquery()
    rows = db.session.execute(
        sa.select(both.c.cashier_id, both.c.kind, sa.func.sum(both.c.fen)).group_by(both.c.cashier_id, both.c.kind)
    )
    return [(cashier_id, MethodKind(kind).value, int(fen)) for cashier_id, kind, fen in rows]


def to_text(lines: Sequence[Line]) -> str:
    """Return lines as they are kept with a cash-up."""
    return json.dumps([asdict(line) for line in lines])


def from_text(text: str) -> list[Line]:
    return [Line(**row) for row in json.loads(text)]


def same_expected(some: Sequence[Line], others: Sequence[Line]) -> bool:
    """Whether both expect the same of each kind."""

    def expected(lines: Sequence[Line]) -> dict[str, tuple[int, int, int]]:
        found = {line.kind: (line.till_fen, line.mall_fen, line.stored_fen) for line in lines}
        return {kind: fen for kind, fen in found.items() if any(fen)}

    return expected(some) == expected(others)
