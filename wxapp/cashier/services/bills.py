"""What a form says about payments, checked against the methods of the hospital before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.cashier.errors import PaymentInvalid
from wxapp.cashier.rules import LAST_DAY, Row, Terms
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method
from wxapp.loans.models import Loan
from wxapp.till.models import Entry

__all__ = ["Booked", "Part", "Row", "Terms", "booked_for", "check_rows", "known_methods"]

MOST_PAYMENTS = 50
MOST_REMARK = 200


@dataclass(frozen=True)
class Part:
    """A payment that may be booked: its method exists, is in use, and lends like this if it is a loan."""

    method: Method
    amount_fen: int
    remark: str = ""
    terms: Terms | None = None


@dataclass(frozen=True)
class Booked:
    """A payment that counts, with the name that its method had then."""

    name: str
    part: Part


def booked_for(visit_id: int) -> list[Booked]:
    """Return the payments of a visit that count, oldest first."""
    rows = db.session.execute(
        sa.select(Entry, Method, Loan)
        .join(Method, Method.id == Entry.method_id)
        .outerjoin(Loan, Loan.entry_id == Entry.id)
        .where(Entry.subject == f"visit:{visit_id}", Entry.voided_at.is_(None))
        .order_by(Entry.id)
    )
    made = []
    for row in rows:
        terms = None if row.Loan is None else Terms(row.Loan.periods, row.Loan.repayment_day)
        made.append(
            Booked(row.Entry.method_name, Part(row.Method, row.Entry.amount_fen, row.Entry.remark, terms))
        )  # fmt: skip
    return made


def check_rows(rows: Sequence[Row], *, booked: Sequence[Booked] = ()) -> list[Part]:
    """Return the payments of a form.

    What is booked already may stay as it is, whatever has become of its method since: a lender that no longer lends
    must not keep anybody from putting another payment right.

    :param booked: of a change, what counts so far
    :raises Invalid: a method is unknown or switched off, an amount is nothing or outside of what the method takes, a
        loan is not on offer like this, or a payment that is no loan has terms of one
    """
    if len(rows) > MOST_PAYMENTS:
        raise Invalid({"collect_num": f"最多{MOST_PAYMENTS}笔付款"})
    methods = known_methods((row.method for row in rows), booked=booked)
    left = Counter(_as_booked(one.part) for one in booked)
    made = []
    for place, row in enumerate(rows, start=1):
        method = methods[row.method]
        same = (method.id, row.amount_fen, row.periods, row.repayment_day)
        stays = left[same] > 0
        left[same] -= stays
        made.append(_checked(place, row, method, stays=stays))
    return made


def _as_booked(part: Part) -> tuple[int, int, int | None, int | None]:
    terms = (part.terms.periods, part.terms.repayment_day) if part.terms is not None else (None, None)
    return part.method.id, part.amount_fen, *terms


def known_methods(names: Iterable[str], *, booked: Sequence[Booked] = ()) -> Mapping[str, Method]:
    """Return the methods of these names; those that were booked also by the name of then, and if switched off.

    :raises Invalid: one of them is unknown or switched off
    """
    wanted = list(names)
    methods = {one.name: one.part.method for one in booked}
    methods |= {one.part.method.name: one.part.method for one in booked}
    methods |= hospital.methods_by_name(wanted)
    for place, name in enumerate(wanted, start=1):
        if name not in methods:
            refusal = f"第{place}笔付款方式“{name[:30]}”不存在或已停用"
            raise PaymentInvalid(place, "method", refusal, wire="collect_type")
    return methods


def _checked(place: int, row: Row, method: Method, *, stays: bool) -> Part:
    label = f"第{place}笔（{method.name}）"
    if row.amount_fen < 1:
        raise PaymentInvalid(place, "amount", f"{label}金额应大于0", wire="collect_num")
    if not method.is_active and not stays:
        raise PaymentInvalid(place, "method", f"{label}已停用，只能保留原有的付款", wire="collect_type")
    if not stays and not method.least_fen <= row.amount_fen <= method.most_fen:
        limits = f"{yuan(method.least_fen)}至{yuan(method.most_fen)}元"
        raise PaymentInvalid(place, "amount", f"{label}金额应在{limits}之间", wire="collect_num")
    if len(row.remark) > MOST_REMARK:
        raise PaymentInvalid(place, "remark", f"{label}备注不能超过{MOST_REMARK}个字", wire="collect_remarks")
    return Part(method, row.amount_fen, row.remark, _terms(place, label, row, method, stays=stays))


def _terms(place: int, label: str, row: Row, method: Method, *, stays: bool) -> Terms | None:
    if not method.kind.is_loan:
        if row.periods is not None or row.repayment_day is not None:
            raise PaymentInvalid(place, "periods", f"{label}不是贷款，不能填写期数和还款日", wire="periods_num")
        return None
    if row.bank_id is not None and row.bank_id != method.id:
        raise PaymentInvalid(place, "method", f"{label}贷款银行id应为{method.id}", wire="bank_id")
    if row.loan_fen is not None and row.loan_fen != row.amount_fen:
        raise PaymentInvalid(place, "amount", f"{label}借款金额应等于付款金额{yuan(row.amount_fen)}元", wire="loan_num")
    if row.periods is None:
        raise PaymentInvalid(place, "periods", f"{label}请填写贷款期数", wire="periods_num")
    if row.periods not in method.offered_periods and not stays:
        offered = "、".join(str(one) for one in method.offered_periods) or "无"
        raise PaymentInvalid(place, "periods", f"{label}没有{row.periods}期，可选期数：{offered}", wire="periods_num")
    if row.repayment_day is None or not 1 <= row.repayment_day <= LAST_DAY:
        raise PaymentInvalid(place, "day", f"{label}还款日应为1至{LAST_DAY}日", wire="repayment_date")
    if row.amount_fen < row.periods:
        raise PaymentInvalid(place, "amount", f"{label}金额太小，不够分{row.periods}期", wire="collect_num")
    return Terms(row.periods, row.repayment_day)
