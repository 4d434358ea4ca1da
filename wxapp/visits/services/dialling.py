"""Calling a patient without seeing the number: a code that the dialling client trades for it (telcode).

A code says nothing by itself. It is good for five minutes, once, and for whoever asked for it: hospital-admin.md,
part 11.
"""

from __future__ import annotations

import hashlib
import json

from wxapp.core import ids
from wxapp.core.db import db
from wxapp.core.store import store
from wxapp.hospital.models import Workstation
from wxapp.patients.models import Patient
from wxapp.patients.queries import get_patient
from wxapp.visits.errors import DialCodeGone

SECONDS = 300


def new_dial_code(patient_id: int, *, staff_id: int) -> str:
    """Return a code by which this member of staff's dialling client learns the patient's number."""
    code = ids.new_token()
    store().set(_key(code), json.dumps([patient_id, staff_id]), ttl=SECONDS)
    return code


def trade_dial_code(code: str, *, staff_id: int | None = None, workstation_id: int | None = None) -> Patient:
    """Return whom a code stands for; it is used up.

    :param staff_id: who is signed in
    :param workstation_id: the machine that calls instead, by its own token
    :raises DialCodeGone: no such code, too old, used before, or somebody else's; the last leaves it to its owner
    """
    kept = store().get(_key(code))
    if kept is None:
        raise DialCodeGone
    patient_id, owner_id = json.loads(kept)
    if not _is_owner(owner_id, staff_id, workstation_id) or not store().delete_if(_key(code), kept):
        raise DialCodeGone
    return get_patient(patient_id)


def _is_owner(owner_id: int, staff_id: int | None, workstation_id: int | None) -> bool:
    if workstation_id is None:
        return staff_id == owner_id
    machine = db.session.get(Workstation, workstation_id)
    # A machine that is nobody's place in particular serves whoever sits at it.
    return machine is not None and machine.staff_id in {None, owner_id}


def _key(code: str) -> str:
    return f"dial:{hashlib.sha256(code.encode()).hexdigest()}"
