"""Staff interfaces; importing this folder registers them."""

from wxapp.visits.admin import (
    diagnostics,
    driving,
    exams,
    leaving,
    live,
    machines,
    pickups,
    procedures,
    triage,
)
from wxapp.visits.admin.door import blueprint

__all__ = [
    "blueprint",
    "diagnostics",
    "driving",
    "exams",
    "leaving",
    "live",
    "machines",
    "pickups",
    "procedures",
    "triage",
]
