"""Pictures of patients: opened by their content, written anew, with nothing but the picture left in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.factories.uploads import heic, picture
from wxapp.core.errors import Invalid
from wxapp.uploads import pictures

KINDS = {"JPEG": "RGB L CMYK", "PNG": "RGB L P RGBA LA", "WEBP": "RGB RGBA"}


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in KINDS.items() for mode in modes.split()])
def test_every_picture_becomes_a_jpeg_with_a_small_one_beside_it(kind: str, mode: str) -> None:
    read = pictures.read(picture(kind, (4000, 2000), mode=mode))
    assert opened(read.whole.content).format == opened(read.small.content).format == "JPEG"
    assert (read.whole.width, read.whole.height) == (3200, 1600)
    assert (read.small.width, read.small.height) == (480, 240)


def test_what_a_telephone_writes_is_read() -> None:
    read = pictures.read(heic())
    made = opened(read.whole.content)
    assert (made.format, made.size) == ("JPEG", (64, 48))
    red, green, _ = made.convert("RGB").getpixel((4, 4))
    assert red > 200
    assert green < 60


def test_a_picture_taken_sideways_stands_upright_and_tells_no_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x8825] = {1: "N", 2: (22.0, 32.0, 0.0)}
    read = pictures.read(picture(size=(400, 200), exif=exif, comment=b"who took it"))
    assert (read.whole.width, read.whole.height) == (200, 400)
    for made in (opened(read.whole.content), opened(read.small.content)):
        assert not dict(made.getexif())
        assert not {"exif", "comment", "icc_profile", "xmp"} & made.info.keys()


def test_what_shines_through_becomes_white() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(clear, "PNG")
    clear.seek(0)
    assert opened(pictures.read(clear).whole.content).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 20,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"\0\0\0\x1cftypheic" + b"\0" * 50,
        b"\0\0\0\x1cftypavif" + b"\0" * 50,
        b"MZ\x90\0",
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(Invalid):
        pictures.read(io.BytesIO(content))


def test_a_picture_that_is_cut_off_is_refused() -> None:
    whole = picture(size=(800, 600)).getvalue()
    with pytest.raises(Invalid):
        pictures.read(io.BytesIO(whole[: len(whole) // 2]))


def test_more_than_twenty_megabytes_are_refused() -> None:
    with pytest.raises(Invalid, match="20MB"):
        pictures.read(io.BytesIO(b"\xff\xd8" + b"\0" * pictures.MAX_BYTES))


def test_more_pixels_than_we_open_are_refused() -> None:
    with pytest.raises(Invalid, match="尺寸过大"):
        pictures.read(picture("PNG", (4100, 4100), mode="L"))
