"""What distribution does on hearing of others."""

from __future__ import annotations

from wxapp.distribution import models, settings, states  # noqa: F401 - tables and settings exist from the start
