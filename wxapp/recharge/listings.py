"""The staff's lists of recharges, and of what the balances consist of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name, masked_phone
from wxapp.patients.models import Patient
from wxapp.patients.queries import find_patients, patient_names
from wxapp.recharge import queries
from wxapp.recharge.models import Recharge, RechargeStatus
from wxapp.recharge.rules import Calculation
from wxapp.wallet.models import PATIENT, Account

_AT_ONCE = 500
_MOST = 20_000


def recharges_for_staff(*, q: str, status: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return recharges; ``q`` is a number of ours, or a patient's whole name, phone or record number."""
    wanted: Any = sa.select(Recharge)
    if q:
        patients = [patient.id for patient in find_patients(q)]
        wanted = wanted.where(sa.or_(Recharge.no == q, Recharge.payment_no == q, Recharge.patient_id.in_(patients)))
    if status:
        wanted = wanted.where(Recharge.status == RechargeStatus(status))
    if since:
        wanted = wanted.where(Recharge.placed_at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(Recharge.placed_at < clock.day_bounds(until)[1])
    found: sa.Select[Any] = wanted
    return found


@dataclass(frozen=True)
class RechargeRow:
    """A recharge as lists show it."""

    no: str
    patient_id: int
    patient: str
    amount_fen: int
    refunded_fen: int
    status: RechargeStatus
    payment_no: str
    placed_at: datetime
    paid_at: datetime | None


def recharge_rows(rows: list[Recharge]) -> list[RechargeRow]:
    names = patient_names([row.patient_id for row in rows])
    return [
        RechargeRow(
            row.no,
            row.patient_id,
            masked_name(names.get(row.patient_id)),
            row.amount_fen,
            row.refunded_fen,
            row.status,
            row.payment_no,
            row.placed_at,
            row.paid_at,
        )
        for row in rows
    ]


# --- running down ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remainder:
    """What a patient still has, and which of it can go back the way it came."""

    patient_id: int
    record_no: str
    patient: str
    phone: str
    balance_fen: int
    returnable_fen: int
    counter_fen: int
    why_not: str


def remainders(*, reach: str) -> Any:
    """Return the accounts that hold money.

    :param reach: "back": those of which something can go back over WeChat Pay; "counter": those of which something
        can't, so that these people have to be asked to come; "" for all
    """
    wanted = _with_money()
    return wanted if not reach else list(_chosen(wanted, reach))


def _with_money() -> sa.Select[Account, Patient]:
    return (
        sa.select(Account, Patient)
        .join(Patient, Patient.id == Account.owner_id)
        .where(Account.kind == PATIENT, Account.balance_fen > 0)
    )


def _chosen(wanted: sa.Select[Account, Patient], reach: str) -> Iterator[Any]:
    rows = list(db.session.execute(wanted.order_by(Account.id).limit(_MOST)))
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        found = queries.calculations([row.Account.id for row in part])
        for row in part:
            one = found[row.Account.id]
            if one.returnable_fen if reach == "back" else one.counter_fen:
                yield row


def remainder_rows(rows: list[Any]) -> list[Remainder]:
    found = queries.calculations([account.id for account, _patient in rows])
    return [_remainder(patient, found[account.id]) for account, patient in rows]


def _remainder(patient: Patient, calculation: Calculation) -> Remainder:
    reasons = {calculation.why_not(share) for share in calculation.shares if share.left_fen}
    return Remainder(
        patient.id,
        patient.record_no,
        masked_name(patient.name),
        masked_phone(patient.phone),
        calculation.balance_fen,
        calculation.returnable_fen,
        calculation.counter_fen,
        "；".join(sorted(reasons - {""})) or ("来源不明，请到前台办理" if calculation.counter_fen else ""),
    )


def patients_with_returnable(*, limit: int) -> list[int]:
    """Return patients of whose money something can go back the way it came."""
    found = []
    for row in _chosen(_with_money(), "back"):
        found.append(row.Patient.id)
        if len(found) == limit:
            break
    return found


@dataclass(frozen=True)
class Today:
    """What was recharged on a day."""

    count: int
    amount_fen: int


def booked_on(day: date) -> list[sa.ScalarSelect[int]]:
    """Select the parts of ``Today``."""
    start, end = clock.day_bounds(day)
    asked = (sa.func.count(), sa.func.coalesce(sa.func.sum(Recharge.amount_fen), 0))
    return [
        sa.select(one).select_from(Recharge).where(Recharge.paid_at >= start, Recharge.paid_at < end).scalar_subquery()
        for one in asked
    ]
