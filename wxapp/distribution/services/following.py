"""Commissions follow their order: booked when it is paid, reversed as money goes back, due after it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from wxapp.core import actors, clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Stale
from wxapp.distribution import kinds
from wxapp.distribution.messages import tell_commission
from wxapp.distribution.models import Commission, Distributor, Reversal
from wxapp.distribution.models import CommissionStatus as C
from wxapp.distribution.rules import following as rules
from wxapp.distribution.services import rewarding
from wxapp.distribution.services.month_limit import count_in_month
from wxapp.distribution.services.rewarding import HOUSE
from wxapp.distribution.states import COMMISSION
from wxapp.mall import queries as mall
from wxapp.mall.queries import Standing
from wxapp.wallet import services as wallet
from wxapp.wallet.services import Asked

BY = actors.system("distribution")


def follow_order(order_no: str) -> None:
    """Bring the commissions of an order to where the order is, whatever was heard of it and in which order.

    The order's commissions are held first, and then the mall is asked what has been committed: of two who follow the
    same order at once the later one sees the later truth. Following an order that has not moved changes nothing.
    """
    with transaction():
        if not (rows := _hold(order_no)):
            return
        standing = mall.standings([order_no]).get(order_no)
        if standing is not None:
            _Following(order_no, rows).follow(standing)


def _hold(order_no: str) -> Sequence[Commission]:
    """Return an order's commissions with their rows held, in the order in which everybody holds them."""
    statement = sa.select(Commission).where(Commission.order_no == order_no).order_by(Commission.id)
    return db.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()


@dataclass
class _Following:
    """One order's commissions on their way, and what has to be booked and told for it in the end."""

    order_no: str
    rows: Sequence[Commission]
    now: datetime = field(default_factory=clock.now)
    moves: list[Asked] = field(default_factory=list)
    booked_fen: Counter[int] = field(default_factory=Counter)
    reversed_fen: Counter[int] = field(default_factory=Counter)
    undone_sales: list[int] = field(default_factory=list)

    def follow(self, standing: Standing) -> None:
        people = {row.distributor_id for row in self.rows}
        self.house = wallet.house_account(HOUSE)
        self.pending, self.available = kinds.pending_accounts(people), kinds.available_accounts(people)
        # By distributor: the totals of months are rows that other orders wait for.
        for row in sorted(self.rows, key=lambda row: (row.distributor_id, row.id)):
            if standing.is_paid:
                self._book(row)
            elif standing.is_closed and row.status is C.PLACED:
                COMMISSION.move(row, C.VOID, by=BY, why="订单已关闭", ended_at=self.now)
            self._reverse(row, standing.refunded_fen.get(row.order_line_id, 0))
            self._wait(row, standing.done_at)
        wallet.transfer_many([*self.moves, *rewarding.take_back(self.undone_sales)])
        self._tell()

    def _book(self, row: Commission) -> None:
        if row.status not in {C.PLACED, C.VOID}:
            return
        amount_fen = count_in_month(row.distributor_id, row.frozen_fen)
        why = "订单已付款" if amount_fen == row.frozen_fen else "订单已付款，超出每月上限的部分不计"
        COMMISSION.move(row, C.PENDING, by=BY, why=why, amount_fen=amount_fen, pending_at=self.now, ended_at=None)
        self._move(kinds.COMMISSION_PENDING, str(row.id), self.house, self.pending[row.distributor_id], amount_fen)
        self.booked_fen[row.distributor_id] += amount_fen

    def _reverse(self, row: Commission, refunded_fen: int) -> None:
        if row.status not in {C.PENDING, C.AVAILABLE} or refunded_fen <= row.refunded_fen:
            return
        due_fen = rules.reversal_due(
            row.amount_fen, line_fen=row.line_fen, refunded_fen=refunded_fen, reversed_fen=row.reversed_fen
        )
        was_available = row.status is C.AVAILABLE
        reversed_fen = row.reversed_fen + due_fen
        values = {"refunded_fen": refunded_fen, "reversed_fen": reversed_fen}
        if refunded_fen == row.line_fen or (due_fen and reversed_fen == row.amount_fen):
            COMMISSION.move(row, C.REVERSED, by=BY, why="订单退款", ended_at=self.now, **values)
            self.undone_sales.append(row.id)
        else:
            self._change(row, **values)
        if not due_fen:
            return
        insert_row(
            Reversal,
            commission_id=row.id,
            distributor_id=row.distributor_id,
            order_no=row.order_no,
            refunded_fen=refunded_fen,
            amount_fen=due_fen,
            was_available=was_available,
            at=self.now,
        )
        payers = self.available if was_available else self.pending
        source = f"{row.id}:{refunded_fen}"
        self._move(kinds.COMMISSION_REVERSED, source, payers[row.distributor_id], self.house, due_fen)
        self.reversed_fen[row.distributor_id] += due_fen

    def _wait(self, row: Commission, done_at: datetime | None) -> None:
        """Note since when the order is done, or that it is not any more, as long as nothing has come of that."""
        if row.status is not C.PENDING or row.done_at == done_at:
            return
        self._change(row, done_at=done_at, due_at=rules.due_at(done_at, wait_days=row.wait_days))

    @staticmethod
    def _change(row: Commission, **values: Any) -> None:
        """Change a commission that stays in its status.

        :raises Stale: it is not as it was read: it was not held
        """
        seen = Commission.status == row.status, Commission.refunded_fen == row.refunded_fen
        if not change(sa.update(Commission).where(Commission.id == row.id, *seen).values(values)):
            raise Stale
        for name, value in values.items():
            set_committed_value(row, name, value)

    def _move(self, kind: str, source: str, payer_id: int, payee_id: int, fen: int) -> None:
        if fen:  # a month's limit may leave nothing
            self.moves.append(Asked(kind, source, payer_id, payee_id, fen, memo=self.order_no))

    def _tell(self) -> None:
        """Tell each distributor once of all lines together."""
        told = [
            (distributor_id, fen, status.label)
            for fens, status in ((self.booked_fen, C.PENDING), (self.reversed_fen, C.REVERSED))
            for distributor_id, fen in fens.items()
            if fen
        ]
        users = users_of({distributor_id for distributor_id, _, _ in told})
        for distributor_id, fen, status in told:
            tell_commission(users[distributor_id], order_no=self.order_no, amount_fen=fen, status=status, at=self.now)


def users_of(distributor_ids: set[int]) -> dict[int, int]:
    """Return the WeChat users behind these distributors."""
    if not distributor_ids:
        return {}
    wanted = sa.select(Distributor.id, Distributor.wechat_user_id).where(Distributor.id.in_(distributor_ids))
    return dict(db.session.execute(wanted).all())
