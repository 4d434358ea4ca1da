"""Tables of visits."""

from wxapp.visits.models.diagnostics import DeviceFile, ExamKind, FileStatus, MachineBinding, Picture
from wxapp.visits.models.patients import Profile, ProfilePerson
from wxapp.visits.models.procedures import (
    Appointment,
    Departure,
    Pickup,
    PickupStatus,
    Procedure,
    ProcedureStatus,
)
from wxapp.visits.models.quotes import Decision, PlannedPayment, Quote, QuoteLine, Review
from wxapp.visits.models.visits import Interest, Part, Person, Stage, Step, StepKind, Visit

__all__ = [
    "Appointment",
    "Decision",
    "Departure",
    "DeviceFile",
    "ExamKind",
    "FileStatus",
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
