"""Pages of patients."""

from __future__ import annotations

from wxapp.h5.shell import Pages

pages = Pages("booking", __name__)
