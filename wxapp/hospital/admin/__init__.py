"""Staff interfaces."""

from wxapp.hospital.admin.door import blueprint

__all__ = ["blueprint"]
