"""Rules of payments: values in, value out."""

from wxapp.payments.rules.matching import Found, Kind, Ours, Seen, match
from wxapp.payments.rules.paying import Channel, due_query, facts_problem, parts_problem, ways_to_pay
from wxapp.payments.rules.refunding import Source, next_refund_try, split_refund

__all__ = [
    "Channel",
    "Found",
    "Kind",
    "Ours",
    "Seen",
    "Source",
    "due_query",
    "facts_problem",
    "match",
    "next_refund_try",
    "parts_problem",
    "split_refund",
    "ways_to_pay",
]
