"""Reads of withdrawals: the terms that hold now, one's own, the staff's list and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.distribution import settings
from wxapp.distribution.kinds import AVAILABLE_ACCOUNT, PENDING_ACCOUNT
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal, WithdrawalStatus
from wxapp.distribution.queries import people
from wxapp.distribution.rules.withdrawing import Conditions
from wxapp.distribution.states import OPEN_WITHDRAWALS
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.wallet.models import Account

SUBJECT = "withdrawal"
"""What payments call our withdrawals."""

PAGE = 20
W = WithdrawalStatus
NOT_COUNTED = (W.REJECTED,)
"""What uses up none of a day's withdrawals: people have said no to it, so the next try is not the distributor's whim.
What was taken back or failed counts; else one could ask for ever."""


def conditions() -> Conditions:
    """Return on what terms money may be taken out now."""
    return Conditions(
        least_fen=settings.WITHDRAWAL_LEAST(),
        most_fen=settings.WITHDRAWAL_MOST(),
        per_day=settings.WITHDRAWALS_PER_DAY(),
        fee_bp=settings.WITHDRAWAL_FEE(),
        tax_bp=settings.WITHDRAWAL_TAX(),
        is_reviewed=settings.REVIEW_WITHDRAWALS(),
    )


def conditions_of(distributor: Distributor) -> Conditions:
    """Return on what terms a distributor may take money out now: who has left also what is below the least amount."""
    terms = conditions()
    return terms.for_who_left() if distributor.status in _HAS_LEFT else terms


_HAS_LEFT = (DistributorStatus.CLOSED, DistributorStatus.REFUSED)


def available_fen(distributor_id: int) -> int:
    """Return what a distributor can take out; negative is a debt."""
    return db.session.scalar(_AVAILABLE.where(Account.owner_id == distributor_id)) or 0


_AVAILABLE = sa.select(Account.balance_fen).where(Account.kind == AVAILABLE_ACCOUNT)


def get_withdrawal(no: str) -> Withdrawal:
    row = db.session.scalars(sa.select(Withdrawal).where(Withdrawal.no == no)).one_or_none()
    if row is None:
        raise NotFound
    return row


def own_withdrawal(distributor_id: int, no: str) -> Withdrawal:
    """:raises NotFound: no such withdrawal, or another's: the answer does not tell which"""
    row = get_withdrawal(no)
    if row.distributor_id != distributor_id:
        raise NotFound
    return row


def count_on(distributor_id: int, day: date) -> int:
    """Return how many of the day's withdrawals a distributor has used up."""
    statement = sa.select(sa.func.count()).where(
        Withdrawal.distributor_id == distributor_id, Withdrawal.day == day, Withdrawal.status.not_in(NOT_COUNTED)
    )
    return int(db.session.scalars(statement).one())


def withdrawals_of(distributor_id: int, *, page: int = 1) -> tuple[list[Withdrawal], bool]:
    """Return one page of a distributor's withdrawals, the latest first, and whether there are more."""
    mine = sa.select(Withdrawal).where(Withdrawal.distributor_id == distributor_id).order_by(Withdrawal.id.desc())
    rows = list(db.session.scalars(mine.offset((page - 1) * PAGE).limit(PAGE + 1)))
    return rows[:PAGE], len(rows) > PAGE


def has_withdrawn(distributor_id: int) -> bool:
    """Whether there are withdrawals to look at."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Withdrawal.distributor_id == distributor_id))))


def to_confirm(distributor_id: int) -> list[Withdrawal]:
    """Return what waits for the distributor's own confirmation, the oldest first."""
    mine = sa.select(Withdrawal).where(Withdrawal.distributor_id == distributor_id, Withdrawal.status == W.CONFIRMING)
    return list(db.session.scalars(mine.order_by(Withdrawal.id).limit(PAGE)))


# --- for staff -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """So many withdrawals of so much."""

    count: int
    amount_fen: int


@dataclass(frozen=True)
class Totals:
    """What the staff's list shows above itself."""

    waiting: Sum
    under_way: Sum
    confirming: Sum
    paid_today: Sum


def totals() -> Totals:
    """Return what waits, is under way and was paid today, with one question."""
    start, end = clock.day_bounds(clock.today())
    wanted = (
        Withdrawal.status == W.REQUESTED,
        Withdrawal.status == W.APPROVED,
        Withdrawal.status == W.CONFIRMING,
        sa.and_(Withdrawal.status == W.PAID, Withdrawal.ended_at >= start, Withdrawal.ended_at < end),
    )
    asked = [
        column
        for condition in wanted
        for column in (
            sa.select(sa.func.count()).where(condition).scalar_subquery(),
            sa.select(sa.func.coalesce(sa.func.sum(Withdrawal.amount_fen), 0)).where(condition).scalar_subquery(),
        )
    ]
    found = [int(value) for value in db.session.execute(sa.select(*asked)).one()]
    return Totals(*(Sum(*found[at : at + 2]) for at in range(0, len(found), 2)))


def waiting() -> sa.ScalarSelect[int]:
    """Select how many withdrawals wait for somebody's decision."""
    return sa.select(sa.func.count()).where(Withdrawal.status == W.REQUESTED).scalar_subquery()


def to_be_paid() -> sa.ScalarSelect[int]:
    """Select how many approved withdrawals somebody has to see to: paid by hand, or not taken by WeChat so far."""
    is_theirs = sa.or_(Payout.next_try_at.is_(None), Payout.last_error != "")
    approved = sa.select(sa.func.count()).select_from(Withdrawal).join(Payout, Payout.no == Withdrawal.payout_no)
    approved = approved.where(Withdrawal.status == W.APPROVED, Payout.status == PayoutStatus.QUEUED, is_theirs)
    return approved.scalar_subquery()


def figures_of(distributor_id: int) -> dict[W, Sum]:
    """Return how many withdrawals of how much a distributor has in each state."""
    rows = db.session.execute(
        sa.select(Withdrawal.status, sa.func.count(), sa.func.sum(Withdrawal.amount_fen))
        .where(Withdrawal.distributor_id == distributor_id)
        .group_by(Withdrawal.status)
    )
    return dict.fromkeys(W, Sum(0, 0)) | {status: Sum(count, int(fen)) for status, count, fen in rows}


def on_its_way_fen(distributor_id: int) -> int:
    """Return what a distributor has asked for and neither has nor got back."""
    return int(db.session.scalars(_on_its_way(distributor_id)).one())


def _on_its_way(distributor_id: int) -> sa.Select[Any]:
    mine = sa.select(sa.func.coalesce(sa.func.sum(Withdrawal.amount_fen), 0))
    return mine.where(Withdrawal.distributor_id == distributor_id, Withdrawal.status.in_(OPEN_WITHDRAWALS))


@dataclass(frozen=True)
class Standing:
    """What a distributor has, and what is on its way out; zero for accounts that were never opened."""

    available_fen: int
    pending_fen: int
    on_its_way_fen: int


def standing_of(distributor_id: int) -> Standing:
    """Return a distributor's money with one question."""
    balances = [
        sa.select(Account.balance_fen).where(Account.kind == kind, Account.owner_id == distributor_id)
        for kind in (AVAILABLE_ACCOUNT, PENDING_ACCOUNT)
    ]
    wanted = sa.select(*(one.scalar_subquery() for one in (*balances, _on_its_way(distributor_id))))
    return Standing(*(int(fen or 0) for fen in db.session.execute(wanted).one()))


def withdrawals_for_staff(
    *, q: str, status: str, since: date | None, until: date | None, paid_since: date | None, paid_until: date | None
) -> sa.Select[Any]:
    """Return withdrawals; ``q`` is a number, or a distributor's whole name, phone or invitation code."""
    wanted: Any = sa.select(Withdrawal)
    if q:
        whose = sa.select(Distributor.id).where(people.found_by(q))
        wanted = wanted.where(
            sa.or_(Withdrawal.no == q, Withdrawal.payout_no == q, Withdrawal.distributor_id.in_(whose))
        )
    if status == "open":
        wanted = wanted.where(Withdrawal.status.in_(OPEN_WITHDRAWALS))
    elif status:
        wanted = wanted.where(Withdrawal.status == W(status))
    if since:
        wanted = wanted.where(Withdrawal.requested_at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(Withdrawal.requested_at < clock.day_bounds(until)[1])
    for day, is_start in ((paid_since, True), (paid_until, False)):
        if day is not None:
            at = clock.day_bounds(day)[0 if is_start else 1]
            wanted = wanted.where(
                Withdrawal.status == W.PAID, Withdrawal.ended_at >= at if is_start else Withdrawal.ended_at < at
            )
    found: sa.Select[Any] = wanted
    return found


def payouts_of(rows: list[Withdrawal]) -> dict[str, Payout]:
    """Return the payouts of these withdrawals by their number, with one question."""
    numbers = [row.payout_no for row in rows if row.payout_no]
    if not numbers:
        return {}
    return {payout.no: payout for payout in db.session.scalars(sa.select(Payout).where(Payout.no.in_(numbers)))}


def is_by_hand(payout: Payout) -> bool:
    """Whether people pay it, or have: it is never sent to WeChat."""
    return payout.way is not Method.WECHAT or (payout.status is PayoutStatus.QUEUED and payout.next_try_at is None)


def way_of(payout: Payout | None) -> str:
    """Return how a withdrawal is paid, or was; "" while nobody has decided."""
    if payout is None:
        return ""
    if not is_by_hand(payout):
        return "微信转账"
    return payout.way.label if payout.status is PayoutStatus.SUCCEEDED else "线下打款"
