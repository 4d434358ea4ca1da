"""Patients' pages: privacy."""

from __future__ import annotations

from flask import redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.h5.notices import notice, say
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.patients import consents, erasing, export, queries, services, takeaway
from wxapp.patients.access import current_patient, needs_patient, signed_in_user
from wxapp.patients.consent_models import OPTIONAL, Decision, Purpose
from wxapp.patients.erasure_models import ErasureStatus
from wxapp.patients.forms import CodeForm, ConsentForm, ErasureForm
from wxapp.patients.models import CodePurpose
from wxapp.patients.services import erasures
from wxapp.patients.views.door import CODE_SENT, address, pages


@pages.page("/me/privacy")
def privacy() -> ResponseReturnValue:
    user = signed_in_user()
    bound = queries.bound_patients(user.id)
    return render_template(
        "patients/privacy.html",
        user=user,
        bound=bound,
        parts=export.parts(),
        counts=export.counts([one.patient.id for one in bound]),
        user_parts=export.user_parts(user.id),
        looks=queries.looks_at(user.current_patient_id, limit=10) if user.current_patient_id is not None else [],
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


# --- taking away -----------------------------------------------------------------------------------------------------


@pages.page("/me/privacy/export")
def export_form() -> ResponseReturnValue:
    """Say what the file holds; with a patient bound a code goes to the phone of the record first."""
    user = signed_in_user()
    patient = current_patient(user) if user.current_patient_id is not None else None
    bound = queries.bound_patients(user.id)
    index = patient.phone_index if patient else None
    return render_template(
        "patients/export.html",
        patient=patient,
        parts=export.parts(),
        included=[one.patient for one in bound if one.patient.phone_index == index],
        others=[one.patient for one in bound if one.patient.phone_index != index],
        sent=request.path.endswith("/code"),
    )


@pages.action("/me/privacy/export/code", shown_again_by=export_form)
@needs_patient
def send_export_code() -> ResponseReturnValue:
    user = signed_in_user()
    services.send_code_to_patient(CodePurpose.EXPORT, current_patient(user), asked_by=str(user.id), address=address())
    say(CODE_SENT)
    return export_form()


@pages.action("/me/privacy/export", shown_again_by=export_form)
def export_own() -> ResponseReturnValue:
    """Hand out what is stored about the user and the bound patients with this phone, as a ZIP of the moment."""
    user = signed_in_user()
    index = None
    if user.current_patient_id is not None:
        index = services.allow_export(user.id, current_patient(user), code=read_form(CodeForm).code)
    else:
        services.allow_export(user.id, None, code="")
    packed = takeaway.write(user.id, phone_index=index, hospital=HOSPITAL_NAME())
    name = f"personal-data-{clock.today():%Y%m%d}.zip"
    response = send_file(packed, "application/zip", as_attachment=True, download_name=name, max_age=0)
    response.headers["Cache-Control"] = "private, no-store"
    return response


# --- deleting --------------------------------------------------------------------------------------------------------


@pages.page("/me/privacy/erasure")
def erasure() -> ResponseReturnValue:
    """What goes and what must stay; the form, or where the own request stands."""
    user = signed_in_user()
    return render_template(
        "patients/erasure.html",
        request_=erasures.find_erasure(user.id),
        goes=export.what_goes(),
        stays=erasing.MUST_STAY,
        Status=ErasureStatus,
    )


@pages.action("/me/privacy/erasure", shown_again_by=erasure)
def ask_for_erasure() -> ResponseReturnValue:
    form = read_form(ErasureForm)
    made = services.request_erasure(signed_in_user().id, reason=form.reason)
    notice("已提交删除请求" if made else "您已有一个办理中的请求")
    return redirect(url_for("patients.erasure"), 303)


@pages.action("/me/privacy/erasure/withdraw")
def withdraw_erasure() -> ResponseReturnValue:
    withdrawn = services.withdraw_erasure(signed_in_user().id)
    notice("已撤回删除请求" if withdrawn else "没有可撤回的请求")
    return redirect(url_for("patients.erasure"), 303)
