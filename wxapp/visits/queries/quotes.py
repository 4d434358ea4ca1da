"""Quotes of visits, what was decided about them, and how the patient means to pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.hospital.models import Category
from wxapp.visits.models import PlannedPayment, Quote, QuoteLine, Review


def lines_of(quote_id: int | None) -> list[QuoteLine]:
    """Return the projects of a revision in their order; none without a quote."""
    if quote_id is None:
        return []
    wanted = sa.select(QuoteLine).where(QuoteLine.quote_id == quote_id).order_by(QuoteLine.position)
    return list(db.session.scalars(wanted))


def lines_of_many(quote_ids: Iterable[int | None]) -> dict[int, list[QuoteLine]]:
    """Return the projects of several revisions with one question."""
    wanted_ids = {quote_id for quote_id in quote_ids if quote_id is not None}
    found: dict[int, list[QuoteLine]] = defaultdict(list)
    if wanted_ids:
        wanted = sa.select(QuoteLine).where(QuoteLine.quote_id.in_(wanted_ids)).order_by(QuoteLine.position)
        for line in db.session.scalars(wanted):
            found[line.quote_id].append(line)
    return dict(found)


def named_lines_of(quote_id: int | None) -> list[tuple[QuoteLine, str]]:
    """Return the projects of a revision, each with the name of its category, with one question."""
    if quote_id is None:
        return []
    wanted = (
        sa.select(QuoteLine, Category.name)
        .join(Category, Category.id == QuoteLine.category_id)
        .where(QuoteLine.quote_id == quote_id)
        .order_by(QuoteLine.position)
    )
    return [(line, name) for line, name in db.session.execute(wanted)]


def revisions_of(visit_id: int) -> list[tuple[Quote, list[tuple[QuoteLine, str]]]]:
    """Return all revisions, the newest first, with their projects and the names of their categories: one question."""
    wanted = (
        sa.select(Quote, QuoteLine, Category.name)
        .join(QuoteLine, QuoteLine.quote_id == Quote.id)
        .join(Category, Category.id == QuoteLine.category_id)
        .where(Quote.visit_id == visit_id)
        .order_by(Quote.revision.desc(), QuoteLine.position)
    )
    found: dict[int, tuple[Quote, list[tuple[QuoteLine, str]]]] = {}
    for quote, line, category in db.session.execute(wanted):
        found.setdefault(quote.id, (quote, []))[1].append((line, category))
    return list(found.values())


def last_review(visit_id: int) -> Review | None:
    wanted = sa.select(Review).where(Review.visit_id == visit_id).order_by(Review.id.desc()).limit(1)
    return db.session.scalars(wanted).one_or_none()


def quotes_of(visit_id: int) -> list[Quote]:
    """Return all revisions, the newest first."""
    return list(db.session.scalars(sa.select(Quote).where(Quote.visit_id == visit_id).order_by(Quote.revision.desc())))


def reviews_of(visit_id: int) -> list[Review]:
    """Return what was decided about this visit's quotes, the newest first."""
    return list(db.session.scalars(sa.select(Review).where(Review.visit_id == visit_id).order_by(Review.id.desc())))


def planned_of(visit_id: int) -> list[PlannedPayment]:
    """Return how the patient means to pay, in the order of entry."""
    wanted = sa.select(PlannedPayment).where(PlannedPayment.visit_id == visit_id).order_by(PlannedPayment.position)
    return list(db.session.scalars(wanted))


@dataclass(frozen=True)
class LineChange:
    """A project that differs between two revisions; None: it is not in that one."""

    name: str
    before: QuoteLine | None
    after: QuoteLine | None


def differences(before: Sequence[QuoteLine], after: Sequence[QuoteLine]) -> list[LineChange]:
    """Return what a newer revision has changed: projects that came, went, or have another price or count.

    A project that stands in a revision several times is compared one by one, in the order of its lines.
    """
    made = []
    left = list(after)
    for line in before:
        partner = next((one for one in left if one.project_id == line.project_id), None)
        if partner is None:
            made.append(LineChange(line.name, line, None))
            continue
        left.remove(partner)
        if (line.price_fen, line.count) != (partner.price_fen, partner.count):
            made.append(LineChange(partner.name, line, partner))
    return made + [LineChange(line.name, None, line) for line in left]
