"""Reads of the till."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.patients.models import Patient
from wxapp.till.kinds import TAKEN, source_of
from wxapp.till.models import CashUp, Deposit, DepositStatus, DepositUse, Entry, Receipt
from wxapp.wallet.models import Transfer


def entries_of(subject: str, *, include_voided: bool = False) -> Sequence[Entry]:
    """Return what was taken for a subject, in the order of taking; what was voided only if asked for."""
    wanted = sa.select(Entry).where(Entry.subject == subject).order_by(Entry.id)
    return db.session.scalars(wanted if include_voided else wanted.where(Entry.voided_at.is_(None))).all()


def entries_of_many(subjects: Iterable[str]) -> dict[str, list[Entry]]:
    """Return what counts for each of these subjects, with one question."""
    found: dict[str, list[Entry]] = {subject: [] for subject in subjects}
    if found:
        wanted = sa.select(Entry).where(Entry.subject.in_(found), Entry.voided_at.is_(None)).order_by(Entry.id)
        for entry in db.session.scalars(wanted):
            found[entry.subject].append(entry)
    return found


def receipts_of(subject: str) -> Sequence[Receipt]:
    """Return what was done at the counter for a subject, oldest first."""
    return db.session.scalars(sa.select(Receipt).where(Receipt.subject == subject).order_by(Receipt.id)).all()


def entries_on(receipt_id: int) -> Sequence[Entry]:
    """Return what was taken with a receipt."""
    return db.session.scalars(sa.select(Entry).where(Entry.receipt_id == receipt_id).order_by(Entry.position)).all()


def voided_by(receipt_id: int) -> Sequence[Entry]:
    """Return what a receipt has voided."""
    wanted = sa.select(Entry).where(Entry.voided_by_receipt_id == receipt_id).order_by(Entry.id)
    return db.session.scalars(wanted).all()


def bookings_of(entry_ids: Iterable[int]) -> dict[str, Transfer]:
    """Return the transfers that entries were booked with, by their sources."""
    sources = [source_of(entry_id) for entry_id in entry_ids]
    if not sources:
        return {}
    wanted = sa.select(Transfer).where(Transfer.kind.in_(TAKEN), Transfer.source.in_(sources))
    return {transfer.source: transfer for transfer in db.session.scalars(wanted)}


def get_deposit(no: str) -> Deposit:
    """:raises NotFound: no such deposit"""
    deposit = db.session.scalars(sa.select(Deposit).where(Deposit.no == no)).one_or_none()
    if deposit is None:
        raise NotFound("没有这笔定金")
    return deposit


def deposits_of(patient_id: int) -> Sequence[Deposit]:
    """Return a patient's deposits, oldest first."""
    return db.session.scalars(sa.select(Deposit).where(Deposit.patient_id == patient_id).order_by(Deposit.id)).all()


def deposit_left(patient_id: int) -> int:
    """Return what is left of all deposits of a patient, in fen."""
    wanted = sa.select(sa.func.coalesce(sa.func.sum(Deposit.left_fen), 0))
    return int(
        db.session.scalars(
            wanted.where(Deposit.patient_id == patient_id, Deposit.status == DepositStatus.HELD)
        ).one()
    )  # fmt: skip


def uses_of(entry_ids: Iterable[int]) -> Sequence[DepositUse]:
    """Return what entries took of which deposits, in the order of the deposits."""
    ids = list(entry_ids)
    wanted = sa.select(DepositUse).where(DepositUse.entry_id.in_(ids)).order_by(DepositUse.deposit_id)
    return db.session.scalars(wanted).all() if ids else []


def find_receipt(no: str) -> Receipt | None:
    """Return the receipt with this number."""
    return db.session.scalars(sa.select(Receipt).where(Receipt.no == no)).one_or_none()


def receipt_with_patient(no: str) -> tuple[Receipt, Patient] | None:
    """Return the receipt with this number and whose it is, with one question."""
    both: list[Any] = [Receipt, Patient]
    wanted = sa.select(*both).join(Patient, Patient.id == Receipt.patient_id).where(Receipt.no == no)
    row = db.session.execute(wanted).one_or_none()
    return (row[0], row[1]) if row is not None else None


def deposit_by_id(deposit_id: int) -> Deposit:
    """:raises NotFound: no such deposit"""
    deposit = db.session.get(Deposit, deposit_id)
    if deposit is None:
        raise NotFound("没有这笔定金")
    return deposit


def find_cash_up(cashier_id: int, day: date) -> CashUp | None:
    """Return what a cashier has counted on a day."""
    wanted = sa.select(CashUp).where(CashUp.cashier_id == cashier_id, CashUp.day == day)
    return db.session.scalars(wanted).one_or_none()


def get_cash_up(cash_up_id: int) -> CashUp:
    """:raises NotFound: no such cash-up"""
    found = db.session.get(CashUp, cash_up_id)
    if found is None:
        raise NotFound("没有这份日结")
    return found


def cash_ups_on(day: date) -> dict[int, CashUp]:
    """Return the counts of a day by cashier."""
    return {one.cashier_id: one for one in db.session.scalars(sa.select(CashUp).where(CashUp.day == day))}
