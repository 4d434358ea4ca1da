"""Giving out files that are not for everybody, by whatever door has let the reader in."""

from __future__ import annotations

from flask import Response

from wxapp.core import files
from wxapp.core.errors import NotFound


def hand_out(token: str, *, content_type: str, download_name: str = "") -> Response:
    """Answer with a file of ours, of a few megabytes at most; no cache on the way keeps it.

    :param download_name: ASCII; saved under this name instead of shown
    :raises NotFound: it is not on the disk any more
    """
    try:
        content = files.path_of(token).read_bytes()
    except OSError:
        raise NotFound from None
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if download_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{download_name}"'
    return response
