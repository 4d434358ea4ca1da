"""Shares under load: one invitation binds, one scene is made, one row of openings, one move. Each guard has a twin."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.factories.distribution import make_distributor
from tests.factories.patients import make_wechat_user
from wxapp.core.db import db, transaction
from wxapp.distribution.models import Membership, Move, Opening, Scan, ScanOutcome, Scene, SceneKind
from wxapp.distribution.queries import people, sharing
from wxapp.distribution.services import membership, opening, scenes
from wxapp.patients.queries import signed_in_user

pytestmark = pytest.mark.mariadb

CROWD = 8


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


class Together:
    """All have looked before anybody writes; who begins anew after a conflict waits for nobody."""

    def __init__(self, parties: int = CROWD) -> None:
        self._barrier = threading.Barrier(parties)
        self._been = threading.local()

    def after(self, look_up: Any) -> Any:
        def looked(*arguments: Any) -> Any:
            found = look_up(*arguments)
            if not getattr(self._been, "here", False):
                self._been.here = True
                self._barrier.wait(timeout=20)
            return found

        return looked


def drop_key(app: Flask, table: str, key: str, *columns: str) -> None:
    """Take a unique key away; foreign keys want an index in its place."""

    def drop() -> None:
        with transaction():
            db.session.execute(sa.text(f"CREATE INDEX ix_twin ON {table} ({', '.join(columns)})"))
            db.session.execute(sa.text(f"DROP INDEX {key} ON {table}"))

    look(app, drop)


def count(app: Flask, model: Any) -> int:
    return int(look(app, lambda: db.session.scalar(sa.select(sa.func.count()).select_from(model))))


# --- one membership --------------------------------------------------------------------------------------------------


def invite_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Counter[ScanOutcome]:
    """Let one visitor open the invitations of eight distributors at once; return what came of them."""

    def make() -> tuple[list[str], int]:
        tokens = [scenes.link_of(make_distributor(), SceneKind.INVITE_MEMBER).token for _ in range(CROWD)]
        return tokens, make_wechat_user().id

    tokens, user_id = look(app, make)
    monkeypatch.setattr(sharing, "find_membership", Together().after(sharing.find_membership))

    def open_one(token: str) -> None:
        user = signed_in_user(user_id)
        assert user is not None
        opening.open_link(token, user)

    crowd(app, [lambda token=token: open_one(token) for token in tokens])  # type: ignore[misc]
    return look(app, lambda: Counter(db.session.scalars(sa.select(Scan.outcome))))  # type: ignore[no-any-return]


def test_of_many_invitations_at_once_one_binds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = invite_often(app, monkeypatch)
    assert outcomes == {ScanOutcome.BOUND: 1, ScanOutcome.ALREADY: CROWD - 1}
    assert count(app, Membership) == 1


def test_twin_without_the_unique_key_binds_one_visitor_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_key(app, "distribution_membership", "uq_distribution_membership_wechat_user_id", "wechat_user_id")
    outcomes = invite_often(app, monkeypatch)
    assert outcomes[ScanOutcome.BOUND] > 1
    assert count(app, Membership) > 1


# --- one scene -------------------------------------------------------------------------------------------------------


def make_scene_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    distributor_id = look(app, lambda: make_distributor().id)
    monkeypatch.setattr(scenes, "find_scene", Together().after(scenes.find_scene))
    tokens: set[str] = set()

    def make() -> None:
        tokens.add(scenes.link_of(people.get_distributor(distributor_id), SceneKind.GOODS, 7).token)

    crowd(app, [make] * CROWD)
    return tokens


def test_many_presses_make_one_scene(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(make_scene_often(app, monkeypatch)) == 1
    assert count(app, Scene) == 1


def test_twin_without_the_unique_key_makes_many_scenes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_key(
        app,
        "distribution_scene",
        "uq_distribution_scene_kind_distributor_id_goods_id",
        "kind",
        "distributor_id",
        "goods_id",
    )
    assert len(make_scene_often(app, monkeypatch)) > 1


# --- one row of openings ---------------------------------------------------------------------------------------------


def open_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let one visitor open the same goods in eight tabs; return how often each row says that it was opened."""

    def make() -> tuple[str, int]:
        return scenes.link_of(make_distributor(), SceneKind.GOODS, 7).token, make_wechat_user().id

    token, user_id = look(app, make)
    monkeypatch.setattr(opening, "change", Together().after(opening.change))

    def open_it() -> None:
        user = signed_in_user(user_id)
        assert user is not None
        opening.open_link(token, user)

    assert crowd(app, [open_it] * CROWD) == {"done": CROWD}
    assert count(app, Scan) == CROWD
    return list(look(app, lambda: db.session.scalars(sa.select(Opening.times)).all()))


def test_one_visitor_with_many_tabs_has_one_row_of_openings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_often(app, monkeypatch) == [CROWD]


def test_twin_without_the_unique_key_has_many_rows(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "uq_distribution_opening_wechat_user_id_goods_id_distributor_id"
    drop_key(app, "distribution_opening", key, "wechat_user_id")
    assert len(open_often(app, monkeypatch)) > 1


# --- one move --------------------------------------------------------------------------------------------------------


def move_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Let eight clerks who saw the same distributor give one member to eight others."""

    def make() -> tuple[int, int, list[int]]:
        user_id, old = make_wechat_user().id, make_distributor()
        membership.move_member(user_id, seen_id=None, new=old, reason="开始", by="staff:1")
        return user_id, old.id, [make_distributor().id for _ in range(CROWD)]

    user_id, old_id, new_ids = look(app, make)
    monkeypatch.setattr(membership, "find_membership", Together().after(membership.find_membership))

    def move(new_id: int) -> None:
        new = people.get_distributor(new_id)
        membership.move_member(user_id, seen_id=old_id, new=new, reason="申请", by="staff:1")

    return crowd(app, [lambda new_id=new_id: move(new_id) for new_id in new_ids])  # type: ignore[misc]


def test_of_many_clerks_one_moves_a_member(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert move_often(app, monkeypatch) == {"done": 1, "stale": CROWD - 1}
    assert count(app, Move) == 2


def test_twin_that_does_not_ask_for_what_was_seen_moves_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def replace(user_id: int, _old_id: int | None, new_id: int | None) -> bool:
        if _old_id is None:
            return membership._insert(user_id, new_id)
        mine = sa.update(Membership).where(Membership.wechat_user_id == user_id)
        membership.change(mine.values(distributor_id=new_id))
        return True

    monkeypatch.setattr(membership, "_replace", replace)
    assert move_often(app, monkeypatch)["done"] > 1
