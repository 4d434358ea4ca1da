"""Arrival (到店确认): the patient stands at the front desk."""

from __future__ import annotations

from wxapp.booking import queries as bookings
from wxapp.booking.models import BookingStatus
from wxapp.booking.services import arrivals as booked
from wxapp.booking.states import BOOKING
from wxapp.core import actors, clock, events
from wxapp.core.db import transaction
from wxapp.core.errors import NotFound
from wxapp.hospital import queries as hospital
from wxapp.hospital.rules.flows import FlowRules
from wxapp.visits.errors import StageMoved
from wxapp.visits.events import VisitArrived
from wxapp.visits.models import ExamKind, Part, Stage, StepKind
from wxapp.visits.services import stages
from wxapp.visits.services.people import set_people


def confirm_arrival(visit_id: int, *, by: int, version: int | None = None) -> bool:
    """Note that the patient has come; the booking the visit came from is checked in, too.

    :param by: the member of staff who receives the patient
    :param version: what the page showed; None: the caller saw no page
    :return: False when this was done before: nothing is changed then, whatever page it was pressed on
    :raises NotFound: no such visit
    :raises StageMoved: the visit is refused
    """
    with transaction():
        visit = stages.hold(visit_id)
        if visit.stage is Stage.REFUSED:
            raise StageMoved
        if visit.stage is not Stage.BOOKED:
            return False
        stages.check_version(visit, version)
        now = clock.now()
        stages.move(visit, Stage.ARRIVED, by=actors.staff(by), reached_at=now, day=clock.hospital_day(now))
        following = first_step_inside(hospital.flow_of(visit.flow_id))
        stages.end_step(visit, StepKind.ARRIVAL, staff_id=by, following=following)
        set_people(visit_id, Part.RECEPTIONIST, [by])
        if visit.booking_no:
            _check_in(visit.booking_no, by=actors.staff(by))
        events.publish(VisitArrived(visit_id, visit.patient_id))
    return True


def first_step_inside(flow: FlowRules) -> StepKind:
    """Return what follows arrival: the examinations, unless the flow has none."""
    return StepKind.EXAMINATION if any(flow.step(kind.value).is_on for kind in ExamKind) else StepKind.TRIAGE


def _check_in(booking_no: str, *, by: str) -> None:
    """Check the booking in unless it is over; the patient is here, whatever became of it."""
    try:
        booking = bookings.get_booking(booking_no)
    except NotFound:
        return
    if booking.status is not BookingStatus.ARRIVED and BOOKING.allows(booking.status, BookingStatus.ARRIVED):
        booked.check_in_anyway(booking_no, by=by)
