"""What patients see of their own visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.patients.models import Binding, BindingStatus
from wxapp.till.models import Deposit, Entry, Receipt
from wxapp.visits.models import QuoteLine, Stage, Visit
from wxapp.visits.rules.subjects import subject_of

PER_PAGE = 20
ACCEPTED = frozenset({Stage.APPROVED, Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE, Stage.LEFT})
"""From here on the price is decided; before that a quote is between the consultant and the reviewer."""


def visits_of(patient_id: int, *, page: int) -> tuple[Sequence[Visit], bool]:
    """Return a page of the patient's visits, the newest first, and whether there are more."""
    wanted = sa.select(Visit).where(Visit.patient_id == patient_id).order_by(Visit.id.desc())
    found = db.session.scalars(wanted.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return found[:PER_PAGE], len(found) > PER_PAGE


def own_visit(user_id: int, visit_no: str) -> Visit:
    """Return a visit of a patient whom this WeChat user has bound.

    :raises NotFound: no such visit, or somebody else's: the answer does not tell which
    """
    wanted = (
        sa.select(Visit)
        .join(Binding, Binding.patient_id == Visit.patient_id)
        .where(Visit.visit_no == visit_no, Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
    )
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found


def accepted_lines(visit: Visit) -> Sequence[QuoteLine]:
    """Return the projects of the quote whose price is decided; none before."""
    if visit.quote_id is None or visit.stage not in ACCEPTED:
        return []
    wanted = sa.select(QuoteLine).where(QuoteLine.quote_id == visit.quote_id).order_by(QuoteLine.position)
    return db.session.scalars(wanted).all()


@dataclass(frozen=True)
class OwnReceipt:
    """A receipt with what was paid by which method."""

    receipt: Receipt
    entries: Sequence[Entry]


def receipts_of_visits(visit_ids: Sequence[int]) -> Mapping[int, list[OwnReceipt]]:
    """Return the receipts of visits and of deposits taken for them, oldest first, with three questions."""
    visit_of = {subject_of(visit_id): visit_id for visit_id in visit_ids}
    if not visit_of:
        return {}
    deposits = sa.select(Deposit.id, Deposit.subject).where(Deposit.subject.in_(visit_of))
    visit_of |= {f"deposit:{row.id}": visit_of[row.subject] for row in db.session.execute(deposits)}
    wanted = sa.select(Receipt).where(Receipt.subject.in_(visit_of)).order_by(Receipt.id)
    receipts = db.session.scalars(wanted).all()
    entries: dict[int, list[Entry]] = defaultdict(list)
    those = sa.select(Entry).where(Entry.receipt_id.in_([one.id for one in receipts])).order_by(Entry.id)
    for entry in db.session.scalars(those) if receipts else ():
        entries[entry.receipt_id].append(entry)
    found: dict[int, list[OwnReceipt]] = defaultdict(list)
    for one in receipts:
        found[visit_of[one.subject]].append(OwnReceipt(one, entries[one.id]))
    return found
