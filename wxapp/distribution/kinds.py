"""Accounts of distributors in the ledger, and how the transfers between them are called."""

from __future__ import annotations

from collections.abc import Iterable

from wxapp.core.money import MAX_FEN
from wxapp.wallet import services as wallet
from wxapp.wallet.kinds import name_kind

PENDING_ACCOUNT, AVAILABLE_ACCOUNT = "distributor.pending", "distributor.available"
"""Kinds of a distributor's two accounts; the owner is the distributor's id."""

COMMISSION_PENDING = name_kind("commission.pending", "佣金入账（待结算）")
COMMISSION_AVAILABLE = name_kind("commission.available", "佣金结算")
COMMISSION_REVERSED = name_kind("commission.reversed", "佣金冲回")
REWARD_LABEL, REWARD_BACK_LABEL = "邀请奖励", "奖励冲回"
"""In messages, whose states have at most five characters at WeChat."""
REWARD = name_kind("commission.reward", REWARD_LABEL)
REWARD_REVERSED = name_kind("commission.reward_reversed", "邀请奖励冲回")
WITHDRAWAL = name_kind("withdrawal.aside", "提现")
WITHDRAWAL_VOID = name_kind("withdrawal.void", "提现退回")
WITHDRAWAL_FEE = name_kind("withdrawal.fee", "提现手续费")
WITHDRAWAL_TAX = name_kind("withdrawal.tax", "代扣税款")
WITHDRAWAL_TAX_PAID = name_kind("withdrawal.tax_paid", "代扣税缴纳")


def pending_account(distributor_id: int) -> int:
    """Return the number of the account of what is not available yet."""
    return wallet.account_of(PENDING_ACCOUNT, distributor_id)


def available_account(distributor_id: int) -> int:
    """Return the number of the account of what can be withdrawn; a refund after a payout leaves a debt on it."""
    return wallet.account_of(AVAILABLE_ACCOUNT, distributor_id, floor_fen=-MAX_FEN)


def pending_accounts(distributor_ids: Iterable[int]) -> dict[int, int]:
    """Return the numbers of many accounts of what is not available yet, by distributor."""
    return wallet.accounts_of(PENDING_ACCOUNT, distributor_ids)


def available_accounts(distributor_ids: Iterable[int]) -> dict[int, int]:
    """Return the numbers of many accounts of what can be withdrawn, by distributor."""
    return wallet.accounts_of(AVAILABLE_ACCOUNT, distributor_ids, floor_fen=-MAX_FEN)
