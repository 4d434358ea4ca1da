"""What distribution tells people."""

from __future__ import annotations

from datetime import datetime

from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify


def tell_decision(wechat_user_id: int, *, applied_at: datetime, result: str, reason: str, at: datetime) -> None:
    """Tell an applicant what was decided, once for each application."""
    notify(
        "fx_apply_0000001",
        Receiver("wechat_user", wechat_user_id),
        {"result": result, "reason": reason, "at": at},
        once=f"application:{applied_at.isoformat()}",
    )
