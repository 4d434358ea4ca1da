"""What visits do on hearing their own news: whoever reviews prices is told that a quote waits."""

from __future__ import annotations

from wxapp.core import events
from wxapp.core.db import db
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.messages import taps
from wxapp.messages.receivers import Receiver
from wxapp.messages.services.notifying import notify
from wxapp.messages.taps import Tap
from wxapp.patients.models import Patient
from wxapp.staff.queries import who_can
from wxapp.visits import exporting  # noqa: F401 - its part of what a patient may take away
from wxapp.visits.events import QuoteMade
from wxapp.visits.models import Quote, QuoteLine, Visit
from wxapp.visits.queries import lines_of

REVIEW_LIST = "visits_admin.review_list"


@events.on(QuoteMade)
def tell_reviewers(event: QuoteMade) -> None:
    """Tell everybody who may review prices. A quote that was replaced meanwhile is told by its successor.

    This runs after the quote is kept: whatever goes wrong here, the quote stays, and telling is tried again.
    """
    visit, quote = db.session.get(Visit, event.visit_id), db.session.get(Quote, event.quote_id)
    if visit is None or quote is None or visit.quote_id != quote.id:
        return
    context = {
        "patient": masked_name(db.session.get_one(Patient, visit.patient_id).name),
        "items": items_text(lines_of(quote.id)),
        "amount": quote.offered_fen,
        "at": quote.made_at,
    }
    for member_id in who_can(Permission.PRICE_REVIEW):
        notify(
            "st_pricing_0000001",
            Receiver("staff", member_id),
            context,
            tap=Tap(REVIEW_LIST, {"status": "1"}),
            once=f"quote:{quote.id}",
        )


def items_text(lines: list[QuoteLine]) -> str:
    """Return the projects as short as a message has room for."""
    if not lines:
        return "—"
    return lines[0].name if len(lines) == 1 else f"{lines[0].name}等{len(lines)}项"


taps.register("admin price review", REVIEW_LIST)
