"""Opens PDF documents from outside, as a program of its own with little memory and little time.

A document can be made to loop, to fill the memory or to crash its reader; here only this process suffers. Started by
``core.documents``, by its path and without our packages::

    document_reader.py check < document      prints {"pages": 3} or {"refused": "encrypted"}
    document_reader.py draw PATH PAGE WIDTH  prints a page as WebP
"""

from __future__ import annotations

import io
import json
import logging
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
MOST_OBJECTS = 100_000
MOST_PAGES = 300
MOST_PIXELS = 1200 * 6000

_ACTIVE_NAMES = {"/JavaScript", "/JS", "/EmbeddedFiles", "/EmbeddedFile", "/RichMedia", "/XFA", "/Rendition"}
_ACTIVE_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie", "/Sound",
}  # fmt: skip
"""Where to go within the document (``/GoTo``), turning pages and plain links are left."""


class Refused(Exception):
    """The document is not shown to patients; the text says why."""


def limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check(raw: bytes) -> int:
    """Return the number of pages.

    :raises Refused: no document, encrypted, active, without pages or with too many
    """
    from pypdf import PdfReader

    if not raw[:1024].lstrip().startswith(b"%PDF-"):
        raise Refused("no_document")
    reader = PdfReader(io.BytesIO(raw), strict=False)
    if reader.is_encrypted:
        raise Refused("encrypted")
    pages = len(reader.pages)
    if not pages:
        raise Refused("no_pages")
    if pages > MOST_PAGES:
        raise Refused("too_many_pages")
    _refuse_active(reader)
    return pages


def _refuse_active(reader: Any) -> None:
    """Look at every object of the document, reachable or not."""
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    if len(numbers) > MOST_OBJECTS:
        raise Refused("too_large")
    _look(reader.trailer)
    for number in sorted(numbers):
        if number:
            _look(_object(reader, number))


def _object(reader: Any, number: int) -> Any:
    from pypdf.errors import PyPdfError
    from pypdf.generic import IndirectObject

    try:
        return reader.get_object(IndirectObject(number, 0, reader))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None  # a broken object that no viewer can follow either


def _look(start: Any) -> None:
    """Refuse what acts by itself; references are not followed, each object is looked at once."""
    from pypdf.generic import ArrayObject, DictionaryObject

    waiting, looked = [start], 0
    while waiting:
        one = waiting.pop()
        looked += 1
        if looked > MOST_OBJECTS:
            raise Refused("too_large")
        if isinstance(one, DictionaryObject):
            if _ACTIVE_NAMES & one.keys() or ("/S" in one and one.raw_get("/S") in _ACTIVE_ACTIONS):
                raise Refused("active")
            waiting.extend(one.raw_get(key) for key in one)
        elif isinstance(one, ArrayObject):
            waiting.extend(list.__iter__(one))


def draw(path: Path, number: int, width: int) -> bytes:
    """Return a page as WebP, so wide; a very long one is smaller."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        if not 1 <= number <= len(document):
            raise Refused("no_page")
        page = document[number - 1]
        across, down = page.get_size()
        if across <= 0 or down <= 0:
            raise Refused("no_page")
        scale = min(width / across, (MOST_PIXELS / (across * down)) ** 0.5)
        image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    finally:
        document.close()
    written = io.BytesIO()
    image.save(written, "WEBP", quality=80)
    return written.getvalue()


def main(arguments: list[str]) -> int:
    limit_process()
    logging.disable()  # what a document makes its reader say is of no use to anybody
    try:
        if arguments[0] == "draw":
            sys.stdout.buffer.write(draw(Path(arguments[1]), int(arguments[2]), int(arguments[3])))
        else:
            sys.stdout.write(json.dumps({"pages": check(sys.stdin.buffer.read())}))
    except Refused as refusal:
        sys.stdout.write(json.dumps({"refused": str(refusal)}))
        return 2
    except Exception as error:  # noqa: BLE001 - whatever it stumbles over, it is no document that can be shown
        sys.stdout.write(json.dumps({"refused": "no_document", "error": type(error).__name__}))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
