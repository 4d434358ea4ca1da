"""Staff's pages of statistics."""

from __future__ import annotations

from wxapp.admin.interface import Interfaces

blueprint = Interfaces("statistics", __name__)
interface = blueprint.interface
