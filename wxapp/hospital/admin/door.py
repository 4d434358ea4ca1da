"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin import menu
from wxapp.admin.interface import Interfaces

blueprint = Interfaces("hospital", "wxapp.hospital")
interface = blueprint.interface

menu.group("医院配置", "adjustments-horizontal", 85)
