"""What staff may change about booking."""

from __future__ import annotations

from wxapp.core.settings import Setting

_GROUP = "预约"

ONLINE = Setting("booking.online", "开放在线预约", True, kind="bool", group=_GROUP)
HOLD_MINUTES = Setting("booking.hold_minutes", "选号后保留分钟数", 5, kind="int", group=_GROUP, minimum=1, maximum=30)
MOST_OPEN = Setting("booking.most_open", "每人未就诊预约上限", 3, kind="int", group=_GROUP, minimum=1, maximum=20)
NOTICE_MINUTES = Setting(
    "booking.notice_minutes", "在线预约最晚提前分钟数", 30, kind="int", group=_GROUP, minimum=0, maximum=2880
)
CHANGE_HOURS = Setting(
    "booking.change_hours", "改约与免责取消最晚提前小时数", 24, kind="int", group=_GROUP, minimum=0, maximum=168
)
LATE_CANCEL = Setting(
    "booking.late_cancel", "截止后仍可取消", True, kind="bool", group=_GROUP, help="截止后的取消记为临时取消"
)
COUNT_LATE = Setting("booking.count_late", "临时取消计入爽约次数", True, kind="bool", group=_GROUP)
MOST_ABSENCES = Setting(
    "booking.most_absences", "爽约几次后限制在线预约", 3, kind="int", group=_GROUP, minimum=1, maximum=20
)
ABSENCE_DAYS = Setting("booking.absence_days", "爽约统计天数", 90, kind="int", group=_GROUP, minimum=1, maximum=730)
BLOCK_DAYS = Setting("booking.block_days", "限制在线预约天数", 30, kind="int", group=_GROUP, minimum=1, maximum=365)
OFFER_MINUTES = Setting(
    "booking.offer_minutes", "候补名额保留分钟数", 15, kind="int", group=_GROUP, minimum=5, maximum=240
)
MOST_WAITS = Setting("booking.most_waits", "每人候补场次上限", 3, kind="int", group=_GROUP, minimum=1, maximum=20)
REMIND_HOUR = Setting("booking.remind_hour", "前一天几点提醒就诊", 18, kind="int", group=_GROUP, minimum=7, maximum=21)
REMIND_HOURS = Setting(
    "booking.remind_hours", "就诊前几小时再次提醒", 2, kind="int", group=_GROUP, minimum=1, maximum=12
)
RELEASE_DAYS = Setting(
    "booking.release_days", "新排班默认提前放号天数", 14, kind="int", group=_GROUP, minimum=1, maximum=90
)
RELEASE_HOUR = Setting("booking.release_hour", "新排班默认几点放号", 7, kind="int", group=_GROUP, minimum=0, maximum=23)
BRING_ALONG = Setting(
    "booking.bring_along",
    "就诊须知",
    "请携带身份证，提前15分钟到院，出示预约二维码签到。",
    kind="long_text",
    group=_GROUP,
    max_length=200,
)
