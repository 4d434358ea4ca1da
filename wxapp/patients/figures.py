"""Figures of patients for the start page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from wxapp.patients.models import Binding, BindingStatus, Patient


@dataclass(frozen=True)
class People:
    """How many patients and bindings came since a moment, and how many patients are bound in all."""

    new: int
    newly_bound: int
    bound: int


def people_since(moment: datetime) -> list[sa.ScalarSelect[int]]:
    """Select the parts of ``People``."""
    new = sa.select(sa.func.count()).where(Patient.created_at >= moment).scalar_subquery()
    newly_bound = sa.select(sa.func.count()).where(Binding.bound_at >= moment).scalar_subquery()
    bound = (
        sa.select(sa.func.count(sa.distinct(Binding.patient_id)))
        .where(Binding.status == BindingStatus.ACTIVE)
        .scalar_subquery()
    )
    return [new, newly_bound, bound]
