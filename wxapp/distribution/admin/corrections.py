"""更正资料: another real name or phone of a distributor."""

from __future__ import annotations

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.shown import STATES, row_of, url_of
from wxapp.distribution.people_forms import CorrectForm
from wxapp.distribution.queries import corrections, people
from wxapp.distribution.services.correcting import correct

_UNCHANGED = "留空表示不变"


@interface(
    "distribution.correct_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/correct",
    permission=Permission.DISTRIBUTION_WRITE,
)
def correct_form(distributor_id: int) -> Page:
    """The form is empty: whoever may correct a name need not be allowed to read it."""
    found = people.get_distributor(distributor_id)
    return Page(
        "distribution/admin/correct.html",
        distributor=row_of(found),
        form=ShownForm(CorrectForm, help={"name": _UNCHANGED, "phone": _UNCHANGED}),
        version=found.version,
        _state=STATES[found.status],
    )


@interface(
    "distribution.correct",
    POST="/pc/distribution/distributors/<int:distributor_id>/correct",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="更正分销员资料",
    form_page=correct_form,
)
def correct_distributor(distributor_id: int) -> Done:
    """Correct the name, the phone, or both."""
    form, by = read_form(CorrectForm), current_staff().actor

    def work() -> str:
        correct(distributor_id, name=form.name, phone=form.phone, reason=form.reason, seen=form.version, by=by)
        return ""

    audit.about(corrections.subject_of(distributor_id), form.reason)
    once("distribution.correct", form, work, distributor=distributor_id)
    return Done("资料已更正", location=url_of(distributor_id))
