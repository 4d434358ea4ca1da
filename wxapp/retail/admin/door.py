"""The blueprint that the modules of this folder share, and how sales are shown."""

from __future__ import annotations

from wxapp.admin.cells import Badge
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.hospital.admin import door as hospital_door  # noqa: F401 - declares 医院配置
from wxapp.retail.models import RetailStatus
from wxapp.till.services import Cashier
from wxapp.visits.admin import front_desk  # noqa: F401 - declares 客户管理

blueprint = Interfaces("retail", "wxapp.retail")
interface = blueprint.interface

STATES = {RetailStatus.PAID: Badge("正常", "green"), RetailStatus.CANCELLED: Badge("已撤单", "grey")}


def current_cashier() -> Cashier:
    """Return who is signed in, as receipts name a person."""
    staff = current_staff()
    return Cashier(staff.id, staff.name)
