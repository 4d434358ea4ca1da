"""Staff's pages; importing this folder registers them."""

from wxapp.distribution.admin import commissions, members, withdrawals
from wxapp.distribution.admin.door import blueprint

__all__ = ["blueprint", "commissions", "members", "withdrawals"]
