"""Where packages plug into the page of a visit: what comes next, and pieces of their own.

The page shows one big button. It leads to the step that the visit waits for, if who looks may do it. The pieces stand
on the parts of the page, one of which is shown at a time: so that no look asks for everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, url_for
from markupsafe import Markup

from wxapp.admin.identity import Staff
from wxapp.core.permissions import Permission
from wxapp.visits.models import Stage, Visit


@dataclass(frozen=True)
class NextStep:
    """What a visit waits for at a stage. The endpoint gets the visit as ``id``."""

    label: str
    endpoint: str
    permission: Permission
    hint: str = ""
    """Whom the visit waits for, for those who can't do it themselves."""


@dataclass(frozen=True)
class Panel:
    """A piece of the page, e.g. the payments. ``render`` may return nothing."""

    name: str
    permission: Permission
    render: Callable[[Visit], Markup | None]
    order: int


@dataclass(frozen=True)
class PagePart:
    """A part of the page, with the names of the pieces that stand on it."""

    name: str
    label: str
    panels: tuple[str, ...]


OVERVIEW = "overview"
PARTS = (
    PagePart(OVERVIEW, "概况", ("pickup",)),
    PagePart("pictures", "检查", ("pictures",)),
    PagePart("quote", "报价", ("quote",)),
    PagePart("money", "收款", ("payments", "loans", "deposits", "prints", "retail")),
    PagePart("procedure", "手术与离店", ("procedure", "departure")),
)

_next: dict[Stage, NextStep] = {}
_panels: dict[str, Panel] = {}


def next_step(stage: Stage, label: str, endpoint: str, permission: Permission, *, hint: str = "") -> None:
    """Say what is done with a visit at this stage."""
    _next[stage] = NextStep(label, endpoint, permission, hint)


def step_after(visit: Visit) -> NextStep | None:
    """Return what the visit waits for; None when nothing, or when this application has no page for it."""
    step = _next.get(visit.stage)
    return step if step is not None and step.endpoint in current_app.view_functions else None


def step_url(step: NextStep, visit: Visit) -> str:
    return url_for(step.endpoint, id=visit.id)


def panel(name: str, permission: Permission, render: Callable[[Visit], Markup | None], order: int) -> None:
    """Put a piece on the page of a visit, for those who have the right.

    :param name: one that a part of the page names
    """
    if all(name not in part.panels for part in PARTS):
        raise ValueError(f"no part of the page has a place for {name}")
    _panels[name] = Panel(name, permission, render, order)


def panels(visit: Visit, staff: Staff, part: str) -> list[Markup]:
    """Return the pieces of a part that this person sees, in their order."""
    names = next((one.panels for one in PARTS if one.name == part), ())
    there = sorted((one for one in _panels.values() if one.name in names), key=lambda one: one.order)
    shown = [one for one in there if staff.may(one.permission)]
    return [made for one in shown if (made := one.render(visit)) is not None]
