"""An appointment as a file for calendars (RFC 5545), in the hospital's time."""

from __future__ import annotations

from datetime import timedelta

import icalendar

from wxapp.booking.models import Booking, BookingStatus
from wxapp.booking.queries import Place
from wxapp.core import clock


def of_booking(booking: Booking, of: Place, *, hospital: str, address: str, page: str, note: str) -> bytes:
    """Return the file; its number stays the same when the booking moves, so that a calendar moves it too."""
    event = icalendar.Event()
    event.add("uid", f"{booking.no}@booking")
    event.add("sequence", booking.version)
    event.add("dtstamp", clock.now())
    event.add("dtstart", clock.local(booking.starts_at))
    event.add("dtend", clock.local(booking.ends_at))
    event.add("summary", f"{hospital} {of.label}")
    event.add("location", " ".join(part for part in (address, of.place) if part))
    event.add("description", f"{note}\n{page}")
    event.add("status", "CONFIRMED" if booking.status in (BookingStatus.BOOKED, BookingStatus.ARRIVED) else "CANCELLED")
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"{of.label}")
    alarm.add("trigger", timedelta(hours=-2))
    event.add_component(alarm)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//wxapp//booking//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
