"""Sales, as pages and programs show them: one row for each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name
from wxapp.patients.models import Patient
from wxapp.patients.queries import find_patients, patient_names
from wxapp.retail.models import RetailLine, RetailOrder, RetailStatus
from wxapp.staff.models import Member


def get_order(order_no: str) -> RetailOrder:
    """:raises NotFound: no sale has this number"""
    found = db.session.scalars(sa.select(RetailOrder).where(RetailOrder.order_no == order_no)).one_or_none()
    if found is None:
        raise NotFound("没有这张零售订单")
    return found


def order_with_patient(order_no: str) -> tuple[RetailOrder, Patient]:
    """Return a sale and to whom it was sold, with one question.

    :raises NotFound: no sale has this number
    """
    both: list[Any] = [RetailOrder, Patient]
    wanted = sa.select(*both).join(Patient, Patient.id == RetailOrder.patient_id)
    row = db.session.execute(wanted.where(RetailOrder.order_no == order_no)).one_or_none()
    if row is None:
        raise NotFound("没有这张零售订单")
    return row[0], row[1]


def order_by_id(order_id: int) -> RetailOrder:
    """:raises NotFound: no such sale"""
    found = db.session.get(RetailOrder, order_id)
    if found is None:
        raise NotFound("没有这张零售订单")
    return found


def lines_of(order_id: int) -> Sequence[RetailLine]:
    wanted = sa.select(RetailLine).where(RetailLine.order_id == order_id)
    return db.session.scalars(wanted.order_by(RetailLine.position)).all()


def last_sales_of(patient_id: int, *, limit: int = 5) -> Sequence[RetailOrder]:
    """Return what a patient bought last, cancelled or not, newest first."""
    wanted = sa.select(RetailOrder).where(RetailOrder.patient_id == patient_id)
    return db.session.scalars(wanted.order_by(RetailOrder.id.desc()).limit(limit)).all()


def sold_on(day: date) -> list[sa.ScalarSelect[Any]]:
    """Select how many sales of a hospital day are good, and their sum in fen."""
    since, until = clock.day_bounds(day)
    good = (RetailOrder.created_at >= since, RetailOrder.created_at < until, RetailOrder.status == RetailStatus.PAID)
    return [
        sa.select(sa.func.count()).where(*good).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.sum(RetailOrder.total_fen), 0)).where(*good).scalar_subquery(),
    ]


def find_by_number(text: str) -> RetailOrder | None:
    """Return the sale with this number, for the search box."""
    if len(text) != _NUMBER_LENGTH or not text.isascii() or not text.isdigit():
        return None
    return db.session.scalars(sa.select(RetailOrder).where(RetailOrder.order_no == text)).one_or_none()


_NUMBER_LENGTH = 18


def sellers() -> list[tuple[int, str]]:
    """Return everybody who may have sold something, by name."""
    wanted = sa.select(Member.id, Member.name).where(Member.is_active).order_by(Member.name, Member.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def lines_for_staff(*, q: str, status: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return lines with their sales.

    :param q: number of a sale, or a patient's whole name, phone or record number
    """
    columns: list[Any] = [RetailLine, RetailOrder]
    wanted = sa.select(*columns).join(RetailOrder, RetailOrder.id == RetailLine.order_id)
    if q:
        patients = [patient.id for patient in find_patients(q)]
        wanted = wanted.where(sa.or_(RetailOrder.order_no == q, RetailOrder.patient_id.in_(patients)))
    if status:
        wanted = wanted.where(RetailOrder.status == RetailStatus(status))
    if since is not None:
        wanted = wanted.where(RetailOrder.created_at >= clock.day_bounds(since)[0])
    if until is not None:
        wanted = wanted.where(RetailOrder.created_at < clock.day_bounds(until)[1])
    return wanted


@dataclass(frozen=True)
class OrderLine:
    """A line with what its sale says; the patient's name is masked."""

    id: int
    order_no: str
    patient_id: int
    patient: str
    goods_id: int
    name: str
    price_fen: int
    count: int
    total_fen: int
    status: RetailStatus
    seller: str
    created_at: datetime
    is_first: bool


def order_lines(rows: Sequence[Any]) -> list[OrderLine]:
    """Turn rows of :func:`lines_for_staff` into what lists show, with one question for all names."""
    names = patient_names([order.patient_id for _, order in rows])
    return [
        OrderLine(
            id=line.id,
            order_no=order.order_no,
            patient_id=order.patient_id,
            patient=masked_name(names.get(order.patient_id)),
            goods_id=line.goods_id,
            name=line.name,
            price_fen=line.price_fen,
            count=line.count,
            total_fen=order.total_fen,
            status=order.status,
            seller=order.seller_name,
            created_at=order.created_at,
            is_first=line.position == 1,
        )
        for line, order in rows
    ]
