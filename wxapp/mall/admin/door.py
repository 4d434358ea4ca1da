"""The blueprint that the modules of this folder share."""

from __future__ import annotations

from wxapp.admin.cells import Badge
from wxapp.admin.interface import Interfaces
from wxapp.mall.models import Nature

blueprint = Interfaces("mall", "wxapp.mall")
interface = blueprint.interface

NATURES = {nature: Badge(nature.label, "grey" if nature is Nature.ORDINARY else "amber") for nature in Nature}
