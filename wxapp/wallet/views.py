"""The patients' balance and bills."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.core.forms import row_key
from wxapp.h5 import registry
from wxapp.h5.identity import User
from wxapp.h5.shell import Pages, piece
from wxapp.patients.access import current_patient, needs_patient
from wxapp.wallet import queries, settings
from wxapp.wallet.models import PATIENT

pages = Pages("wallet", __name__)

_PAGE = 20


@pages.page("/me/wallet")
@needs_patient
def bills() -> ResponseReturnValue:
    """Show the balance of the current patient and every change of it, newest first."""
    patient = current_patient()
    account = queries.find_account(PATIENT, patient.id)
    before = request.args.get("before", type=row_key)
    lines = queries.statement_of(account.id, before_id=before, limit=_PAGE + 1) if account else []
    return render_template(
        "wallet/bills.html",
        patient=patient,
        account=account,
        balance_fen=account.balance_fen if account else 0,
        card=queries.card_of(account.id) if account else None,
        lines=lines[:_PAGE],
        next_before=lines[_PAGE - 1].id if len(lines) > _PAGE else None,
        is_first=before is None,
        mode=settings.mode().value,
    )


def _panel(user: User) -> Markup:
    patient_id = user.current_patient_id
    balance_fen = queries.patient_balance(patient_id) if patient_id is not None else 0
    return piece("wallet/_me_panel.html", balance_fen=balance_fen)


registry.me_panel("wallet", render=_panel, order=10)
registry.me_entry("余额账单", "wallet.bills", "wallet", 20)
