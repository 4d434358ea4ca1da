"""Staff's pages; importing this folder registers them."""

from wxapp.distribution.admin import (
    agreements,
    applications,
    commissions,
    corrections,
    distributors,
    members,
    promoted,
    register,
    start,
    taxes,
    terms,
    tree,
    withdrawals,
)
from wxapp.distribution.admin.door import blueprint

__all__ = [
    "agreements",
    "applications",
    "blueprint",
    "commissions",
    "corrections",
    "distributors",
    "members",
    "promoted",
    "register",
    "start",
    "taxes",
    "terms",
    "tree",
    "withdrawals",
]
