"""Visits that are paid, by the use cases of the cashier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.factories.staff import make_member
from tests.factories.till import cashier_of
from tests.factories.visits import make_visit
from wxapp.cashier import services
from wxapp.cashier.services import Part, Terms
from wxapp.hospital.models import Method
from wxapp.till.services import Cashier, new_receipt_no
from wxapp.visits.models import Stage, Visit


def part(method: Method, amount_fen: int, *, periods: int = 0, day: int = 8, remark: str = "") -> Part:
    """Return a payment; with ``periods`` it is a loan."""
    return Part(method, amount_fen, remark, Terms(periods, day) if periods else None)


def make_collected(
    parts: Sequence[Part], *, cashier: Cashier | None = None, visit: Visit | None = None, **over: Any
) -> Visit:
    """Return a visit that is paid with these parts."""
    total = sum(one.amount_fen for one in parts)
    visit = visit or make_visit(stage=Stage.APPROVED, final_fen=total, **over)
    services.collect(visit.id, parts, by=cashier or cashier_of(make_member()), receipt_no=new_receipt_no())
    return visit
