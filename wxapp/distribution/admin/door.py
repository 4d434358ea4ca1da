"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin import menu
from wxapp.admin.interface import Interfaces

blueprint = Interfaces("distribution", "wxapp.distribution")
interface = blueprint.interface

menu.group("分销", "share", 35)
