"""Staff's pages; importing this folder registers them."""

from wxapp.distribution.admin import commissions, withdrawals
from wxapp.distribution.admin.door import blueprint

__all__ = ["blueprint", "commissions", "withdrawals"]
