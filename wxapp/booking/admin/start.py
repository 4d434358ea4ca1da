"""What booking puts into the menu, the search box and on the start page."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard, search
from wxapp.booking import sheets
from wxapp.booking.admin.bookings import booking_url
from wxapp.booking.models import BookingStatus
from wxapp.core import clock
from wxapp.core.permissions import Permission

B = BookingStatus


def _find(text: str) -> list[search.Hit]:
    return [
        search.Hit(
            f"{row.contact}　{row.no}",
            booking_url(row.no),
            f"{clock.local(row.starts_at):%m-%d %H:%M} {row.who} {row.status.label}",
        )
        for row in sheets.find_bookings(text, limit=search.MOST)
    ]


search.register("预约", Permission.BOOKING_READ, _find)


def _today(*found: int) -> list[dashboard.Card]:
    today = sheets.Today.of(*found)
    count = today.by_status
    all_ = sum(count.values()) - count[B.CANCELLED] - count[B.TO_MOVE]
    cards = [
        dashboard.Card(
            "今日预约",
            str(all_),
            f"已签到{count[B.ARRIVED] + count[B.DONE]}，待就诊{count[B.BOOKED]}，未到{count[B.MISSED]}",
            url_for("booking_admin.day_sheet"),
            "calendar-event",
        )
    ]
    if today.closed_sessions or today.to_move:
        cards.append(
            dashboard.Card(
                "待改约",
                str(today.to_move),
                f"今日停诊{today.closed_sessions}个班次",
                url_for("booking_admin.day_sheet", status=B.TO_MOVE),
                "calendar",
                "attention" if today.to_move else "plain",
            )
        )
    return cards


dashboard.dashboard_counts(15, Permission.BOOKING_READ, sheets.count_today, _today)
