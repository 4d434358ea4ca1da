"""The invariants between withdrawals, their payouts and the books, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.distribution import kinds
from wxapp.distribution.models import Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withheld_tax
from wxapp.distribution.queries.withdrawals import SUBJECT
from wxapp.distribution.services.withdrawing import HOUSE
from wxapp.distribution.states import OPEN_WITHDRAWALS
from wxapp.payments.kinds import PAYOUT_PAID
from wxapp.payments.models import Payout
from wxapp.payments.models import PayoutStatus as P
from wxapp.wallet.models import Account, Transfer
from wxapp.wallet.services import Check, balance_of, house_account

_SHOWN = 20
_TOLD_WITHIN = timedelta(minutes=10)
"""A withdrawal hears of its payout in a moment; what is younger than this may still be on its way."""

_BACK = (W.REJECTED, W.WITHDRAWN, W.FAILED)
_PAYOUT_MAY_BE = {
    W.REQUESTED: (),
    W.APPROVED: (P.QUEUED, P.SENDING, P.AWAITING_USER, P.PROCESSING, P.CANCELLING),
    W.CONFIRMING: (P.AWAITING_USER, P.PROCESSING, P.CANCELLING),
    W.PAID: (P.SUCCEEDED,),
    W.REJECTED: (),
    W.WITHDRAWN: (),
    W.FAILED: (P.FAILED, P.WITHDRAWN),
}
"""How the payout of a withdrawal in each state may stand once the news is heard."""


def invariants() -> list[Check]:
    """Recompute what withdrawals, payments and the ledger have to agree on."""
    checks = (
        ("withdrawal.aside", "每笔提现恰有一笔金额相同的划出", _wrongly_aside),
        ("withdrawal.void", "未付款的提现都已全额退回，且只有它们退回", _wrongly_back),
        ("withdrawal.paid", "已到账的提现，打款、手续费与税款之和等于提现金额", _wrongly_paid),
        ("withdrawal.payout", "提现与打款的状态相符", _differing),
        ("withdrawal.clearing", "提现在途等于未结束的提现减去其中已付出的", _wrong_clearing),
        ("withdrawal.tax", "佣金代扣税待缴等于已到账提现的代扣税款减去已登记的缴税", _wrong_tax),
    )
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrongly_aside() -> Iterable[str]:
    account = aliased(Account)
    differs = sa.or_(
        Transfer.id.is_(None),
        Transfer.amount_fen != Withdrawal.amount_fen,
        Transfer.payee_id != house_account(HOUSE),
        account.owner_id != Withdrawal.distributor_id,
        account.kind != kinds.AVAILABLE_ACCOUNT,
    )
    rows = db.session.execute(
        sa.select(Withdrawal.no)
        .outerjoin(Transfer, sa.and_(Transfer.source == Withdrawal.no, Transfer.kind == kinds.WITHDRAWAL))
        .outerjoin(account, account.id == Transfer.payer_id)
        .where(differs)
        .limit(_SHOWN)
    )
    return [row.no for row in rows]


def _wrongly_back() -> Iterable[str]:
    is_back = Withdrawal.status.in_(_BACK)
    rows = db.session.execute(
        sa.select(Withdrawal.no, Withdrawal.status)
        .outerjoin(Transfer, sa.and_(Transfer.source == Withdrawal.no, Transfer.kind == kinds.WITHDRAWAL_VOID))
        .where(
            sa.or_(
                sa.and_(is_back, sa.or_(Transfer.id.is_(None), Transfer.amount_fen != Withdrawal.amount_fen)),
                sa.and_(sa.not_(is_back), Transfer.id.is_not(None)),
            )
        )
        .limit(_SHOWN)
    )
    return [f"{row.no}：{row.status.label}" for row in rows]


def _wrongly_paid() -> Iterable[str]:
    net, fee, tax = aliased(Transfer), aliased(Transfer), aliased(Transfer)
    sums = [
        (sa.func.coalesce(moved.amount_fen, 0), wanted)
        for moved, wanted in ((net, Withdrawal.net_fen), (fee, Withdrawal.fee_fen), (tax, Withdrawal.tax_fen))
    ]
    is_paid = Withdrawal.status == W.PAID
    rows = db.session.execute(
        sa.select(Withdrawal.no, Withdrawal.status)
        .outerjoin(net, sa.and_(net.source == Withdrawal.payout_no, net.kind == PAYOUT_PAID))
        .outerjoin(fee, sa.and_(fee.source == Withdrawal.no, fee.kind == kinds.WITHDRAWAL_FEE))
        .outerjoin(tax, sa.and_(tax.source == Withdrawal.no, tax.kind == kinds.WITHDRAWAL_TAX))
        .where(
            sa.or_(
                sa.and_(is_paid, sa.or_(*(moved != wanted for moved, wanted in sums))),
                sa.and_(sa.not_(is_paid), sa.or_(fee.id.is_not(None), tax.id.is_not(None))),
            )
        )
        .limit(_SHOWN)
    )
    return [f"{row.no}：{row.status.label}" for row in rows]


def _differing() -> Iterable[str]:
    """Name withdrawals whose payout stands otherwise, unless it has moved just now and they have not heard it yet."""
    fits = sa.or_(
        *(
            sa.and_(Withdrawal.status == status, Payout.status.in_(may_be) if may_be else Payout.id.is_(None))
            for status, may_be in _PAYOUT_MAY_BE.items()
        )
    )
    is_fresh = sa.and_(Withdrawal.status.in_(OPEN_WITHDRAWALS), Payout.ended_at > clock.now() - _TOLD_WITHIN)
    rows = db.session.execute(
        sa.select(Withdrawal.no, Withdrawal.status, Payout.status.label("payout"))
        .outerjoin(Payout, sa.and_(Payout.no == Withdrawal.payout_no, Payout.subject_kind == SUBJECT))
        .where(sa.not_(fits), sa.not_(sa.func.coalesce(is_fresh, sa.false())))
        .limit(_SHOWN)
    )
    return [f"{row.no}：{row.status.label}，打款{row.payout.label if row.payout else '没有'}" for row in rows]


def _wrong_clearing() -> Iterable[str]:
    is_open = Withdrawal.status.in_(OPEN_WITHDRAWALS)
    held = sa.select(sa.func.coalesce(sa.func.sum(Withdrawal.amount_fen), 0)).where(is_open)
    gone = (
        sa.select(sa.func.coalesce(sa.func.sum(Payout.amount_fen), 0))
        .join(Withdrawal, Withdrawal.payout_no == Payout.no)
        .where(is_open, Payout.status == P.SUCCEEDED)
    )
    expected = int(db.session.scalar(held) or 0) - int(db.session.scalar(gone) or 0)
    balance = balance_of(house_account(HOUSE))
    return [] if balance == expected else [f"账上 {yuan(balance)}，业务 {yuan(expected)}"]


def _wrong_tax() -> Iterable[str]:
    expected, balance = withheld_tax.withheld_fen() - withheld_tax.paid_fen(), withheld_tax.open_fen()
    return [] if balance == expected and balance >= 0 else [f"账上 {yuan(balance)}，业务 {yuan(expected)}"]
