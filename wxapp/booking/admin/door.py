"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin import menu
from wxapp.admin.interface import Interfaces

blueprint = Interfaces("booking", "wxapp.booking")
interface = blueprint.interface

menu.group("预约", "calendar", 15)
