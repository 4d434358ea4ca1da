"""The invariants of the ledger, each with a name; source: reliability 1.1. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.wallet.house import house_account
from wxapp.wallet.models import Account, Closing, CounterMovement, CounterStatus, Movement, Transfer
from wxapp.wallet.queries import booked_on
from wxapp.wallet.rules import chain_hash
from wxapp.wallet.services.closings import BOOK, lines_of

_SHOWN = 20


@dataclass(frozen=True)
class Check:
    """One invariant with what speaks against it."""

    name: str
    label: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems

    @property
    def text(self) -> str:
        return "；".join((self.label, *self.problems))


def invariants() -> list[Check]:
    """Recompute every invariant of the ledger. Each statement sees one state of the tables."""
    checks: list[tuple[str, str, Callable[[], Iterable[str]]]] = [
        ("ledger.transfers_whole", "每笔转账都有两个不同账户和正的金额", _broken_transfers),
        ("ledger.balances", "账户余额等于其全部转账之和", _wrong_balances),
        ("ledger.floors", "没有账户低于其下限", _below_floor),
        ("ledger.once", "同一业务事件只记账一次", _booked_twice),
        ("ledger.after", "转账后余额与账户余额一致", _wrong_after),
        ("ledger.closings", "每日结账与转账一致，历史记录未被改动", _wrong_closings),
        ("ledger.pay_back", "退储值在途等于待审核的退储值", _wrong_pay_back),
    ]
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _broken_transfers() -> Iterable[str]:
    payer, payee = sa.orm.aliased(Account), sa.orm.aliased(Account)
    rows = db.session.execute(
        sa.select(Transfer.id)
        .outerjoin(payer, payer.id == Transfer.payer_id)
        .outerjoin(payee, payee.id == Transfer.payee_id)
        .where(
            sa.or_(
                payer.id.is_(None), payee.id.is_(None), Transfer.amount_fen <= 0, Transfer.payer_id == Transfer.payee_id
            )
        )
        .limit(_SHOWN)
    )
    return [f"转账 {row.id}" for row in rows]


def _wrong_balances() -> Iterable[str]:
    received = sa.select(Transfer.payee_id, sa.func.sum(Transfer.amount_fen).label("fen")).group_by(Transfer.payee_id)
    paid = sa.select(Transfer.payer_id, sa.func.sum(Transfer.amount_fen).label("fen")).group_by(Transfer.payer_id)
    came, went = received.subquery(), paid.subquery()
    recomputed = sa.func.coalesce(came.c.fen, 0) - sa.func.coalesce(went.c.fen, 0)
    rows = db.session.execute(
        sa.select(Account.id, Account.balance_fen, recomputed.label("recomputed"))
        .outerjoin(came, came.c.payee_id == Account.id)
        .outerjoin(went, went.c.payer_id == Account.id)
        .where(Account.balance_fen.is_not(None), Account.balance_fen != recomputed)
        .limit(_SHOWN)
    )
    return [f"账户 {row.id}：余额 {yuan(row.balance_fen)}，重算 {yuan(int(row.recomputed))}" for row in rows]


def _below_floor() -> Iterable[str]:
    rows = db.session.execute(
        sa.select(Account.id, Account.balance_fen).where(Account.balance_fen < Account.floor_fen).limit(_SHOWN)
    )
    return [f"账户 {row.id}：{yuan(row.balance_fen)}" for row in rows]


def _booked_twice() -> Iterable[str]:
    rows = db.session.execute(
        sa.select(Transfer.kind, Transfer.source)
        .group_by(Transfer.kind, Transfer.source)
        .having(sa.func.count() > 1)
        .limit(_SHOWN)
    )
    return [f"{row.kind} {row.source}" for row in rows]


def _wrong_after() -> Iterable[str]:
    legs = sa.union_all(
        sa.select(
            Transfer.payer_id.label("account_id"), Transfer.id.label("id"), Transfer.payer_after_fen.label("after")
        ),
        sa.select(Transfer.payee_id, Transfer.id, Transfer.payee_after_fen),
    ).subquery()
    last = sa.select(legs.c.account_id, sa.func.max(legs.c.id).label("id")).group_by(legs.c.account_id).subquery()
    rows = db.session.execute(
        sa.select(Account.id, Account.balance_fen, legs.c.after)
        .join(last, last.c.account_id == Account.id)
        .join(legs, sa.and_(legs.c.account_id == last.c.account_id, legs.c.id == last.c.id))
        .where(Account.balance_fen.is_not(None), sa.or_(legs.c.after.is_(None), legs.c.after != Account.balance_fen))
        .limit(_SHOWN)
    )
    return [f"账户 {row.id}：末笔后 {row.after}，余额 {row.balance_fen}" for row in rows]


def _wrong_closings() -> Iterable[str]:
    before = ""
    for closing in db.session.scalars(sa.select(Closing).where(Closing.account_id == BOOK).order_by(Closing.day)):
        lines = lines_of(closing.day)
        if closing.hash != chain_hash(before, lines) or closing.transfers != len(lines):
            return [f"{closing.day} 的转账与当日结账不符"]
        before = closing.hash
    return []


def _wrong_pay_back() -> Iterable[str]:
    asked = (
        sa.select(sa.func.coalesce(sa.func.sum(CounterMovement.amount_fen), 0))
        .where(CounterMovement.movement == Movement.PAY_BACK, CounterMovement.status == CounterStatus.REQUESTED)
        .scalar_subquery()
    )
    row = db.session.execute(sa.select(asked, booked_on(house_account("clearing.pay_back")))).one()
    waiting, balance = (int(fen) for fen in row)
    return [] if balance == waiting else [f"在途 {yuan(balance)}，待审核 {yuan(waiting)}"]
