"""Pictures as they come from cameras, telephones and devices, opened and written anew.

What comes out is a JPEG and nothing else: no place, no name of a device, no comment. It is kept larger than pictures
of pages are, since people look for small things in it; beside it stands a small one for lists.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, TYPE_CHECKING

from wxapp.core import files
from wxapp.core.errors import Invalid, Unavailable
from wxapp.uploads import picture_reader

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 20 * 1024 * 1024
LONGEST_SIDE = 3200
SMALL_SIDE = 480
FIELD = "file"

NO_PICTURE = "请上传JPG、PNG、WebP或HEIC图片"
TOO_LARGE = "图片不能超过20MB"
TOO_MANY_PIXELS = "图片尺寸过大，请缩小后再上传"

_SECONDS = 30
_AT_ONCE = 2
_readers = BoundedSemaphore(_AT_ONCE)
"""Each reader may take a gigabyte; who comes third waits."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Read:
    """A picture that was written anew, and its small one."""

    whole: files.Picture
    small: files.Picture


def read(stream: IO[bytes]) -> Read:
    """Check and rewrite a picture, at most 3200 pixels on its longest side.

    :raises Invalid: larger than 20 MB, none of JPEG, PNG, WebP and HEIC by its content, or with too many pixels
    :raises Unavailable: so many HEIC pictures are being opened that this one can't wait any longer
    """
    from PIL import Image, UnidentifiedImageError  # with the first picture: the scheduler rarely needs it

    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Invalid({FIELD: TOO_LARGE})
    if _is_heic(raw):
        raw = _from_heic(raw)
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as opened:
            image = _upright(opened)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Invalid({FIELD: NO_PICTURE}) from None
    whole = files.Picture(_written(image), image.width, image.height)
    image.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Read(whole, files.Picture(_written(image), image.width, image.height))


def _upright(opened: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    is_jpeg = opened.format in {"JPEG", "MPO"}  # a telephone's JPEG may hold a second picture
    if opened.width * opened.height > (files.MAX_JPEG_PIXELS if is_jpeg else files.MAX_PICTURE_PIXELS):
        raise Invalid({FIELD: TOO_MANY_PIXELS})
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    has_alpha = opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info
    mode = "RGBA" if has_alpha else "RGB"
    whole = opened if opened.mode == mode else opened.convert(mode)
    whole.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before anything is copied: a copy costs as much again
    image = ImageOps.exif_transpose(whole)
    if not has_alpha:
        return image
    on_white = Image.new("RGB", image.size, "white")
    on_white.paste(image, mask=image.getchannel("A"))
    return on_white


def _written(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.info.clear()
    image.save(written, "JPEG", quality=88, optimize=True)
    return written.getvalue()


def _is_heic(raw: bytes) -> bool:
    return raw[4:8] == b"ftyp" and raw[8:12] in _HEIC_BRANDS


def _from_heic(raw: bytes) -> bytes:
    if not _readers.acquire(timeout=_SECONDS):
        raise Unavailable("正在处理的图片较多，请稍后再试")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(Path(picture_reader.__file__)), str(LONGEST_SIDE)],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid({FIELD: NO_PICTURE}) from None
    finally:
        _readers.release()
    if done.returncode:
        raise Invalid({FIELD: "这张HEIC图片无法打开，请改用JPG格式上传"})
    return done.stdout
