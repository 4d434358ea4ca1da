"""Price review (价目审核): bound to exactly the revision that the reviewer saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wxapp.core import actors, clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.hospital import queries as hospital
from wxapp.hospital.rules.floors import PricedLine
from wxapp.staff import queries as staff
from wxapp.visits.errors import BelowFloor, OwnQuote, QuoteReplaced, StageMoved
from wxapp.visits.models import Decision, Part, Quote, QuoteLine, Review, Stage, StepKind, Visit
from wxapp.visits.queries import lines_of
from wxapp.visits.review_settings import OWN_QUOTES
from wxapp.visits.services import stages
from wxapp.visits.services.catalogue import CheckedLine, QuotedLine, check_lines, total_of
from wxapp.visits.services.floors import below_floor
from wxapp.visits.services.people import set_people
from wxapp.visits.services.procedures import back_to_operation
from wxapp.visits.services.quoting import add_quote, check_price

BEFORE_COLLECTION = frozenset({Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED})
AFTER_COLLECTION = frozenset({Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE})


def pass_quote(visit_id: int, *, by: int, quote_id: int | None = None, version: int | None = None) -> None:
    """Let the quote pass at the price that the consultant offers.

    :param quote_id: the revision that was seen; None: the caller saw no page
    :raises StageMoved: the visit does not wait for review
    :raises QuoteReplaced: another revision counts now
    :raises OwnQuote: who reviews has quoted it, and the hospital wants two people
    :raises BelowFloor: the price is lower than the reviewer's roles allow
    """
    with transaction():
        visit = _hold_seen(visit_id, quote_id, version)
        if visit.stage is not Stage.IN_REVIEW or visit.offered_fen is None:
            raise StageMoved
        if is_own(db.session.get_one(Quote, visit.quote_id), by=by):
            raise OwnQuote
        lines = lines_of(visit.quote_id)
        _check_floors([_of_row(line) for line in lines], visit.offered_fen, by=by)
        stages.move(visit, Stage.APPROVED, by=actors.staff(by), why="审核通过", final_fen=visit.offered_fen)
        _write_down(visit, Decision.PASSED, final_fen=visit.offered_fen, by=by)
        stages.end_step(visit, StepKind.REVIEW, staff_id=by, following=StepKind.COLLECTION)


def send_back(visit_id: int, reason: str, *, by: int, quote_id: int | None = None, version: int | None = None) -> None:
    """Send the quote back to its consultant, with the reason.

    :raises Invalid: no reason
    :raises StageMoved: the visit does not wait for review
    :raises QuoteReplaced: another revision counts now
    """
    if not reason.strip():
        raise Invalid({"remark": "请写明退回原因"})
    with transaction():
        visit = _hold_seen(visit_id, quote_id, version)
        if visit.stage is not Stage.IN_REVIEW:
            raise StageMoved
        stages.move(visit, Stage.SENT_BACK, by=actors.staff(by), why=reason[:200], final_fen=None)
        _write_down(visit, Decision.SENT_BACK, final_fen=None, remark=reason, by=by)
        stages.end_step(visit, StepKind.REVIEW, staff_id=by, following=StepKind.CONSULTATION)


def change_price(
    visit_id: int,
    lines: Sequence[QuotedLine],
    *,
    final_fen: int,
    remark: str = "",
    by: int,
    quote_id: int | None = None,
    version: int | None = None,
) -> None:
    """Decide on lines and final price (修改); before the collection this lets the quote pass, too.

    Other lines are a new revision of the reviewer's own. A collected visit whose final price is now another than what
    was paid has to be collected again; one whose price is back at what was paid has not.

    :raises Invalid: lines that are not as in the catalogue, or a price above their sum
    :raises StageMoved: the visit has no quote yet, is refused, or has left
    :raises QuoteReplaced: another revision counts now
    :raises OwnQuote: who reviews has quoted it, and the hospital wants two people
    :raises BelowFloor: the price is lower than the reviewer's roles allow
    """
    with transaction():
        visit = _hold_seen(visit_id, quote_id, version)
        if visit.stage not in BEFORE_COLLECTION | AFTER_COLLECTION or visit.quote_id is None:
            raise StageMoved
        standing = lines_of(visit.quote_id)
        checked = check_lines(lines, standing=standing)
        total = total_of(checked)
        check_price(final_fen, total, "pay_price", "最终价")
        _check_floors([line.for_floors() for line in checked], final_fen, by=by)
        quote = db.session.get_one(Quote, visit.quote_id)
        if is_own(quote, by=by):
            raise OwnQuote
        if not _are_same(checked, standing):
            quote = add_quote(visit, checked, offered_fen=final_fen, remark=remark, by=by, by_reviewer=True)
        _move_on(
            visit,
            final_fen=final_fen,
            by=by,
            quote_id=quote.id,
            list_total_fen=quote.list_total_fen,
            offered_fen=quote.offered_fen,
            quote_remark=remark,
        )
        _write_down(visit, Decision.CHANGED, final_fen=final_fen, remark=remark, by=by)


def is_own(quote: Quote, *, by: int) -> bool:
    """Whether somebody has made this quote as its consultant and the hospital wants another person to review it."""
    return not quote.by_reviewer and quote.made_by == actors.staff(by) and not OWN_QUOTES()


def _move_on(visit: Visit, *, final_fen: int, by: int, **values: Any) -> None:
    """Send a visit to the cashier; one that is paid like this already goes on, or back, to its operation."""
    written = {"by": actors.staff(by), "why": "审核改价", "final_fen": final_fen, **values}
    if visit.stage in BEFORE_COLLECTION:
        stages.move(visit, Stage.APPROVED, **written)
        stages.end_step(visit, StepKind.REVIEW, staff_id=by, following=StepKind.COLLECTION)
        return
    stages.end_step(visit, StepKind.REVIEW, staff_id=by, following=None)
    if final_fen != visit.collected_fen:
        stages.move(visit, Stage.COLLECT_AGAIN, **written)
        stages.return_to(visit, StepKind.COLLECTION)
    elif visit.stage is Stage.COLLECT_AGAIN:
        back_to_operation(visit, **written)
    else:
        stages.move(visit, visit.stage, **written)


def _hold_seen(visit_id: int, quote_id: int | None, version: int | None) -> Visit:
    visit = stages.hold(visit_id)
    if quote_id is not None and visit.quote_id != quote_id:
        raise QuoteReplaced
    stages.check_version(visit, version)
    return visit


def _check_floors(lines: Sequence[PricedLine], final_fen: int, *, by: int) -> None:
    if below_floor(lines, final_fen, floors=hospital.floors(), roles=staff.role_names(by)):
        raise BelowFloor


def _of_row(line: QuoteLine) -> PricedLine:
    return PricedLine(line.category_id, line.price_fen * line.count, line.list_price_fen * line.count)


def _are_same(checked: Sequence[CheckedLine], standing: Sequence[QuoteLine]) -> bool:
    new = [(line.project_id, line.price_fen, line.count) for line in checked]
    return new == [(line.project_id, line.price_fen, line.count) for line in standing]


def _write_down(visit: Visit, decision: Decision, *, final_fen: int | None, remark: str = "", by: int) -> None:
    set_people(visit.id, Part.REVIEWER, [by])
    insert_row(
        Review,
        visit_id=visit.id,
        quote_id=visit.quote_id,
        decision=decision,
        final_fen=final_fen,
        remark=remark,
        by=actors.staff(by),
        at=clock.now(),
    )
