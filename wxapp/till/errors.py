"""What the till says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError, Stale


class EntryVoided(Stale):
    """What was to be given back has been given back or booked anew by somebody else."""

    code, status, message = "entry_voided", 409, "收款记录已被变更，请刷新后重试"


class DepositTooSmall(DomainError):
    """The patient's deposits that are left do not cover the amount."""

    code, status, message = "deposit_too_small", 409, "可用定金不足"


class DepositGone(DomainError):
    """Nothing is left of the deposit."""

    code, status, message = "deposit_gone", 409, "该定金已全部抵扣或退还"


class NotForDeposits(DomainError):
    """A deposit is money in hand: no loan, no stored value, no other deposit."""

    code, status, message = "not_for_deposits", 422, "定金只能以现金、刷卡、扫码或转账收取"


class OutOfLimits(DomainError):
    """More, or less, than the method takes at once."""

    code, status, message = "out_of_limits", 422, "金额超出该付款方式的范围"


class DifferenceUnexplained(DomainError):
    """What was counted is not what is expected, and nobody says why."""

    code, status, message = "difference_unexplained", 422, "实点与应有不一致，请填写差异说明"


class CountedTooEarly(DomainError):
    """After the count more was taken or given back."""

    code, status, message = "counted_too_early", 409, "清点之后又有收付款，请收银员重新清点"


class OwnCashUp(DomainError):
    code, status, message = "same_person", 403, "清点人与核对人不能是同一人"


class AlreadyChecked(DomainError):
    code, status, message = "cash_up_checked", 409, "该日结已核对，不能再修改"
