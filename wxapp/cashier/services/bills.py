"""What a form says about payments, checked against the methods of the hospital before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wxapp.cashier.rules import LAST_DAY, Row, Terms
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method

__all__ = ["Part", "Row", "Terms", "check_rows", "known_methods"]

MOST_PAYMENTS = 50
MOST_REMARK = 200


@dataclass(frozen=True)
class Part:
    """A payment that may be booked: its method exists, is in use, and lends like this if it is a loan."""

    method: Method
    amount_fen: int
    remark: str = ""
    terms: Terms | None = None


def check_rows(rows: Sequence[Row]) -> list[Part]:
    """Return the payments of a form.

    :raises Invalid: a method is unknown or switched off, an amount is nothing or outside of what the method takes, a
        loan is not on offer like this, or a payment that is no loan has terms of one
    """
    if len(rows) > MOST_PAYMENTS:
        raise Invalid({"collect_num": f"最多{MOST_PAYMENTS}笔付款"})
    methods = known_methods(row.method for row in rows)
    return [_checked(place, row, methods[row.method]) for place, row in enumerate(rows, start=1)]


def known_methods(names: Iterable[str]) -> Mapping[str, Method]:
    """Return the methods of these names.

    :raises Invalid: one of them is unknown or switched off
    """
    wanted = list(names)
    methods = hospital.methods_by_name(wanted)
    for place, name in enumerate(wanted, start=1):
        if name not in methods:
            raise Invalid({"collect_type": f"第{place}笔付款方式“{name[:30]}”不存在或已停用"})
    return methods


def _checked(place: int, row: Row, method: Method) -> Part:
    label = f"第{place}笔（{method.name}）"
    if row.amount_fen < 1:
        raise Invalid({"collect_num": f"{label}金额应大于0"})
    if not method.least_fen <= row.amount_fen <= method.most_fen:
        limits = f"{yuan(method.least_fen)}至{yuan(method.most_fen)}元"
        raise Invalid({"collect_num": f"{label}金额应在{limits}之间"})
    if len(row.remark) > MOST_REMARK:
        raise Invalid({"collect_remarks": f"{label}备注不能超过{MOST_REMARK}个字"})
    return Part(method, row.amount_fen, row.remark, _terms(label, row, method))


def _terms(label: str, row: Row, method: Method) -> Terms | None:
    if not method.kind.is_loan:
        if row.periods is not None or row.repayment_day is not None:
            raise Invalid({"periods_num": f"{label}不是贷款，不能填写期数和还款日"})
        return None
    if row.bank_id is not None and row.bank_id != method.id:
        raise Invalid({"bank_id": f"{label}贷款银行id应为{method.id}"})
    if row.loan_fen is not None and row.loan_fen != row.amount_fen:
        raise Invalid({"loan_num": f"{label}借款金额应等于付款金额{yuan(row.amount_fen)}元"})
    if row.periods is None:
        raise Invalid({"periods_num": f"{label}请填写贷款期数"})
    if row.periods not in method.offered_periods:
        offered = "、".join(str(one) for one in method.offered_periods) or "无"
        raise Invalid({"periods_num": f"{label}没有{row.periods}期，可选期数：{offered}"})
    if row.repayment_day is None or not 1 <= row.repayment_day <= LAST_DAY:
        raise Invalid({"repayment_date": f"{label}还款日应为1至{LAST_DAY}日"})
    if row.amount_fen < row.periods:
        raise Invalid({"collect_num": f"{label}金额太小，不够分{row.periods}期"})
    return Terms(row.periods, row.repayment_day)
