"""Pages that no earlier test has left behind, and staff who write the website."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.factories.staff import make_member
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_public_pages()
    yield
    forget_public_pages()


class Editor:
    """A member of staff who may edit the website, at a browser of his own."""

    def __init__(self, client: FlaskClient, csrf: str) -> None:
        self.client = client
        self.csrf = csrf

    def get(self, address: str) -> Any:
        return self.client.get(address)

    def post(self, address: str, /, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        data = {"csrf_token": self.csrf, **fields}
        return self.client.post(address, data=data, headers=headers or {}, content_type="multipart/form-data")


@pytest.fixture
def editor(app: Any, client: FlaskClient, sign_in_staff: Callable[..., str]) -> Editor:
    own = app.test_client()
    return Editor(own, sign_in_staff(own, make_member({Permission.WEBSITE_WRITE})))


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 40)) -> tuple[io.BytesIO, str]:
    """Return an upload."""
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, optimize=True)
    written.seek(0)
    return written, f"photo.{kind.lower()}"
