"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from flask import request

from wxapp.core.errors import NotFound
from wxapp.h5.shell import Pages

pages = Pages("visits", "wxapp.visits")


def page_in_address() -> int:
    """:raises NotFound: the address names no page"""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 4) or int(text) < 1:
        raise NotFound
    return int(text)
