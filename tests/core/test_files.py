"""Uploaded pictures: opened and written anew, small, upright, and without eating the memory."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

from wxapp.core import files
from wxapp.core.errors import Invalid


def written(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    made = io.BytesIO()
    image.save(made, kind, **options)
    made.seek(0)
    return made


def opened(picture: files.Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


KINDS = {"JPEG": "RGB L CMYK", "PNG": "RGB L P RGBA LA", "WEBP": "RGB L P RGBA", "GIF": "RGB L P RGBA"}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in KINDS.items() for mode in modes.split()])
def test_every_common_picture_becomes_webp(kind: str, mode: str) -> None:
    picture = files.read_picture(written(Image.new(mode, (2000, 1000)), kind))
    assert (picture.width, picture.height, opened(picture).format) == (1600, 800, "WEBP")


def test_a_picture_taken_sideways_stands_upright_and_tells_no_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "the maker of the camera"
    picture = files.read_picture(written(Image.new("RGB", (400, 200)), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (200, 400)
    assert len(opened(picture).getexif()) == 0


@pytest.mark.parametrize(("kind", "side"), [("PNG", 4100), ("JPEG", 7800)])
def test_more_pixels_than_we_open_are_refused(kind: str, side: int) -> None:
    with pytest.raises(Invalid, match="尺寸过大"):
        files.read_picture(written(Image.new("L", (side, side)), kind))


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        files.read_picture(io.BytesIO(content))


@pytest.mark.parametrize(("kind", "mode", "size"), [("PNG", "RGBA", (4000, 4000)), ("JPEG", "RGB", (7700, 7700))])
def test_the_largest_picture_fits_beside_a_web_process(kind: str, mode: str, size: tuple[int, int]) -> None:
    stream = written(Image.new(mode, size), kind)
    measure = (
        "import io, resource, sys; from wxapp.core import files; from PIL import Image, WebPImagePlugin\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); files.read_picture(io.BytesIO(sys.stdin.buffer.read())); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", measure], input=stream.read(), capture_output=True, check=True)
    grown = int(done.stdout) / (1024 if sys.platform != "darwin" else 1024 * 1024)
    assert grown < 110, "MiB"
