"""Staff interfaces; importing this folder registers them."""

from wxapp.visits.admin import (
    appointments,
    arrivals,
    consultation,
    diagnostics,
    driving,
    exams,
    front_desk,
    intake,
    leaving,
    live,
    machines,
    pickups,
    procedures,
    quote_parts,
    review,
    triage,
    visits,
)
from wxapp.visits.admin.door import blueprint

__all__ = [
    "appointments",
    "arrivals",
    "blueprint",
    "consultation",
    "diagnostics",
    "driving",
    "exams",
    "front_desk",
    "intake",
    "leaving",
    "live",
    "machines",
    "pickups",
    "procedures",
    "quote_parts",
    "review",
    "triage",
    "visits",
]
