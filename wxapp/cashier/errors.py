"""What the cashier says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError, Invalid
from wxapp.core.money import yuan


class SumDiffers(DomainError):
    """The payments do not add up to what is owed."""

    code, status, message = "sum_differs", 422, "付款合计与应收金额不一致"

    def __init__(self, paid_fen: int, owed_fen: int) -> None:
        gap = f"还差{yuan(owed_fen - paid_fen)}元" if paid_fen < owed_fen else f"多出{yuan(paid_fen - owed_fen)}元"
        super().__init__(
            f"付款合计{yuan(paid_fen)}元，应收{yuan(owed_fen)}元，{gap}", paid_fen=paid_fen, owed_fen=owed_fen
        )


class PriceLowered(DomainError):
    """Review has lowered the price after the collection: there is nothing to take, but something to give back."""

    code, status, message = "price_lowered", 409, "最终价低于已收金额，请用“变更”重新登记付款并退还差额"


class ReasonNeeded(DomainError):
    """A change of payments on the page says why."""

    code, status, message = "reason_needed", 422, "请填写变更原因"


class PaymentInvalid(Invalid):
    """One payment of a form is wrong. ``field`` tells our page where: ``row.<place>.<column>``.

    :param place: which payment, from 1; rows that were left blank do not count
    :param column: ``method``, ``amount``, ``remark``, ``periods`` or ``day``
    :param wire: the parameter in which programs sent it, if programs can get this wrong
    """

    def __init__(self, place: int, column: str, sentence: str, *, wire: str = "") -> None:
        super().__init__({wire: sentence} if wire else {}, sentence)
        self.field = f"row.{place}.{column}"


class PasswordMissing(DomainError):
    """Stored value would pay, or pay more than it has paid, and the patient has not confirmed that."""

    code, status, message = "password_missing", 422, "使用储值余额须由客户输入余额密码"
