"""Offers and people for quotes, reviews and plans of payment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.factories.configuration import make_project
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Project
from wxapp.messages.receivers import Receiver
from wxapp.messages.services.notifying import notify
from wxapp.staff.models import Member
from wxapp.staff.services.wechat import begin_link
from wxapp.visits.models import Stage, Visit
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.visits.services.quoting import Offer


def make_consultant(**over: Any) -> Member:
    return make_member([Permission.CONSULT, Permission.VISIT_READ], **over)


def make_reviewer(**over: Any) -> Member:
    return make_member([Permission.PRICE_REVIEW, Permission.VISIT_READ], **over)


def make_triaged(**over: Any) -> Visit:
    """Return a visit that waits for its consultant."""
    over.setdefault("consultant_id", make_consultant().id)
    return make_visit(stage=Stage.TRIAGED, **over)


def line_of(project: Project, *, count: int = 1, price_fen: int | None = None) -> QuotedLine:
    price = project.price_fen if price_fen is None else price_fen
    return QuotedLine(project.id, count, price, project.name, project.category_id)


def three_projects() -> list[Project]:
    """Return the projects of the contract's example: 800, 1200 and 3000 yuan."""
    return [make_project(price_fen=fen) for fen in (80_000, 120_000, 300_000)]


def offer_of(projects: Sequence[Project], offered_fen: int | None = None, remark: str = "") -> Offer:
    return Offer([line_of(project) for project in projects], offered_fen, remark)


def fill_quotes(member_id: int) -> dict[str, Any]:
    """Return the arguments of the pages of triage, quotes and reviews, and of a member's own messages."""
    told = {"patient": "张*", "items": "项目甲", "amount": 450_000, "at": clock.now()}
    with transaction():
        message_id = notify("st_pricing_0000001", Receiver("staff", member_id), told)
    return {
        "waiting_visit_id": make_visit(stage=Stage.ARRIVED).id,
        "triaged_visit_id": make_triaged().id,
        "reviewed_visit_id": make_visit(stage=Stage.IN_REVIEW, consultant_id=make_consultant().id).id,
        "inbox_message_id": message_id,
        "link_code": begin_link(member_id),
    }
