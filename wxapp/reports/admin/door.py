"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin import menu
from wxapp.admin.interface import Interfaces

blueprint = Interfaces("reports", "wxapp.reports")
interface = blueprint.interface

menu.group("报告", "report-medical", 36)
