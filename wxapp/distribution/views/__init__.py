"""Distributors' pages; importing this folder registers them."""

from wxapp.distribution.views import centre, circle, income, inviting, joining, links, promoting, withdrawing
from wxapp.distribution.views.door import pages

__all__ = ["centre", "circle", "income", "inviting", "joining", "links", "pages", "promoting", "withdrawing"]
