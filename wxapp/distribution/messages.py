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


def tell_commission(wechat_user_id: int, *, order_no: str, amount_fen: int, status: str, at: datetime) -> None:
    """Tell a distributor what became of commission, in the transaction that makes it so; that happens once.

    :param order_no: which order; with how many others behind it, when they are told together
    """
    notify(
        "fx_commission_0000001",
        Receiver("wechat_user", wechat_user_id),
        {"order_no": order_no, "amount": amount_fen, "status": status, "at": at},
    )
