"""What operations, leaving and pickups say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError, IllegalTransition


class BedTaken(DomainError):
    """A bed holds one patient at a time."""

    code, status, message = "bed_taken", 409, "这张床位已有其他住院客户，请另选床位"


class NotSettled(DomainError):
    """There is still something to collect."""

    code, status, message = "not_settled", 409, "到院单还有差额待收，请先到收银台结清"


class NotReady(DomainError):
    """Something that an operation needs is missing."""

    code, status, message = "not_ready", 409, "请先安排主刀医生"


class ChecksOpen(DomainError):
    """The check list before leaving has open points, and nobody who may has let the patient through."""

    code, status, message = "checks_open", 409, "离店检查还有未完成的事项"


class OtherDay(DomainError):
    """Leaving is undone on the same day only."""

    code, status, message = "other_day", 409, "只能撤销当天的离店"


class PickupMoved(IllegalTransition):
    """The pickup is not where the page showed it."""

    code, status, message = "pickup_moved", 409, "接送状态已变化，请刷新"


class Overlap(DomainError):
    """The driver has another trip at that time; whoever assigns may do it nevertheless."""

    code, status, message = "overlap", 409, "该司机在相近时间已有接送任务"
