"""Timed work of payments. Each asks the database what is due, so running twice or late does no harm."""

from __future__ import annotations

import logging

from wxapp.payments import invariants, services

log = logging.getLogger(__name__)


def query_attempts() -> int:
    """Ask WeChat Pay for attempts whose notice is overdue."""
    return services.query_due()


def close_expired() -> int:
    return services.close_expired()


def carry_out_refunds() -> int:
    return services.carry_out_refunds()


def carry_out_payouts() -> int:
    """Send to WeChat Pay what is to be paid to people."""
    return services.carry_out_payouts()


def query_payouts() -> int:
    """Ask WeChat Pay for payouts that are on their way."""
    return services.query_payouts()


def give_back_late_money() -> int:
    return services.give_back_late_money()


def reconcile() -> int:
    """Compare every day that has not been compared with the channel's bill."""
    return services.reconcile_missed_days()


def check_payments() -> int:
    """Recompute the invariants of payments and of what is paid for; return how many are broken.

    Each that is broken is an error in the log.
    """
    broken = [check for check in invariants.check_payments() if not check.holds]
    for check in broken:
        log.error("invariant %s is broken: %s", check.name, check.text)
    return len(broken)
