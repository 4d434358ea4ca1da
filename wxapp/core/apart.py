"""Long work row by row: each row in transactions of its own, so that one that fails keeps no other from its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from wxapp.core.db import db, is_outage, repeat_on_conflict

log = logging.getLogger(__name__)

K = TypeVar("K")


def each_apart(work: Callable[[K], int], keys: Iterable[K], *, what: str) -> int:
    """Do the work for each key and return what its answers add up to.

    A conflict repeats it for that key alone; a key for which it fails otherwise is logged and left to the next run.
    When the database is away the rest is left, too, and the outage is raised.

    :param what: names the work in the log; keys are logged, so they may not be personal data
    """
    done = 0
    for key in keys:
        try:
            done += repeat_on_conflict(partial(work, key))
        except Exception as error:
            db.session.rollback()
            if is_outage(error):
                raise
            log.exception("%s: %s failed; the others go on", what, key)
    return done
