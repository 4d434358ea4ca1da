"""Reads of invoices and of whom they are made out to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.mall.cart_models import Invoice, InvoiceStatus, InvoiceTitle
from wxapp.mall.queries.goods import PAGE_SIZE


def find_open_invoice(order_id: int) -> Invoice | None:
    """Return the invoice of an order that is requested or issued, if there is one."""
    return db.session.scalars(sa.select(Invoice).where(Invoice.open_order_id == order_id)).one_or_none()


def invoices_of_order(order_id: int) -> list[Invoice]:
    """Return all invoices that were asked for an order, the newest first."""
    return list(db.session.scalars(sa.select(Invoice).where(Invoice.order_id == order_id).order_by(Invoice.id.desc())))


def invoices_of(patient_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> tuple[list[Invoice], bool]:
    """Return one page of a patient's invoices, newest first, and whether there are more."""
    statement = sa.select(Invoice).where(Invoice.patient_id == patient_id).order_by(Invoice.id.desc())
    found = list(db.session.scalars(statement.limit(size + 1).offset((page - 1) * size)))
    return found[:size], len(found) > size


def own_invoice(patient_id: int, no: str) -> Invoice:
    """Return an invoice of this patient.

    :raises NotFound: there is none, or it is somebody else's
    """
    found = db.session.scalars(
        sa.select(Invoice).where(Invoice.no == no, Invoice.patient_id == patient_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def get_invoice(no: str) -> Invoice:
    """:raises NotFound: there is none with this number"""
    found = db.session.scalars(sa.select(Invoice).where(Invoice.no == no)).one_or_none()
    if found is None:
        raise NotFound
    return found


def titles_of(wechat_user_id: int) -> list[InvoiceTitle]:
    """Return the titles that a user has kept, the last used first."""
    return list(
        db.session.scalars(
            sa.select(InvoiceTitle)
            .where(InvoiceTitle.wechat_user_id == wechat_user_id)
            .order_by(InvoiceTitle.used_at.desc(), InvoiceTitle.id.desc())
        )
    )


def own_title(wechat_user_id: int, title_id: int) -> InvoiceTitle:
    """Return a title that this user has kept.

    :raises NotFound: there is none, or it is somebody else's
    """
    found = db.session.scalars(
        sa.select(InvoiceTitle).where(InvoiceTitle.id == title_id, InvoiceTitle.wechat_user_id == wechat_user_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def invoices_for_staff(*, text: str = "", status: str = "", reversal: bool = False) -> sa.Select[Any]:
    statement: sa.Select[Any] = sa.select(Invoice)
    if text:
        statement = statement.where(
            sa.or_(Invoice.no == text, Invoice.order_no == text.upper(), Invoice.invoice_no == text)
        )
    if status:
        statement = statement.where(Invoice.status == InvoiceStatus(status))
    if reversal:
        statement = statement.where(Invoice.needs_reversal)
    return statement


def invoices_to_handle() -> sa.ScalarSelect[int]:
    """Select how many wait for staff: requested, or to be reversed."""
    waiting = sa.or_(Invoice.status == InvoiceStatus.REQUESTED, Invoice.needs_reversal)
    return sa.select(sa.func.count()).select_from(Invoice).where(waiting).scalar_subquery()
