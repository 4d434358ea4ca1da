"""Staff interfaces."""

from wxapp.visits.admin.door import blueprint

__all__ = ["blueprint"]
