"""Staff interfaces; importing this folder registers them."""

from wxapp.visits.admin import live
from wxapp.visits.admin.door import blueprint

__all__ = ["blueprint", "live"]
