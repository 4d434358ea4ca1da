"""Taking money and giving it back: the only writer of receipts and entries, and of their transfers.

Each entry is booked with exactly one transfer, each voided one with exactly one more that mirrors it, in the same
transaction: so the books say what the till says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, db, in_transaction, insert_rows
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Method, MethodKind
from wxapp.till import queries
from wxapp.till.errors import EntryVoided
from wxapp.till.kinds import COLLECTED, DEPOSIT, DEPOSIT_RETURNED, DEPOSIT_USED, VOIDED, source_of
from wxapp.till.models import Act, Entry, Receipt
from wxapp.till.services.uses import give_deposits_back, use_deposits
from wxapp.wallet.services import Asked, house_account, patient_account, transfer_many

_RECEIVABLE, _LIABILITY = "receivable.loan", "liability.deposit"


@dataclass(frozen=True)
class Cashier:
    """Who takes or gives, with the name of the moment."""

    id: int
    name: str

    @property
    def actor(self) -> str:
        return actors.staff(self.id)


@dataclass(frozen=True)
class Paid:
    """A method with the amount that came by it, above zero."""

    method: Method
    amount_fen: int
    remark: str = ""


def take(  # noqa: PLR0913 - a receipt, read as a table
    *,
    receipt_no: str,
    act: Act,
    subject: str,
    patient_id: int,
    parts: Sequence[Paid],
    cashier: Cashier,
    payee: str,
    voids: Sequence[Entry] = (),
    reason: str = "",
) -> Receipt:
    """Write a receipt: first void what is booked anew, then take the parts. Inside the caller's transaction.

    The caller has compared the parts with what is owed, and holds the subject's row, so that nobody else takes or
    voids for it. A part paid by stored value comes from the patient's account: the password was checked at the door.

    :param payee: house account that earns it, e.g. ``house.visits``
    :param voids: entries that count no longer; each goes back the way it came
    :raises EntryVoided: one of them was voided before
    :raises DepositTooSmall: a part is to be paid by deposits, and not that much is left of them
    :raises InsufficientBalance: the patient's stored value does not cover its part
    :raises AccountFrozen: the patient's stored value must not be touched
    """
    if not in_transaction():
        raise RuntimeError("money is taken inside the use case that it belongs to")
    hospital.read_again(part.method for part in parts)
    now = clock.now()
    receipt = Receipt(
        no=receipt_no,
        act=act,
        subject=subject,
        patient_id=patient_id,
        cashier_id=cashier.id,
        cashier_name=cashier.name,
        net_fen=sum(part.amount_fen for part in parts) - sum(entry.amount_fen for entry in voids),
        reason=reason,
        day=clock.hospital_day(now),
        made_at=now,
    )
    db.session.add(receipt)
    db.session.flush()
    moves = _void(voids, receipt)
    entries = _enter(parts, receipt)
    for entry in entries:
        if entry.kind is MethodKind.DEPOSIT:
            use_deposits(entry, patient_id)
    moves += [_taking(entry, receipt, payee) for entry in entries]
    transfer_many(moves)
    return receipt


def give_back(
    *,
    receipt_no: str,
    act: Act,
    subject: str,
    patient_id: int,
    entries: Sequence[Entry],
    cashier: Cashier,
    reason: str,
) -> Receipt:
    """Void entries of a subject; each amount goes back the way it came. Inside the caller's transaction.

    :raises EntryVoided: one of them was voided before
    """
    return take(
        receipt_no=receipt_no,
        act=act,
        subject=subject,
        patient_id=patient_id,
        parts=(),
        cashier=cashier,
        payee="",
        voids=entries,
        reason=reason,
    )


def _void(entries: Sequence[Entry], receipt: Receipt) -> list[Asked]:
    """Mark entries as voided by the receipt; return the mirrors of their transfers."""
    if not entries:
        return []
    ids = [entry.id for entry in entries]
    there = sa.update(Entry).where(Entry.id.in_(ids), Entry.voided_at.is_(None))
    if change(there.values(voided_at=receipt.made_at, voided_by_receipt_id=receipt.id)) != len(ids):
        raise EntryVoided
    give_deposits_back([entry.id for entry in entries if entry.kind is MethodKind.DEPOSIT])
    booked = queries.bookings_of(ids)
    moves = []
    for entry_id in ids:
        done = booked[source_of(entry_id)]
        moves.append(
            Asked(
                kind=DEPOSIT_RETURNED if done.kind == DEPOSIT else VOIDED,
                source=done.source,
                payer_id=done.payee_id,
                payee_id=done.payer_id,
                amount_fen=done.amount_fen,
                memo=_memo(receipt),
                reverses_id=done.id,
            )
        )
    return moves


def _enter(parts: Sequence[Paid], receipt: Receipt) -> Sequence[Entry]:
    insert_rows(
        Entry,
        [
            {
                "receipt_id": receipt.id,
                "subject": receipt.subject,
                "position": position,
                "method_id": part.method.id,
                "method_name": part.method.name,
                "kind": part.method.kind,
                "amount_fen": part.amount_fen,
                "remark": part.remark,
                "made_at": receipt.made_at,
            }
            for position, part in enumerate(parts)
        ],
    )
    return queries.entries_on(receipt.id) if parts else []


def _taking(entry: Entry, receipt: Receipt, payee: str) -> Asked:
    if entry.kind is MethodKind.BALANCE:
        payer_id = patient_account(receipt.patient_id)
    else:
        payer_id = house_account(_house_of(entry.kind))
    if receipt.act in {Act.DEPOSIT, Act.DEPOSIT_RETURNED}:
        kind = DEPOSIT
    else:
        kind = DEPOSIT_USED if entry.kind is MethodKind.DEPOSIT else COLLECTED
    return Asked(
        kind=kind,
        source=source_of(entry.id),
        payer_id=payer_id,
        payee_id=house_account(payee),
        amount_fen=entry.amount_fen,
        memo=_memo(receipt),
    )


def _house_of(kind: MethodKind) -> str:
    """Return the account of the house from which money of this kind comes."""
    if kind.is_loan:
        return _RECEIVABLE
    return _LIABILITY if kind is MethodKind.DEPOSIT else f"channel.{kind.value}"


def _memo(receipt: Receipt) -> str:
    return f"{receipt.act.label} {receipt.no}"
