"""Reads of visits."""

from wxapp.visits.queries.quotes import lines_of, lines_of_many, planned_of, quotes_of, reviews_of
from wxapp.visits.queries.visits import find_open_visit, get_visit, people_of, sees_all, steps_of, visible_to

__all__ = [
    "find_open_visit",
    "get_visit",
    "lines_of",
    "lines_of_many",
    "people_of",
    "planned_of",
    "quotes_of",
    "reviews_of",
    "sees_all",
    "steps_of",
    "visible_to",
]
