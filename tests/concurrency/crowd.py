"""Many people at once: threads with sessions of their own on one real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from wxapp.core.db import db, repeat_on_conflict
from wxapp.core.errors import DomainError


def crowd(app: Flask, works: Sequence[Callable[[], object]], *, at_once: int = 24) -> Counter[str]:
    """Do all works, ``at_once`` at a time, as a door would; count what came of them.

    A refusal counts under its code, anything that returned under "done". A fault is raised.
    """

    def act(work: Callable[[], object]) -> str:
        with app.app_context():
            try:
                repeat_on_conflict(work, tries=8)
            except DomainError as refusal:
                return refusal.code
            else:
                return "done"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(at_once) as pool:
        return Counter(pool.map(act, works))
