"""What the cashier tells."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class VisitCollected(Event):
    """The whole final price of a visit has been taken, for the first time."""

    visit_id: int
    patient_id: int
    receipt_id: int


@dataclass(frozen=True)
class PaymentsChanged(Event):
    """What was taken for a collected visit is another now: booked anew, or the difference to a raised price was taken.

    The receipt says what it voided and what it took.
    """

    visit_id: int
    patient_id: int
    receipt_id: int
