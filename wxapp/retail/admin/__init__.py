"""Staff interfaces."""

from wxapp.retail.admin.door import blueprint

__all__ = ["blueprint"]
