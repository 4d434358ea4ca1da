"""What staff may change about messages."""

from __future__ import annotations

from wxapp.core.settings import Setting

QUIET_HOURS = Setting(
    "messages.quiet_hours",
    "夜间免打扰（22:00–8:00）",
    True,
    kind="bool",
    group="消息",
    help="开启后，不紧急的消息等到早上8点再发送；预约、付款等紧急消息不受影响",
)
