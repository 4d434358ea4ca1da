"""Writing down what does not add up."""

from __future__ import annotations

import logging
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.payments.models import Difference, DifferenceStatus
from wxapp.payments.rules import Kind

log = logging.getLogger(__name__)


def write_difference(
    kind: Kind,
    reference: str,
    *,
    day: date | None = None,
    channel_fen: int | None = None,
    ours_fen: int | None = None,
    ledger_fen: int | None = None,
    detail: str = "",
) -> None:
    """Open a case for staff; the same thing seen again is counted, not repeated. Resolved cases stay resolved."""
    reference = reference[:80]
    log.warning("payments: %s %s: %s", kind, reference, detail)
    with transaction():
        seen = sa.update(Difference).where(Difference.kind == kind, Difference.reference == reference)
        if change(seen.values(times=Difference.times + 1)):
            return
        try:
            with db.session.begin_nested():
                db.session.add(
                    Difference(
                        day=day or clock.today(),
                        kind=kind.value,
                        reference=reference,
                        channel_fen=channel_fen,
                        ours_fen=ours_fen,
                        ledger_fen=ledger_fen,
                        detail=detail[:300],
                        status=DifferenceStatus.OPEN,
                        found_at=clock.now(),
                    )
                )
        except IntegrityError:  # somebody else saw it in the same moment
            change(seen.values(times=Difference.times + 1))
