"""PDF documents that come from outside: checked before they are kept, and drawn page by page as pictures.

They are opened by ``document_reader``, a program of its own with a limit on memory and time. Documents are never
public: the package they belong to gives them out.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from wxapp.core import document_reader, files
from wxapp.core.errors import DomainError, Invalid, Unavailable
from wxapp.core.files import File, Picture

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
PAGE_WIDTH = 1200
"""Pixels: a page of A4 is read well on a telephone, also enlarged."""
CONTENT_TYPE = "application/pdf"

_SECONDS = 30
_AT_ONCE = 2
_readers = BoundedSemaphore(_AT_ONCE)
"""Each reader may take a gigabyte; who comes third waits."""

_SENTENCES = {
    "no_document": "请上传PDF文件，文件可能已损坏",
    "encrypted": "PDF设有密码，请取消密码后再上传",
    "active": "PDF含有脚本、附件或表单动作，请用“打印为PDF”重新生成后上传",
    "no_pages": "PDF没有任何页面",
    "too_many_pages": f"PDF不能超过{document_reader.MOST_PAGES}页",
    "too_large": "PDF内容过于复杂，请用“打印为PDF”重新生成后上传",
}


class NoSuchPage(DomainError):
    """The document has no such page, or it can't be drawn."""

    code, status, message = "no_page", 404, "这一页无法显示，请下载原件查看"


@dataclass(frozen=True)
class Document:
    """A document that was checked."""

    content: bytes
    pages: int


def read_document(raw: bytes, *, field: str = "document") -> Document:
    """Check a PDF: one that opens without a password, has pages, and does nothing by itself.

    :raises Invalid: it is none of this, or larger than 20 MB
    """
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise Invalid({field: "PDF不能超过20MB"})
    status, told = _ask("check", given=raw)
    answer = json.loads(told) if told.startswith(b"{") else {"refused": "too_large"}  # it ran out of memory or time
    if status or "pages" not in answer:
        raise Invalid({field: _SENTENCES.get(answer.get("refused", ""), _SENTENCES["no_document"])})
    return Document(raw, int(answer["pages"]))


def keep_document(document: Document, *, name: str, by: str) -> File:
    """Keep a checked document privately.

    :raises NoRoom: the disk is full
    """
    return files.keep(document.content, content_type=CONTENT_TYPE, name=name, by=by)


def draw_page(token: str, number: int) -> Picture:
    """Return a page of a kept document as a picture.

    :raises NoSuchPage: there is no such page, or it can't be drawn in reasonable time
    """
    from PIL import Image  # with the first picture: the scheduler never needs it

    status, drawn = _ask("draw", str(files.path_of(token)), str(number), str(PAGE_WIDTH))
    if status:
        raise NoSuchPage
    with Image.open(io.BytesIO(drawn), formats=("WEBP",)) as image:
        return Picture(drawn, image.width, image.height)


def _ask(*arguments: str, given: bytes = b"") -> tuple[int, bytes]:
    """Run the reader; return its exit status and what it wrote.

    :raises Unavailable: so many documents are open that this one can't wait any longer
    """
    if not _readers.acquire(timeout=_SECONDS):
        raise Unavailable("正在处理的文件较多，请稍后再试")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(Path(document_reader.__file__)), *arguments],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, b""
    finally:
        _readers.release()
    return done.returncode, done.stdout
