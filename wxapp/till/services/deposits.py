"""Deposits (定金): money taken before there is a bill."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core import db as core_db
from wxapp.core.db import change, db, in_transaction, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.core.money import yuan
from wxapp.hospital.models import Method
from wxapp.till import queries
from wxapp.till.errors import DepositGone, NotForDeposits, OutOfLimits
from wxapp.till.models import Act, Deposit, DepositStatus, Receipt
from wxapp.till.services.receipts import Cashier, Paid, take

_PAYEE = "liability.deposit"


def take_deposit(
    *,
    deposit_no: str,
    receipt_no: str,
    patient_id: int,
    subject: str,
    amount_fen: int,
    method: Method,
    cashier: Cashier,
    remark: str = "",
) -> Deposit:
    """Take a deposit for a subject such as ``visit:12``. Inside the caller's transaction.

    :raises NotForDeposits: the method is no money in hand
    :raises OutOfLimits: more, or less, than the method takes at once
    """
    if not in_transaction():
        raise RuntimeError("a deposit is taken inside the use case that it belongs to")
    if amount_fen < 1:
        raise Invalid({"amount": "定金应大于0"})
    if not method.kind.is_money:
        raise NotForDeposits
    if not method.least_fen <= amount_fen <= method.most_fen:
        raise OutOfLimits(f"“{method.name}”每笔应在{yuan(method.least_fen)}至{yuan(method.most_fen)}元之间")
    deposit = Deposit(
        no=deposit_no,
        patient_id=patient_id,
        subject=subject,
        amount_fen=amount_fen,
        left_fen=amount_fen,
        status=DepositStatus.HELD,
        taken_at=clock.now(),
        taken_by=cashier.actor,
    )
    db.session.add(deposit)
    db.session.flush()
    take(
        receipt_no=receipt_no,
        act=Act.DEPOSIT,
        subject=subject_of(deposit.id),
        patient_id=patient_id,
        parts=[Paid(method, amount_fen, remark)],
        cashier=cashier,
        payee=_PAYEE,
    )
    return deposit


def return_deposit(
    deposit_id: int, *, receipt_no: str, cashier: Cashier, reason: str, seen_fen: int | None = None
) -> Receipt:
    """Give back what is left of a deposit, the way it came.

    Its entry is voided; what was used of it stays, as a new entry on the same receipt.

    :param seen_fen: what the page said is left, and the cashier hands out; None: the caller saw no page
    :raises NotFound: no such deposit
    :raises DepositGone: nothing is left of it
    :raises Stale: something else is left by now
    """
    with transaction():
        deposit = _hold(deposit_id)
        left = deposit.left_fen
        if left and seen_fen is not None and left != seen_fen:
            raise Stale("定金余额已变化，请刷新后重试")
        if not left or not core_db.take(Deposit.left_fen, left, Deposit.id == deposit_id):
            raise DepositGone
        change(sa.update(Deposit).where(Deposit.id == deposit_id).values(status=DepositStatus.RETURNED))
        entries = queries.entries_of(subject_of(deposit_id))
        kept = sum(entry.amount_fen for entry in entries) - left
        method = db.session.get_one(Method, entries[0].method_id)
        return take(
            receipt_no=receipt_no,
            act=Act.DEPOSIT_RETURNED,
            subject=subject_of(deposit_id),
            patient_id=deposit.patient_id,
            parts=[Paid(method, kept, "已抵扣部分")] if kept else [],
            cashier=cashier,
            payee=_PAYEE,
            voids=entries,
            reason=reason,
        )


def subject_of(deposit_id: int) -> str:
    return f"deposit:{deposit_id}"


def _hold(deposit_id: int) -> Deposit:
    """Return a deposit whose row is locked until the transaction ends."""
    change(sa.update(Deposit).where(Deposit.id == deposit_id).values(taken_at=Deposit.taken_at))
    deposit = db.session.get(Deposit, deposit_id, populate_existing=True)
    if deposit is None:
        raise NotFound("没有这笔定金")
    return deposit
