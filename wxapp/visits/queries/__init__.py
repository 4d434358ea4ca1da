"""Reads of visits."""

from wxapp.visits.queries.visits import find_open_visit, get_visit, people_of, steps_of, visible_to

__all__ = ["find_open_visit", "get_visit", "people_of", "steps_of", "visible_to"]
