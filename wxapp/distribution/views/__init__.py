"""Distributors' pages; importing this folder registers them."""

from wxapp.distribution.views import centre, income, links
from wxapp.distribution.views.door import pages

__all__ = ["centre", "income", "links", "pages"]
