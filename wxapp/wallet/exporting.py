"""A patient's stored value, for the patient to take away (个人信息保护法; the full statement: reliability 5.8)."""

from __future__ import annotations

from typing import Any

from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.patients import export
from wxapp.wallet import queries
from wxapp.wallet.models import PATIENT

_MOST = 20_000


def stored_value_of(patient_id: int) -> dict[str, Any]:
    """Return the balance and every change of it, the newest first; amounts in yuan."""
    account = queries.find_account(PATIENT, patient_id)
    if account is None:
        return {"balance": yuan(0), "changes": []}
    return {
        "balance": yuan(account.balance_fen or 0),
        "changes": [
            {
                "at": clock.local(line.at).isoformat(timespec="seconds"),
                "kind": line.label,
                "amount": yuan(line.amount_fen),
                "balance_after": yuan(line.after_fen or 0),
                "number": line.source,
                "memo": line.memo,
            }
            for line in queries.statement_of(account.id, limit=_MOST)
        ],
    }


export.part(
    "stored_value",
    stored_value_of,
    label="储值余额与收支",
    why="记录您的余额与每一笔变动",
    kept_for="预付款记录自账户结清起至少5年",
)
