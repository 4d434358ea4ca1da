"""Stored-value cards, and freezing an account whose card is lost."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Stale
from wxapp.wallet.models import Account, Card
from wxapp.wallet.rules import card_number
from wxapp.wallet.services.ledger import patient_account


def issue_card(patient_id: int, *, by: str) -> Card:
    """Hand a new card to a patient; the one before it ends."""
    number = card_number(ids.next_number("wallet.card", first=10_000_001))
    account_id = patient_account(patient_id)
    with transaction():
        now = clock.now()
        change(sa.update(Card).where(Card.active_for == account_id).values(active_for=None, ended_by=by, ended_at=now))
        card = Card(no=number, account_id=account_id, active_for=account_id, issued_by=by, issued_at=now)
        db.session.add(card)
    return card


def set_frozen(account_id: int, is_frozen: bool) -> None:
    """Freeze an account or thaw it. A frozen one still receives.

    :raises Stale: it is in that state already
    """
    with transaction():
        step = sa.update(Account).where(Account.id == account_id, Account.is_frozen.is_(not is_frozen))
        if not change(step.values(is_frozen=is_frozen)):
            raise Stale
