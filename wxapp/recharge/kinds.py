"""How the transfers of recharges are called on statements."""

from __future__ import annotations

from wxapp.wallet.kinds import name_kind

RECHARGE = name_kind("recharge.booked", "在线充值")
REFUND_ASIDE = name_kind("recharge.refund_aside", "充值退款")
REFUND_VOID = name_kind("recharge.refund_void", "充值退款未通过，退回")
