"""Accounts of distributors in the ledger, and how the transfers between them are called."""

from __future__ import annotations

from wxapp.core.money import MAX_FEN
from wxapp.wallet import services as wallet
from wxapp.wallet.kinds import name_kind

PENDING_ACCOUNT, AVAILABLE_ACCOUNT = "distributor.pending", "distributor.available"
"""Kinds of a distributor's two accounts; the owner is the distributor's id."""

COMMISSION_PENDING = name_kind("commission.pending", "佣金入账（待结算）")
COMMISSION_AVAILABLE = name_kind("commission.available", "佣金结算")
COMMISSION_REVERSED = name_kind("commission.reversed", "佣金冲回")
REWARD = name_kind("commission.reward", "邀请奖励")
REWARD_REVERSED = name_kind("commission.reward_reversed", "邀请奖励冲回")
WITHDRAWAL = name_kind("withdrawal.aside", "提现")
WITHDRAWAL_VOID = name_kind("withdrawal.void", "提现退回")
WITHDRAWAL_FEE = name_kind("withdrawal.fee", "提现手续费")
WITHDRAWAL_TAX = name_kind("withdrawal.tax", "代扣税款")


def pending_account(distributor_id: int) -> int:
    """Return the number of the account of what is not available yet."""
    return wallet.account_of(PENDING_ACCOUNT, distributor_id)


def available_account(distributor_id: int) -> int:
    """Return the number of the account of what can be withdrawn; a refund after a payout leaves a debt on it."""
    return wallet.account_of(AVAILABLE_ACCOUNT, distributor_id, floor_fen=-MAX_FEN)
