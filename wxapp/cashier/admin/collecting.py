"""Staff pages: collecting (收银), changing (变更), collecting again (再次收银)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from wxapp.admin import audit, presses
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import money_text, refusal
from wxapp.cashier import queries, services
from wxapp.cashier.admin.door import asked_visit, current_cashier, done, interface
from wxapp.cashier.errors import PasswordMissing, ReasonNeeded
from wxapp.cashier.forms import PAGE_ROWS, Submission, is_filled, read_submission
from wxapp.cashier.rules import Row
from wxapp.cashier.services import Booked, Part
from wxapp.cashier.services.collecting import CHANGEABLE
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Method, MethodKind
from wxapp.hospital.queries import methods
from wxapp.patients.queries import get_patient
from wxapp.patients.services import check_balance_password
from wxapp.till import queries as till
from wxapp.till.models import Receipt
from wxapp.till.services import new_receipt_no
from wxapp.visits import plugs
from wxapp.visits.listings import STAGES
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries.quotes import lines_of, planned_of
from wxapp.wallet.queries import patient_balance

BLANK_ROWS = 3
"""Rows to be filled in by whoever has no script."""


@dataclass(frozen=True)
class _Sheet:
    """One of the three pages."""

    title: str
    button: str
    endpoint: str
    stages: frozenset[Stage]


COLLECT = _Sheet("收银", "确认收款", "cashier_admin.pay", frozenset({Stage.APPROVED}))
CHANGE = _Sheet("变更", "确认变更", "cashier_admin.change", CHANGEABLE)
AGAIN = _Sheet("再次收银", "确认收款", "cashier_admin.again", frozenset({Stage.COLLECT_AGAIN}))


@interface("collect.pay.page", GET="/pc/collect/pay", permission=Permission.VISIT_COLLECT, is_wire=True)
def collect_page() -> Page:
    """The payments to be taken for a visit, filled in as the patient means to pay."""
    visit = asked_visit()
    owed = visit.final_fen or 0
    return _sheet(COLLECT, visit, owed, queries.rows_of_plan(planned_of(visit.id), owed))


@interface(
    "collect.pay",
    POST="/pc/collect/pay",
    permission=Permission.VISIT_COLLECT,
    audit="到院单收银",
    form_page=collect_page,
    is_wire=True,
)
def pay() -> Done:
    """Take the final price of a visit."""
    return _press("collect.pay", services.collect)


@interface("collect.edit.page", GET="/pc/collect/edit", permission=Permission.VISIT_COLLECT, is_wire=True)
def change_page() -> Page:
    """The payments of a visit as they are booked, to be booked anew."""
    visit = asked_visit()
    booked = services.booked_for(visit.id)
    return _sheet(CHANGE, visit, visit.final_fen or 0, [_row_of(one.part) for one in booked], booked)


@interface(
    "collect.edit",
    POST="/pc/collect/edit",
    permission=Permission.VISIT_COLLECT,
    audit="变更收款",
    form_page=change_page,
    is_wire=True,
)
def change() -> Done:
    """Void what was taken for a visit, and book these payments instead."""
    return _press("collect.edit", services.change_payments, is_change=True)


@interface("collect.again.page", GET="/pc/collect/again", permission=Permission.VISIT_COLLECT, is_wire=True)
def again_page() -> Page:
    """The difference that is open since the price was raised."""
    visit = asked_visit()
    return _sheet(AGAIN, visit, (visit.final_fen or 0) - visit.collected_fen, [])


@interface(
    "collect.again",
    POST="/pc/collect/again",
    permission=Permission.VISIT_COLLECT,
    audit="再次收银",
    form_page=again_page,
    is_wire=True,
)
def again() -> Done:
    """Take what is open since the price was raised."""
    return _press("collect.again", services.collect_again)


# --- what they share -------------------------------------------------------------------------------------------------


def _press(use_case: str, work: Callable[..., Receipt | None], *, is_change: bool = False) -> Done:
    asked = read_submission(request.form, is_change=is_change)
    visit = asked_visit()
    if is_change and asked.from_page and not asked.reason:
        raise ReasonNeeded(field="reason")
    booked = services.booked_for(visit.id) if is_change else []
    parts = services.check_rows(asked.rows, booked=booked)
    has_password = _check_password(visit, parts, asked, booked)
    # What is read before a transaction is read again after it.
    visit_id, location = visit.id, url_for("cashier_admin.details", id=visit.id)
    receipt_no, by = new_receipt_no(), current_cashier()
    more: dict[str, Any] = {"reason": asked.reason, "has_password": has_password} if is_change else {}

    def book() -> str:
        receipt = work(visit_id, parts, by=by, receipt_no=receipt_no, seen=asked.version, **more)
        return "" if receipt is None else f"{receipt.no} {receipt.net_fen}"

    told = presses.once(use_case, asked, book, visit=visit_id)
    if not told:
        audit.about(f"visit:{visit_id}", "付款没有变化")
        return done("付款没有变化", location=location)
    booked_no, net = told.split(" ")
    sentence = _sentence(int(net), booked_no)
    audit.about(f"visit:{visit_id}", sentence)
    return done(sentence, location=location, receipt_no=booked_no)


def _sentence(net_fen: int, receipt_no: str) -> str:
    if net_fen < 0:
        return f"已变更，应退客户{yuan(-net_fen)}元，收据号{receipt_no}"
    return f"已收款{yuan(net_fen)}元，收据号{receipt_no}" if net_fen else f"已登记，收据号{receipt_no}"


def _check_password(visit: Visit, parts: Sequence[Part], asked: Submission, booked: Sequence[Booked]) -> bool:
    """Ask for the patient's own password where stored value is to pay more than it has paid already; say whether."""
    wanted = _stored(parts) - _stored([one.part for one in booked])
    if wanted > 0 and not asked.balance_password:
        raise PasswordMissing(field="balance_password")  # nobody has tried: the patient keeps all tries
    if wanted > 0:
        check_balance_password(visit.patient_id, asked.balance_password, field="balance_password")
    return wanted > 0


def _stored(parts: Sequence[Part]) -> int:
    return sum(part.amount_fen for part in parts if part.method.kind is MethodKind.BALANCE)


def _sheet(sheet: _Sheet, visit: Visit, owed_fen: int, filled: Sequence[Row], booked: Sequence[Booked] = ()) -> Page:
    offered = list(methods())
    # What is booked may stay, also by a method that is switched off by now.
    offered += dict.fromkeys(one.part.method for one in booked if one.part.method not in offered)
    patient = get_patient(visit.patient_id)
    rows = _typed_again() or [_shown(row) for row in filled]
    kinds = {method.kind for method in offered}
    return Page(
        "cashier/admin/collect.html",
        info={"id": str(visit.id), "user_number": visit.visit_no, "pay_price": yuan(visit.final_fen or 0),
              "owed": yuan(owed_fen), "version": str(visit.version)},
        _sheet=sheet,
        _visit=visit,
        _patient=masked_name(patient.name),
        _record_no=patient.record_no,
        _stage=STAGES[visit.stage],
        _owed_fen=owed_fen,
        _methods=[_offer(method) for method in offered],
        _rows=rows or [_shown(Row("", max(owed_fen, 0)))],
        _blanks=BLANK_ROWS,
        _lines=lines_of(visit.quote_id),
        _deposit_fen=till.deposit_left(visit.patient_id) if MethodKind.DEPOSIT in kinds else 0,
        _balance_fen=patient_balance(visit.patient_id) if MethodKind.BALANCE in kinds else None,
        _is_change=sheet is CHANGE,
        _wrong=_what_is_wrong(),
        _reason=request.form.get("reason", "") if refusal() else "",
        _can=visit.stage in sheet.stages and (sheet is not AGAIN or owed_fen > 0),
        _was_lowered=visit.stage is Stage.COLLECT_AGAIN and (visit.final_fen or 0) < visit.collected_fen,
    )  # fmt: skip


def _row_of(part: Part) -> Row:
    terms = (part.terms.periods, part.terms.repayment_day) if part.terms is not None else ()
    return Row(part.method.name, part.amount_fen, part.remark, *terms)


def _offer(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "kind": method.kind.value,
        "is_loan": method.kind.is_loan,
        "periods": " ".join(str(one) for one in method.offered_periods),
    }


def _shown(row: Row) -> dict[str, str]:
    return {
        "method": row.method,
        "amount": money_text(row.amount_fen) if row.amount_fen else "",
        "remark": row.remark,
        "periods": str(row.periods or ""),
        "day": str(row.repayment_day or ""),
    }


def _typed_again() -> list[dict[str, str]]:
    """Return the rows of a form that was refused."""
    if refusal() is None:
        return []
    columns = [request.form.getlist(name) for name in PAGE_ROWS]
    names = ("method", "amount", "remark", "periods", "day")
    return [dict(zip(names, texts, strict=True)) for texts in zip(*columns, strict=False) if is_filled(texts)]


def _what_is_wrong() -> dict[str, Any]:
    """Return what a refusal says about the form: of a payment, of a field below them, or of the whole."""
    back = refusal()
    if back is None:
        return {"place": 0, "column": "", "fields": {"reason": "", "balance_password": ""}, "whole": "", "row": ""}
    row = next((name.split(".") for name in back.errors if name.startswith("row.")), None)
    fields = {name: back.errors.get(name, "") for name in ("reason", "balance_password")}
    return {
        "place": int(row[1]) if row else 0,
        "column": row[2] if row else "",
        "fields": fields,
        "whole": "" if row or any(fields.values()) else back.message,
        "row": back.message if row else "",
    }


plugs.next_step(
    Stage.APPROVED, "收银", "cashier_admin.collect_page", Permission.VISIT_COLLECT, hint="等待前台收银"
)  # fmt: skip
plugs.next_step(
    Stage.COLLECT_AGAIN, "再次收银", "cashier_admin.again_page", Permission.VISIT_COLLECT, hint="等待前台再次收银"
)  # fmt: skip
