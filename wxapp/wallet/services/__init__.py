"""Use cases of the wallet."""

from wxapp.wallet.house import house_account
from wxapp.wallet.queries import balance_of, patient_balance, statement_of
from wxapp.wallet.services.cards import issue_card, set_frozen
from wxapp.wallet.services.checks import Check, invariants
from wxapp.wallet.services.closings import close_day, close_missed_days
from wxapp.wallet.services.counter import (
    approve_movement,
    reject_movement,
    request_pay_back,
    top_up_at_counter,
)
from wxapp.wallet.services.day_limit import count_top_up, topped_up_on, uncount_top_up
from wxapp.wallet.services.ledger import (
    Asked,
    Booked,
    account_of,
    accounts_of,
    patient_account,
    reverse,
    transfer,
    transfer_many,
)

__all__ = [
    "Asked",
    "Booked",
    "Check",
    "account_of",
    "accounts_of",
    "approve_movement",
    "balance_of",
    "close_day",
    "close_missed_days",
    "count_top_up",
    "house_account",
    "invariants",
    "issue_card",
    "patient_account",
    "patient_balance",
    "reject_movement",
    "request_pay_back",
    "reverse",
    "set_frozen",
    "statement_of",
    "top_up_at_counter",
    "topped_up_on",
    "transfer",
    "transfer_many",
    "uncount_top_up",
]
