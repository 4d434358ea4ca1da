"""What distributors' pages share: the blueprint, and who looks."""

from __future__ import annotations

from wxapp.h5.shell import Pages

pages = Pages("distribution", "wxapp.distribution")
