"""The invariants of payments, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.payments.kinds import PAY_BALANCE, PAY_CHANNEL, PAY_LATE, PAYOUT_PAID
from wxapp.payments.models import (
    Attempt,
    AttemptStatus,
    Late,
    PartStatus,
    PaymentOrder,
    PaymentStatus,
    Payout,
    PayoutStatus,
    Refund,
    RefundPart,
    RefundStatus,
)
from wxapp.wallet.models import Transfer
from wxapp.wallet.services import Check, balance_of, house_account

_SHOWN = 20
_UNDER_WAY = (PartStatus.WAITING, PartStatus.SENT, PartStatus.FAILED)


def invariants() -> list[Check]:
    """Recompute every invariant of payments. Each statement sees one state of the tables."""
    checks: list[tuple[str, str, Callable[[], Iterable[str]]]] = [
        ("payments.paid", "已支付订单的各笔到账之和等于应付金额", _wrongly_paid),
        ("payments.unpaid", "未支付订单没有归属它的到账", _wrongly_unpaid),
        ("payments.booked", "每笔到账都有金额相同的账务记录", _not_booked),
        ("payments.refunded", "已退金额等于未驳回退款之和，且不超过已付", _wrongly_refunded),
        ("payments.parts", "各笔到账的已退金额等于其退款明细之和", _wrong_parts),
        ("payments.refund_clearing", "退款在途等于未完成的退款明细", _refund_clearing),
        ("payments.payouts", "每笔已付出的款项都有金额相同的账务记录，反之亦然", _wrong_payouts),
        ("payments.payouts_once", "同一事项最多一笔在途或已付的款项", _paid_twice),
        ("payments.late_clearing", "迟到款待处理等于尚未处理的迟到款", _late_clearing),
    ]
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _own_money() -> sa.Subquery:
    return (
        sa.select(Attempt.payment_order_id, sa.func.sum(Attempt.amount_fen).label("fen"))
        .where(Attempt.status == AttemptStatus.SUCCEEDED, Attempt.late.in_((Late.NO, Late.TAKEN)))
        .group_by(Attempt.payment_order_id)
        .subquery()
    )


def _wrongly_paid() -> Iterable[str]:
    came = _own_money()
    fen = sa.func.coalesce(came.c.fen, 0)
    rows = db.session.execute(
        sa.select(PaymentOrder.no, PaymentOrder.paid_fen, fen.label("fen"))
        .outerjoin(came, came.c.payment_order_id == PaymentOrder.id)
        .where(
            PaymentOrder.status == PaymentStatus.PAID,
            sa.or_(PaymentOrder.paid_fen != fen, PaymentOrder.paid_fen != PaymentOrder.amount_fen),
        )
        .limit(_SHOWN)
    )
    return [f"{row.no}：已付 {yuan(row.paid_fen)}，到账 {yuan(int(row.fen))}" for row in rows]


def _wrongly_unpaid() -> Iterable[str]:
    came = _own_money()
    rows = db.session.execute(
        sa.select(PaymentOrder.no)
        .outerjoin(came, came.c.payment_order_id == PaymentOrder.id)
        .where(PaymentOrder.status != PaymentStatus.PAID, sa.or_(PaymentOrder.paid_fen != 0, came.c.fen.is_not(None)))
        .limit(_SHOWN)
    )
    return [row.no for row in rows]


def _not_booked() -> Iterable[str]:
    rows = db.session.execute(
        sa.select(Attempt.out_trade_no)
        .outerjoin(
            Transfer,
            sa.and_(Transfer.source == Attempt.out_trade_no, Transfer.kind.in_((PAY_CHANNEL, PAY_BALANCE, PAY_LATE))),
        )
        .where(
            Attempt.status == AttemptStatus.SUCCEEDED,
            sa.or_(Transfer.id.is_(None), Transfer.amount_fen != Attempt.amount_fen),
        )
        .limit(_SHOWN)
    )
    return [row.out_trade_no for row in rows]


def _wrongly_refunded() -> Iterable[str]:
    asked = (
        sa.select(Refund.payment_order_id, sa.func.sum(Refund.amount_fen).label("fen"))
        .where(Refund.status.not_in((RefundStatus.REJECTED, RefundStatus.WITHDRAWN)), sa.not_(Refund.is_late))
        .group_by(Refund.payment_order_id)
        .subquery()
    )
    fen = sa.func.coalesce(asked.c.fen, 0)
    rows = db.session.execute(
        sa.select(PaymentOrder.no)
        .outerjoin(asked, asked.c.payment_order_id == PaymentOrder.id)
        .where(sa.or_(PaymentOrder.refunded_fen != fen, PaymentOrder.refunded_fen > PaymentOrder.paid_fen))
        .limit(_SHOWN)
    )
    return [row.no for row in rows]


def _wrong_parts() -> Iterable[str]:
    parts = (
        sa.select(RefundPart.attempt_id, sa.func.sum(RefundPart.amount_fen).label("fen"))
        .where(RefundPart.status != PartStatus.VOID)
        .group_by(RefundPart.attempt_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Attempt.out_trade_no)
        .outerjoin(parts, parts.c.attempt_id == Attempt.id)
        .where(Attempt.refunded_fen != sa.func.coalesce(parts.c.fen, 0))
        .limit(_SHOWN)
    )
    return [row.out_trade_no for row in rows]


def _refund_clearing() -> Iterable[str]:
    under_way = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RefundPart.amount_fen), 0)).where(RefundPart.status.in_(_UNDER_WAY))
    )
    return _compare("clearing.refund", int(under_way or 0))


def _late_clearing() -> Iterable[str]:
    waiting = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Attempt.amount_fen), 0)).where(Attempt.late == Late.WAITING)
    )
    return _compare("clearing.late", int(waiting or 0))


def _wrong_payouts() -> Iterable[str]:
    is_paid = Payout.status == PayoutStatus.SUCCEEDED
    booked = sa.and_(Transfer.kind == PAYOUT_PAID, Transfer.source == Payout.no)
    fits = sa.and_(Transfer.amount_fen == Payout.amount_fen, Transfer.payer_id == Payout.from_account_id)
    not_booked = (
        sa.select(Payout.no)
        .outerjoin(Transfer, booked)
        .where(is_paid, sa.or_(Transfer.id.is_(None), sa.not_(fits)))
        .limit(_SHOWN)
    )
    not_paid = (
        sa.select(Transfer.source)
        .outerjoin(Payout, sa.and_(booked, is_paid))
        .where(Transfer.kind == PAYOUT_PAID, Payout.id.is_(None))
        .limit(_SHOWN)
    )
    return [f"未入账：{no}" for no in db.session.scalars(not_booked)] + [
        f"未付出：{no}" for no in db.session.scalars(not_paid)
    ]


def _paid_twice() -> Iterable[str]:
    live = sa.select(Payout.subject_kind, Payout.subject_no).where(
        Payout.status.not_in((PayoutStatus.FAILED, PayoutStatus.WITHDRAWN))
    )
    several = live.group_by(Payout.subject_kind, Payout.subject_no).having(sa.func.count() > 1).limit(_SHOWN)
    return [f"{row.subject_kind} {row.subject_no}" for row in db.session.execute(several)]


def _compare(account: str, expected_fen: int) -> list[str]:
    balance = balance_of(house_account(account))
    return [] if balance == expected_fen else [f"账上 {yuan(balance)}，业务 {yuan(expected_fen)}"]
