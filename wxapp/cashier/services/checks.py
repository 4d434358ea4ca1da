"""The invariants between visits, their payments and their loans, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.hospital.models import MethodKind
from wxapp.loans.models import Instalment, Loan, LoanStatus
from wxapp.till.models import Entry
from wxapp.visits.models import Stage, Visit
from wxapp.visits.rules.subjects import KIND
from wxapp.wallet.queries import booked_on
from wxapp.wallet.services import Check, house_account

_SHOWN = 20
_LOANS = [kind for kind in MethodKind if kind.is_loan]
_OPEN = (Stage.COLLECT_AGAIN,)


def invariants() -> list[Check]:
    """Recompute what visits, the till, loans and the ledger have to agree on."""
    checks: list[tuple[str, str, Callable[[], Iterable[str]]]] = [
        ("cashier.collected", "到院单的已收金额等于其有效收款之和", _wrongly_collected),
        ("cashier.settled", "已收银的到院单收款等于最终价", _not_settled),
        ("cashier.loans", "每笔贷款付款恰有一笔金额相同的有效贷款，反之亦然", _wrong_loans),
        ("cashier.schedules", "每笔贷款的分期之和等于贷款金额", _wrong_schedules),
        ("cashier.receivable", "分期贷款应收等于未还的有效贷款", _wrong_receivable),
    ]
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrongly_collected() -> Iterable[str]:
    booked = (
        sa.select(Entry.subject, sa.func.sum(Entry.amount_fen).label("fen"))
        .where(Entry.voided_at.is_(None), Entry.subject.startswith(f"{KIND}:"))
        .group_by(Entry.subject)
        .subquery()
    )
    fen = sa.func.coalesce(booked.c.fen, 0)
    rows = db.session.execute(
        sa.select(Visit.visit_no, Visit.collected_fen, fen.label("fen"))
        .outerjoin(booked, booked.c.subject == sa.literal(f"{KIND}:").concat(sa.cast(Visit.id, sa.String(20))))
        .where(Visit.collected_fen != fen)
        .limit(_SHOWN)
    )
    return [f"到院单 {row.visit_no}：已收 {yuan(row.collected_fen)}，收款 {yuan(int(row.fen))}" for row in rows]


def _not_settled() -> Iterable[str]:
    rows = db.session.execute(
        sa.select(Visit.visit_no, Visit.collected_fen, Visit.final_fen)
        .where(
            sa.or_(
                sa.and_(
                    Visit.is_collected,
                    Visit.stage.not_in(_OPEN),
                    Visit.collected_fen != sa.func.coalesce(Visit.final_fen, -1),
                ),
                sa.and_(Visit.is_collected.is_(False), Visit.collected_fen != 0),
            )
        )
        .limit(_SHOWN)
    )
    return [f"到院单 {row.visit_no}：已收 {yuan(row.collected_fen)}，最终价 {yuan(row.final_fen or 0)}" for row in rows]


def _wrong_loans() -> Iterable[str]:
    counts = sa.and_(Loan.entry_id == Entry.id, Loan.status != LoanStatus.VOIDED)
    without = (
        sa.select(Entry.id)
        .outerjoin(Loan, counts)
        .where(
            Entry.voided_at.is_(None),
            Entry.kind.in_(_LOANS),
            sa.or_(Loan.id.is_(None), Loan.amount_fen != Entry.amount_fen),
        )
        .limit(_SHOWN)
    )
    for_nothing = (
        sa.select(Loan.id)
        .join(Entry, Entry.id == Loan.entry_id)
        .where(Loan.status != LoanStatus.VOIDED, Entry.voided_at.is_not(None))
        .limit(_SHOWN)
    )
    yield from (f"收款 {entry_id} 没有对应的贷款" for entry_id in db.session.scalars(without))
    yield from (f"贷款 {loan_id} 的收款已冲回" for loan_id in db.session.scalars(for_nothing))


def _wrong_schedules() -> Iterable[str]:
    dues = (
        sa.select(Instalment.loan_id, sa.func.sum(Instalment.amount_fen).label("fen"), sa.func.count().label("periods"))
        .group_by(Instalment.loan_id)
        .subquery()
    )
    rows = db.session.scalars(
        sa.select(Loan.id)
        .outerjoin(dues, dues.c.loan_id == Loan.id)
        .where(
            sa.or_(
                sa.func.coalesce(dues.c.fen, 0) != Loan.amount_fen,
                sa.func.coalesce(dues.c.periods, 0) != Loan.periods,
            )
        )
        .limit(_SHOWN)
    )
    return [f"贷款 {loan_id}" for loan_id in rows]


def _wrong_receivable() -> Iterable[str]:
    owed = sa.func.coalesce(sa.func.sum(Loan.amount_fen - Loan.repaid_fen), 0)
    lent_fen = sa.select(owed).where(Loan.status != LoanStatus.VOIDED).scalar_subquery()
    # One statement: between two of them somebody may take a loan.
    row = db.session.execute(sa.select(lent_fen, booked_on(house_account("receivable.loan")))).one()
    lent, balance = int(row[0]), -int(row[1])
    return [] if balance == lent else [f"账户 {yuan(balance)}，未还贷款 {yuan(lent)}"]
