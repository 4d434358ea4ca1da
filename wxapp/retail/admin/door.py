"""The blueprint that the modules of this folder share, the menu they stand in, and how sales are shown."""

from __future__ import annotations

from wxapp.admin import menu
from wxapp.admin.cells import Badge
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.retail.models import RetailStatus
from wxapp.till.services import Cashier

blueprint = Interfaces("retail", "wxapp.retail")
interface = blueprint.interface

menu.group("客户管理", "user-heart", 2)
menu.group("医院配置", "settings", 85)

STATES = {RetailStatus.PAID: Badge("正常", "green"), RetailStatus.CANCELLED: Badge("已撤单", "grey")}


def current_cashier() -> Cashier:
    """Return who is signed in, as receipts name a person."""
    staff = current_staff()
    return Cashier(staff.id, staff.name)
