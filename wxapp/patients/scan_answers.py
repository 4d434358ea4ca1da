"""What is answered to who scans a code with a scene: packages whose codes they are register here.

An answer depends on the push and on what changes rarely, so that WeChat's repeat of a push gets the same one.
"""

from __future__ import annotations

from collections.abc import Callable

from wxapp.wechat.pushes import Push
from wxapp.wechat.replies import Reply

Answer = Callable[[Push], Reply | None]

_answers: list[Answer] = []


def register(answer: Answer) -> None:
    """Ask this function for each scan, by who follows already as by who follows with it; None: none of its codes."""
    if answer not in _answers:
        _answers.append(answer)


def answer_to(push: Push) -> Reply | None:
    """Return the first answer to a scan, or None when nobody knows the scene."""
    return next((found for answer in _answers if (found := answer(push)) is not None), None) if push.scene else None
