"""Staff interfaces."""

from wxapp.uploads.admin import giving, storing
from wxapp.uploads.admin.door import blueprint

__all__ = ["blueprint", "giving", "storing"]
