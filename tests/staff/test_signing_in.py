"""Signing in with a password: locks, limits, silence; and one's own new password."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.staff import PASSWORD, make_member, make_sessions
from wxapp.admin.models import AuditRow
from wxapp.core import crypto
from wxapp.core.db import db
from wxapp.core.errors import TooManyRequests
from wxapp.core.sessions import STAFF, sessions_of
from wxapp.staff import services
from wxapp.staff.errors import (
    FirstPasswordExpired,
    WeakPassword,
    WrongCredentials,
    WrongOldPassword,
)
from wxapp.staff.models import Member
from wxapp.staff.services import signing_in

pytestmark = pytest.mark.usefixtures("client")


def try_in(username: str, password: str = PASSWORD, address: str = "10.0.0.1") -> Member:
    return services.authenticate(username, password, address=address)


def fresh(member: Member) -> Member:
    db.session.refresh(member)
    return member


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.number)))


# --- log-in ----------------------------------------------------------------------------------------------------------


def test_user_name_and_password_together_let_in():
    member = make_member(username="wang.fang")
    assert try_in(" Wang.Fang ").id == member.id


@pytest.mark.parametrize(
    ("username", "password"), [("nobody", PASSWORD), ("wang.fang", "wrong"), ("off", PASSWORD), ("", "")]
)
def test_every_failure_has_the_same_answer_and_costs_one_comparison(monkeypatch, username, password):
    make_member(username="wang.fang")
    make_member(username="off", is_active=False)
    compared = []
    real = crypto.password_matches
    monkeypatch.setattr(
        crypto, "password_matches", lambda stored, typed: compared.append(stored) or real(stored, typed)
    )
    with pytest.raises(WrongCredentials) as refusal:
        try_in(username, password)
    assert refusal.value.message == WrongCredentials.message
    assert len(compared) == 1
    assert compared[0].startswith("$argon2id$v=19$m=7168,t=5,p=1$")


def test_an_unknown_name_asks_the_database_as_often_as_a_wrong_password(queries):
    make_member(username="wang.fang")
    asked = []
    for username in ("warm-up", "wang.fang", "nobody"):
        queries.clear()
        with pytest.raises(WrongCredentials):
            try_in(username, "wrong")
        asked.append(len(queries))
    assert asked[1] == asked[2]


def test_after_five_failures_even_the_right_password_waits(at):
    member = make_member(username="wang.fang")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            try_in("wang.fang", "wrong")
    with pytest.raises(WrongCredentials):
        try_in("wang.fang")
    assert "staff.locked" in actions()
    at(timedelta(minutes=15, seconds=1))
    assert try_in("wang.fang").id == member.id


def test_after_a_lock_there_are_five_tries_again(at):
    make_member(username="wang.fang")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            try_in("wang.fang", "wrong")
    at(timedelta(minutes=16))
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            try_in("wang.fang", "wrong")
    assert try_in("wang.fang")


def test_a_success_in_between_does_not_forgive_earlier_failures_before_the_log_in_is_complete():
    member = make_member(username="wang.fang")
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            try_in("wang.fang", "wrong")
    try_in("wang.fang")
    assert fresh(member).failed_tries == 4
    services.note_log_in(member.id, how="密码")
    assert fresh(member).failed_tries == 0


def test_one_address_cannot_try_for_ever():
    for number in range(30):
        with pytest.raises(WrongCredentials):
            try_in(f"nobody{number}")
    with pytest.raises(TooManyRequests):
        try_in("nobody31")
    with pytest.raises(WrongCredentials):
        try_in("nobody32", address="10.0.0.2")


def test_one_name_cannot_be_tried_for_ever_from_many_addresses():
    for number in range(15):
        with pytest.raises(WrongCredentials):
            try_in("nobody", address=f"10.0.1.{number}")
    with pytest.raises(TooManyRequests):
        try_in("nobody", address="10.0.1.99")


def test_a_first_password_that_was_not_changed_in_time_is_worthless(at):
    made = services.create_member(username="new.one", name="新人", by=None)
    assert try_in("new.one", made.password)
    at(timedelta(hours=73))
    with pytest.raises(FirstPasswordExpired):
        try_in("new.one", made.password)


def test_a_hash_of_a_lower_cost_is_renewed(monkeypatch):
    member = make_member(username="wang.fang")
    old = member.password_hash
    monkeypatch.setattr(crypto, "needs_rehash", lambda stored: True)
    try_in("wang.fang")
    assert fresh(member).password_hash != old
    monkeypatch.undo()
    assert try_in("wang.fang")


# --- password --------------------------------------------------------------------------------------------------------


def test_a_new_password_needs_the_old_one_and_ends_other_sessions():
    member = make_member(must_change_password=True)
    kept, *others = make_sessions(member, 3)
    with pytest.raises(WrongOldPassword):
        services.change_password(member.id, old="wrong", new="four green kettles", keep_session=kept.id)
    assert len(sessions_of(STAFF, member.id)) == 3
    services.change_password(member.id, old=PASSWORD, new="four green kettles", keep_session=kept.id)
    assert [row.id for row in sessions_of(STAFF, member.id)] == [kept.id]
    assert not fresh(member).must_change_password
    assert others


@pytest.mark.parametrize("new", [PASSWORD, "password1", "short"])
def test_a_weak_or_unchanged_password_is_refused(new):
    member = make_member()
    with pytest.raises(WeakPassword):
        services.change_password(member.id, old=PASSWORD, new=new, keep_session=None)


def test_guessing_the_old_password_locks_as_well():
    member = make_member()
    for _ in range(5):
        with pytest.raises(WrongOldPassword):
            services.change_password(member.id, old="wrong", new="four green kettles", keep_session=None)
    with pytest.raises(WrongOldPassword):
        services.change_password(member.id, old=PASSWORD, new="four green kettles", keep_session=None)


def test_the_stand_in_hash_costs_what_a_real_one_costs():
    assert signing_in._nobodys_hash().split("$")[:4] == crypto.hash_password("x").split("$")[:4]
