"""What a patient has to mind after a treatment: the page behind the message."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from wxapp.h5.identity import current_user
from wxapp.h5.settings import HOSPITAL_PHONE
from wxapp.messages import taps
from wxapp.patients import services as patients
from wxapp.patients.access import needs_patient
from wxapp.visits.departure_settings import CARE_TEXT
from wxapp.visits.queries.departures import last_departure
from wxapp.visits.queries.own import own_visit
from wxapp.visits.views.door import pages

taps.register("aftercare instructions", "visits.care_page", "visit_no")


@pages.page("/visits/<visit_no>/care")
@needs_patient
def care_page(visit_no: str) -> ResponseReturnValue:
    """The advice given at leaving, and what everybody has to mind. Before leaving only the latter."""
    user = current_user()
    visit = own_visit(user.id, visit_no)
    patients.note_look(wechat_user_id=user.id, patient_id=visit.patient_id, what="离店注意事项")
    return render_template(
        "visits/care.html",
        visit=visit,
        departure=last_departure(visit.id),
        lines=[line for line in CARE_TEXT().splitlines() if line.strip()],
        phone=HOSPITAL_PHONE(),
    )
