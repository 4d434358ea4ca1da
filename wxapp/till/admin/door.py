"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin.interface import Interfaces

blueprint = Interfaces("till", "wxapp.till")
interface = blueprint.interface
