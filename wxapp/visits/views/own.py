"""到院记录: one's own visits, with what was agreed and what was paid."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.h5.identity import current_user
from wxapp.patients import services as patients
from wxapp.patients.access import current_patient, needs_patient, own_patient
from wxapp.visits.models import Stage
from wxapp.visits.queries.own import ACCEPTED, accepted_lines, own_visit, receipts_of_visits, visits_of
from wxapp.visits.rules.codes import visit_word
from wxapp.visits.views.door import page_in_address, pages

_IN_THE_HOUSE = ("就诊中", "good")
STATES: Mapping[Stage, tuple[str, str]] = {
    **dict.fromkeys(Stage, _IN_THE_HOUSE),
    Stage.BOOKED: ("已预约", "wait"),
    Stage.LEFT: ("已完成", "calm"),
    Stage.REFUSED: ("已取消", "calm"),
}
"""Word and tone: patients need not know where the house's work on them stands."""


@pages.page("/visits")
@needs_patient
def own_visits() -> ResponseReturnValue:
    """The current patient's visits, the newest first."""
    patient, page = current_patient(), page_in_address()
    # First: what is loaded before it is written would be loaded again, row by row.
    patients.note_look(wechat_user_id=current_user().id, patient_id=patient.id, what="到院记录")
    found, has_more = visits_of(patient.id, page=page)
    return render_template(
        "visits/own_visits.html",
        patient=patient,
        visits=found,
        states=STATES,
        accepted=ACCEPTED,
        word=visit_word,
        previous=url_for("visits.own_visits", page=page - 1) if page > 1 else "",
        next=url_for("visits.own_visits", page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/visits/<visit_no>")
@needs_patient
def own_visit_page(visit_no: str) -> ResponseReturnValue:
    """One visit of a bound patient: when, what was agreed, and the receipts."""
    user = current_user()
    visit = own_visit(user.id, visit_no)
    patients.note_look(wechat_user_id=user.id, patient_id=visit.patient_id, what="到院记录")
    return render_template(
        "visits/own_visit.html",
        visit=visit,
        patient=own_patient(visit.patient_id),
        state=STATES[visit.stage],
        word=visit_word(is_first=visit.is_first),
        lines=accepted_lines(visit),
        final_fen=visit.final_fen if visit.stage in ACCEPTED else None,
        receipts=receipts_of_visits([visit.id]).get(visit.id, []),
    )
