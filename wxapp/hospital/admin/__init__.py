"""Staff interfaces."""

from wxapp.hospital.admin import (
    categories,
    codes,
    departments,
    floors,
    flows,
    importing,
    media,
    methods,
    projects,
    workstations,
)
from wxapp.hospital.admin.door import blueprint

__all__ = [
    "blueprint",
    "categories",
    "codes",
    "departments",
    "floors",
    "flows",
    "importing",
    "media",
    "methods",
    "projects",
    "workstations",
]
