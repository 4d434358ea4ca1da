"""What this package does on hearing of others."""

from __future__ import annotations

from wxapp.booking import models  # noqa: F401 - tables
