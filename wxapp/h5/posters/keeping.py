"""Finished posters are kept as files beside the uploaded ones, for all processes.

Each poster has one of :data:`PLACES` by its digest, so the folder never grows beyond these: two that fall on the same
place take turns. A file begins with the digests of what was asked for and of the picture; one that was damaged, or
written by halves by a failing disk, is drawn again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import current_app, make_response, request
from flask.wrappers import Response

from wxapp.core import clock, ids
from wxapp.h5.posters import drawing
from wxapp.h5.posters.poster import Poster

PLACES = 2048
"""A poster takes some 50 kB, with a photograph some 200 kB."""
KEPT_FOR = timedelta(days=7)
UNFINISHED_FOR = timedelta(hours=1)

_DIGEST = 32
_painter = ThreadPoolExecutor(1, thread_name_prefix="posters")
"""Draws for all threads of this process: each that draws would keep the memory of its largest picture."""
log = logging.getLogger(__name__)


def poster_answer(poster: Poster) -> Response:
    """Answer with the poster; a browser that has this very one gets no bytes, and nothing is drawn for it.

    :raises ValueError: what the QR code has to say is too long for it
    """
    etag = _key(poster).hex()
    if request.if_none_match.contains(etag):
        response = make_response("", 304)
    else:
        response = make_response(poster_png(poster))
        response.mimetype = "image/png"
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"  # asked for each time: it may not be theirs any more
    return response


def poster_png(poster: Poster) -> bytes:
    """Return the poster, drawn now or kept from another time.

    :raises ValueError: what the QR code has to say is too long for it
    """
    key = _key(poster)
    place = _folder() / f"{int.from_bytes(key[:4]) % PLACES:04}"
    kept = _read(place, key)
    return _painter.submit(_draw, poster, key, place).result() if kept is None else kept


def _draw(poster: Poster, key: bytes, place: Path) -> bytes:
    if (kept := _read(place, key)) is not None:  # somebody waited for the same one
        return kept
    png = drawing.draw_poster(poster)
    _write(place, key + hashlib.sha256(png).digest() + png)
    return png


def remove_old() -> int:
    """Remove what was drawn long ago, and what a process that ended has not finished; return how many files."""
    removed = 0
    now = clock.now().timestamp()
    for path in _folder().glob("*"):
        longest = UNFINISHED_FOR if path.suffix else KEPT_FOR
        try:
            if now - path.stat().st_mtime > longest.total_seconds():
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # just finished or taken over by another process
    return removed


def _key(poster: Poster) -> bytes:
    """Return a digest of everything that is drawn, and of how it is drawn."""
    said = [drawing.VERSION, *(_plain(getattr(poster, field.name)) for field in fields(poster))]
    return hashlib.sha256(json.dumps(said).encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if isinstance(value, date) else value


def _folder() -> Path:
    return Path(current_app.config["WXAPP"].app.files) / "posters"


def _read(place: Path, key: bytes) -> bytes | None:
    try:
        content = place.read_bytes()
    except OSError:
        return None
    png = content[2 * _DIGEST :]
    return png if content[: 2 * _DIGEST] == key + hashlib.sha256(png).digest() else None


def _write(place: Path, content: bytes) -> None:
    """Put a file in its place at once; a full disk costs time with each poster, not the posters."""
    unfinished = place.with_suffix(f".{ids.new_token(8)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(place)
    except OSError as error:
        log.warning("a poster can't be kept: %s", error)
        with contextlib.suppress(OSError):
            unfinished.unlink()
