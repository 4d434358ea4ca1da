"""What booking says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class SlotFull(DomainError):
    code, status, message = "slot_full", 409, "该时间已约满，请选择其他时间"


class SlotClosed(DomainError):
    """It is over, it is about to begin, or the session was closed."""

    code, status, message = "slot_closed", 409, "该时间已停诊或已截止预约，请选择其他时间"


class NotReleased(DomainError):
    code, status, message = "slot_not_released", 409, "该时间尚未放号，请稍后再来"


class OnlineBookingOff(DomainError):
    code, status, message = "online_booking_off", 409, "在线预约暂停服务，请电话预约"


class SameTime(DomainError):
    """Two appointments of one person would overlap."""

    code, status, message = "same_time", 409, "就诊人在这个时间已有预约，请选择其他时间"


class TooManyOpen(DomainError):
    code, status, message = "too_many_open_bookings", 409, "未就诊的预约已达上限，请先就诊或取消"


class BookerBlocked(DomainError):
    code, status, message = "booker_blocked", 409, "因多次未按时就诊，暂时不能在线预约"


class HoldExpired(DomainError):
    code, status, message = "hold_expired", 409, "为您保留的时间已过期，请重新选择"


class OtherSubject(DomainError):
    """A booking moves to another time, not to another physician or project."""

    code, status, message = "other_subject", 409, "只能改到同一医生或同一项目的其他时间"


class SameSlot(DomainError):
    code, status, message = "same_slot", 409, "这就是当前的预约时间，请选择其他时间"


class TooLateToMove(DomainError):
    code, status, message = "too_late_to_move", 409, "已过改约截止时间，如需调整请联系医院"


class TooLateToCancel(DomainError):
    code, status, message = "too_late_to_cancel", 409, "已过取消截止时间，如需调整请联系医院"


class NotToday(DomainError):
    """Somebody comes on another day than the booked one."""

    code, status, message = "not_today", 409, "不是今天的预约，请核对就诊日期"


class TooEarly(DomainError):
    """What can be said only after the appointment has begun."""

    code, status, message = "too_early", 409, "还没有到预约时间"


class StillFree(DomainError):
    """Nobody waits in line for what can be booked."""

    code, status, message = "still_free", 409, "现在还有号，可以直接预约"


class BookedAlready(DomainError):
    code, status, message = "booked_already", 409, "您已预约了该场次，无需候补"


class TooManyWaits(DomainError):
    code, status, message = "too_many_waits", 409, "候补的场次已达上限，请先退出其他候补"


class OfferOver(DomainError):
    code, status, message = "offer_over", 409, "候补名额已过期或已处理"
