"""Patients' pages; importing this folder registers them, and plugs booking into the other pages."""

from __future__ import annotations

from wxapp.booking import own_lists
from wxapp.booking.views import choosing, line, own  # noqa: F401 - their pages register themselves
from wxapp.booking.views.door import pages
from wxapp.h5 import registry
from wxapp.h5.identity import User

__all__ = ["pages"]


def _open(user: User) -> int:
    return own_lists.open_count(user.id, user.current_patient_id)


registry.tab("booking", "预约", "calendar-event", "booking.home", order=3)
registry.menu_entry("为你服务", "在线预约", "booking.home")
registry.menu_entry("个人中心", "我的预约", "booking.bookings")
registry.me_entry("我的预约", "booking.bookings", "calendar-event", 5, badge=_open)
registry.physician_tab("排班情况", "booking.physician", order=20)
