"""Distributors' pages; importing this folder registers them."""

from wxapp.distribution.views import centre, income, joining, links
from wxapp.distribution.views.door import pages

__all__ = ["centre", "income", "joining", "links", "pages", "withdrawing"]
