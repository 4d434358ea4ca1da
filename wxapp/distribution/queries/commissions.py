"""The staff's lists of commissions and rewards, their sums, and the transfers behind one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name
from wxapp.distribution import kinds
from wxapp.distribution.models import (
    Attribution,
    AttributionWay,
    Commission,
    CommissionStatus,
    Distributor,
    Level,
    Reversal,
    Reward,
    RewardStatus,
    TermsWay,
)
from wxapp.distribution.queries import people
from wxapp.payments.kinds import PAYOUT_PAID
from wxapp.wallet.house import HOUSE_BY_ID, is_house
from wxapp.wallet.kinds import label_of
from wxapp.wallet.models import Account, Transfer


def commissions_for_staff(
    *, q: str, order_no: str, level: str, status: str, since: date | None, until: date | None
) -> sa.Select[Any]:
    """Return commissions; ``q`` is a distributor's whole name or phone, or an invitation code."""
    wanted: Any = sa.select(Commission)
    if q:
        wanted = wanted.where(Commission.distributor_id.in_(sa.select(Distributor.id).where(people.found_by(q))))
    if order_no:
        wanted = wanted.where(Commission.order_no == order_no)
    if level:
        wanted = wanted.where(Commission.level == Level(level))
    if status:
        wanted = wanted.where(Commission.status == CommissionStatus(status))
    if since:
        wanted = wanted.where(Commission.placed_at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(Commission.placed_at < clock.day_bounds(until)[1])
    found: sa.Select[Any] = wanted
    return found


@dataclass(frozen=True)
class Sums:
    """What a list of commissions comes to. What was not paid for, or came to nothing, is in ``count`` only."""

    count: int
    placed_fen: int
    booked_fen: int
    reversed_fen: int
    pending_fen: int
    available_fen: int


def sums_of(statement: sa.Select[Any]) -> Sums:
    """Add up the commissions that a statement selects, with one question."""
    left = Commission.amount_fen - Commission.reversed_fen

    def total(amount: Any, *statuses: CommissionStatus) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((Commission.status.in_(statuses), amount), else_=0)), 0)

    row = db.session.execute(
        statement.order_by(None).with_only_columns(
            sa.func.count(),
            total(Commission.frozen_fen, CommissionStatus.PLACED),
            sa.func.coalesce(sa.func.sum(Commission.amount_fen), 0),
            sa.func.coalesce(sa.func.sum(Commission.reversed_fen), 0),
            total(left, CommissionStatus.PENDING),
            total(left, CommissionStatus.AVAILABLE),
            maintain_column_froms=True,
        )
    ).one()
    return Sums(*map(int, row))


@dataclass(frozen=True)
class CommissionRow:
    """A commission as the staff's list shows it, the distributor's name masked."""

    id: int
    order_no: str
    goods: str
    distributor_id: int
    distributor: str
    code: str
    level: Level
    way: AttributionWay
    terms_way: TermsWay
    rate: int
    line_fen: int
    frozen_fen: int
    amount_fen: int
    reversed_fen: int
    status: CommissionStatus
    placed_at: datetime
    due_at: datetime | None
    available_at: datetime | None


def commission_rows(rows: Sequence[Commission]) -> list[CommissionRow]:
    """Add goods and distributors to commissions, with one question for each."""
    names = people.persons(row.distributor_id for row in rows)
    wanted = sa.select(Attribution).where(Attribution.id.in_([row.attribution_id for row in rows]))
    lines = {line.id: line for line in db.session.scalars(wanted)} if rows else {}
    found = []
    for row in rows:
        line, person = lines[row.attribution_id], names[row.distributor_id]
        found.append(
            CommissionRow(
                id=row.id,
                order_no=row.order_no,
                goods=f"{line.goods_name} ×{line.quantity}",
                distributor_id=person.id,
                distributor=masked_name(person.name),
                code=person.code,
                level=row.level,
                way=line.way,
                terms_way=row.way,
                rate=row.rate,
                line_fen=row.line_fen,
                frozen_fen=row.frozen_fen,
                amount_fen=row.amount_fen,
                reversed_fen=row.reversed_fen,
                status=row.status,
                placed_at=row.placed_at,
                due_at=row.due_at,
                available_at=row.available_at,
            )
        )
    return found


# --- rewards ---------------------------------------------------------------------------------------------------------


def rewards_for_staff(*, q: str, status: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return rewards; ``q`` is the inviter's whole name or phone, or an invitation code."""
    wanted: Any = sa.select(Reward)
    if q:
        wanted = wanted.where(Reward.distributor_id.in_(sa.select(Distributor.id).where(people.found_by(q))))
    if status:
        wanted = wanted.where(Reward.status == RewardStatus(status))
    if since:
        wanted = wanted.where(Reward.at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(Reward.at < clock.day_bounds(until)[1])
    found: sa.Select[Any] = wanted
    return found


def reward_of_commission(commission_id: int) -> Reward | None:
    """Return the reward that a sale of an invited distributor brought the inviter."""
    return db.session.scalars(sa.select(Reward).where(Reward.commission_id == commission_id).limit(1)).one_or_none()


# --- the books -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Booking:
    """A transfer with its two accounts in words."""

    id: int
    at: datetime
    label: str
    payer: str
    payee: str
    amount_fen: int
    source: str


def bookings_of_commission(commission_id: int, reversals: Sequence[Reversal]) -> list[Booking]:
    """Return the transfers of a commission, the oldest first."""
    sources = [f"{commission_id}:{one.refunded_fen}" for one in reversals]
    return _bookings(
        sa.or_(
            sa.and_(
                Transfer.kind.in_((kinds.COMMISSION_PENDING, kinds.COMMISSION_AVAILABLE)),
                Transfer.source == str(commission_id),
            ),
            sa.and_(Transfer.kind == kinds.COMMISSION_REVERSED, Transfer.source.in_(sources)),
        )
    )


def bookings_of_reward(reward_id: int) -> list[Booking]:
    """Return the transfers of a reward, the oldest first."""
    return _bookings(
        sa.and_(Transfer.kind.in_((kinds.REWARD, kinds.REWARD_REVERSED)), Transfer.source == str(reward_id))
    )


def bookings_of_withdrawal(no: str, payout_no: str) -> list[Booking]:
    """Return the transfers of a withdrawal and its payout, the oldest first."""
    its_own = (kinds.WITHDRAWAL, kinds.WITHDRAWAL_VOID, kinds.WITHDRAWAL_FEE, kinds.WITHDRAWAL_TAX)
    return _bookings(
        sa.or_(
            sa.and_(Transfer.kind.in_(its_own), Transfer.source == no),
            sa.and_(Transfer.kind == PAYOUT_PAID, Transfer.source == payout_no),
        )
    )


def _bookings(condition: sa.ColumnElement[bool]) -> list[Booking]:
    rows = db.session.scalars(sa.select(Transfer).where(condition).order_by(Transfer.id)).all()
    numbers = {number for row in rows for number in (row.payer_id, row.payee_id) if not is_house(number)}
    owned = sa.select(Account.id, Account.kind).where(Account.id.in_(numbers))
    names = {number: _ACCOUNTS.get(kind, kind) for number, kind in db.session.execute(owned)} if numbers else {}
    names |= {number: house.label for number, house in HOUSE_BY_ID.items()}
    return [
        Booking(
            row.id, row.at, label_of(row.kind), names[row.payer_id], names[row.payee_id], row.amount_fen, row.source
        )
        for row in rows
    ]


_ACCOUNTS = {kinds.PENDING_ACCOUNT: "分销员待结算账户", kinds.AVAILABLE_ACCOUNT: "分销员可提现账户"}
