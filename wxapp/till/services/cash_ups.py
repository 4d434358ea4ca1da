"""The count at the end of the day (日结): one counts, another checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, Stale
from wxapp.till.cash_lines import from_text, lines_of, same_expected, to_text
from wxapp.till.errors import AlreadyChecked, CountedTooEarly, DifferenceUnexplained, OwnCashUp
from wxapp.till.models import CashUp, CashUpStatus
from wxapp.till.queries import find_cash_up, get_cash_up
from wxapp.till.services.receipts import Cashier
from wxapp.till.states import CASH_UP


def count_up(
    cashier: Cashier, day: date, counted: Mapping[str, int], *, note: str = "", seen: int | None = None
) -> CashUp:
    """Write down what a cashier has counted of each kind of money; a count before it is replaced.

    What is expected is computed here and kept with the count. Who takes or gives money after another person has checked
    the day counts it again, and it is checked again: no money of a day stays uncounted.

    :param counted: fen by kind; a kind that is not named was counted as nothing
    :param seen: version of the cash-up on the page, None if there was none
    :raises Invalid: the day is still to come
    :raises DifferenceUnexplained: count and books differ, and there is no note
    :raises AlreadyChecked: another person has checked this day, and nothing was taken or given since
    :raises Stale: the day was counted elsewhere meanwhile
    """
    if day > clock.today():
        raise Invalid({"day": "不能提前日结"})
    try:
        with transaction():
            return _write(cashier, day, counted, note=note, seen=seen)
    except IntegrityError:  # counted at two desks in the same moment: the key of cashier and day decides
        raise Stale from None


def _write(cashier: Cashier, day: date, counted: Mapping[str, int], *, note: str, seen: int | None) -> CashUp:
    lines = [replace(line, counted_fen=counted.get(line.kind, 0)) for line in lines_of(cashier.id, day)]
    if any(line.difference_fen for line in lines) and not note.strip():
        raise DifferenceUnexplained(field="note")
    values = {
        "lines": to_text(lines),
        "expected_fen": sum(line.expected_fen for line in lines if line.is_counted),
        "counted_fen": sum(line.counted_fen for line in lines),
        "note": note.strip(),
        "counted_by": cashier.actor,
        "counted_at": clock.now(),
    }
    found = find_cash_up(cashier.id, day)
    if found is None:
        if seen is not None:
            raise Stale
        made = CashUp(day=day, cashier_id=cashier.id, status=CashUpStatus.COUNTED, version=1, **values)
        db.session.add(made)
        db.session.flush()
        return made
    if found.status is CashUpStatus.CHECKED and same_expected(from_text(found.lines), lines):
        raise AlreadyChecked
    if seen is None:
        raise Stale
    save_version(CashUp, found.id, seen=seen, **values)
    if found.status is CashUpStatus.CHECKED:
        CASH_UP.move(
            found, CashUpStatus.COUNTED, by=cashier.actor, why="核对后又有收付款", checked_by=None, checked_at=None
        )  # fmt: skip
    return found


def check_cash_up(cash_up_id: int, *, by: str, seen: int) -> CashUp:
    """Confirm what a cashier has counted, as another person.

    :raises NotFound: no such cash-up
    :raises OwnCashUp: it is one's own count
    :raises AlreadyChecked: somebody else was faster
    :raises Stale: it was counted again since the page was opened
    :raises CountedTooEarly: more was taken or given back after the count
    """
    with transaction():
        found = get_cash_up(cash_up_id)
        if found.counted_by == by:
            raise OwnCashUp
        if found.version != seen:
            raise Stale
        if not same_expected(from_text(found.lines), lines_of(found.cashier_id, found.day)):
            raise CountedTooEarly
        try:
            # Asks again for status and version: a count in this moment goes first, or fails.
            _move_checked(found, by=by, seen=seen)
        except IllegalTransition:
            raise AlreadyChecked from None
        return found


def _move_checked(found: CashUp, *, by: str, seen: int) -> None:
    save_version(CashUp, found.id, seen=seen)
    CASH_UP.move(found, CashUpStatus.CHECKED, by=by, checked_by=by, checked_at=clock.now())


def unchecked_before(day: date) -> sa.ScalarSelect[int]:
    """Select how many counts up to a day wait for another person."""
    wanted = sa.select(sa.func.count()).select_from(CashUp)
    return wanted.where(CashUp.status == CashUpStatus.COUNTED, CashUp.day <= day).scalar_subquery()
