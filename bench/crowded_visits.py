"""A hospital with years of visits: one of each row is made by the factories, the others are copied in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.factories.configuration import make_methods, make_project, make_project_category
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import Model, db, transaction
from wxapp.patients.models import NAME_INDEX
from wxapp.patients.queries import phone_index
from wxapp.staff import services as staff
from wxapp.staff.models import Member, Role
from wxapp.till.models import Act, Entry, Receipt
from wxapp.visits.models import Interest, Part, Pickup, Stage
from wxapp.visits.services.people import set_people

PER_DAY = 300
AHEAD = 3
"""Days ahead that have visits, too."""
SLICE = 20_000
"""Rows that one statement writes."""
NAMES = 2_000
"""So many patients in turn have different names."""
PEOPLE = {
    Part.LEAD_REFERRER: 60,
    Part.RECEPTIONIST: 5,
    Part.TRIAGIST: 4,
    Part.CONSULTANT: 40,
    Part.REVIEWER: 4,
    Part.CASHIER: 5,
    Part.DRIVER: 10,
}
"""How many members of staff take turns at each part."""
ROLES = {
    Part.LEAD_REFERRER: "开发",
    Part.CONSULTANT: "咨询师",
    Part.DRIVER: "司机",
    Part.REVIEWER: "超管",
    Part.TRIAGIST: "分诊",
}
WITHOUT_PART = "拍照室"


@dataclass(frozen=True)
class Crowded:
    """Who looks, and for whom one may search.

    :ivar staff: a member of staff of each of the roles whose lists are looked at
    """

    staff: Mapping[str, int]
    name: str
    phone: str
    record_no: str
    visit_no: str
    visit_id: int


def fill(count: int) -> Crowded:
    """Write so many visits over the last years and the next days; today has some at every stage."""
    people = _make_staff()
    methods = make_methods()
    projects = [make_project(category=make_project_category()) for _ in range(6)]
    patient = make_patient(name="周一鸣")
    patients = _multiply_patients(patient.id, count // 2)
    visit = make_visit(patient=patient, stage=Stage.COLLECTED, projects=projects[:2])
    with transaction():
        for part in PEOPLE:
            set_people(visit.id, part, [people[part]])
        now = clock.now()
        db.session.add(Interest(visit_id=visit.id, category_id=projects[0].category_id))
        receipt = Receipt(
            no="SJ0", act=Act.COLLECTED, subject=f"visit:{visit.id}", patient_id=patient.id,
            cashier_id=people[Part.CASHIER], cashier_name="收银", net_fen=1, day=clock.today(), made_at=now,
        )  # fmt: skip
        db.session.add(receipt)
        db.session.flush()  # its key is in the rows below
        method = methods["现金"]
        db.session.add_all(
            [
                Entry(
                    receipt_id=receipt.id, subject=receipt.subject, position=0, method_id=method.id,
                    method_name=method.name, kind=method.kind, amount_fen=1, made_at=now,
                ),
                Pickup(visit_id=visit.id, place="东站出口", at=now, created_at=now, created_by="system:bench"),
            ]
        )  # fmt: skip
    _multiply_visits(visit.id, count, patients, people)
    crowded = _look_back(visit.id + count // 2)
    db.session.commit()
    with db.engine.connect() as connection:
        names = ", ".join(f"`{table.name}`" for table in Model.metadata.sorted_tables if table.name.startswith(FILLED))
        connection.exec_driver_sql(f"ANALYZE TABLE {names}").all()
    return crowded


FILLED = ("visits_", "till_", "patients_patient")


def _make_staff() -> dict[Part, int]:
    """Make so many of each part, one after the other; return the first of each."""
    staff.install_default_roles()
    with transaction():
        db.session.execute(sa.update(Role).values(requires_totp=False))
    roles = {role.label: role for role in db.session.scalars(sa.select(Role))}
    first: dict[Part, int] = {}
    for part, how_many in PEOPLE.items():
        held = [roles[ROLES.get(part, "前台")]]
        made = [make_member(roles=held, name=f"{part.label}{number}") for number in range(how_many)]
        first[part] = made[0].id
    make_member(roles=[roles[WITHOUT_PART]])
    return first


# --- copying ---------------------------------------------------------------------------------------------------------


def _multiply_patients(model_id: int, count: int) -> range:
    """Write patients with phones of their own; each name is that of many."""
    table = Model.metadata.tables["patients_patient"]
    kept = [column.name for column in table.c if column.name not in {"id", "record_no", "id_index"}]
    columns: list[Any] = [sa.literal_column(f"`{name}`").label(name) for name in kept]
    raw = db.session.execute(sa.select(*columns).select_from(table).where(table.c.id == model_id)).one()
    indexes = [blind_index(f"周一{number:04d}", context=NAME_INDEX) for number in range(NAMES)]
    rows = [
        {
            **raw._asdict(),
            "id": model_id + number,
            "record_no": f"HOSP100101{number:07d}",
            "name_index": indexes[number % NAMES],
            "phone_index": phone_index(f"139{number:08d}"),
        }
        for number in range(1, count + 1)
    ]
    names = ["id", "record_no", *kept]
    statement = sa.text(
        f"INSERT INTO patients_patient ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    )
    for start in range(0, len(rows), 5_000):
        db.session.execute(statement, rows[start : start + 5_000])
    db.session.commit()
    return range(model_id + 1, model_id + count + 1)


_OLD = """CASE WHEN n.seq % 100 < 90 THEN 'left' WHEN n.seq % 100 < 95 THEN 'refused'
          WHEN n.seq % 100 < 98 THEN 'booked' WHEN n.seq % 100 = 98 THEN 'approved' ELSE 'collected' END"""
"""Most have left; some never came, some never paid: lists of those who wait must not wade through them."""


def _multiply_visits(model_id: int, count: int, patients: range, people: Mapping[Part, int]) -> None:
    stages = ", ".join(f"'{stage.value}'" for stage in Stage)
    days = f"DATE_ADD(DATE(v.day), INTERVAL {AHEAD} - FLOOR(({count} - n.seq) / {PER_DAY}) DAY)"
    stage = (
        f"CASE WHEN {days} > DATE(v.day) THEN 'booked' WHEN {days} = DATE(v.day) "
        f"THEN ELT(1 + n.seq % {len(Stage)}, {stages}) ELSE {_OLD} END"
    )
    moment = f"TIMESTAMP({days}, SEC_TO_TIME(3600 + n.seq % 28800))"
    with_consultant = f"IF({stage} IN ('booked', 'arrived', 'examining'), NULL, {{}})"
    _copy(
        "visits_visit",
        model_id,
        count,
        {
            "id": "v.id + n.seq",
            "visit_no": "CONCAT('HOSP2', LPAD(n.seq, 9, '0'))",
            "patient_id": f"{patients.start} + n.seq % {len(patients)}",
            "stage": stage,
            "stage_before": f"IF({stage} = 'refused', 'arrived', '')",
            "day": days,
            "appointed_at": moment,
            "reached_at": f"IF({stage} = 'booked', NULL, {moment})",
            "left_at": f"IF({stage} = 'left', {moment}, NULL)",
            "step_since": moment,
            "created_at": moment,
            "changed_at": moment,
            "final_fen": "100000 + n.seq",
            "collected_final_fen": "100000 + n.seq",
            "lead_referrer_id": f"{people[Part.LEAD_REFERRER]} + n.seq % {PEOPLE[Part.LEAD_REFERRER]}",
            "consultant_id": with_consultant.format(f"{people[Part.CONSULTANT]} + n.seq % {PEOPLE[Part.CONSULTANT]}"),
        },
    )
    visit = f"{model_id} + n.seq"
    for part, first in people.items():
        _copy(
            "visits_person",
            _id_of("visits_person", visit_id=model_id, part=part.value),
            count,
            {"id": None, "visit_id": visit, "staff_id": f"{first} + n.seq % {PEOPLE[part]}"},
        )
    _copy("visits_interest", _id_of("visits_interest", visit_id=model_id), count, {"id": None, "visit_id": visit})
    _copy(
        "visits_procedure",
        _id_of("visits_procedure", visit_id=model_id),
        count,
        {"id": None, "visit_id": visit, "status": "IF(n.seq % 50 = 0, 'waiting', 'done')"},
    )
    _copy(
        "visits_pickup",
        _id_of("visits_pickup", visit_id=model_id),
        count // 10,
        {
            "id": None,
            "visit_id": f"{model_id} + n.seq * 10",
            "status": "ELT(1 + n.seq % 3, 'waiting', 'assigned', 'delivered')",
            "at": f"DATE_SUB(v.at, INTERVAL {count // 10 - 100} - CAST(n.seq AS SIGNED) HOUR)",
            "driver_id": f"{people[Part.DRIVER]} + n.seq % {PEOPLE[Part.DRIVER]}",
        },
    )
    receipt_id = _id_of("till_receipt", subject=f"visit:{model_id}")
    made = f"DATE_SUB(v.made_at, INTERVAL FLOOR(({count} - n.seq) / {PER_DAY}) DAY)"
    _copy(
        "till_receipt",
        receipt_id,
        count,
        {
            "id": "v.id + n.seq",
            "no": "CONCAT('SJ', LPAD(n.seq, 12, '0'))",
            "subject": f"CONCAT('visit:', {visit})",
            "patient_id": f"{patients.start} + n.seq % {len(patients)}",
            "cashier_id": f"{people[Part.CASHIER]} + n.seq % {PEOPLE[Part.CASHIER]}",
            "net_fen": "100000 + n.seq",
            "day": f"DATE_SUB(v.day, INTERVAL FLOOR(({count} - n.seq) / {PER_DAY}) DAY)",
            "made_at": made,
        },
    )
    _copy(
        "till_entry",
        _id_of("till_entry", subject=f"visit:{model_id}"),
        count,
        {
            "id": None,
            "receipt_id": f"{receipt_id} + n.seq",
            "subject": f"CONCAT('visit:', {visit})",
            "amount_fen": "100000 + n.seq",
            "made_at": made,
        },
    )


def _copy(table: str, model_id: int, count: int, changes: Mapping[str, str | None]) -> None:
    """Copy a row (``v``) so many times; ``n.seq`` counts the copies from 1. None leaves a column to its default."""
    columns = [column.name for column in Model.metadata.tables[table].c if changes.get(column.name, "") is not None]
    values = ", ".join(changes.get(name) or f"v.`{name}`" for name in columns)
    names = ", ".join(f"`{name}`" for name in columns)
    for start in range(1, count + 1, SLICE):
        numbers = f"(SELECT seq FROM seq_{start}_to_{min(start + SLICE - 1, count)})"
        db.session.execute(
            sa.text(f"INSERT INTO {table} ({names}) SELECT {values} FROM {numbers} n JOIN {table} v ON v.id = :id"),
            {"id": model_id},
        )
        db.session.commit()


def _id_of(table: str, **where: int | str) -> int:
    rows = Model.metadata.tables[table]
    conditions = [sa.literal_column(f"`{name}`") == value for name, value in where.items()]
    return int(db.session.execute(sa.select(rows.c.id).where(*conditions)).scalars().one())


# --- what is looked for ----------------------------------------------------------------------------------------------


def _look_back(visit_id: int) -> Crowded:
    row = db.session.execute(
        sa.text(
            "SELECT v.visit_no, p.record_no, p.id FROM visits_visit v JOIN patients_patient p ON p.id = v.patient_id "
            "WHERE v.id = :id"
        ),
        {"id": visit_id},
    ).one()
    number = int(row.record_no.removeprefix("HOSP100101"))
    members = db.session.execute(sa.select(Role.label, Member.id).join(Member.roles).order_by(Member.id.desc()))
    return Crowded(
        staff={str(row.label): int(row.id) for row in members},
        name=f"周一{number % NAMES:04d}",
        phone=f"139{number:08d}",
        record_no=row.record_no,
        visit_no=row.visit_no,
        visit_id=visit_id,
    )
