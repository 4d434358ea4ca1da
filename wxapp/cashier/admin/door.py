"""The blueprint that the modules of this folder share, and what several of them need."""

from __future__ import annotations

from flask import request

from wxapp.admin.answers import Done
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces, wants_json
from wxapp.core.errors import NotFound
from wxapp.core.forms import row_key
from wxapp.till.services import Cashier
from wxapp.visits.models import Visit
from wxapp.visits.queries import get_visit

blueprint = Interfaces("cashier", "wxapp.cashier")
interface = blueprint.interface


def current_cashier() -> Cashier:
    """Return who is signed in, as receipts name a person."""
    staff = current_staff()
    return Cashier(staff.id, staff.name)


def asked_visit_id() -> int:
    """Return the number of the visit that the address or the form names as ``id``.

    :raises NotFound: none
    """
    try:
        return row_key(request.values.get("id", ""))
    except ValueError:
        raise NotFound("没有这张到院单") from None


def asked_visit() -> Visit:
    """Return the visit that the address or the form names as ``id``.

    :raises NotFound: none, or not one that this person may see
    """
    return get_visit(asked_visit_id(), seen_by=current_staff())


def done(told: str, *, location: str, **extra: str) -> Done:
    """Return the answer to a change: a sentence for people, the contract's word for programs."""
    return Done("操作成功" if wants_json() else told, location=location, **extra)
