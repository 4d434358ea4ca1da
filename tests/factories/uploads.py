"""Pictures as cameras and telephones send them."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

from wxapp.uploads import services
from wxapp.uploads.models import Upload

BY = "staff:1"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, mode: str = "RGB", **options: Any) -> io.BytesIO:
    """Return a picture of this format, ready to be read."""
    made = io.BytesIO()
    Image.new(mode, size, (180, 120, 90) if mode == "RGB" else None).save(made, kind, **options)
    made.seek(0)
    return made


def heic() -> io.BytesIO:
    """Return a picture of 64 × 48 pixels as a telephone writes it: HEVC in a HEIF box, made by libheif."""
    return io.BytesIO(base64.b64decode(_HEIC))


def make_upload(*, by: str = BY, name: str = "照片.jpg") -> Upload:
    """Return a stored picture that is attached to nothing."""
    return services.store_picture(picture(size=(64, 48)), name=name, by=by)


_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAC0AAgAAAAACDwABAAAAAAAAAEgAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZE"
    "AcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AA"
    "AAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAfW1kYXQAAAAp"
    "KAGvGYD3hIU3/+Iyv+YgX+uiflnjE2sar/LmbHHQ9WFQ77dpOy0CSuAAAAAGRXhpZgAATU0AKgAAAAgAAgEPAAIAAAAYAAAAJgESAAMAAAAB"
    "AAYAAAAAAAB0aGUgbWFrZXIgb2YgdGhlIGNhbWVyYQA="
)
