"""What may become of a visit, a procedure and a pickup."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.visits.models import PickupStatus as Car
from wxapp.visits.models import ProcedureStatus as Op
from wxapp.visits.models import Stage as At

VISIT: Machine[At] = Machine(
    {
        At.BOOKED: {At.ARRIVED, At.REFUSED},
        At.ARRIVED: {At.EXAMINING, At.TRIAGED, At.REFUSED},
        At.EXAMINING: {At.TRIAGED, At.REFUSED},
        At.TRIAGED: {At.TRIAGED, At.IN_REVIEW, At.APPROVED, At.REFUSED},  # itself: another consultant
        At.IN_REVIEW: {At.IN_REVIEW, At.SENT_BACK, At.APPROVED, At.REFUSED},
        At.SENT_BACK: {At.SENT_BACK, At.IN_REVIEW, At.APPROVED, At.REFUSED},
        At.APPROVED: {At.APPROVED, At.IN_REVIEW, At.COLLECTED, At.REFUSED},
        At.COLLECTED: {At.COLLECTED, At.COLLECT_AGAIN, At.IN_PROCEDURE, At.LEFT},
        At.COLLECT_AGAIN: {At.COLLECT_AGAIN, At.COLLECTED, At.IN_PROCEDURE},
        At.IN_PROCEDURE: {At.IN_PROCEDURE, At.COLLECT_AGAIN, At.LEFT},
        At.LEFT: {At.LEFT, At.COLLECTED, At.IN_PROCEDURE},  # the others: undone on the same day
        At.REFUSED: {
            At.BOOKED, At.ARRIVED, At.EXAMINING, At.TRIAGED, At.IN_REVIEW, At.SENT_BACK, At.APPROVED,
        },
    },
    attribute="stage",
)  # fmt: skip
"""A move from a stage to itself is a change of what the stage is about, e.g. a replaced quote."""

ENDED = (At.LEFT, At.REFUSED)
"""Where nobody works with a visit any more."""

PROCEDURE: Machine[Op] = Machine(
    {
        Op.WAITING: {Op.ASSIGNED},
        Op.ASSIGNED: {Op.ASSIGNED, Op.OPERATING},
        Op.OPERATING: {Op.DONE},
        Op.DONE: {Op.OPERATING},  # ended by mistake
    }
)

PICKUP: Machine[Car] = Machine(
    {
        Car.WAITING: {Car.ASSIGNED, Car.CANCELLED},
        Car.ASSIGNED: {Car.ASSIGNED, Car.WAITING, Car.ON_THE_WAY, Car.CANCELLED},
        Car.ON_THE_WAY: {Car.ON_BOARD, Car.ASSIGNED, Car.CANCELLED},
        Car.ON_BOARD: {Car.DELIVERED},
        Car.CANCELLED: {Car.WAITING},
    }
)
