"""Price review: bound to the revision that was seen, never below the reviewer's floor."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_floor, make_project
from tests.factories.quoting import line_of, make_reviewer, make_triaged, offer_of, three_projects
from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.visits.errors import BelowFloor, OwnQuote, QuoteReplaced, StageMoved
from wxapp.visits.models import Decision, Part, Procedure, ProcedureStatus, Stage, StepKind, Visit
from wxapp.visits.queries import lines_of, people_of, quotes_of, reviews_of, steps_of
from wxapp.visits.review_settings import OWN_QUOTES
from wxapp.visits.services import reviewing
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.visits.services.quoting import Offer, make_quote

pytestmark = pytest.mark.usefixtures("app")


def quoted(*, offered_fen: int = 450_000) -> Visit:
    visit = make_triaged()
    make_quote(visit.id, offer_of(three_projects(), offered_fen), by=visit.consultant_id or 0)
    db.session.refresh(visit)
    return visit


def _collect(visit: Visit) -> None:
    with transaction():
        values = {"stage": Stage.COLLECTED, "is_collected": True, "collected_fen": Visit.final_fen}
        change(sa.update(Visit).where(Visit.id == visit.id).values(**values))


def seen(visit: Visit) -> list[QuotedLine]:
    return [
        QuotedLine(line.project_id, line.count, line.price_fen, line.name, line.category_id)
        for line in lines_of(visit.quote_id)
    ]


def test_a_passed_quote_has_its_final_price() -> None:
    visit, reviewer = quoted(), make_reviewer(name="审核甲")
    reviewing.pass_quote(visit.id, by=reviewer.id, quote_id=visit.quote_id)
    db.session.refresh(visit)
    (review,) = reviews_of(visit.id)
    assert (visit.stage, visit.final_fen, visit.current_step) == (Stage.APPROVED, 450_000, StepKind.COLLECTION)
    assert (review.decision, review.final_fen, review.quote_id) == (Decision.PASSED, 450_000, visit.quote_id)
    assert [p.name for p in people_of([visit.id])[visit.id][Part.REVIEWER]] == ["审核甲"]
    assert steps_of(visit.id)[StepKind.REVIEW].staff_id == reviewer.id


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.IN_REVIEW}))
def test_only_what_waits_for_review_passes(stage: Stage) -> None:
    with pytest.raises(StageMoved):
        reviewing.pass_quote(make_visit(stage=stage).id, by=make_reviewer().id)


def test_a_quote_that_was_replaced_since_does_not_pass() -> None:
    visit, reviewer = quoted(), make_reviewer()
    old = visit.quote_id
    make_quote(visit.id, offer_of([make_project()]), by=1, again=True)
    for decide in (
        lambda: reviewing.pass_quote(visit.id, by=reviewer.id, quote_id=old),
        lambda: reviewing.send_back(visit.id, "太低", by=reviewer.id, quote_id=old),
        lambda: reviewing.change_price(visit.id, seen(visit), final_fen=1, by=reviewer.id, quote_id=old),
    ):
        with pytest.raises(QuoteReplaced):
            decide()
    assert reviews_of(visit.id) == []


def test_a_stale_page_decides_nothing() -> None:
    visit = quoted()
    with pytest.raises(Stale):
        reviewing.pass_quote(visit.id, by=make_reviewer().id, quote_id=visit.quote_id, version=visit.version - 1)


def test_nobody_reviews_what_he_quoted_himself_unless_the_hospital_allows_it() -> None:
    both = make_member([Permission.CONSULT, Permission.PRICE_REVIEW])
    visit = make_triaged(consultant_id=both.id)
    make_quote(visit.id, offer_of(three_projects(), 450_000), by=both.id)
    db.session.refresh(visit)
    with pytest.raises(OwnQuote):
        reviewing.pass_quote(visit.id, by=both.id)
    with pytest.raises(OwnQuote):
        reviewing.change_price(visit.id, seen(visit), final_fen=400_000, by=both.id)
    db.session.refresh(visit)
    assert (visit.stage, reviews_of(visit.id)) == (Stage.IN_REVIEW, [])
    reviewing.pass_quote(visit.id, by=make_reviewer().id)
    _collect(visit)
    with pytest.raises(OwnQuote):  # less after the collection is money given back
        reviewing.change_price(visit.id, seen(visit), final_fen=400_000, by=both.id)
    visit = make_triaged(consultant_id=both.id)
    make_quote(visit.id, offer_of(three_projects(), 450_000), by=both.id)
    core_settings.write(OWN_QUOTES, True, by="staff:1")
    reviewing.pass_quote(visit.id, by=both.id)
    db.session.refresh(visit)
    assert visit.stage is Stage.APPROVED


def test_the_reviewers_floor_holds() -> None:
    role = make_role([Permission.PRICE_REVIEW], name="reviewer-of-floors")
    make_floor(role.name, 9_000)
    reviewer = make_member(roles=[role]).id
    low, high = quoted(offered_fen=449_999), quoted(offered_fen=450_000)
    reviewing.pass_quote(high.id, by=reviewer)
    with pytest.raises(BelowFloor):
        reviewing.pass_quote(low.id, by=reviewer)
    with pytest.raises(BelowFloor):
        reviewing.change_price(low.id, seen(low), final_fen=449_999, by=reviewer)
    reviewing.change_price(low.id, seen(low), final_fen=450_000, by=reviewer)


def test_once_there_are_floors_a_role_without_one_sells_at_the_list_price() -> None:
    make_floor("somebody-else", 5_000)
    with pytest.raises(BelowFloor):
        reviewing.pass_quote(quoted().id, by=make_reviewer().id)
    reviewing.pass_quote(quoted(offered_fen=500_000).id, by=make_reviewer().id)


def test_administrators_have_no_floor_unless_they_are_given_one() -> None:
    make_floor("somebody-else", 5_000)
    administrator = make_member(roles=[make_role(everything=True, name="super_admin")]).id
    reviewing.pass_quote(quoted(offered_fen=1).id, by=administrator)
    make_floor("super_admin", 9_500)
    with pytest.raises(BelowFloor):
        reviewing.pass_quote(quoted(offered_fen=450_000).id, by=administrator)


def test_a_quote_goes_back_with_a_reason() -> None:
    visit, reviewer = quoted(), make_reviewer()
    with pytest.raises(Invalid):
        reviewing.send_back(visit.id, "  ", by=reviewer.id)
    reviewing.send_back(visit.id, "请补充优惠说明", by=reviewer.id, quote_id=visit.quote_id)
    db.session.refresh(visit)
    (review,) = reviews_of(visit.id)
    assert (visit.stage, visit.final_fen, visit.current_step) == (Stage.SENT_BACK, None, StepKind.CONSULTATION)
    assert (review.decision, review.remark, review.final_fen) == (Decision.SENT_BACK, "请补充优惠说明", None)


# --- changing the price ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED])
def test_a_changed_price_passes(stage: Stage) -> None:
    visit = make_visit(stage=stage, projects=[make_project(price_fen=100_000)])
    reviewing.change_price(visit.id, seen(visit), final_fen=80_000, remark="老客", by=make_reviewer().id)
    db.session.refresh(visit)
    assert (visit.stage, visit.final_fen, visit.quote_remark) == (Stage.APPROVED, 80_000, "老客")
    assert reviews_of(visit.id)[0].decision is Decision.CHANGED
    assert len(quotes_of(visit.id)) == 1


def test_other_lines_are_a_revision_of_the_reviewer() -> None:
    visit = quoted()
    lines = [*seen(visit)[:2], line_of(make_project(price_fen=200_000))]
    reviewing.change_price(visit.id, lines, final_fen=390_000, by=make_reviewer().id)
    db.session.refresh(visit)
    newest, first = quotes_of(visit.id)
    assert (newest.by_reviewer, first.by_reviewer, visit.quote_id) == (True, False, newest.id)
    assert (visit.list_total_fen, visit.offered_fen, visit.final_fen) == (400_000, 390_000, 390_000)
    assert len(lines_of(first.id)) == 3


@pytest.mark.parametrize("price", [0, 500_001])
def test_a_final_price_is_something_and_at_most_the_sum(price: int) -> None:
    visit = quoted()
    with pytest.raises(Invalid):
        reviewing.change_price(visit.id, seen(visit), final_fen=price, by=make_reviewer().id)


@pytest.mark.parametrize(
    "stage", [Stage.BOOKED, Stage.ARRIVED, Stage.EXAMINING, Stage.TRIAGED, Stage.LEFT, Stage.REFUSED]
)
def test_what_has_no_quote_or_is_over_is_not_priced(stage: Stage) -> None:
    visit, project = make_visit(stage=stage), make_project()
    with pytest.raises(StageMoved):
        reviewing.change_price(visit.id, [line_of(project)], final_fen=1, by=make_reviewer().id)


def collected(stage: Stage = Stage.COLLECTED, **over: int) -> Visit:
    return make_visit(
        stage=stage,
        projects=[make_project(price_fen=100_000)],
        final_fen=90_000,
        **{"collected_fen": 90_000, "collected_final_fen": 90_000, "is_collected": True, **over},
    )  # fmt: skip


@pytest.mark.parametrize("stage", [Stage.COLLECTED, Stage.IN_PROCEDURE])
@pytest.mark.parametrize("price", [80_000, 95_000])
def test_a_collected_visit_with_another_price_is_collected_again(stage: Stage, price: int) -> None:
    visit = collected(stage)
    reviewing.change_price(visit.id, seen(visit), final_fen=price, by=make_reviewer().id)
    db.session.refresh(visit)
    assert (visit.stage, visit.final_fen, visit.collected_final_fen) == (Stage.COLLECT_AGAIN, price, 90_000)
    assert visit.current_step is StepKind.COLLECTION


def test_a_collected_visit_with_the_same_price_stays() -> None:
    visit = collected()
    reviewing.change_price(visit.id, seen(visit), final_fen=90_000, by=make_reviewer().id)
    db.session.refresh(visit)
    assert visit.stage is Stage.COLLECTED


@pytest.mark.parametrize(
    ("status", "stage", "step"),
    [
        (ProcedureStatus.WAITING, Stage.COLLECTED, StepKind.ASSIGNMENT),
        (ProcedureStatus.ASSIGNED, Stage.IN_PROCEDURE, StepKind.OPERATION),
    ],
)
def test_a_price_that_is_back_at_what_was_paid_need_not_be_collected(
    status: ProcedureStatus, stage: Stage, step: StepKind
) -> None:
    visit, reviewer = collected(), make_reviewer()
    with transaction():
        db.session.query(Procedure).filter_by(visit_id=visit.id).update({"status": status})
    reviewing.change_price(visit.id, seen(visit), final_fen=95_000, by=reviewer.id)
    reviewing.change_price(visit.id, seen(visit), final_fen=90_000, by=reviewer.id)
    db.session.refresh(visit)
    assert (visit.stage, visit.current_step) == (stage, step)


def test_a_quote_may_be_replaced_after_it_passed() -> None:
    visit = quoted()
    reviewing.pass_quote(visit.id, by=make_reviewer().id)
    make_quote(visit.id, Offer(seen(visit), 440_000), by=1, again=True)
    db.session.refresh(visit)
    assert (visit.stage, visit.final_fen) == (Stage.IN_REVIEW, None)
