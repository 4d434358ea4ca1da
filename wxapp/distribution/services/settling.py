"""Settlement: what has waited long enough becomes available, some hundred lines at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.apart import each_apart, in_batches
from wxapp.core.db import db, transaction
from wxapp.distribution import kinds
from wxapp.distribution.messages import tell_commission
from wxapp.distribution.models import Commission, CommissionStatus, Level
from wxapp.distribution.services import rewarding
from wxapp.distribution.services.following import BY, follow_order, users_of
from wxapp.distribution.states import COMMISSION
from wxapp.mall import queries as mall
from wxapp.mall.queries import Standing
from wxapp.wallet import services as wallet
from wxapp.wallet.services import Asked

BATCH = 500
"""Lines in one transaction: their distributors' rows are held that long."""


def settle_due(*, limit: int = 100_000, size: int = BATCH) -> int:
    """Make available what is due by now, and return how many lines were.

    A transaction for each batch: what is killed in between is done by the next run. Two at once do each line once.
    Lines of one distributor lie beside each other, so that few accounts change in a batch. One that can't be settled
    is logged and stops no other.
    """
    due = list(
        db.session.scalars(
            sa.select(Commission.id)
            .where(Commission.status == CommissionStatus.PENDING, Commission.due_at <= clock.now())
            .order_by(Commission.distributor_id, Commission.id)
            .limit(limit)
        )
    )
    db.session.commit()  # ends the read; each batch is a transaction of its own
    return in_batches(_settle, due, size=size, what="distribution: settlement of commissions")


def _settle(commission_ids: Sequence[int]) -> int:
    behind: set[str] = set()
    with transaction():
        rows = _hold(commission_ids)
        orders = mall.standings(list({row.order_no for row in rows}))
        ready = []
        for row in rows:
            standing = orders[row.order_no]
            if not _is_followed(row, standing):
                behind.add(row.order_no)
            elif not standing.is_refunding:
                ready.append(row)
        _make_available(ready)
    # News on its way, e.g. of a refund: it is not waited for, and what is then still due is settled next time.
    each_apart(_follow, sorted(behind), what="distribution: following an order")
    return len(ready)


def _hold(commission_ids: Sequence[int]) -> Sequence[Any]:
    """Hold the rows of these in the order of their keys, and return those that still are to be settled."""
    columns = (
        Commission.id,
        Commission.order_no,
        Commission.order_line_id,
        Commission.distributor_id,
        Commission.level,
        Commission.amount_fen,
        Commission.refunded_fen,
        Commission.reversed_fen,
        Commission.status,
        Commission.done_at,
        Commission.due_at,
    )
    # By their keys alone: another condition might let the database hold them in another order, or more of them.
    statement = sa.select(*columns).where(Commission.id.in_(commission_ids)).order_by(Commission.id)
    rows, now = db.session.execute(statement.with_for_update()).all(), clock.now()
    return [row for row in rows if row.status is CommissionStatus.PENDING and row.due_at and row.due_at <= now]


def _is_followed(row: Any, standing: Standing) -> bool:
    """Whether a commission is where its order is: nothing of it is still to be heard."""
    back_fen = standing.refunded_fen.get(row.order_line_id, 0)
    return bool(row.done_at == standing.done_at and row.refunded_fen == back_fen)


def _follow(order_no: str) -> int:
    follow_order(order_no)
    return 1


def _make_available(rows: Sequence[Any]) -> None:
    if not rows:
        return
    now, ids = clock.now(), [row.id for row in rows]
    COMMISSION.move_all(
        Commission,
        ids,
        old=CommissionStatus.PENDING,
        new=CommissionStatus.AVAILABLE,
        by=BY,
        why="等待期已满",
        available_at=now,
    )
    people = {row.distributor_id for row in rows}
    pending, available = kinds.pending_accounts(people), kinds.available_accounts(people)
    earned: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    moves = []
    for row in rows:
        if fen := row.amount_fen - row.reversed_fen:
            payer_id, payee_id = pending[row.distributor_id], available[row.distributor_id]
            moves.append(Asked(kinds.COMMISSION_AVAILABLE, str(row.id), payer_id, payee_id, fen, memo=row.order_no))
            earned[row.distributor_id].append((row.order_no, fen))
    sold = [row.id for row in rows if row.level is Level.SELLER]
    wallet.transfer_many([*moves, *rewarding.grant(sold)])
    users = users_of(set(earned))
    for distributor_id, parts in earned.items():
        tell_commission(
            users[distributor_id],
            order_no=_named([order_no for order_no, _ in parts]),
            amount_fen=sum(fen for _, fen in parts),
            status=CommissionStatus.AVAILABLE.label,
            at=now,
        )


def _named(order_nos: Sequence[str]) -> str:
    """Return how orders are told together: templates of WeChat allow no Chinese in a number."""
    different = list(dict.fromkeys(order_nos))
    return different[0] + (f"(+{len(different) - 1})" if len(different) > 1 else "")
