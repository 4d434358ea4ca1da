"""Quoting (接待、修改): what the consultant offers, in revisions that are never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import actors, clock, events
from wxapp.core.db import db, insert_row, insert_rows, transaction
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital import queries as hospital
from wxapp.staff import queries as staff
from wxapp.visits.errors import StageMoved
from wxapp.visits.events import QuoteMade
from wxapp.visits.models import Decision, Quote, QuoteLine, Review, Stage, StepKind, Visit
from wxapp.visits.queries import lines_of
from wxapp.visits.queries.advice import WAIT_FOR_TRIAGE
from wxapp.visits.services import stages
from wxapp.visits.services.catalogue import CheckedLine, QuotedLine, check_lines, total_of
from wxapp.visits.services.floors import below_floor
from wxapp.visits.services.triage import check_examinations, take_in

REQUOTED = frozenset({Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED})
"""Where a quote may be replaced by its consultant: nothing is collected yet."""


@dataclass(frozen=True)
class Offer:
    """What a consultant offers.

    :ivar offered_fen: for all lines together; None: their sum
    """

    lines: Sequence[QuotedLine]
    offered_fen: int | None = None
    remark: str = ""


def make_quote(visit_id: int, offer: Offer, *, by: int, again: bool = False, version: int | None = None) -> Quote:
    """Quote projects to the patient and send the quote to review, or past it where the hospital waives review.

    Review is waived when the flow asks for none at this discount and no line goes below the consultant's floors. Where
    a reviewer has sent the last reviewed quote back, or decided on another price, review is never waived: else a
    consultant could undo the decision by quoting once more.

    :param by: the consultant
    :param again: replaces the quote that counts (修改); else it is the first one (接待)
    :param version: what the page showed; None: the caller saw no page
    :raises Invalid: lines that are not as in the catalogue, or an offer above their sum
    :raises StageMoved: the visit does not wait for this
    :raises Stale: somebody changed the visit since the page was shown
    """
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if visit.stage in WAIT_FOR_TRIAGE and not again:
            _skip_triage(visit, by=by)
        if visit.stage not in (REQUOTED if again else {Stage.TRIAGED}):
            raise StageMoved
        lines = check_lines(offer.lines, standing=lines_of(visit.quote_id))
        total = total_of(lines)
        offered = total if offer.offered_fen is None else offer.offered_fen
        check_price(offered, total, "discount_price", "折后价")
        quote = add_quote(visit, lines, offered_fen=offered, remark=offer.remark, by=by, by_reviewer=False)
        if not _was_objected_to(visit) and _is_waived(visit, lines, offered, by=by):
            _waive(visit, quote, by=by)
        else:
            _send_to_review(visit, quote, by=by)
        return quote


def _skip_triage(visit: Visit, *, by: int) -> None:
    """Where the flow has no triage, the patient's consultant is who receives him."""
    flow = hospital.flow_of(visit.flow_id)
    if flow.step("triage").is_on:
        raise StageMoved
    check_examinations(visit, flow)
    take_in(visit, by, triagist_id=None, by=by)


def check_price(price_fen: int, total_fen: int, field: str, label: str) -> None:
    """:raises Invalid: a price of nothing, or above the sum of the lines: who wants more adds a project"""
    if price_fen <= 0:
        raise Invalid({field: f"{label}应大于零"})
    if price_fen > total_fen:
        raise Invalid({field: f"{label}不能高于项目合计{yuan(total_fen)}元"})


def add_quote(
    visit: Visit, lines: Sequence[CheckedLine], *, offered_fen: int, remark: str, by: int, by_reviewer: bool
) -> Quote:
    """Write the next revision of a visit whose row is held, without moving the visit."""
    newest = db.session.scalar(sa.select(sa.func.max(Quote.revision)).where(Quote.visit_id == visit.id)) or 0
    quote_id = insert_row(
        Quote,
        visit_id=visit.id,
        revision=newest + 1,
        list_total_fen=total_of(lines),
        offered_fen=offered_fen,
        remark=remark,
        by_reviewer=by_reviewer,
        made_by=actors.staff(by),
        made_at=clock.now(),
    )
    insert_rows(
        QuoteLine,
        [
            {
                "quote_id": quote_id,
                "position": position,
                "project_id": line.project_id,
                "category_id": line.category_id,
                "name": line.name,
                "project_code": line.code,
                "price_fen": line.price_fen,
                "list_price_fen": line.list_price_fen,
                "count": line.count,
            }
            for position, line in enumerate(lines)
        ],
    )
    return db.session.get_one(Quote, quote_id)


def _was_objected_to(visit: Visit) -> bool:
    """Whether the last decision of a reviewer was another than the consultant's."""
    if visit.stage is Stage.SENT_BACK:
        return True
    last = sa.select(Review.decision).where(Review.visit_id == visit.id, Review.decision != Decision.WAIVED)
    decision = db.session.scalars(last.order_by(Review.id.desc()).limit(1)).first()
    return decision in {Decision.SENT_BACK, Decision.CHANGED}


def _is_waived(visit: Visit, lines: Sequence[CheckedLine], offered_fen: int, *, by: int) -> bool:
    list_fen = sum(line.list_price_fen * line.count for line in lines)
    if hospital.flow_of(visit.flow_id).needs_review(offered_fen=offered_fen, list_total_fen=list_fen):
        return False
    priced = [line.for_floors() for line in lines]
    return not below_floor(priced, offered_fen, floors=hospital.floors(), roles=staff.role_names(by))


def _waive(visit: Visit, quote: Quote, *, by: int) -> None:
    actor = actors.staff(by)
    stages.move(visit, Stage.APPROVED, by=actor, why="免审", final_fen=quote.offered_fen, **_columns(quote))
    stages.end_step(visit, StepKind.CONSULTATION, staff_id=by, following=StepKind.COLLECTION)
    insert_row(
        Review,
        visit_id=visit.id,
        quote_id=quote.id,
        decision=Decision.WAIVED,
        final_fen=quote.offered_fen,
        by=actor,
        at=clock.now(),
    )


def _send_to_review(visit: Visit, quote: Quote, *, by: int) -> None:
    why = f"第{quote.revision}版报价"
    stages.move(visit, Stage.IN_REVIEW, by=actors.staff(by), why=why, final_fen=None, **_columns(quote))
    stages.end_step(visit, StepKind.CONSULTATION, staff_id=by, following=StepKind.REVIEW)
    events.publish(QuoteMade(visit_id=visit.id, quote_id=quote.id))


def _columns(quote: Quote) -> dict[str, object]:
    return {
        "quote_id": quote.id,
        "list_total_fen": quote.list_total_fen,
        "offered_fen": quote.offered_fen,
        "quote_remark": quote.remark,
    }
