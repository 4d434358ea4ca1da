"""What the start page shows of recharges."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard
from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.recharge import listings


def recharged_today(count: int, amount_fen: int) -> dashboard.Card:
    today = listings.Today(count, int(amount_fen))
    address = url_for("recharge_admin.recharges")
    return dashboard.Card("今日在线充值", f"¥{yuan(today.amount_fen)}", f"{today.count}笔", address, "coin")


dashboard.dashboard_counts(26, Permission.RECHARGE_READ, lambda: listings.booked_on(clock.today()), recharged_today)
