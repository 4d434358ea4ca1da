"""What several of these pages show alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g

from wxapp.admin.cells import Badge
from wxapp.admin.fields import refusal
from wxapp.booking import hours, listings
from wxapp.booking.listings import SessionRow
from wxapp.booking.models import BookingStatus, SessionStatus
from wxapp.booking.roster_errors import BookingsAffected
from wxapp.booking.services.settling import Decision
from wxapp.booking.staff_forms import DecisionForm

STATES = {
    BookingStatus.BOOKED: Badge(BookingStatus.BOOKED.label, "blue"),
    BookingStatus.TO_MOVE: Badge(BookingStatus.TO_MOVE.label, "red"),
    BookingStatus.ARRIVED: Badge(BookingStatus.ARRIVED.label, "green"),
    BookingStatus.DONE: Badge(BookingStatus.DONE.label, "grey"),
    BookingStatus.CANCELLED: Badge(BookingStatus.CANCELLED.label, "grey"),
    BookingStatus.MISSED: Badge(BookingStatus.MISSED.label, "amber"),
}
SESSION_STATES = {
    SessionStatus.OPEN: Badge(SessionStatus.OPEN.label, "green"),
    SessionStatus.CLOSED: Badge(SessionStatus.CLOSED.label, "red"),
}
MOST_AFFECTED = 500
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
WEEKDAYS = [(str(number), name) for number, name in enumerate(hours.WEEKDAYS)]


def who_options() -> list[tuple[str, str]]:
    """Return everybody and everything that can be booked, as the choices of a field."""
    return [(one.key, one.label) for one in listings.all_who()]


def department_options() -> list[tuple[str, str]]:
    return [(name, name) for name in listings.departments()]


def decision_of(form: DecisionForm) -> Decision:
    return Decision(frozenset(form.seen), frozenset(form.close), form.reason)


@contextmanager
def listing_affected() -> Iterator[None]:
    """Remember for the page that comes back which sessions need a decision."""
    try:
        yield
    except BookingsAffected as refusal:
        g.affected_sessions = refusal.session_ids
        raise


def affected_sessions() -> list[SessionRow]:
    """Return the sessions that staff have to decide on, or had begun to, if this request was refused."""
    found: list[int] = g.get("affected_sessions", [])
    if not found and (back := refusal()) is not None:
        found = [int(text) for text in back.typed.getlist("seen") if _NUMBER.fullmatch(text)]
    return listings.some_sessions(found[:MOST_AFFECTED]) if found else []
