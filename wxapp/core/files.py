"""Files that people upload: kept under a random name outside the web root, described by a row.

Pictures are opened and written anew: what comes out is an image and nothing else, without position or other
metadata. Public pictures (goods, website) are served to everybody, everything else through its package's handler.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock, ids
from wxapp.core.db import BigId, Model, UTCDateTime, change, db, is_conflict, is_outage, transaction
from wxapp.core.errors import DomainError, Invalid, NotFound

MAX_PICTURE_BYTES = 8 * 1024 * 1024
MAX_PICTURE_PIXELS = 16_000_000
"""Of formats that can only be opened whole: 64 MB of memory."""
MAX_JPEG_PIXELS = 60_000_000
"""A JPEG is shrunk while it is read, so what a telephone takes may be larger."""
LONGEST_SIDE = 1600


class NoRoom(DomainError):
    code, status, message = "no_room", 507, "服务器存储空间不足，请联系管理员"


class File(Model):
    """One stored file."""

    __tablename__ = "core_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="name on disk and in addresses")
    is_public: Mapped[bool] = mapped_column(sa.Boolean)
    content_type: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(120), comment="what the uploader called it, for people only")
    size: Mapped[int] = mapped_column(sa.Integer)
    width: Mapped[int] = mapped_column(sa.Integer, default=0)
    height: Mapped[int] = mapped_column(sa.Integer, default=0)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    uploaded_by: Mapped[str] = mapped_column(sa.String(60))
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Picture:
    """A picture that was opened and written anew."""

    content: bytes
    width: int
    height: int


def read_picture(stream: IO[bytes], *, field: str = "picture") -> Picture:
    """Check and rewrite an uploaded picture as WebP, at most 1600 pixels on its longest side.

    :raises Invalid: too large, no picture, or more pixels than we are willing to open
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # with the first picture: the scheduler never needs it

    raw = stream.read(MAX_PICTURE_BYTES + 1)
    if len(raw) > MAX_PICTURE_BYTES:
        raise Invalid({field: "图片不能超过8MB"})
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            most = MAX_JPEG_PIXELS if opened.format == "JPEG" else MAX_PICTURE_PIXELS
            if opened.width * opened.height > most:
                raise Invalid({field: "图片尺寸过大，请缩小后再上传"})
            opened.draft(opened.mode, (LONGEST_SIDE, LONGEST_SIDE))
            mode = "RGBA" if opened.mode in {"RGBA", "LA", "P", "PA"} else "RGB"
            whole = opened if opened.mode == mode else opened.convert(mode)
            whole.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before anything is copied: a copy costs as much again
            image = ImageOps.exif_transpose(whole)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Invalid({field: "请上传JPG、PNG、WebP或GIF图片"}) from None
    written = io.BytesIO()
    image.save(written, "WEBP", quality=82)
    return Picture(written.getvalue(), image.width, image.height)


def keep_picture(picture: Picture, *, name: str, by: str, is_public: bool = True) -> File:
    """Keep a picture; see :func:`keep`."""
    return keep(
        picture.content,
        content_type="image/webp",
        name=name,
        by=by,
        is_public=is_public,
        size=(picture.width, picture.height),
    )


def keep(
    content: bytes, *, content_type: str, name: str, by: str, is_public: bool = False, size: tuple[int, int] = (0, 0)
) -> File:
    """Write a file to disk, then its row. A crash in between leaves a file that no row names, never the reverse.

    :param size: of a picture, in pixels
    :raises NoRoom: the disk is full; nothing is kept
    """
    file = File(
        token=ids.new_token(18),
        is_public=is_public,
        content_type=content_type,
        name=name[:120],
        size=len(content),
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=by,
        uploaded_at=clock.now(),
    )
    path = path_of(file.token)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise NoRoom from error
    try:
        with transaction():
            db.session.add(file)
    except DBAPIError as error:
        if is_conflict(error):  # surely not written: whoever repeats this keeps another file
            path.unlink(missing_ok=True)
        raise
    return file


def discard(tokens: Iterable[str]) -> None:
    """Remove files that nothing names, e.g. because what they belonged to was refused."""
    tokens = list(tokens)
    if not tokens:
        return
    with transaction():
        change(sa.delete(File).where(File.token.in_(tokens)))
    for token in tokens:
        path_of(token).unlink(missing_ok=True)


def discard_after(error: BaseException, tokens: Iterable[str]) -> None:
    """Remove files of a transaction that this error has ended.

    When the database went away nobody knows whether it was kept: then the files stay, as a row may name them.
    """
    if not is_outage(error):
        discard(tokens)


def path_of(token: str) -> Path:
    return Path(current_app.config["WXAPP"].app.files) / token[:2] / token


def folder_below(name: str) -> Path:
    """Return a folder below the folder of files, e.g. one into which a device puts what it made.

    :raises ValueError: the name leads out of it, or into one of the two-letter folders of what is kept here
    """
    root = Path(current_app.config["WXAPP"].app.files).resolve()
    found = (root / name).resolve()
    if found == root or not found.is_relative_to(root) or len(found.relative_to(root).parts[0]) == 2:
        raise ValueError(f"not below the folder of files: {name!r}")
    return found


def public_file(token: str) -> File:
    """Return a file that everybody may see.

    :raises NotFound: no such file, or not a public one
    """
    file = db.session.scalars(sa.select(File).where(File.token == token, File.is_public)).one_or_none()
    if file is None:
        raise NotFound
    return file


def private_file(token: str) -> File:
    """Return a file that only its package's handlers give out, to whom they have let in.

    :raises NotFound: no such file, or a public one
    """
    file = db.session.scalars(sa.select(File).where(File.token == token, ~File.is_public)).one_or_none()
    if file is None:
        raise NotFound
    return file
