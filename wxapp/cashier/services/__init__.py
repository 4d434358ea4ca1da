"""Use cases of the cashier; each owns its transaction."""

from wxapp.cashier.services.bills import Booked, Part, booked_for, check_rows, known_methods
from wxapp.cashier.services.checks import invariants
from wxapp.cashier.services.collecting import change_payments, collect, collect_again

__all__ = [
    "Booked",
    "Part",
    "booked_for",
    "change_payments",
    "check_rows",
    "collect",
    "collect_again",
    "invariants",
    "known_methods",
]
