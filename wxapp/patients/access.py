"""Who may see what, for the doors of all packages: the signed-in user, the current patient, one's own patients."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.errors import NotFound
from wxapp.core.forms import wants_json
from wxapp.h5 import identity
from wxapp.patients import queries
from wxapp.patients.errors import NoPatientBound, OtherPatientShown
from wxapp.patients.models import Patient
from wxapp.patients.queries import SignedInUser


def signed_in_user() -> SignedInUser:
    """:raises SignInRequired: nobody is signed in"""
    return cast("SignedInUser", identity.current_user())


def current_patient(user: SignedInUser | None = None) -> Patient:
    """Return the patient whose things this user's pages show.

    :raises NoPatientBound: none is bound
    """
    user = user or signed_in_user()
    if user.current_patient_id is None:
        raise NoPatientBound
    try:
        return queries.own_patient(user.id, user.current_patient_id)
    except NotFound:  # unbound in this moment
        raise NoPatientBound from None


def patient_shown(patient_id: int) -> Patient:
    """Return the current patient, for a form that acts for whom its page has shown.

    :param patient_id: whom the page showed; 0 when the sender does not say
    :raises OtherPatientShown: it is another one by now
    :raises NoPatientBound: none is bound
    """
    patient = current_patient()
    if patient_id not in (0, patient.id):
        raise OtherPatientShown
    return patient


def own_patient(patient_id: int, user: SignedInUser | None = None) -> Patient:
    """Return a patient that this user has bound.

    :raises NotFound: no such patient, or not bound: the answer does not tell which
    """
    return queries.own_patient((user or signed_in_user()).id, patient_id)


def check_own(patient_id: int, user: SignedInUser | None = None) -> None:
    """Make sure that this user has bound the patient, without reading the patient's data.

    :raises NotFound: no such patient, or not bound
    """
    user = user or signed_in_user()
    if patient_id != user.current_patient_id:  # a current one was found with its binding
        queries.own_patient(user.id, patient_id)


def needs_patient(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Decorate a page that shows something of the current patient: without one it leads to the binding and back."""

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        if signed_in_user().current_patient_id is None:
            if request.method != "GET" or wants_json():
                raise NoPatientBound
            return redirect(url_for("patients.bind", next=identity.here()))
        return view(**arguments)

    return guarded
