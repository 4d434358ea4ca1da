"""Opens HEIC pictures, as a program of its own with little memory and little time.

Telephones write them; they are opened whole by a decoder of much native code, so here only this process suffers from
what is made to crash it. Started by ``uploads.pictures``, by its path and without our packages::

    picture_reader.py SIDE < picture       prints a JPEG, at most SIDE pixels wide and high
"""

from __future__ import annotations

import io
import resource
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
MOST_PIXELS = 60_000_000


def limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(raw: bytes, side: int) -> bytes:
    """Return the picture upright and smaller, without what was written about it.

    :raises ValueError: more pixels than are opened
    """
    import pi_heif
    from PIL import Image

    opened = pi_heif.open_heif(io.BytesIO(raw), convert_hdr_to_8bit=True)
    across, down = opened.size
    if across * down > MOST_PIXELS:
        raise ValueError("too many pixels")
    image = opened.to_pillow()  # the decoder has turned it as the camera was held
    image.thumbnail((side, side))
    upright = Image.new("RGB", image.size, "white")
    upright.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    written = io.BytesIO()
    upright.save(written, "JPEG", quality=95)
    return written.getvalue()


def main(arguments: list[str]) -> int:
    limit_process()
    try:
        sys.stdout.buffer.write(read(sys.stdin.buffer.read(), int(arguments[0])))
    except Exception:  # noqa: BLE001 - whatever it stumbles over, it is no picture that can be shown
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
