"""Staff interfaces."""

from wxapp.uploads.admin.door import blueprint

__all__ = ["blueprint"]
