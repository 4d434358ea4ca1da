"""Distributors under load: no circle of inviters, one account for each user and phone. Each guard has a twin."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.concurrency.test_recharge import Start
from tests.factories.distribution import apply, give_code, make_distributor
from tests.factories.patients import make_wechat_user
from wxapp.core.db import db
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries import people as queries
from wxapp.distribution.services import applying, people
from wxapp.patients.models import WechatUser

pytestmark = pytest.mark.mariadb

PHONE = "13800000921"
BY = "staff:2"
MANY = 8

Outcome = Counter[str]


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


def nothing(*_: object) -> None:
    """What holds others back is gone."""


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (people, applying):
        monkeypatch.setattr(module, "one_change_at_a_time", nothing)


def all_look_before_anybody_writes(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Make the race certain: nobody writes before everybody has seen that there is no circle yet."""
    looking, seen = queries.stands_above, Start(parties)

    def look_together(upper_id: int, lower_id: int) -> bool:
        found = looking(upper_id, lower_id)
        seen.wait()
        return found

    monkeypatch.setattr(queries, "stands_above", look_together)


def in_circles(app: Flask) -> list[int]:
    """Return the distributors who stand above themselves."""

    def find() -> list[int]:
        above = dict(db.session.execute(sa.select(Distributor.id, Distributor.inviter_id)).all())
        found = []
        for start, inviter_id in above.items():
            step, steps = inviter_id, 0
            while step is not None and step != start and steps <= len(above):
                step, steps = above[step], steps + 1
            if step is not None:
                found.append(start)
        return found

    return look(app, find)  # type: ignore[no-any-return]


def mover(distributor_id: int, inviter_id: int) -> Callable[[], None]:
    def move() -> None:
        seen = queries.get_distributor(distributor_id).version
        people.move_inviter(distributor_id, inviter_id=inviter_id, reason="登记有误", seen=seen, by=BY)

    return move


# --- circles ---------------------------------------------------------------------------------------------------------


def move_two_below_each_other(app: Flask) -> Outcome:
    one, other = look(app, lambda: (make_distributor().id, make_distributor().id))
    return crowd(app, [mover(one, other), mover(other, one)])


def test_two_moved_below_each_other_make_no_circle(app: Flask) -> None:
    assert move_two_below_each_other(app) == {"done": 1, "circle_of_inviters": 1}
    assert in_circles(app) == []


def test_twin_without_the_lock_makes_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    without_lock(monkeypatch)
    all_look_before_anybody_writes(monkeypatch, 2)
    assert move_two_below_each_other(app) == {"done": 2}
    assert len(in_circles(app)) == 2


def test_a_crowd_of_moves_makes_no_circle(app: Flask) -> None:
    ids = look(app, lambda: [make_distributor().id for _ in range(6)])
    chance = random.Random(6)
    works = [mover(*chance.sample(ids, 2)) for _ in range(40)]
    outcome = crowd(app, works, at_once=8)
    assert in_circles(app) == []
    assert outcome["done"] >= 5
    assert set(outcome) <= {"done", "circle_of_inviters", "invalid", "stale"}


def come_back_while_the_inviter_is_moved_below(app: Flask) -> Outcome:
    """Top, who has left, comes back under a stranger, while staff put the stranger below top's own people."""

    def make() -> tuple[int, str, int, int]:
        user, stranger = make_wechat_user(), make_distributor()
        top = make_distributor(user=user, status=DistributorStatus.CLOSED)
        low = make_distributor(inviter=top)
        give_code(PHONE)
        return user.id, stranger.code, stranger.id, low.id

    user_id, code, stranger_id, low_id = look(app, make)

    def come_back() -> None:
        apply(db.session.get_one(WechatUser, user_id), phone=PHONE, invitation=code, has_code=False)

    return crowd(app, [come_back, mover(stranger_id, low_id)])


def test_who_comes_back_makes_no_circle_with_a_move(app: Flask) -> None:
    outcome = come_back_while_the_inviter_is_moved_below(app)
    assert outcome["done"] == 1
    assert set(outcome) <= {"done", "circle_of_inviters", "wrong_invitation_code"}
    assert in_circles(app) == []


def test_twin_without_the_lock_makes_a_circle_of_three(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    without_lock(monkeypatch)
    all_look_before_anybody_writes(monkeypatch, 2)
    assert come_back_while_the_inviter_is_moved_below(app) == {"done": 2}
    assert len(in_circles(app)) == 3


# --- one of each -----------------------------------------------------------------------------------------------------


def apply_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch, *, users: int, phones: int) -> tuple[Outcome, int]:
    """Apply eight times at once, each with a form of its own; return what came, and how many distributors there are.

    What else holds them apart is taken away: the SMS code that is good once, and the line before chains.
    """
    without_lock(monkeypatch)
    for name in ("check_code", "use_code"):
        monkeypatch.setattr(applying, name, nothing)
    drawing, together = applying.draw_code, Start(MANY)

    def draw_together(choose: Callable[..., str]) -> str:
        together.wait()  # all have seen that there is nobody yet
        return drawing(choose)

    monkeypatch.setattr(applying, "draw_code", draw_together)
    user_ids = look(app, lambda: [make_wechat_user().id for _ in range(users)])
    numbers, lock = iter(range(MANY)), threading.Lock()

    def one() -> None:
        with lock:
            number = next(numbers, 0)
        user = db.session.get_one(WechatUser, user_ids[number % users])
        apply(user, phone=f"1380000093{number % phones}", has_code=False)

    outcome = crowd(app, [one] * MANY)
    return outcome, look(app, lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Distributor)))


def drop_key(app: Flask, column: str) -> None:
    def drop() -> None:
        table = "distribution_distributor"
        db.session.execute(sa.text(f"ALTER TABLE {table} ADD INDEX ix_twin ({column}), DROP INDEX uq_{table}_{column}"))

    look(app, drop)


def test_one_user_applies_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, made = apply_at_once(app, monkeypatch, users=1, phones=MANY)
    assert (outcome, made) == ({"done": 1, "already_applied": MANY - 1}, 1)


def test_twin_without_the_users_key_applies_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_key(app, "wechat_user_id")
    _outcome, made = apply_at_once(app, monkeypatch, users=1, phones=MANY)
    assert made == MANY


def test_one_phone_applies_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, made = apply_at_once(app, monkeypatch, users=MANY, phones=1)
    assert (outcome, made) == ({"done": 1, "phone_taken": MANY - 1}, 1)


def test_twin_without_the_phones_key_applies_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_key(app, "phone_taken")
    _outcome, made = apply_at_once(app, monkeypatch, users=MANY, phones=1)
    assert made == MANY


def test_of_two_who_decide_one_wins(app: Flask) -> None:
    distributor_id = look(app, lambda: make_distributor(status=DistributorStatus.APPLIED).id)
    together = Start(2)

    def approve() -> None:
        together.wait()
        people.approve(distributor_id, by="staff:2")

    def refuse() -> None:
        together.wait()
        people.refuse(distributor_id, reason="资料不全", by="staff:3")

    assert crowd(app, [approve, refuse]) == {"done": 1, "illegal_transition": 1}
