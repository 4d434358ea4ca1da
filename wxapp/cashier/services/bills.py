"""What a form says about payments, checked against the methods of the hospital before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.cashier.errors import PaymentInvalid
from wxapp.cashier.rules import Row, Terms
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method
from wxapp.hospital.rules.methods import find_fault
from wxapp.loans.models import Loan
from wxapp.till.models import Entry
from wxapp.visits.rules.subjects import subject_of

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
        .where(Entry.subject == subject_of(visit_id), Entry.voided_at.is_(None))
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
    if not stays:
        _check_offer(place, label, row, method)
    if len(row.remark) > MOST_REMARK:
        raise PaymentInvalid(place, "remark", f"{label}备注不能超过{MOST_REMARK}个字", wire="collect_remarks")
    if row.bank_id is not None and row.bank_id != method.id:
        raise PaymentInvalid(place, "method", f"{label}贷款银行id应为{method.id}", wire="bank_id")
    if row.loan_fen is not None and row.loan_fen != row.amount_fen:
        raise PaymentInvalid(place, "amount", f"{label}借款金额应等于付款金额{yuan(row.amount_fen)}元", wire="loan_num")
    terms = (
        None if row.periods is None or row.repayment_day is None else Terms(row.periods, row.repayment_day)
    )  # fmt: skip
    return Part(method, row.amount_fen, row.remark, terms)


_WIRE = {"amount": "collect_num", "periods": "periods_num", "day": "repayment_date"}


def _check_offer(place: int, label: str, row: Row, method: Method) -> None:
    """:raises Invalid: the method is switched off, or does not take this"""
    if not method.is_active:
        raise PaymentInvalid(place, "method", f"{label}已停用，只能保留原有的付款", wire="collect_type")
    fault = find_fault(
        method.offer, amount_fen=row.amount_fen, periods=row.periods, repayment_day=row.repayment_day
    )  # fmt: skip
    if fault is not None:
        raise PaymentInvalid(place, fault.column, f"{label}{fault.says}", wire=_WIRE[fault.column])
