"""Staff's pages; importing this folder registers them."""

from wxapp.recharge.admin import recharges, run_down, start
from wxapp.recharge.admin.door import blueprint

__all__ = ["blueprint", "recharges", "run_down", "start"]
