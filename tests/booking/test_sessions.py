"""Closing a session: who is moved, who is told, and that nobody is told twice."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from tests.booking.desk import seats_of
from tests.factories.booking import make_booking, make_physician, make_session, slots_of
from wxapp.booking import listings, openings
from wxapp.booking.models import Booking, BookingStatus, Session, SessionStatus
from wxapp.booking.roster_errors import NotToMoveThere
from wxapp.booking.services import changes, projects, rosters
from wxapp.booking.services.projects import NameTaken, ProjectText
from wxapp.booking.services.sessions import Closed, close_session
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, NotFound, Stale
from wxapp.messages.models import Message

BY = "staff:1"
CHANGED = "pt_booking_0000003"

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
def session() -> Session:
    """Tomorrow nine to eleven, one seat each half hour."""
    return make_session(physician_id=make_physician().id)


def booking(no: str) -> Booking:
    db.session.expire_all()
    return db.session.scalars(sa.select(Booking).where(Booking.no == no)).one()


def told() -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Message.code == CHANGED)) or 0


def afternoon(session: Session, **over: object) -> Session:
    return make_session(physician_id=session.physician_id, starts="14:00", ends="15:00", **over)


def test_everybody_is_told_once_and_has_to_find_another_time(session: Session) -> None:
    nos = [make_booking(slot) for slot in slots_of(session)[:2]]
    assert close_session(session.id, reason="医生临时手术", by=BY) == Closed(0, 2)
    assert [booking(no).status for no in nos] == [BookingStatus.TO_MOVE] * 2
    assert told() == 2
    db.session.refresh(session)
    assert (session.status, session.closed_reason, session.closed_by) == (SessionStatus.CLOSED, "医生临时手术", BY)
    assert openings.free_slots_of(session.id) == []


def test_a_session_is_closed_once(session: Session) -> None:
    make_booking(slots_of(session)[0])
    close_session(session.id, reason="手术", by=BY)
    with pytest.raises(IllegalTransition):
        close_session(session.id, reason="手术", by=BY)
    assert told() == 1


def test_an_empty_session_is_closed_without_a_word(session: Session) -> None:
    assert close_session(session.id, reason="手术", by=BY) == Closed(0, 0)
    assert told() == 0


def test_all_who_fit_are_moved_and_the_rest_is_told(session: Session) -> None:
    nos = [make_booking(slot) for slot in slots_of(session)[:3]]
    target = afternoon(session)
    assert close_session(session.id, reason="手术", by=BY, move_to=target.id) == Closed(2, 1)
    moved = [booking(no) for no in nos]
    assert sorted(one.status for one in moved) == ["booked", "booked", "to_move"]
    assert {one.session_id for one in moved if one.status is BookingStatus.BOOKED} == {target.id}
    assert seats_of(target.id) == [(1, 1), (1, 1)]
    assert told() == 3


def test_who_is_moved_sits_as_near_as_possible_to_his_time(session: Session) -> None:
    no = make_booking(slots_of(session)[2])
    target = make_session(project_id=None, physician_id=make_physician().id, capacity=3)
    close_session(session.id, reason="手术", by=BY, move_to=target.id)
    assert booking(no).slot_id == slots_of(target)[2].id


def test_a_session_elsewhere_takes_nobody(session: Session) -> None:
    no = make_booking(slots_of(session)[0])
    far = make_session(physician_id=make_physician(department="皮肤科").id)
    closed = afternoon(session)
    close_session(closed.id, reason="手术", by=BY)
    for other in (far, closed, session):
        with pytest.raises(NotToMoveThere):
            close_session(session.id, reason="手术", by=BY, move_to=other.id)
    assert booking(no).status is BookingStatus.BOOKED
    assert told() == 0


def test_who_sits_there_already_stays_where_he_is(session: Session, at) -> None:
    no = make_booking(slots_of(session)[0])
    at("2026-03-03 09:00")
    changes.check_in(no, by=BY)
    assert close_session(session.id, reason="手术", by=BY) == Closed(0, 0)
    assert booking(no).status is BookingStatus.ARRIVED
    assert told() == 0


def test_the_roster_does_not_make_a_closed_session_again() -> None:
    physician_id = make_physician().id
    work = rosters.Work(physician_id, None, 540, 660, 30, 1)
    line = rosters.Line(work, 1, date(2026, 3, 2), None, 14, 420)
    rosters.add_plans(line, [1], by=BY)
    first = db.session.scalars(sa.select(Session).order_by(Session.day)).first()
    close_session(first.id, reason="手术", by=BY)
    assert rosters.make_sessions() == 0


def test_sessions_that_are_not_there() -> None:
    with pytest.raises(NotFound):
        close_session(999_999, reason="手术", by=BY)
    with pytest.raises(NotFound):
        listings.get_session(999_999)


# --- projects --------------------------------------------------------------------------------------------------------


def test_projects_have_names_of_their_own() -> None:
    first = projects.add_project(ProjectText("CT"), by=BY)
    second = projects.add_project(ProjectText("核磁"), by=BY)
    with pytest.raises(NameTaken):
        projects.add_project(ProjectText("CT"), by=BY)
    with pytest.raises(NameTaken):
        projects.change_project(second, ProjectText("CT"), seen_version=1, by=BY)
    projects.change_project(first, ProjectText("CT", place="1层"), seen_version=1, by=BY)
    with pytest.raises(Stale):
        projects.change_project(first, ProjectText("CT", place="2层"), seen_version=1, by=BY)
    assert listings.get_project(first).place == "1层"
