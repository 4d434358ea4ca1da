"""The invariants between recharges, their money and the balances, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.payments.models import PaymentOrder, PaymentStatus, Refund
from wxapp.payments.models import RefundStatus as PaymentRefundStatus
from wxapp.recharge.kinds import RECHARGE
from wxapp.recharge.models import Recharge, RechargeRefund, RechargeStatus, RefundStatus
from wxapp.recharge.services.placing import HOUSE
from wxapp.recharge.states import BOOKED
from wxapp.wallet.models import Transfer
from wxapp.wallet.services import Check, balance_of, house_account

_SHOWN = 20
_TOLD_WITHIN = timedelta(minutes=10)
"""A recharge hears of its money in a moment; what is younger than this may still be on its way."""

_NOT_SENT = (PaymentRefundStatus.REQUESTED, PaymentRefundStatus.REJECTED, PaymentRefundStatus.WITHDRAWN)


def invariants() -> list[Check]:
    """Recompute what recharges, payments and the ledger have to agree on."""
    checks = (
        ("recharge.paid", "已收款的充值都已到账，到账的充值都已收款", _wrongly_paid),
        ("recharge.booked", "每笔到账的充值恰有一笔金额相同的入账", _wrongly_booked),
        ("recharge.refunded", "充值的已退金额等于其退款之和", _wrongly_refunded),
        ("recharge.clearing", "在线充值在途等于未入账的充值与未审核的退款之和", _wrong_clearing),
    )
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrongly_paid() -> Iterable[str]:
    settled = clock.now() - _TOLD_WITHIN
    unheard = sa.and_(
        PaymentOrder.status == PaymentStatus.PAID, PaymentOrder.paid_at < settled, Recharge.status.not_in(BOOKED)
    )
    for_nothing = sa.and_(PaymentOrder.status != PaymentStatus.PAID, Recharge.status.in_(BOOKED))
    rows = db.session.execute(
        sa.select(Recharge.no, Recharge.status, PaymentOrder.status.label("payment"))
        .join(PaymentOrder, PaymentOrder.no == Recharge.payment_no)
        .where(sa.or_(unheard, for_nothing))
        .limit(_SHOWN)
    )
    return [f"充值 {row.no}：{row.status.label}，付款单 {row.payment.value}" for row in rows]


def _wrongly_booked() -> Iterable[str]:
    differs = sa.or_(
        Transfer.id.is_(None),
        Transfer.amount_fen != Recharge.amount_fen,
        Transfer.payee_id != Recharge.account_id,
    )
    is_booked = Recharge.status.in_(BOOKED)
    rows = db.session.execute(
        sa.select(Recharge.no)
        .outerjoin(Transfer, sa.and_(Transfer.source == Recharge.no, Transfer.kind == RECHARGE))
        .where(sa.or_(sa.and_(is_booked, differs), sa.and_(sa.not_(is_booked), Transfer.id.is_not(None))))
        .limit(_SHOWN)
    )
    return [row.no for row in rows]


def _wrongly_refunded() -> Iterable[str]:
    def total(status: RefundStatus) -> sa.ColumnElement[int]:
        fen = sa.case((RechargeRefund.status == status, RechargeRefund.amount_fen), else_=0)
        return sa.func.coalesce(sa.func.sum(fen), 0)

    sums = (
        sa.select(
            RechargeRefund.recharge_id,
            total(RefundStatus.PAID_BACK).label("back"),
            total(RefundStatus.UNDER_WAY).label("under_way"),
        )
        .group_by(RechargeRefund.recharge_id)
        .subquery()
    )
    under_way = sa.func.coalesce(sums.c.under_way, 0)
    rows = db.session.execute(
        sa.select(Recharge.no, Recharge.refunded_fen)
        .outerjoin(sums, sums.c.recharge_id == Recharge.id)
        .where(
            sa.or_(
                Recharge.refunded_fen != sa.func.coalesce(sums.c.back, 0),
                Recharge.refunded_fen + under_way > Recharge.amount_fen,
                sa.and_(under_way > 0, Recharge.status != RechargeStatus.REFUNDING),
            )
        )
        .limit(_SHOWN)
    )
    return [f"充值 {row.no}：记 {yuan(row.refunded_fen)}" for row in rows]


def _wrong_clearing() -> Iterable[str]:
    unbooked = (
        sa.select(sa.func.coalesce(sa.func.sum(Recharge.amount_fen), 0))
        .join(PaymentOrder, PaymentOrder.no == Recharge.payment_no)
        .where(PaymentOrder.status == PaymentStatus.PAID, Recharge.status.not_in(BOOKED))
    )
    # Once a refund is approved its money lies on the account of the refunds under way.
    undecided = (
        sa.select(sa.func.coalesce(sa.func.sum(RechargeRefund.amount_fen), 0))
        .join(Refund, Refund.no == RechargeRefund.refund_no)
        .where(RechargeRefund.status == RefundStatus.UNDER_WAY, Refund.status.in_(_NOT_SENT))
    )
    expected = int(db.session.scalar(unbooked) or 0) + int(db.session.scalar(undecided) or 0)
    balance = balance_of(house_account(HOUSE))
    return [] if balance == expected else [f"账上 {yuan(balance)}，业务 {yuan(expected)}"]
