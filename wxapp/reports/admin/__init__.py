"""Staff's pages; importing this folder registers them."""

from wxapp.reports.admin.door import blueprint

__all__ = ["blueprint"]
