"""Staff interfaces; importing this folder registers them."""

from wxapp.visits.admin import (
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
