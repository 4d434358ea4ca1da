"""Staff pages: the count at the end of the day (收银 / 日结), and checking it."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge
from wxapp.admin.fields import ShownForm, money_text
from wxapp.admin.identity import current_staff
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.staff.queries import names
from wxapp.till import queries, services
from wxapp.till.admin.door import interface
from wxapp.till.cash_lines import COUNTED_KINDS, from_text, lines_of, lines_on, same_expected
from wxapp.till.forms import FIRST_DAY, CheckForm, CountForm
from wxapp.till.models import CashUpStatus
from wxapp.till.services import Cashier

STATES = {CashUpStatus.COUNTED: Badge("待核对", "amber"), CashUpStatus.CHECKED: Badge("已核对", "green")}
NOT_COUNTED = Badge("未清点", "red")

menu.entry("收银", "日结", "till_admin.cash_up", Permission.VISIT_COLLECT, 60)
menu.entry("收银", "日结核对", "till_admin.cash_ups", Permission.TILL_CHECK, 61)


def _asked_day() -> date:
    """Return the day that the address or the form names; today for none, or for what is no day of the past."""
    try:
        day = date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return clock.today()
    return day if FIRST_DAY <= day <= clock.today() else clock.today()


@interface("till.cash_up", GET="/pc/till/cash_up", permission=Permission.VISIT_COLLECT)
def cash_up() -> Page:
    """What one should have by now, to be counted."""
    day, staff = _asked_day(), current_staff()
    found = queries.find_cash_up(staff.id, day)
    lines = lines_of(staff.id, day)
    counted = {line.kind: line.counted_fen for line in from_text(found.lines)} if found else {}
    values: dict[str, Any] = {kind.value: money_text(counted.get(kind.value)) for kind in COUNTED_KINDS}
    return Page(
        "till/admin/cash_up.html",
        day=day,
        lines=lines,
        state=found.status if found else None,
        _found=found,
        _state=STATES[found.status] if found else NOT_COUNTED,
        _is_checked=found is not None and found.status is CashUpStatus.CHECKED,
        _has_moved=found is not None and not same_expected(from_text(found.lines), lines),
        _expected_fen=sum(line.expected_fen for line in lines if line.is_counted),
        _form=ShownForm(
            CountForm,
            values=values | {"day": day, "note": found.note if found else ""},
            kinds={kind.value: "money" for kind in COUNTED_KINDS},
        ),
        _latest=clock.today(),
    )


@interface(
    "till.count_up",
    POST="/pc/till/cash_up",
    permission=Permission.VISIT_COLLECT,
    audit="收银日结",
    form_page=cash_up,
)
def count_up() -> Done:
    """Write down what was counted."""
    form = read_form(CountForm)
    staff = current_staff()
    counted = {kind.value: getattr(form, kind.value) for kind in COUNTED_KINDS}
    made = services.count_up(
        Cashier(staff.id, staff.name), form.day, counted, note=form.note, seen=form.version
    )  # fmt: skip
    told = f"{form.day} 实点{yuan(made.counted_fen)}元，应有{yuan(made.expected_fen)}元"
    audit.about(f"cash_up:{made.id}", told)
    return Done(f"已日结：{told}，等待核对", location=url_for("till_admin.cash_up", day=form.day))


@interface("till.cash_ups", GET="/pc/till/cash_ups", permission=Permission.TILL_CHECK)
def cash_ups() -> Page:
    """Everybody who took or gave money on a day, with what was counted."""
    day = _asked_day()
    found, expected = queries.cash_ups_on(day), lines_on(day)
    people = names([*found.keys() | expected.keys()])
    rows = []
    for staff_id in sorted(people):
        one, lines = found.get(staff_id), expected.get(staff_id, [])
        rows.append(
            {
                "cashier": people[staff_id],
                "expected_fen": sum(line.expected_fen for line in lines if line.is_counted),
                "counted_fen": one.counted_fen if one else None,
                "_state": STATES[one.status] if one else NOT_COUNTED,
                "_has_moved": one is not None and not same_expected(from_text(one.lines), lines),
                "_cash_up": one,
            }
        )
    return Page("till/admin/cash_ups.html", day=day, rows=rows, _latest=clock.today())


@interface("till.cash_up_details", GET="/pc/till/cash_ups/<int:cash_up_id>", permission=Permission.TILL_CHECK)
def cash_up_details(cash_up_id: int) -> Page:
    """A count beside what is expected by now."""
    found = queries.get_cash_up(cash_up_id)
    lines = from_text(found.lines)
    return Page(
        "till/admin/cash_up_details.html",
        day=found.day,
        cashier=names([found.cashier_id])[found.cashier_id],
        lines=lines,
        note=found.note,
        _found=found,
        _state=STATES[found.status],
        _has_moved=not same_expected(lines, lines_of(found.cashier_id, found.day)),
        _may_check=found.status is CashUpStatus.COUNTED and found.counted_by != current_staff().actor,
    )


@interface(
    "till.check_cash_up",
    POST="/pc/till/cash_ups/<int:cash_up_id>/check",
    permission=Permission.TILL_CHECK,
    audit="核对日结",
    form_page=cash_up_details,
)
def check_cash_up(cash_up_id: int) -> Done:
    """Confirm a count, as another person."""
    form = read_form(CheckForm)
    found = services.check_cash_up(cash_up_id, by=current_staff().actor, seen=form.version)
    audit.about(f"cash_up:{cash_up_id}", f"{found.day} 实点{yuan(found.counted_fen)}元")
    return Done("日结已核对", location=url_for("till_admin.cash_ups", day=found.day))


def _waiting() -> list[sa.ScalarSelect[Any]]:
    return [services.unchecked_before(clock.today())]


def _card(count: int) -> dashboard.Card | None:
    if not count:
        return None
    return dashboard.Card(
        "待核对日结", str(count), "收银员已清点", url_for("till_admin.cash_ups"), "checks", "attention"
    )  # fmt: skip


dashboard.dashboard_counts(36, Permission.TILL_CHECK, _waiting, _card)
