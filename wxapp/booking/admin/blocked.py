"""Staff pages: who may not book online for a while (爽约限制)."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.booking import settings, sheets
from wxapp.booking.admin.door import interface
from wxapp.booking.services import absences
from wxapp.booking.staff_forms import LiftForm
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission


def _patient_url(row: sheets.Blocked) -> str:
    may = row.patient_id is not None and current_staff().may(Permission.PATIENT_READ)
    return url_for("patients_admin.patient", patient_id=row.patient_id) if may else ""


BLOCKED = Table(
    "booking.blocked",
    title="爽约限制",
    columns=(
        Column("name", "预约人", link=_patient_url),
        Column("kind", "身份"),
        Column("blocked_until", "限制到", kind="moment"),
    ),
    empty="没有被限制的预约人",
)


@interface("booking.blocked", GET="/pc/booking/blocked", permission=Permission.BOOKING_READ)
def blocked() -> Page:
    """Who is blocked now; staff may still book for them."""
    return Page(
        "booking/admin/blocked.html",
        table=BLOCKED.load(sheets.blocked_bookers),
        most=settings.MOST_ABSENCES(),
        days=settings.ABSENCE_DAYS(),
        block_days=settings.BLOCK_DAYS(),
    )


@interface(
    "booking.lift",
    POST="/pc/booking/blocked/lift",
    permission=Permission.BOOKING_WRITE,
    audit="解除爽约限制",
    form_page=blocked,
)
def lift() -> Done:
    """Let somebody book online again."""
    form = read_form(LiftForm)
    absences.lift_block(form.key, by=current_staff().actor, why=form.why)
    audit.about(form.key, form.why)
    return Done("已解除限制", location=url_for("booking_admin.blocked"))


menu.entry("预约", "爽约限制", "booking_admin.blocked", Permission.BOOKING_READ, 90)
