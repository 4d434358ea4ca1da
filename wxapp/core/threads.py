"""The application in other threads, and the wish to stop that long work respects."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from wxapp.core.db import db

P = ParamSpec("P")
R = TypeVar("R")

stopping = threading.Event()
"""Set when this process is asked to end: loops finish what they have begun and begin nothing new."""


def carried(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function so that it runs inside the present application in any thread.

    What it read from the database is given back at its end: no connection stays with a thread that waits.
    """
    app = cast("LocalProxy[Flask]", current_app)._get_current_object()  # noqa: SLF001 - Flask's documented way

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with app.app_context():
            try:
                return function(*args, **kwargs)
            finally:
                db.session.remove()

    return inside
