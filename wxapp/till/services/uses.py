"""What of which deposit pays for what."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wxapp.core import db as core_db
from wxapp.core.db import change, db, insert_rows
from wxapp.core.money import yuan
from wxapp.till import queries
from wxapp.till.errors import DepositTooSmall
from wxapp.till.models import Deposit, DepositStatus, DepositUse, Entry


def use_deposits(entry: Entry, patient_id: int) -> None:
    """Take an entry's amount from the patient's deposits, the oldest first.

    :raises DepositTooSmall: not that much is left of them, or somebody else takes it in this moment
    """
    wanted = sa.select(Deposit.id, Deposit.left_fen).where(
        Deposit.patient_id == patient_id, Deposit.status == DepositStatus.HELD, Deposit.left_fen > 0
    )
    held = db.session.execute(wanted.order_by(Deposit.id)).all()
    if (there := sum(row.left_fen for row in held)) < entry.amount_fen:
        raise DepositTooSmall(f"可用定金只有 {yuan(there)} 元")
    missing, uses = entry.amount_fen, []
    for row in held:
        if not missing:
            break
        part = min(missing, row.left_fen)
        if not core_db.take(Deposit.left_fen, part, Deposit.id == row.id):
            raise DepositTooSmall
        uses.append({"entry_id": entry.id, "deposit_id": row.id, "amount_fen": part})
        missing -= part
    insert_rows(DepositUse, uses)
    used_up = sa.update(Deposit).where(Deposit.id.in_([use["deposit_id"] for use in uses]), Deposit.left_fen == 0)
    change(used_up.values(status=DepositStatus.USED))


def give_deposits_back(entry_ids: Sequence[int]) -> None:
    """Give back what entries took of deposits. The caller has voided them, so this happens once."""
    for use in queries.uses_of(entry_ids):
        core_db.give_back(Deposit.left_fen, use.amount_fen, Deposit.id == use.deposit_id)
        change(sa.update(Deposit).where(Deposit.id == use.deposit_id).values(status=DepositStatus.HELD))
