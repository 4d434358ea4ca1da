"""A hospital whose calendar is full: sessions made as rosters make them, bookings copied in the database."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from tests.factories.booking import make_booking, make_physician, make_session, slots_of
from wxapp.booking.models import Booking, Session, Slot
from wxapp.core import clock
from wxapp.core.db import db

PHYSICIANS = 10
DAYS = 30


def fill(bookings: int) -> None:
    """Let ten physicians work thirty days, mornings and afternoons, and fill half of the days ahead and all behind."""
    for number in range(PHYSICIANS):
        physician = make_physician(name=f"忙医生{number}")
        for day in range(1, DAYS):
            for starts, ends in (("08:00", "12:00"), ("13:30", "17:30")):
                make_session(
                    physician_id=physician.id,
                    day=clock.today() + timedelta(days=day),
                    starts=starts,
                    ends=ends,
                    slot_minutes=10,
                    capacity=100,
                )
    evening = make_session(
        physician_id=busiest(),
        day=clock.today() + timedelta(days=1),
        starts="18:00",
        ends="18:10",
        slot_minutes=10,
        capacity=1,
    )
    model = make_booking(slots_of(evening)[0])
    _copy(model, bookings)


def busiest() -> int:
    """Return the last of the physicians."""
    found = db.session.scalar(sa.select(sa.func.max(Session.physician_id)))
    return int(found or 0)


def _copy(booking_no: str, wanted: int) -> None:
    """Write as many bookings as wanted, each for another person, spread over all slots."""
    columns = [column.name for column in Booking.__table__.columns if column.name != "id"]
    model = db.session.execute(sa.select(Booking.__table__).where(Booking.no == booking_no)).mappings().one()
    raw = db.session.execute(
        sa.text("SELECT contact_name, contact_phone, contact_id_number FROM booking_booking WHERE no = :no"),
        {"no": booking_no},
    ).one()
    slots = db.session.execute(
        sa.select(Slot.id, Slot.session_id, Slot.starts_at, Slot.ends_at, Session.physician_id)
        .join(Session, Session.id == Slot.session_id)
        .where(Slot.capacity == 100)
    ).all()
    statement = sa.text(
        f"INSERT INTO booking_booking ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
    )
    rows = []
    for number in range(wanted):
        slot = slots[number % len(slots)]
        rows.append(
            {
                **{name: model[name] for name in columns},
                "contact_name": raw[0],
                "contact_phone": raw[1],
                "contact_id_number": raw[2],
                "no": f"B9{number:08d}",
                "code": f"9{number:011d}",
                "slot_id": slot.id,
                "session_id": slot.session_id,
                "physician_id": slot.physician_id,
                "starts_at": slot.starts_at.replace(tzinfo=None),
                "ends_at": slot.ends_at.replace(tzinfo=None),
                "made_at": model["made_at"].replace(tzinfo=None),
                "booker_key": f"patient:{number}",
                "patient_id": number,
                "status": model["status"].value,
                "source": model["source"].value,
            }
        )
        if len(rows) == 2_000 or number == wanted - 1:
            db.session.execute(statement, rows)
            rows = []
    seated = sa.select(sa.func.count()).where(Booking.slot_id == Slot.id, Booking.active_marker == 1).scalar_subquery()
    db.session.execute(sa.update(Slot).where(Slot.capacity == 100).values(taken=seated))
    db.session.commit()
