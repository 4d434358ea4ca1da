"""The directory: what staff write of physicians, and what becomes of one to whom others refer."""

from __future__ import annotations

import pytest

from tests.factories.website import make_physician
from wxapp.booking.models import Leave
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import NotFound, Stale
from wxapp.directory import queries, services
from wxapp.directory.services import PhysicianText

pytestmark = pytest.mark.usefixtures("client")


def test_of_two_who_write_the_second_is_told() -> None:
    made = make_physician()
    services.change_physician(made.id, PhysicianText("陈", "内科", "医师"), seen_version=1, by="staff:1")
    with pytest.raises(Stale):
        services.change_physician(made.id, PhysicianText("程", "内科", "医师"), seen_version=1, by="staff:2")
    assert queries.get_physician(made.id).name == "陈"


def test_a_removed_physician_is_gone() -> None:
    number = make_physician().id
    assert services.remove_physician(number, by="staff:1") is True
    with pytest.raises(NotFound):
        services.remove_physician(number, by="staff:1")


def test_a_physician_to_whom_others_refer_is_hidden_and_stays() -> None:
    made = make_physician()
    with transaction():
        day = clock.today()
        db.session.add(Leave(physician_id=made.id, first_day=day, last_day=day, made_at=clock.now(), made_by="staff:1"))
    assert services.remove_physician(made.id, by="staff:2") is False
    kept = queries.get_physician(made.id)
    assert (kept.is_shown, kept.version, kept.changed_by) == (False, 2, "staff:2")
    with pytest.raises(NotFound):
        queries.shown_physician(made.id)


def test_departments_stand_in_the_order_of_their_first_physician() -> None:
    make_physician(department="内科", position=5)
    make_physician(department="口腔科", position=2)
    make_physician(department="内科", position=1)
    make_physician(department="隐", is_shown=False)
    assert queries.shown_departments() == ["内科", "口腔科"]
