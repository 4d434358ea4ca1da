"""What the roster may say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError, Invalid


class Overlaps(DomainError):
    """A physician would work at two places at the same time."""

    code, status, message = "roster_overlaps", 409, "该医生在这段时间已有其他出诊安排"


class BookingsAffected(Invalid):
    """Sessions with people in them would go: staff have to say what becomes of each.

    :ivar session_ids: all that have somebody booked, held or in line, those already decided on too
    """

    code = "bookings_affected"
    status = 409

    def __init__(self, session_ids: list[int], told: str) -> None:
        self.session_ids = session_ids
        super().__init__({"seen": f"以下班次已有人预约，请选择如何处理：{told}"})


class NotToMoveThere(DomainError):
    code, status, message = "not_to_move_there", 422, "请选择其他班次"
