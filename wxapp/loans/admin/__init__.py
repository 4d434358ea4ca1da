"""Staff interfaces."""

from wxapp.loans.admin.door import blueprint

__all__ = ["blueprint"]
