"""What the hospital's configuration may refuse."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class NameTaken(DomainError):
    code, status, message = "hospital_name_taken", 409, "这个名称已被使用，请换一个"


class CodeTaken(DomainError):
    code, status, message = "hospital_code_taken", 409, "这个编码已被使用，请换一个"


class InUse(DomainError):
    """It can't be switched off while something else still needs it."""

    code, status, message = "hospital_in_use", 409, "仍在使用中，不能停用"


class PriceClash(DomainError):
    """Two prices of a project can't hold from the same moment."""

    code, status, message = "hospital_price_clash", 409, "这个时间已经有一个价格，请撤回后再改"
