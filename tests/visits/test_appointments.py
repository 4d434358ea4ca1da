"""Bookings before the patients come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.booking import CONTACT, make_booking, make_physician, make_session, slots_of
from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.booking import queries as bookings
from wxapp.booking.models import BookingStatus, Session
from wxapp.booking.services import changes
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid, NotFound, Stale
from wxapp.core.permissions import Permission
from wxapp.messages.models import Message
from wxapp.visits.models import Appointment
from wxapp.visits.queries.appointments import State, find_noted, get_appointment, sheet_of
from wxapp.visits.services import appointments

pytestmark = pytest.mark.usefixtures("app")
P = Permission
BY = "staff:1"
TODAY = date(2026, 3, 2)
JSON = {"Accept": "application/json"}


@pytest.fixture
def session() -> Session:
    """This afternoon, two to four, one seat each half hour."""
    return make_session(physician_id=make_physician(name="周明").id, day=TODAY, starts="14:00", ends="16:00")


@pytest.fixture
def no(session: Session) -> str:
    return make_booking(slots_of(session)[0])


def state(no: str) -> State:
    db.session.expire_all()
    return get_appointment(no).row.state


# --- confirming ------------------------------------------------------------------------------------------------------


def test_a_booking_is_new_until_it_is_confirmed(no: str) -> None:
    assert state(no) is State.NEW
    appointments.confirm(no, by=BY)
    assert state(no) is State.CONFIRMED
    noted = find_noted(no)
    assert noted is not None
    assert noted.confirmed_by == BY


def test_confirming_twice_changes_nothing(no: str) -> None:
    appointments.confirm(no, by=BY)
    appointments.confirm(no, by="staff:2")
    [noted] = db.session.scalars(sa.select(Appointment)).all()
    assert noted.confirmed_by == BY


def test_what_was_moved_has_to_be_confirmed_again(session: Session, no: str) -> None:
    appointments.confirm(no, by=BY)
    changes.move(no, slots_of(session)[2].id, by=BY, is_staff=True)
    assert state(no) is State.NEW
    appointments.confirm(no, by=BY)
    assert state(no) is State.CONFIRMED


def test_what_is_over_is_not_confirmed(no: str) -> None:
    changes.cancel(no, by=BY, reason="改期", is_staff=True)
    with pytest.raises(IllegalTransition):
        appointments.confirm(no, by=BY)
    assert state(no) is State.CANCELLED
    with pytest.raises(NotFound):
        appointments.confirm("B999", by=BY)


def test_who_came_is_shown_as_arrived(no: str) -> None:
    appointments.confirm(no, by=BY)
    changes.check_in(no, by=BY)
    assert state(no) is State.ARRIVED


# --- who won the patient ---------------------------------------------------------------------------------------------


def test_who_won_the_patient_is_noted(no: str) -> None:
    member = make_member(name="钱开发")
    appointments.note(no, lead_referrer_id=member.id, remark="老客户介绍", by=BY, seen=0)
    row = get_appointment(no)
    assert (row.row.referrer, row.noted and row.noted.note) == ("钱开发", "老客户介绍")


def test_of_two_who_noted_the_second_is_told(no: str) -> None:
    member = make_member()
    appointments.note(no, lead_referrer_id=member.id, by=BY, seen=0)
    with pytest.raises(Stale):
        appointments.note(no, lead_referrer_id=None, by=BY, seen=0)


@pytest.mark.parametrize("is_active", [False, None])
def test_only_active_staff_win_patients(no: str, *, is_active: bool | None) -> None:
    wanted = 999_999 if is_active is None else make_member(is_active=is_active).id
    with pytest.raises(Invalid):
        appointments.note(no, lead_referrer_id=wanted, by=BY)
    assert find_noted(no) is None


# --- cancelling ------------------------------------------------------------------------------------------------------


def test_a_cancelled_booking_frees_its_seat_and_the_patient_is_told(session: Session, no: str) -> None:
    appointments.cancel(no, reason="医生出差", by=BY)
    assert bookings.get_booking(no).status is BookingStatus.CANCELLED
    assert slots_of(session)[0].taken == 0
    assert db.session.scalars(sa.select(Message.code).where(Message.code == "pt_booking_0000003")).all()


# --- the pages -------------------------------------------------------------------------------------------------------


class Desk:
    def __init__(self, client: FlaskClient, csrf: str) -> None:
        self.client, self.csrf = client, csrf

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/appointment/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/appointment/{path}", headers=JSON)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/appointment/{path}", data={"csrf_token": self.csrf, **fields})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(P.BOOKING_READ, P.BOOKING_WRITE, P.VISIT_INTAKE)


def test_the_list_shows_bookings_masked_with_what_comes_next(desk: Desk, no: str) -> None:
    page = desk.get("index").text
    assert "林**" in page
    assert not any(text in page for text in (CONTACT.name, CONTACT.phone))
    assert f"/pc/user/add?booking_no={no}" in page
    [row] = desk.ask("index").json["list"]
    assert (row["no"], row["state"], row["who"]) == (no, "new", "周明")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 1),
        ("state=new", 1),
        ("state=confirmed", 0),
        ("state=missed", 0),
        ("day=2026-03-03", 0),
        ("source=phone", 0),
    ],
)
def test_the_list_is_filtered(desk: Desk, no: str, query: str, found: int) -> None:
    assert desk.ask(f"index?{query}").json["count"] == found


def test_what_became_a_visit_leads_there(desk: Desk, no: str) -> None:
    visit = make_visit(booking_no=no)
    [row] = desk.ask("index").json["list"]
    assert row["visit_no"] == visit.visit_no
    assert f"/pc/user/add?booking_no={no}" not in desk.get("index").text
    assert visit.visit_no in desk.get(f"bookings/{no}").text


def test_a_booking_is_confirmed_noted_and_cancelled_on_its_page(desk: Desk, no: str) -> None:
    referrer = make_member(roles=[make_role(name="referrer")], name="钱开发")
    assert "钱开发" in desk.get(f"bookings/{no}").text
    assert desk.post(f"bookings/{no}/confirm").status_code == 303
    assert desk.post(f"bookings/{no}/note", version=1, lead_referrer_id=referrer.id, remark="老客户").status_code == 409
    assert desk.post(f"bookings/{no}/note", version=2, lead_referrer_id=referrer.id, remark="老客户").status_code == 303
    assert "老客户" in desk.get(f"bookings/{no}").text
    assert desk.post(f"bookings/{no}/cancel", reason="医生出差").status_code == 303
    assert state(no) is State.CANCELLED
    assert desk.post(f"bookings/{no}/confirm").status_code == 409


def test_a_booking_becomes_a_patient_with_whoever_won_him_filled_in(desk: Desk, no: str) -> None:
    referrer = make_member(name="钱开发")
    appointments.note(no, lead_referrer_id=referrer.id, by=BY)
    page = desk.client.get(f"/pc/user/add?booking_no={no}", headers={"Accept": "text/html"}).text
    assert CONTACT.name in page
    assert f'<option value="{referrer.id}" selected>钱开发' in page


def test_the_sheet_of_a_day_is_masked_and_without_the_cancelled(desk: Desk, session: Session, no: str) -> None:
    gone = make_booking(slots_of(session)[1])
    changes.cancel(gone, by=BY, reason="改期", is_staff=True)
    assert [row.no for row in sheet_of(TODAY)] == [no]
    page = desk.get("sheet").text
    assert "林**" in page
    assert not any(text in page for text in (CONTACT.name, CONTACT.phone))
    assert "这一天没有预约" in desk.get("sheet?day=2026-03-03").text
    assert "2026-03-02" in desk.get("sheet?day=rubbish").text


def test_who_may_only_look_changes_nothing(sit: Sit, no: str) -> None:
    desk = sit(P.BOOKING_READ)
    assert desk.get(f"bookings/{no}").status_code == 200
    assert desk.post(f"bookings/{no}/confirm").status_code == 403
    assert sit(P.VISIT_READ).get("index").status_code == 403
    assert sit(P.BOOKING_READ).get("bookings/B999").status_code == 404
