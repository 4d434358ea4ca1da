"""Use cases of the till. Taking and giving back happen inside the transaction of whoever sells."""

from wxapp.till.services.cash_ups import check_cash_up, count_up, unchecked_before
from wxapp.till.services.checks import invariants
from wxapp.till.services.deposits import return_deposit, take_deposit
from wxapp.till.services.deposits import subject_of as deposit_subject
from wxapp.till.services.numbers import new_deposit_no, new_receipt_no
from wxapp.till.services.receipts import Cashier, Paid, give_back, take

__all__ = [
    "Cashier",
    "Paid",
    "check_cash_up",
    "count_up",
    "deposit_subject",
    "give_back",
    "invariants",
    "new_deposit_no",
    "new_receipt_no",
    "return_deposit",
    "take",
    "take_deposit",
    "unchecked_before",
]
