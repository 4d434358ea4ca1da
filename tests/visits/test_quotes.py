"""Quotes: checked against the catalogue, in revisions, and sent to review unless the hospital waives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.factories.configuration import make_floor, make_flow, make_project
from tests.factories.quoting import (
    line_of,
    make_consultant,
    make_reviewer,
    make_triaged,
    offer_of,
    three_projects,
)
from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.hospital.rules.flows import BUILT_IN, FlowRules
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Decision, Part, Stage, StepKind
from wxapp.visits.queries import lines_of, people_of, quotes_of, reviews_of, steps_of
from wxapp.visits.queries.quotes import differences
from wxapp.visits.services import reviewing
from wxapp.visits.services.quoting import Offer, make_quote

pytestmark = pytest.mark.usefixtures("app")

CHEAP = replace(BUILT_IN, review_below_bp=8_000)
"""Offers from 80 % of the list price need no review."""


def without(name: str) -> FlowRules:
    return replace(BUILT_IN, steps=tuple(replace(s, is_on=False) if s.name == name else s for s in BUILT_IN.steps))


def test_a_quote_goes_to_review(at: Callable[[str | timedelta], None]) -> None:
    visit, projects = make_triaged(), three_projects()
    at(timedelta(minutes=20))
    quote = make_quote(visit.id, offer_of(projects, 450_000, "首次"), by=visit.consultant_id or 0)
    db.session.refresh(visit)
    assert visit.stage is Stage.IN_REVIEW
    assert (visit.quote_id, visit.list_total_fen, visit.offered_fen) == (quote.id, 500_000, 450_000)
    assert (visit.final_fen, visit.quote_remark) == (None, "首次")
    assert [(line.name, line.price_fen, line.project_code) for line in lines_of(quote.id)] == [
        (project.name, project.price_fen, project.code) for project in projects
    ]
    assert visit.current_step is StepKind.REVIEW
    assert steps_of(visit.id)[StepKind.CONSULTATION].ended_at is not None


def test_an_offer_without_a_price_is_the_sum_of_its_lines() -> None:
    visit, project = make_triaged(), make_project(price_fen=30_000)
    quote = make_quote(visit.id, Offer([line_of(project, count=3)]), by=1)
    assert (quote.list_total_fen, quote.offered_fen) == (90_000, 90_000)


def test_a_lower_price_of_a_line_is_kept_beside_that_of_the_list() -> None:
    visit, project = make_triaged(), make_project(price_fen=30_000)
    quote = make_quote(visit.id, Offer([line_of(project, count=2, price_fen=25_000)]), by=1)
    (line,) = lines_of(quote.id)
    assert (line.price_fen, line.list_price_fen, quote.list_total_fen) == (25_000, 30_000, 50_000)


def _broken(change: str) -> Offer:
    project = make_project(price_fen=80_000)
    line = line_of(project)
    off = make_project(is_active=False)
    return {
        "no line": Offer([]),
        "unknown project": Offer([replace(line, project_id=10**9)]),
        "switched off": Offer([line_of(off)]),
        "other name": Offer([replace(line, name="别的项目")]),
        "other category": Offer([replace(line, category_id=project.category_id + 1)]),
        "above the list": Offer([replace(line, price_fen=80_001)]),
        "none of it": Offer([replace(line, count=0)]),
        "too many": Offer([replace(line, count=1000)]),
        "too many lines": Offer([line] * 101),
        "above the sum": Offer([line], 80_001),
        "for nothing": Offer([line], 0),
        "free lines": Offer([replace(line, price_fen=0)]),
        "second line": Offer([line, replace(line, name="错")]),
    }[change]


@pytest.mark.parametrize(
    "change",
    [
        "no line", "unknown project", "switched off", "other name", "other category", "above the list", "none of it",
        "too many", "too many lines", "above the sum", "for nothing", "free lines", "second line",
    ],
)  # fmt: skip
def test_a_broken_offer_saves_nothing(change: str) -> None:
    visit = make_triaged()
    with pytest.raises(Invalid):
        make_quote(visit.id, _broken(change), by=1)
    db.session.refresh(visit)
    assert (visit.stage, visit.quote_id, quotes_of(visit.id)) == (Stage.TRIAGED, None, [])


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.TRIAGED}))
def test_a_first_quote_needs_a_visit_that_waits_for_it(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    with pytest.raises(StageMoved):
        make_quote(visit.id, offer_of([make_project()]), by=1)


@pytest.mark.parametrize("stage", [Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED])
def test_replacing_makes_a_new_revision_and_keeps_the_old_one(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    first = quotes_of(visit.id)[0]
    second = make_quote(visit.id, offer_of([make_project(price_fen=70_000)], 60_000), by=1, again=True)
    db.session.refresh(visit)
    assert (second.revision, [q.id for q in quotes_of(visit.id)]) == (2, [second.id, first.id])
    assert len(lines_of(first.id)) == 1
    assert (visit.stage, visit.quote_id, visit.offered_fen, visit.final_fen) == (
        Stage.IN_REVIEW, second.id, 60_000, None,
    )  # fmt: skip


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED}))
def test_what_is_collected_or_not_quoted_is_not_replaced(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    with pytest.raises(StageMoved):
        make_quote(visit.id, offer_of([make_project()]), by=1, again=True)


def test_what_the_quote_already_has_may_stay_when_the_catalogue_has_changed() -> None:
    visit, project = make_triaged(), make_project(name="旧名", price_fen=80_000)
    seen = line_of(project)
    make_quote(visit.id, Offer([seen]), by=1)
    with transaction():
        project.name, project.price_fen, project.is_active = "新名", 50_000, False
    quote = make_quote(visit.id, Offer([seen], 70_000), by=1, again=True)
    (line,) = lines_of(quote.id)
    assert (line.name, line.price_fen, line.list_price_fen) == ("旧名", 80_000, 80_000)
    with pytest.raises(Invalid):
        make_quote(visit.id, Offer([replace(seen, price_fen=80_001)]), by=1, again=True)


def test_a_stale_page_quotes_nothing() -> None:
    visit = make_triaged()
    with pytest.raises(Stale):
        make_quote(visit.id, offer_of([make_project()]), by=1, version=visit.version + 1)


# --- review waived ---------------------------------------------------------------------------------------------------


def _waived(offered_fen: int, **over: Any) -> Stage:
    visit = make_triaged(flow_id=make_flow(over.pop("flow", CHEAP)).id)
    make_quote(visit.id, offer_of([make_project(price_fen=100_000)], offered_fen), **{"by": 1, **over})
    db.session.refresh(visit)
    if visit.stage is Stage.APPROVED:
        assert [review.decision for review in reviews_of(visit.id)] == [Decision.WAIVED]
        assert (visit.final_fen, visit.current_step) == (offered_fen, StepKind.COLLECTION)
    return visit.stage


@pytest.mark.parametrize(("offered_fen", "stage"), [(80_000, Stage.APPROVED), (79_999, Stage.IN_REVIEW)])
def test_a_small_discount_needs_no_review_where_the_flow_says_so(offered_fen: int, stage: Stage) -> None:
    assert _waived(offered_fen) is stage


def test_low_prices_of_lines_do_not_pass_for_a_small_discount() -> None:
    visit, project = make_triaged(flow_id=make_flow(CHEAP).id), make_project(price_fen=100_000)
    make_quote(visit.id, Offer([line_of(project, price_fen=50_000)], 50_000), by=1)
    db.session.refresh(visit)
    assert visit.stage is Stage.IN_REVIEW


def test_a_flow_without_review_waives_it() -> None:
    assert _waived(10_000, flow=without("review")) is Stage.APPROVED


def test_below_the_consultants_floor_review_is_not_waived() -> None:
    role = make_role([Permission.CONSULT], name="consultant-of-floors")
    make_floor(role.name, 9_000)
    by = make_member(roles=[role]).id
    assert _waived(90_000, by=by) is Stage.APPROVED
    assert _waived(89_999, by=by) is Stage.IN_REVIEW


def test_what_was_sent_back_is_reviewed_again() -> None:
    visit = make_visit(stage=Stage.SENT_BACK, flow_id=make_flow(CHEAP).id)
    make_quote(visit.id, offer_of([make_project()]), by=1, again=True)
    db.session.refresh(visit)
    assert visit.stage is Stage.IN_REVIEW


def test_a_reviewers_decision_is_not_undone_by_quoting_again() -> None:
    """What was sent back, or priced by the reviewer, goes to review also when it is quoted twice."""
    project = make_project(price_fen=100_000)
    consultant, reviewer = make_member().id, make_reviewer().id
    for decide in (
        lambda visit: reviewing.send_back(visit.id, "请再谈谈", by=reviewer),
        lambda visit: reviewing.change_price(visit.id, [line_of(project)], final_fen=95_000, by=reviewer),
    ):
        visit = make_triaged(flow_id=make_flow(CHEAP).id)
        make_quote(visit.id, offer_of([project], 70_000), by=consultant)
        decide(visit)
        for _ in range(2):
            make_quote(visit.id, offer_of([project], 85_000), by=consultant, again=True)
            db.session.refresh(visit)
            assert (visit.stage, visit.final_fen) == (Stage.IN_REVIEW, None)
        reviewing.pass_quote(visit.id, by=reviewer)
        make_quote(visit.id, offer_of([project], 90_000), by=consultant, again=True)
        db.session.refresh(visit)
        assert visit.stage is Stage.APPROVED


# --- without triage --------------------------------------------------------------------------------------------------


def test_without_triage_the_consultant_is_who_receives_the_patient() -> None:
    visit = make_visit(stage=Stage.ARRIVED, flow_id=make_flow(without("triage")).id)
    consultant = make_consultant(name="何接待")
    make_quote(visit.id, offer_of([make_project()]), by=consultant.id)
    db.session.refresh(visit)
    people = people_of([visit.id])[visit.id]
    assert (visit.stage, visit.consultant_id) == (Stage.IN_REVIEW, consultant.id)
    assert [p.name for p in people[Part.CONSULTANT]] == ["何接待"]
    assert not people.get(Part.TRIAGIST)


# --- reads -----------------------------------------------------------------------------------------------------------


def test_revisions_are_compared_line_by_line() -> None:
    kept, changed, gone, new = (make_project(price_fen=10_000) for _ in range(4))
    visit = make_triaged()
    first = make_quote(visit.id, offer_of([kept, changed, gone]), by=1)
    second = make_quote(
        visit.id, Offer([line_of(kept), line_of(changed, count=2), line_of(new)]), by=1, again=True
    )  # fmt: skip
    found = differences(lines_of(first.id), lines_of(second.id))
    assert [(c.name, c.before and c.before.count, c.after and c.after.count) for c in found] == [
        (changed.name, 1, 2), (gone.name, 1, None), (new.name, None, 1),
    ]  # fmt: skip
