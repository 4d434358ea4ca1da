"""The invariants between the till and the books, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.till.kinds import GIVEN_BACK, TAKEN
from wxapp.till.models import Deposit, DepositUse, Entry, Receipt
from wxapp.wallet.models import Transfer
from wxapp.wallet.queries import booked_on
from wxapp.wallet.services import Check, house_account

_SHOWN = 20


def invariants() -> list[Check]:
    """Recompute what receipts, entries, deposits and the ledger have to agree on."""
    checks: list[tuple[str, str, Callable[[], Iterable[str]]]] = [
        ("till.receipts", "收据净额等于其收款减冲回", _wrong_receipts),
        ("till.booked", "每笔收款恰有一笔金额相同的入账", _wrongly_booked),
        ("till.given_back", "每笔冲回的收款恰有一笔相反的入账，未冲回的没有", _wrongly_given_back),
        ("till.nothing_else", "收银的账务记录都有对应的收款", _booked_for_nothing),
        ("till.deposits", "定金余额等于已收减已抵扣", _wrong_deposits),
        ("till.deposit_books", "定金待抵扣账户等于全部定金余额", _wrong_deposit_account),
    ]
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrong_receipts() -> Iterable[str]:
    taken = _sums(Entry.receipt_id)
    voided = _sums(Entry.voided_by_receipt_id)
    net = sa.func.coalesce(taken.c.fen, 0) - sa.func.coalesce(voided.c.fen, 0)
    rows = db.session.execute(
        sa.select(Receipt.no, Receipt.net_fen, net.label("net"))
        .outerjoin(taken, taken.c.key == Receipt.id)
        .outerjoin(voided, voided.c.key == Receipt.id)
        .where(Receipt.net_fen != net)
        .limit(_SHOWN)
    )
    return [f"收据 {row.no}：净额 {yuan(row.net_fen)}，重算 {yuan(int(row.net))}" for row in rows]


def _sums(key: sa.orm.InstrumentedAttribute[int] | sa.orm.InstrumentedAttribute[int | None]) -> sa.Subquery:
    fen = sa.func.sum(Entry.amount_fen).label("fen")
    return sa.select(key.label("key"), fen).where(key.is_not(None)).group_by(key).subquery()


def _source() -> sa.ColumnElement[str]:
    """Return the source of the transfers of an entry, see ``kinds.source_of``."""
    return sa.literal("entry:").concat(sa.cast(Entry.id, sa.String(20)))


def _wrongly_booked() -> Iterable[str]:
    booked = sa.and_(Transfer.kind.in_(TAKEN), Transfer.source == _source())
    rows = db.session.execute(
        sa.select(Entry.id)
        .outerjoin(Transfer, booked)
        .group_by(Entry.id, Entry.amount_fen)
        .having(
            sa.or_(
                sa.func.count(Transfer.id) != 1,
                sa.func.coalesce(sa.func.sum(Transfer.amount_fen), 0) != Entry.amount_fen,
            )
        )
        .limit(_SHOWN)
    )
    return [f"收款 {row.id}" for row in rows]


def _wrongly_given_back() -> Iterable[str]:
    there, back = sa.orm.aliased(Transfer), sa.orm.aliased(Transfer)
    is_mirror = sa.and_(
        back.payer_id == there.payee_id, back.payee_id == there.payer_id, back.amount_fen == there.amount_fen
    )
    rows = db.session.execute(
        sa.select(Entry.id)
        .join(there, sa.and_(there.kind.in_(TAKEN), there.source == _source()))
        .outerjoin(back, sa.and_(back.kind.in_(GIVEN_BACK), back.source == _source()))
        .group_by(Entry.id, Entry.voided_at)
        .having(
            sa.or_(
                sa.func.count(back.id) != sa.case((Entry.voided_at.is_(None), 0), else_=1),
                sa.func.sum(sa.case((sa.or_(back.id.is_(None), is_mirror), 0), else_=1)) != 0,
            )
        )
        .limit(_SHOWN)
    )
    return [f"收款 {row.id}" for row in rows]


def _booked_for_nothing() -> Iterable[str]:
    rows = db.session.execute(
        sa.select(Transfer.id, Transfer.source)
        .outerjoin(Entry, _source() == Transfer.source)
        .where(Transfer.kind.in_([*TAKEN, *GIVEN_BACK]), Entry.id.is_(None))
        .limit(_SHOWN)
    )
    return [f"转账 {row.id}：{row.source}" for row in rows]


def _wrong_deposits() -> Iterable[str]:
    taken = (
        sa.select(Entry.subject, sa.func.sum(Entry.amount_fen).label("fen"))
        .where(Entry.voided_at.is_(None), Entry.subject.startswith("deposit:"))
        .group_by(Entry.subject)
        .subquery()
    )
    used = (
        sa.select(DepositUse.deposit_id, sa.func.sum(DepositUse.amount_fen).label("fen"))
        .join(Entry, Entry.id == DepositUse.entry_id)
        .where(Entry.voided_at.is_(None))
        .group_by(DepositUse.deposit_id)
        .subquery()
    )
    left = sa.func.coalesce(taken.c.fen, 0) - sa.func.coalesce(used.c.fen, 0)
    rows = db.session.execute(
        sa.select(Deposit.no, Deposit.left_fen, left.label("left"))
        .outerjoin(taken, taken.c.subject == sa.literal("deposit:").concat(sa.cast(Deposit.id, sa.String(20))))
        .outerjoin(used, used.c.deposit_id == Deposit.id)
        .where(Deposit.left_fen != left)
        .limit(_SHOWN)
    )
    return [f"定金 {row.no}：余额 {yuan(row.left_fen)}，重算 {yuan(int(row.left))}" for row in rows]


def _wrong_deposit_account() -> Iterable[str]:
    left_fen = sa.select(sa.func.coalesce(sa.func.sum(Deposit.left_fen), 0)).scalar_subquery()
    # One statement: between two of them somebody may take a deposit.
    row = db.session.execute(sa.select(left_fen, booked_on(house_account("liability.deposit")))).one()
    left, balance = (int(fen) for fen in row)
    return [] if balance == left else [f"账户 {yuan(balance)}，定金余额 {yuan(left)}"]
