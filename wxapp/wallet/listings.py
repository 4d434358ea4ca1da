"""The staff's lists of the wallet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core.masking import masked_name
from wxapp.patients.models import Patient
from wxapp.patients.queries import find_patients, patient_names
from wxapp.wallet.models import PATIENT, Account, Card, CounterMovement, CounterStatus, Movement


def accounts_for_staff(*, q: str, has_balance: bool, is_frozen: bool) -> sa.Select[Any]:
    """Return stored-value accounts; ``q`` is a whole name, number or phone of a patient, or a card's number."""
    wanted: Any = (
        sa.select(Account, Patient).join(Patient, Patient.id == Account.owner_id).where(Account.kind == PATIENT)
    )
    if q:
        patients = [patient.id for patient in find_patients(q)]
        cards = sa.select(Card.account_id).where(Card.no == q)
        wanted = wanted.where(sa.or_(Account.owner_id.in_(patients), Account.id.in_(cards)))
    if has_balance:
        wanted = wanted.where(Account.balance_fen > 0)
    if is_frozen:
        wanted = wanted.where(Account.is_frozen)
    found: sa.Select[Any] = wanted
    return found


@dataclass(frozen=True)
class AccountRow:
    """A stored-value account as lists show it."""

    id: int
    patient_id: int
    record_no: str
    patient: str
    balance_fen: int
    is_frozen: bool
    opened_at: datetime

    @classmethod
    def of(cls, row: Any) -> AccountRow:
        account, patient = row
        return cls(
            account.id,
            patient.id,
            patient.record_no,
            masked_name(patient.name),
            account.balance_fen or 0,
            account.is_frozen,
            account.opened_at,
        )


@dataclass(frozen=True)
class MovementRow:
    """A counter movement as lists show it."""

    no: str
    movement: Movement
    patient_id: int
    patient: str
    amount_fen: int
    method: str
    status: CounterStatus
    note: str
    reason: str
    requested_by: str
    second_by: str | None
    requested_at: datetime
    decided_at: datetime | None


def movement_rows(rows: Sequence[CounterMovement]) -> list[MovementRow]:
    names = patient_names([row.patient_id for row in rows])
    return [
        MovementRow(
            no=row.no,
            movement=row.movement,
            patient_id=row.patient_id,
            patient=masked_name(names.get(row.patient_id, "")),
            amount_fen=row.amount_fen,
            method=row.method,
            status=row.status,
            note=row.note,
            reason=row.reason,
            requested_by=row.requested_by,
            second_by=row.second_by,
            requested_at=row.requested_at,
            decided_at=row.decided_at,
        )
        for row in rows
    ]
