"""Staff's pages; importing this folder registers them."""

from wxapp.booking.admin.door import blueprint

__all__ = ["blueprint"]
