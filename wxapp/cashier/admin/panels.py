"""What the page of a visit shows of money: payments with their loans, and deposits."""

from __future__ import annotations

from flask import url_for
from markupsafe import Markup

from wxapp.admin import shell
from wxapp.cashier import queries
from wxapp.cashier.services.collecting import CHANGEABLE
from wxapp.core.permissions import Permission
from wxapp.till.models import DepositStatus
from wxapp.till.queries import deposits_of
from wxapp.visits import plugs
from wxapp.visits.models import Visit

DEPOSIT_TONES = {DepositStatus.HELD: "amber", DepositStatus.USED: "green", DepositStatus.RETURNED: "grey"}


def _payments(visit: Visit) -> Markup | None:
    if not visit.is_collected:
        return None
    return Markup(  # noqa: S704 - made by a template, which escapes
        shell.render(
            "cashier/admin/_payments_panel.html",
            {
                "visit": visit,
                "payments": queries.money_of(visit.id).payments,
                "details_url": url_for("cashier_admin.details", id=visit.id),
                "change_url": url_for("cashier_admin.change_page", id=visit.id) if visit.stage in CHANGEABLE else "",
            },
        )
    )


def _deposits(visit: Visit) -> Markup | None:
    return Markup(  # noqa: S704 - made by a template, which escapes
        shell.render(
            "cashier/admin/_deposits_panel.html",
            {
                "visit": visit,
                "deposits": deposits_of(visit.patient_id),
                "tones": DEPOSIT_TONES,
                "take_url": url_for("cashier_admin.deposit_page", id=visit.id),
            },
        )
    )


plugs.panel("payments", Permission.VISIT_READ, _payments, 60)
plugs.panel("deposits", Permission.VISIT_READ, _deposits, 65)
