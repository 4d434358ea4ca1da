"""Addresses of our own pages, also where there is no request: in messages that a job sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app
from werkzeug.routing import BuildError


def path_of(endpoint: str, arguments: Mapping[str, Any] | None = None) -> str:
    """Return the path of a page, "" when no package offers it (yet)."""
    adapter = current_app.url_map.bind("localhost")
    try:
        return str(adapter.build(endpoint, dict(arguments or {}), force_external=False))
    except BuildError:
        return ""


def absolute(path: str) -> str:
    """Return the address under which the outside reaches one of our paths; "" stays ""."""
    return f"{current_app.config['WXAPP'].app.base_url}{path}" if path else ""
