"""Collecting for visits (收银), changing what was collected (变更), and collecting again (再次收银).

Each holds the visit's row first, so of many at once one goes on; payments, loans, stage and procedure are one
transaction. Nothing that was taken is edited.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

from wxapp.cashier.errors import PasswordMissing, PriceLowered, SumDiffers
from wxapp.cashier.events import PaymentsChanged, VisitCollected
from wxapp.cashier.services.bills import Part
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.core.events import publish
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import MethodKind
from wxapp.loans import queries as loans
from wxapp.loans.models import Loan
from wxapp.loans.services import open_loan, void_loans
from wxapp.till import queries as till
from wxapp.till.models import Act, Entry, Receipt
from wxapp.till.services import Cashier, Paid, take
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Part as InVisit
from wxapp.visits.models import Stage, StepKind, Visit
from wxapp.visits.rules.subjects import subject_of
from wxapp.visits.services import stages
from wxapp.visits.services.people import set_people
from wxapp.visits.services.procedures import back_to_operation, open_procedure

HOUSE = "house.visits"
CHANGEABLE = frozenset({Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE, Stage.LEFT})
"""Where payments may be changed: a mistake may be found after the patient has left."""


def collect(visit_id: int, parts: Sequence[Part], *, by: Cashier, receipt_no: str, seen: int | None = None) -> Receipt:
    """Take the final price of an approved visit.

    Books payments and loans with their schedules, moves the visit, and opens its procedure.

    :param receipt_no: drawn before, by :func:`wxapp.till.services.new_receipt_no`
    :param seen: version of the visit on the page
    :raises StageMoved: the visit does not wait for the cashier, e.g. because somebody else has collected
    :raises Stale: the page showed an older version
    :raises SumDiffers: the payments are not the final price
    :raises DepositTooSmall: a payment by deposit is more than is left
    :raises InsufficientBalance: a payment by stored value is more than is there
    """
    with transaction():
        visit = _hold(visit_id, seen)
        if visit.stage is not Stage.APPROVED or visit.final_fen is None:
            raise StageMoved
        _check_sum(parts, visit.final_fen)
        receipt = _take(visit, parts, act=Act.COLLECTED, by=by, receipt_no=receipt_no)
        stages.move(visit, Stage.COLLECTED, by=by.actor, why=_why(receipt), **_settled(visit, receipt))
        stages.end_step(visit, StepKind.COLLECTION, staff_id=by.id, following=StepKind.ASSIGNMENT)
        set_people(visit.id, InVisit.CASHIER, [by.id])
        open_procedure(visit, by=by.actor)
        publish(VisitCollected(visit.id, visit.patient_id, receipt.id))
    return receipt


def collect_again(
    visit_id: int, parts: Sequence[Part], *, by: Cashier, receipt_no: str, seen: int | None = None
) -> Receipt:
    """Take what is open since review has raised the price of a collected visit; refusals as for :func:`collect`.

    :raises PriceLowered: nothing is open, but too much was taken
    """
    with transaction():
        visit = _hold(visit_id, seen)
        if visit.stage is not Stage.COLLECT_AGAIN or visit.final_fen is None:
            raise StageMoved
        open_fen = visit.final_fen - visit.collected_fen
        if open_fen < 0:
            raise PriceLowered
        _check_sum(parts, open_fen)
        receipt = _take(visit, parts, act=Act.COLLECTED_AGAIN, by=by, receipt_no=receipt_no)
        _settle(visit, receipt, by=by)
        publish(PaymentsChanged(visit.id, visit.patient_id, receipt.id))
    return receipt


def change_payments(
    visit_id: int,
    parts: Sequence[Part],
    *,
    by: Cashier,
    receipt_no: str,
    reason: str = "",
    seen: int | None = None,
    has_password: bool = False,
) -> Receipt | None:
    """Void what was taken for a visit and book these payments instead; they add up to the final price.

    A loan that stands among them with the same lender, amount and terms stays as it is, and so does a payment from
    stored value: nothing moves on the patient's account when something else is put right. The others are voided; a
    loan of the same lender that is opened instead begins when the voided one began, unless it is for another price:
    that one is lent today. After review has lowered the price, the difference goes back this way. Payments that are
    what is booked already change nothing: then there is no receipt.

    :param has_password: the patient has confirmed that stored value pays more than it has paid
    :raises StageMoved: nothing was collected yet
    :raises PasswordMissing: stored value would pay more than it has paid, and the patient has not confirmed it
    :raises LoanRepaid: a loan that would be voided is being repaid
    :raises SumDiffers: the payments are not the final price
    """
    with transaction():
        visit = _hold(visit_id, seen)
        if visit.stage not in CHANGEABLE or visit.final_fen is None:
            raise StageMoved
        _check_sum(parts, visit.final_fen)
        entries = till.entries_of(subject_of(visit_id))
        standing = {loan.entry_id: loan for loan in loans.loans_of(visit_id)}
        hospital.read_again(part.method for part in parts)
        if not has_password and _stored(parts) > _stored(entries):
            raise PasswordMissing(field="balance_password")
        if visit.stage is not Stage.COLLECT_AGAIN and _are_same(parts, entries, standing):
            return None
        new, kept = _without_same(parts, entries, standing)
        voids = [entry for entry in entries if entry.id not in kept]
        if not new and not voids:
            return None
        keep = [standing[entry_id].id for entry_id in kept if entry_id in standing]
        voided = void_loans(visit_id, by=by.actor, why=f"变更 {receipt_no}", keep=keep)
        corrected = voided if visit.stage is not Stage.COLLECT_AGAIN else ()
        receipt = _take(
            visit, new, act=Act.CHANGED, by=by, receipt_no=receipt_no, voids=voids, reason=reason, instead_of=corrected
        )  # fmt: skip
        _settle(visit, receipt, by=by)
        publish(PaymentsChanged(visit.id, visit.patient_id, receipt.id))
    return receipt


def _hold(visit_id: int, seen: int | None) -> Visit:
    visit = stages.hold(visit_id)
    stages.check_version(visit, seen)
    return visit


def _check_sum(parts: Sequence[Part], owed_fen: int) -> None:
    paid = sum(part.amount_fen for part in parts)
    if paid != owed_fen:
        raise SumDiffers(paid, owed_fen)


def _take(
    visit: Visit,
    parts: Sequence[Part],
    *,
    act: Act,
    by: Cashier,
    receipt_no: str,
    voids: Sequence[Entry] = (),
    reason: str = "",
    instead_of: Sequence[Loan] = (),
) -> Receipt:
    """Book payments, and open the loans among them, some of them instead of others."""
    receipt = take(
        receipt_no=receipt_no,
        act=act,
        subject=subject_of(visit.id),
        patient_id=visit.patient_id,
        parts=[Paid(part.method, part.amount_fen, part.remark) for part in parts],
        cashier=by,
        payee=HOUSE,
        voids=voids,
        reason=reason,
    )
    began = defaultdict(list)
    for loan in instead_of:
        began[loan.bank_id].append(loan.begins_on)
    if any(part.terms is not None for part in parts):
        for part, entry in zip(parts, till.entries_on(receipt.id), strict=True):
            if part.terms is not None:
                open_loan(
                    entry,
                    visit_id=visit.id,
                    patient_id=visit.patient_id,
                    periods=part.terms.periods,
                    repayment_day=part.terms.repayment_day,
                    begins_on=began[part.method.id].pop(0) if began[part.method.id] else clock.today(),
                    by=by.actor,
                )
    return receipt


def _settle(visit: Visit, receipt: Receipt, *, by: Cashier) -> None:
    """Write down that a visit which was collected before is paid as it should be."""
    written = {"by": by.actor, "why": _why(receipt), **_settled(visit, receipt)}
    if visit.stage is not Stage.COLLECT_AGAIN:
        stages.move(visit, visit.stage, **written)
        return
    stages.end_step(visit, StepKind.COLLECTION, staff_id=by.id, following=None)
    set_people(visit.id, InVisit.CASHIER, [by.id])
    back_to_operation(visit, **written)


def _settled(visit: Visit, receipt: Receipt) -> dict[str, Any]:
    return {
        "collected_fen": visit.collected_fen + receipt.net_fen,
        "collected_final_fen": visit.final_fen,
        "is_collected": True,
    }


def _why(receipt: Receipt) -> str:
    return f"{receipt.act.label} {receipt.no}"


# --- what stays as it is ---------------------------------------------------------------------------------------------

_T = TypeVar("_T")
_Loan = tuple[int, int, int, int]
"""Lender, amount, periods and day of repayment."""


def _of_part(part: Part) -> _Loan | None:
    if part.terms is None:
        return None
    return part.method.id, part.amount_fen, part.terms.periods, part.terms.repayment_day


def _of_loan(loan: Loan) -> _Loan:
    return loan.bank_id, loan.amount_fen, loan.periods, loan.repayment_day


def _are_same(parts: Sequence[Part], entries: Sequence[Entry], standing: dict[int, Loan]) -> bool:
    new = [(part.method.id, part.amount_fen, part.remark, _of_part(part)) for part in parts]
    old = [
        (
            entry.method_id,
            entry.amount_fen,
            entry.remark,
            _of_loan(standing[entry.id]) if entry.id in standing else None,
        )
        for entry in entries
    ]
    return Counter(new) == Counter(old)


def _without_same(
    parts: Sequence[Part], entries: Sequence[Entry], standing: dict[int, Loan]
) -> tuple[list[Part], set[int]]:
    """Return the payments that are to be booked, and the entries that stay: loans, and what stored value has paid."""
    left = {entry.id: _of_loan(standing[entry.id]) for entry in _repaid_first(entries, standing)}
    stored = {
        entry.id: (entry.method_id, entry.amount_fen, entry.remark)
        for entry in entries
        if entry.kind is MethodKind.BALANCE
    }
    new, kept = [], set()
    for part in parts:
        if part.terms is not None:
            match = _first(left, _of_part(part))
        else:
            match = _first(stored, (part.method.id, part.amount_fen, part.remark))
        if match is None:
            new.append(part)
        else:
            kept.add(match)
    return new, kept


def _repaid_first(entries: Sequence[Entry], standing: dict[int, Loan]) -> list[Entry]:
    """Return the payments by loan: of two that are alike, the one that is being repaid is the one to stay."""
    lent = [entry for entry in entries if entry.id in standing]
    return sorted(lent, key=lambda entry: (-standing[entry.id].repaid_fen, entry.id))


def _first(left: dict[int, _T], wanted: object) -> int | None:
    """Take the first entry that is like this out of those that are left."""
    found = next((entry_id for entry_id, one in left.items() if one == wanted), None)
    if found is not None:
        del left[found]
    return found


def _stored(payments: Sequence[Part] | Sequence[Entry]) -> int:
    """Return how much of the payments comes from stored value."""
    kinds = [(one.kind if isinstance(one, Entry) else one.method.kind, one.amount_fen) for one in payments]
    return sum(fen for kind, fen in kinds if kind is MethodKind.BALANCE)
