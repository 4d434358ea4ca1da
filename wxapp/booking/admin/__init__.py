"""Staff's pages; importing this folder registers them."""

from wxapp.booking.admin import (
    blocked,
    bookings,
    calendar,
    day,
    desk,
    leaves,
    plans,
    projects,
    scan,
    sessions,
    start,
)
from wxapp.booking.admin.door import blueprint

__all__ = [
    "blocked",
    "blueprint",
    "bookings",
    "calendar",
    "day",
    "desk",
    "leaves",
    "plans",
    "projects",
    "scan",
    "sessions",
    "start",
]
