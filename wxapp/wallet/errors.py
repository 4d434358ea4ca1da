"""What the wallet may say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class InsufficientBalance(DomainError):
    code, status, message = "insufficient_balance", 409, "余额不足"


class AccountFrozen(DomainError):
    code, status, message = "account_frozen", 409, "该储值账户已冻结，请到前台处理"


class StoredValueClosed(DomainError):
    """The mode of stored value does not allow this."""

    code, status, message = "stored_value_closed", 409, "储值业务当前未开放"


class OverLimit(DomainError):
    code, status, message = "over_limit", 409, "超过限额"


class SamePerson(DomainError):
    code, status, message = "same_person", 403, "申请人与审核人不能是同一人"


class TransferDiffers(RuntimeError):
    """The same event was booked before with other accounts or another amount: a fault, not a refusal."""
