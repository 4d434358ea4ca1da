"""The patients' balance and bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import row_key
from wxapp.h5 import registry
from wxapp.h5.identity import User
from wxapp.h5.shell import Pages, piece
from wxapp.patients.access import current_patient, needs_patient
from wxapp.wallet import queries, settings
from wxapp.wallet.models import PATIENT
from wxapp.wallet.pending import pending_of

pages = Pages("wallet", __name__)

_PAGE = 20


@dataclass(frozen=True)
class Month:
    """One month of the hospital."""

    first: date

    @property
    def label(self) -> str:
        return f"{self.first.year}年{self.first.month}月"

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def previous(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def next(self) -> Month:
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return clock.day_bounds(self.first)[0], clock.day_bounds(self.next.first)[0]


def _month_in_address() -> Month | None:
    """:raises NotFound: it is no month, or far from any that has bills"""
    text = request.args.get("month", "")
    if not text:
        return None
    try:
        first = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise NotFound from None
    if not 2000 <= first.year <= clock.today().year + 1:
        raise NotFound
    return Month(first)


@pages.page("/me/wallet")
@needs_patient
def bills() -> ResponseReturnValue:
    """Show the balance of the current patient and every change of it, newest first; of one month or kind if asked."""
    patient = current_patient()
    account = queries.find_account(PATIENT, patient.id)
    before = request.args.get("before", type=row_key)
    month = _month_in_address()
    kinds = queries.kinds_of(account.id) if account else {}
    kind = request.args.get("kind", "")
    if kind not in kinds:
        kind = ""
    between = month.bounds if month else None
    lines = (
        queries.statement_of(account.id, before_id=before, limit=_PAGE + 1, kind=kind, between=between)
        if account
        else []
    )
    this_month = Month(clock.today().replace(day=1))
    kept: dict[str, Any] = {"month": month.key if month else None, "kind": kind or None}
    return render_template(
        "wallet/bills.html",
        patient=patient,
        account=account,
        balance_fen=account.balance_fen if account else 0,
        card=queries.card_of(account.id) if account else None,
        pending=pending_of(patient.id) if before is None else [],
        kinds=kinds,
        kind=kind,
        month=month,
        this_month=this_month,
        turnover=queries.turnover_of(account.id, *month.bounds) if account and month else None,
        lines=lines[:_PAGE],
        newest=url_for("wallet.bills", **kept) if before is not None else "",
        older=url_for("wallet.bills", before=lines[_PAGE - 1].id, **kept) if len(lines) > _PAGE else "",
        is_first=before is None,
        mode=settings.mode().value,
    )


@pages.page("/me/wallet/<int:transfer_id>")
@needs_patient
def bill(transfer_id: int) -> ResponseReturnValue:
    """One change of the balance."""
    patient = current_patient()
    account = queries.find_account(PATIENT, patient.id)
    if account is None:
        raise NotFound
    return render_template("wallet/bill.html", line=queries.own_line(account.id, transfer_id), patient=patient)


def _panel(user: User) -> Markup:
    patient_id = user.current_patient_id
    balance_fen = queries.patient_balance(patient_id) if patient_id is not None else 0
    return piece("wallet/_me_panel.html", balance_fen=balance_fen)


registry.me_panel("wallet", render=_panel, order=10)
registry.me_entry("余额账单", "wallet.bills", "wallet", 20)
