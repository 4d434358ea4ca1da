"""Money that came when nobody waited for it: its subject takes it, or it goes back the way it came."""

from __future__ import annotations

import logging

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.payments import queries
from wxapp.payments.kinds import PAY_TAKEN
from wxapp.payments.models import (
    Attempt,
    Late,
    PartStatus,
    PaymentOrder,
    PaymentStatus,
    Refund,
    RefundPart,
    RefundStatus,
)
from wxapp.payments.services.asides import set_aside
from wxapp.payments.states import PAYMENT
from wxapp.wallet.services import house_account, transfer

log = logging.getLogger(__name__)


def take_late(payment_no: str) -> None:
    """Let late money pay for its subject after all: the closed payment order becomes paid.

    :raises IllegalTransition: the money has gone back meanwhile, or another one has paid
    """
    with transaction():
        due = queries.get_due(payment_no)
        moved = PAYMENT.try_move(
            PaymentOrder,
            due.id,
            old=PaymentStatus.CLOSED,
            new=PaymentStatus.PAID,
            by=actors.system("late_money"),
            why="迟到款",
            paid_fen=PaymentOrder.amount_fen,
            paid_at=clock.now(),
        )
        attempt = _waiting(due.id)
        if not moved or attempt is None or not _mark(attempt.id, Late.TAKEN):
            raise IllegalTransition
        change(sa.update(PaymentOrder).where(PaymentOrder.id == due.id).values(method=attempt.channel))
        transfer(
            kind=PAY_TAKEN,
            source=attempt.out_trade_no,
            payer_id=house_account("clearing.late"),
            payee_id=due.payee_account_id,
            amount_fen=attempt.amount_fen,
            memo=due.subject_no,
        )


def refund_late(payment_no: str, *, reason: str = "订单关闭或重复支付") -> int:
    """Give late money of a payment order back; return how many refunds that began. May be called again."""
    with transaction():
        due = queries.get_due(payment_no)
        begun = 0
        while (attempt := _waiting(due.id)) is not None and _mark(attempt.id, Late.GIVEN_BACK):
            _give_back(due, attempt, reason)
            begun += 1
        return begun


def give_back_late_money(*, limit: int = 50) -> int:
    """Give back what nobody took in time; return how much was found. One that can't be stops no other."""
    overdue = (
        sa.select(PaymentOrder.no)
        .join(Attempt, Attempt.payment_order_id == PaymentOrder.id)
        .where(Attempt.late == Late.WAITING, Attempt.late_until <= clock.now())
    )
    begun = 0
    for payment_no in list(db.session.scalars(overdue.order_by(Attempt.late_until).limit(limit))):
        try:
            begun += refund_late(payment_no)
        except Exception:
            log.exception("payments: late money of %s was not given back", payment_no)
    return begun


def _waiting(payment_order_id: int) -> Attempt | None:
    return db.session.scalars(
        sa.select(Attempt)
        .where(Attempt.payment_order_id == payment_order_id, Attempt.late == Late.WAITING)
        .order_by(Attempt.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _mark(attempt_id: int, late: Late) -> bool:
    """Decide over late money: of taking it and giving it back exactly one succeeds."""
    values: dict[str, object] = {"late": late, "late_until": None}
    if late is Late.GIVEN_BACK:
        values["refunded_fen"] = Attempt.amount_fen
    return change(sa.update(Attempt).where(Attempt.id == attempt_id, Attempt.late == Late.WAITING).values(values)) == 1


def _give_back(due: queries.Due, attempt: Attempt, reason: str) -> None:
    now = clock.now()
    refund = Refund(
        no=ids.outside_number("R"),
        payment_order_id=due.id,
        source=f"late:{attempt.out_trade_no}",
        is_late=True,
        amount_fen=attempt.amount_fen,
        status=RefundStatus.APPROVED,
        reason=f"{reason}，自动退回"[:200],
        requested_by=actors.system("late_money"),
        requested_at=now,
        decided_by=actors.system("rule_of_late_money"),
        decided_at=now,
    )
    db.session.add(refund)
    db.session.flush()  # its part needs the id
    part = RefundPart(
        refund_id=refund.id,
        attempt_id=attempt.id,
        out_refund_no=ids.outside_number("T"),
        channel=attempt.channel,
        amount_fen=attempt.amount_fen,
        status=PartStatus.WAITING,
        next_try_at=now,
    )
    db.session.add(part)
    set_aside(refund.no, part, from_account_id=house_account("clearing.late"))
