"""Noting before the cashier how the patient means to pay (支付)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, insert_rows, transaction
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method
from wxapp.hospital.rules.methods import find_fault
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import PlannedPayment, Stage, Visit
from wxapp.visits.services import stages

MOST_PAYMENTS = 50
PLANNED = frozenset({Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED})
"""Where it is noted how the patient means to pay: there is a price, and nothing is collected yet."""


@dataclass(frozen=True)
class Planned:
    """One payment as the patient means it. A loan has periods and a day of the month, others have neither."""

    method: str
    amount_fen: int
    remark: str = ""
    periods: int | None = None
    repayment_day: int | None = None


def plan_payments(
    visit_id: int, payments: Sequence[Planned], *, total_fen: int | None = None, by: int, version: int | None = None
) -> None:
    """Replace how the patient means to pay.

    :param total_fen: what the caller takes for the price; None: not compared
    :raises Invalid: the sum is not the price, a method is unknown, or a loan is not on offer like this
    :raises StageMoved: there is no price yet, or money has come in
    """
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if visit.stage not in PLANNED:
            raise StageMoved
        _check_sum(visit, payments, total_fen)
        methods = hospital.methods_by_name(payment.method for payment in payments)
        for place, payment in enumerate(payments, start=1):
            _check(place, payment, methods)
        now = clock.now()
        change(sa.delete(PlannedPayment).where(PlannedPayment.visit_id == visit_id))
        insert_rows(
            PlannedPayment,
            [
                {
                    "visit_id": visit_id,
                    "position": position,
                    "method_id": methods[payment.method].id,
                    "method_name": payment.method,
                    "amount_fen": payment.amount_fen,
                    "remark": payment.remark[:200],
                    "periods": payment.periods,
                    "repayment_day": payment.repayment_day,
                    "planned_by": actors.staff(by),
                    "planned_at": now,
                }
                for position, payment in enumerate(payments)
            ],
        )
        stages.move(visit, visit.stage, by=actors.staff(by), why="付款计划")


def price_of(visit: Visit) -> int | None:
    """Return what the patient has to pay as it stands: decided by review, else offered; None without a quote."""
    return visit.final_fen if visit.final_fen is not None else visit.offered_fen


def _check_sum(visit: Visit, payments: Sequence[Planned], total_fen: int | None) -> None:
    if not payments:
        raise Invalid({}, "请至少填写一种支付方式")
    if len(payments) > MOST_PAYMENTS:
        raise Invalid({}, f"最多{MOST_PAYMENTS}种支付方式")
    price = price_of(visit) or 0
    if total_fen is not None and total_fen != price:
        raise Invalid({"pay_price": f"付款金额应为{yuan(price)}元"})
    planned = sum(payment.amount_fen for payment in payments)
    if planned != price:
        raise Invalid({}, f"各项支付金额合计{yuan(planned)}元，应等于付款金额{yuan(price)}元")


def _check(place: int, payment: Planned, methods: Mapping[str, Method]) -> None:
    """:raises Invalid: the method is unknown or switched off, or the payment is not as it offers"""
    method = methods.get(payment.method)
    if method is None:
        raise Invalid({}, f"第{place}笔支付方式“{payment.method[:30]}”不存在或已停用")
    fault = find_fault(
        method.offer, amount_fen=payment.amount_fen, periods=payment.periods, repayment_day=payment.repayment_day
    )
    if fault is not None:
        raise Invalid({}, f"第{place}笔支付（{method.name}）{fault.says}")
