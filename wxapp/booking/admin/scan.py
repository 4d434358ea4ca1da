"""Staff pages: checking in at the desk, with a handheld scanner or a telephone's camera."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import request

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.fields import ShownForm
from wxapp.booking import sheets
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import STATES
from wxapp.booking.staff_forms import FindForm
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission


@interface("booking.scan", GET="/pc/booking/scan", permission=Permission.BOOKING_WRITE)
def scan() -> Page:
    """Where the QR code of a booking leads a member of staff; without one, a field for the scanner."""
    code = _code_in(request.args.get("code", "")[:300])
    return _page(code, sheets.find_to_check_in(code) if _is_code(code) else [])


@interface(
    "booking.scan_find",
    POST="/pc/booking/scan",
    permission=Permission.BOOKING_WRITE,
    audit="查找到院预约",
    form_page=scan,
)
def find() -> Page:
    """Find by what was scanned or typed: a code, a number, the code's address; today's by phone or name."""
    text = _code_in(read_form(FindForm).text)
    return _page(text, sheets.find_to_check_in(text))


def _page(asked: str, found: list[sheets.BookingRow]) -> Page:
    return Page(
        "booking/admin/scan.html",
        bookings=found,
        is_asked=bool(asked),
        today=clock.today(),
        _form=ShownForm(FindForm),
        _states=STATES,
        _day_of=clock.hospital_day,
    )


def _code_in(text: str) -> str:
    """Return the code of an address such as ``https://…/pc/booking/scan?code=…``, and any other text as it is."""
    text = text.strip()
    try:
        codes = parse_qs(urlsplit(text).query).get("code", [])
    except ValueError:
        codes = []
    return codes[0].strip() if codes else text


def _is_code(text: str) -> bool:
    """Whether an address may name it: names and phones stay out of addresses."""
    return text.isascii() and (text[:1].upper() == "B" or (text.isdigit() and len(text) == 12))


menu.entry("预约", "到院签到", "booking_admin.scan", Permission.BOOKING_WRITE, 30)
