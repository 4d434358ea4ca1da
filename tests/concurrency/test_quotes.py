"""Quotes and reviews under a rush: the row of the visit is held while somebody decides. Each guard has a twin."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.configuration import make_project
from tests.factories.quoting import line_of, make_consultant, make_reviewer
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core.db import change, db
from wxapp.staff.models import MemberWechat
from wxapp.staff.services import wechat
from wxapp.visits.models import Decision, Quote, Stage, Visit
from wxapp.visits.queries import quotes_of, reviews_of
from wxapp.visits.services import reviewing, stages
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.visits.services.quoting import Offer, make_quote

MANY = 20


class Scene:
    """A quote that waits for review, its consultant and two reviewers."""

    def __init__(self, stage: Stage = Stage.IN_REVIEW) -> None:
        project = make_project(price_fen=100_000)
        self.line: QuotedLine = line_of(project)
        self.consultant = make_consultant().id
        self.reviewers = [make_reviewer().id, make_reviewer().id]
        visit = make_visit(stage=stage, projects=[project], consultant_id=self.consultant)
        self.visit_id, self.quote_id = visit.id, visit.quote_id

    def requote(self, price_fen: int = 70_000) -> None:
        make_quote(self.visit_id, Offer([self.line], price_fen), by=self.consultant, again=True)

    def quote(self) -> None:
        make_quote(self.visit_id, Offer([self.line], 90_000), by=self.consultant)

    def let_pass(self, reviewer: int = 0) -> None:
        reviewing.pass_quote(self.visit_id, by=self.reviewers[reviewer], quote_id=self.quote_id)

    def visit(self) -> Visit:
        found = db.session.get(Visit, self.visit_id, populate_existing=True)
        assert found is not None
        return found

    def check(self) -> None:
        """An approved visit has the price that was decided for exactly the revision that counts."""
        visit = self.visit()
        if visit.stage is Stage.APPROVED:
            decided = {review.quote_id: review.final_fen for review in reviews_of(visit.id)}
            assert decided.get(visit.quote_id or 0) == visit.final_fen
        else:
            assert visit.final_fen is None


@pytest.fixture
def scene(real_database: Flask) -> Scene:
    with real_database.app_context():
        return Scene()


def test_of_many_reviewers_one_lets_it_pass(real_database: Flask, scene: Scene) -> None:
    outcome = crowd(real_database, [partial(scene.let_pass, number % 2) for number in range(MANY)])
    assert outcome == {"done": 1, "stage_moved": MANY - 1}
    with real_database.app_context():
        assert [review.decision for review in reviews_of(scene.visit_id)] == [Decision.PASSED]


def test_a_double_press_of_a_program_quotes_once(real_database: Flask) -> None:
    with real_database.app_context():
        scene = Scene(Stage.TRIAGED)
    outcome = crowd(real_database, [scene.quote] * MANY)
    assert outcome == {"done": 1, "stage_moved": MANY - 1}
    with real_database.app_context():
        assert len(quotes_of(scene.visit_id)) == 1


def test_revisions_made_at_once_have_numbers_of_their_own(real_database: Flask, scene: Scene) -> None:
    outcome = crowd(real_database, [scene.requote] * MANY)
    assert outcome == {"done": MANY}
    with real_database.app_context():
        numbers = sa.select(Quote.revision).where(Quote.visit_id == scene.visit_id).order_by(Quote.revision)
        assert list(db.session.scalars(numbers)) == list(range(1, MANY + 2))


def test_a_replaced_quote_never_passes(real_database: Flask) -> None:
    for _ in range(6):
        with real_database.app_context():
            scene = Scene()
        outcome = crowd(real_database, [scene.requote, scene.let_pass, scene.requote], at_once=3)
        assert outcome["done"] + outcome["quote_replaced"] == 3
        with real_database.app_context():
            scene.check()


def test_without_the_held_row_a_replaced_quote_passes(
    real_database: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reviewer looks, the consultant replaces the quote, the reviewer decides: about another price."""
    looked, replaced = threading.Event(), threading.Event()

    def wait() -> None:
        if threading.current_thread().name == "reviewer":
            looked.set()
            assert replaced.wait(10)

    look_only(monkeypatch, wait)

    def review() -> None:
        with real_database.app_context():
            scene.let_pass()
            db.session.remove()

    thread = threading.Thread(target=review, name="reviewer")
    thread.start()
    assert looked.wait(10)
    with real_database.app_context():
        scene.requote(70_000)
    replaced.set()
    thread.join()
    with real_database.app_context(), pytest.raises(AssertionError):
        scene.check()


def look_only(monkeypatch: pytest.MonkeyPatch, then: Any) -> None:
    """Read the visit without holding its row, and wait before going on."""

    def look(visit_id: int) -> Visit:
        visit = db.session.get(Visit, visit_id, populate_existing=True)
        assert visit is not None
        then()
        return visit

    monkeypatch.setattr(stages, "hold", look)


# --- linking WeChat --------------------------------------------------------------------------------------------------


def linked(app: Flask, code: str, *, unguarded: bool = False) -> int:
    """Confirm one code on many telephones at once; return how many were told that it worked."""
    confirm = _confirm_unguarded if unguarded else wechat.confirm_link
    works = [
        partial(confirm, code, appid=f"wx-{number}", openid=f"o-{number}", by=f"wechat:{number}")
        for number in range(MANY)
    ]
    return crowd(app, works)["done"]


def _confirm_unguarded(code: str, *, appid: str, openid: str, by: str) -> None:
    """As the service, but the code is looked at and then written down as used."""
    scanned = wechat.find_scanned(code)
    _together.wait()
    with wechat.transaction():
        change(sa.update(wechat.WechatLink).values(used_at=wechat.clock.now()))
        wechat.insert_row(
            MemberWechat, member_id=scanned.member_id, appid=appid, openid=openid, linked_at=wechat.clock.now()
        )


_together = threading.Barrier(MANY, timeout=10)


@pytest.mark.parametrize(("unguarded", "times"), [(False, 1), (True, MANY)])
def test_a_code_links_one_telephone(real_database: Flask, *, unguarded: bool, times: int) -> None:
    with real_database.app_context():
        code = wechat.begin_link(make_member().id)
    assert linked(real_database, code, unguarded=unguarded) == times
