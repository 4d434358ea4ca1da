"""An item over time."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from wxapp.core.errors import NotFound
from wxapp.h5.identity import current_user
from wxapp.patients import services as patients
from wxapp.patients.access import current_patient, needs_patient
from wxapp.reports.curves import curves_of
from wxapp.reports.queries import own
from wxapp.reports.views.door import pages


@pages.page("/reports/values/<path:item>")
@needs_patient
def curve(item: str) -> ResponseReturnValue:
    """All values of an item of the current patient, drawn and as a table."""
    patient = current_patient()
    readings = own.readings_of(patient.id, item)
    if not readings:
        raise NotFound
    patients.note_look(wechat_user_id=current_user().id, patient_id=patient.id, what="检验项目变化")
    return render_template(
        "reports/curve.html",
        patient=patient,
        name=readings[-1].name,
        curves=curves_of(readings),
        readings=list(reversed(readings)),
        most=own.MOST_POINTS,
    )
