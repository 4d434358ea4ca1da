"""Distributors' pages; importing this folder registers them."""

from wxapp.distribution.views.door import pages

__all__ = ["pages"]
