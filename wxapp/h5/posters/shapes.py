"""Parts of a poster that are no letters: round corners, the cover, the QR code, and the finished file."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 16_000_000
QUIET_ZONE = 4
"""Modules of white around a QR code, as its standard wants."""
_SMOOTH = 4


def disc(radius: int) -> Image:
    """Return a filled circle as a mask, with smooth edges."""
    from PIL import Image, ImageDraw

    large = 2 * radius * _SMOOTH
    mask = Image.new("L", (large, large))
    ImageDraw.Draw(mask).ellipse((0, 0, large - 1, large - 1), fill=255)
    return mask.reduce(_SMOOTH)


def rounded(width: int, height: int, radius: int) -> Image:
    """Return a rectangle with round corners as a mask."""
    from PIL import Image

    mask = Image.new("L", (width, height), 255)
    corner = disc(radius)
    right, bottom = width - radius, height - radius
    for x, y, left, top in (
        (0, 0, 0, 0),
        (right, 0, radius, 0),
        (0, bottom, 0, radius),
        (right, bottom, radius, radius),
    ):
        mask.paste(corner.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


def open_cover(content: bytes | None, width: int, height: int) -> Image | None:
    """Return a picture cut to a size, None if there is none that can be opened."""
    from PIL import Image, ImageOps

    if not content:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (2 * width, 2 * height))
            mode = "RGBA" if opened.has_transparency_data else "RGB"
            whole = opened if opened.mode == mode else opened.convert(mode)
            cut = ImageOps.fit(whole, (width, height), Image.Resampling.BICUBIC)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError):
        return None
    if cut.mode == "RGB":
        return cut
    ground = Image.new("RGB", cut.size, "white")
    ground.paste(cut, mask=cut)
    return ground


def qr_code(text: str, most: int) -> Image:
    """Return the QR code of a text with its quiet zone, at most so wide; each module is a whole number of pixels.

    :raises ValueError: the text is too long for a code of this size
    """
    import qrcode
    from PIL import Image
    from qrcode.exceptions import DataOverflowError

    code = qrcode.QRCode(border=QUIET_ZONE, error_correction=qrcode.constants.ERROR_CORRECT_M)
    try:
        code.add_data(text)
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError("too long for a QR code") from error
    matrix = code.get_matrix()
    size = len(matrix)
    if size > most:
        raise ValueError("too long for a QR code of this size")
    modules = Image.new("L", (size, size))
    modules.putdata([0 if is_dark else 255 for line in matrix for is_dark in line])
    scale = most // size
    return modules.resize((size * scale, size * scale), Image.Resampling.NEAREST)


def png(image: Image, ramps: Iterable[tuple[str, str, int]], cover: Image | None) -> bytes:
    """Return the finished file with 256 colours: those of the ramps, the rest for the cover if there is one.

    A palette chosen from the whole picture would give the large plain grounds most of it and shift the small letters.

    :param ramps: from one colour to another in so many steps
    """
    from PIL import Image, ImageColor

    palette: list[int] = []
    for first, last, steps in ramps:
        ends = list(zip(ImageColor.getrgb(first), ImageColor.getrgb(last), strict=True))
        for step in range(steps):
            palette += [round(a + (b - a) * step / (steps - 1)) for a, b in ends]
    if cover is not None:  # a smaller one has the same colours, in a tenth of the time
        left = 256 - len(palette) // 3
        palette += (cover.reduce(4).quantize(left, Image.Quantize.MEDIANCUT).getpalette() or [])[: 3 * left]
    carrier = Image.new("P", (1, 1))
    carrier.putpalette(palette)
    written = io.BytesIO()
    image.quantize(palette=carrier, dither=Image.Dither.NONE).save(written, "PNG", compress_level=3)
    return written.getvalue()
