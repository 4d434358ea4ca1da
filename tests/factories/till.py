"""What passes over the till."""

from __future__ import annotations

from typing import Any

from wxapp.core.db import transaction
from wxapp.hospital.models import Method
from wxapp.staff.models import Member
from wxapp.till import services
from wxapp.till.models import Act, Deposit, Entry, Receipt
from wxapp.till.services import Cashier, Paid
from wxapp.wallet.services import balance_of, house_account


def cashier_of(member: Member) -> Cashier:
    return Cashier(member.id, member.name)


def take_for(
    subject: str, *parts: Paid, patient_id: int, cashier: Cashier, voids: list[Entry] | None = None, **over: Any
) -> Receipt:
    """Take these parts for a subject, as the house's income of visits unless ``payee`` says otherwise."""
    no = services.new_receipt_no()
    values: dict[str, Any] = {"act": Act.COLLECTED, "payee": "house.visits", "voids": voids or [], **over}
    with transaction():
        return services.take(
            receipt_no=no, subject=subject, patient_id=patient_id, parts=parts, cashier=cashier, **values
        )


def make_deposit(
    amount_fen: int, *, patient_id: int, method: Method, cashier: Cashier, subject: str = "visit:1"
) -> Deposit:
    deposit_no, receipt_no = services.new_deposit_no(), services.new_receipt_no()
    with transaction():
        return services.take_deposit(
            deposit_no=deposit_no,
            receipt_no=receipt_no,
            patient_id=patient_id,
            subject=subject,
            amount_fen=amount_fen,
            method=method,
            cashier=cashier,
        )


def house(name: str) -> int:
    """Return the balance of an account of the house."""
    return balance_of(house_account(name))
