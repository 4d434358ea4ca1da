"""Keeping pages in several threads at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from wxapp.h5.kept import KeptPages


class Interrupted(OrderedDict[Any, Any]):
    """Pages; whenever one comes in, another thread wants to forget them all."""

    def __init__(self, kept: KeptPages) -> None:
        super().__init__()
        self.kept = kept
        self.others: list[threading.Thread] = []

    def __setitem__(self, key: Any, page: Any) -> None:
        super().__setitem__(key, page)
        other = threading.Thread(target=self.kept.forget)
        self.others.append(other)
        other.start()
        other.join(0.2)  # without a lock it is done by now


def public_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wxapp.keep"] = (60, None, 1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a page"]


def test_pages_are_forgotten_while_another_one_comes_in(app: Flask) -> None:
    kept = KeptPages(app)
    kept.application = public_page
    pages = kept.pages = Interrupted(kept)
    said: list[str] = []
    body = b"".join(kept({"REQUEST_METHOD": "GET"}, lambda status, _headers: said.append(status)))
    for other in pages.others:
        other.join(5)
    assert (said, body, len(pages.others), len(pages)) == (["200 OK"], b"a page", 1, 0)
