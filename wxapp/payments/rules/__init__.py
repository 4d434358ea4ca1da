"""Rules of payments: values in, value out."""

from wxapp.payments.rules.matching import Found, Kind, Ours, Seen, match
from wxapp.payments.rules.paying import Channel, due_query, facts_problem, parts_problem, ways_to_pay
from wxapp.payments.rules.paying_out import (
    bill_problem,
    fail_sentence,
    is_stale,
    leaves_nothing,
    name_problem,
    never_arrived,
)
from wxapp.payments.rules.refunding import Source, split_refund
from wxapp.payments.rules.repeating import next_try

__all__ = [
    "Channel",
    "Found",
    "Kind",
    "Ours",
    "Seen",
    "Source",
    "bill_problem",
    "due_query",
    "facts_problem",
    "fail_sentence",
    "is_stale",
    "leaves_nothing",
    "match",
    "name_problem",
    "never_arrived",
    "next_try",
    "parts_problem",
    "split_refund",
    "ways_to_pay",
]
