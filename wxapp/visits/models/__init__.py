"""Tables of visits."""

from wxapp.visits.models.diagnostics import ExamKind, MachineBinding, Picture
from wxapp.visits.models.patients import Profile, ProfilePerson
from wxapp.visits.models.procedures import Departure, Pickup, PickupStatus, Procedure, ProcedureStatus
from wxapp.visits.models.quotes import Decision, PlannedPayment, Quote, QuoteLine, Review
from wxapp.visits.models.visits import Interest, Part, Person, Stage, Step, StepKind, Visit

__all__ = [
    "Decision",
    "Departure",
    "ExamKind",
    "Interest",
    "MachineBinding",
    "Part",
    "Person",
    "Pickup",
    "PickupStatus",
    "Picture",
    "PlannedPayment",
    "Procedure",
    "ProcedureStatus",
    "Profile",
    "ProfilePerson",
    "Quote",
    "QuoteLine",
    "Review",
    "Stage",
    "Step",
    "StepKind",
    "Visit",
]
