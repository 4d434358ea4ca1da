"""Patients' pages; importing this folder registers them, and plugs visits into the page 我的."""

from __future__ import annotations

from wxapp.h5 import registry
from wxapp.visits.views import care, own  # noqa: F401 - their pages register themselves
from wxapp.visits.views.door import pages

__all__ = ["pages"]

registry.me_entry("到院记录", "visits.own_visits", "clipboard-list", 12)
