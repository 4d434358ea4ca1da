"""What the staff's pages of the message centre share."""

from __future__ import annotations

from wxapp.admin.interface import Interfaces
from wxapp.core.permissions import Permission
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Entry

blueprint = Interfaces("messages", "wxapp.messages")
interface = blueprint.interface

READ, WRITE = Permission.MESSAGE_READ, Permission.MESSAGE_WRITE

CHANNEL_CHOICES = tuple((channel.value, channel.label) for channel in CHANNELS)

_TO = {
    "patient": "患者",
    "doctor": "医生",
    "operations": "运营",
    "pharmacist": "药师",
    "distributor": "分销员",
    "price reviewer": "价目审核人",
    "task owner": "任务负责人",
    "group": "群发人群",
}


def told(entry: Entry) -> str:
    """Return who is told, in Chinese."""
    return _TO.get(entry.to, entry.to)
