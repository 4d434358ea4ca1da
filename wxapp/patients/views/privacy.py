"""Patients' pages: privacy."""

from __future__ import annotations

from flask import jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.forms import read_form
from wxapp.h5.notices import notice
from wxapp.patients import consents, export, queries, services
from wxapp.patients.access import signed_in_user
from wxapp.patients.consent_models import OPTIONAL, Decision, Purpose
from wxapp.patients.forms import ConsentForm
from wxapp.patients.views.door import pages


@pages.page("/me/privacy")
def privacy() -> ResponseReturnValue:
    user = signed_in_user()
    return render_template(
        "patients/privacy.html",
        user=user,
        bound=queries.bound_patients(user.id),
        texts=consents.present_texts(),
        answers=consents.last_answers(user.id),
        optional=OPTIONAL,
        required=Purpose.BINDING,
        Decision=Decision,
    )


@pages.action("/me/privacy/consents", shown_again_by=privacy)
def choose() -> ResponseReturnValue:
    """Say yes or no to one purpose: both take one press."""
    form = read_form(ConsentForm)
    services.decide(signed_in_user().id, form.purpose, form.decision, version=form.version)
    given = form.decision is Decision.GIVEN
    notice(f"已{'同意' if given else '撤回同意'}：{form.purpose.label}")
    return redirect(url_for("patients.privacy", _anchor="consents"), 303)


@pages.action("/me/privacy/export")
def export_own() -> ResponseReturnValue:
    """Hand out what is stored about the user and the patients he has bound, for people and machines."""
    user = signed_in_user()
    for one in queries.bound_patients(user.id):
        services.note_look(wechat_user_id=user.id, patient_id=one.patient.id, what="导出个人信息")
    response = jsonify(export.everything_of(user.id))
    response.headers["Content-Disposition"] = "attachment; filename=personal-data.json"
    return response
