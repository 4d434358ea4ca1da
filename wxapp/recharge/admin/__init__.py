"""Staff's pages; importing this folder registers them."""

from wxapp.recharge.admin.door import blueprint

__all__ = ["blueprint"]
