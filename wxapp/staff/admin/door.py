"""The blueprint of all staff interfaces of this package."""

from __future__ import annotations

from wxapp.admin.interface import Interfaces

blueprint = Interfaces("staff", "wxapp.staff")
interface = blueprint.interface
