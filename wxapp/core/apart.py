"""Long work row by row: each row in transactions of its own, so that one that fails keeps no other from its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
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


def in_batches(work: Callable[[Sequence[K]], int], keys: Sequence[K], *, size: int, what: str) -> int:
    """Do the work for so many keys at once, each batch in a transaction of its own; return what the answers add up to.

    A batch that fails is done key by key as :func:`each_apart` does it: one bad row keeps no other from its turn.
    """
    done = 0
    for start in range(0, len(keys), size):
        some = keys[start : start + size]
        try:
            done += repeat_on_conflict(partial(work, some))
        except Exception as error:
            db.session.rollback()
            if is_outage(error):
                raise
            log.warning("%s: %d at once failed (%s); each is tried alone", what, len(some), type(error).__name__)
            done += each_apart(lambda key: work([key]), some, what=what)
    return done
