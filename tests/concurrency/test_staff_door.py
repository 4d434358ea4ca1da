"""Many tries in one moment: locks, one-time codes, the audit chain. Each guard has a twin that must fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.staff import make_member
from wxapp.admin import audit
from wxapp.admin.models import AuditHead, AuditRow
from wxapp.core import clock, crypto
from wxapp.core.db import change, db, transaction
from wxapp.staff import rules, services
from wxapp.staff.errors import WrongCredentials
from wxapp.staff.models import Member, RecoveryCode
from wxapp.staff.services import members, second_factor, signing_in

pytestmark = pytest.mark.mariadb

GUESSES = 24


class _Unlimited:
    def hit(self, subject: str) -> None:
        """Let everybody pass: here the lock of the account is tried, not the limits before it."""


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The guesses that were compared with the real password's hash."""
    seen: list[str] = []
    real = crypto.password_matches

    def compare(stored: str, typed: str) -> bool:
        if stored:
            seen.append(typed)
        return real(stored, typed)

    monkeypatch.setattr(signing_in, "PER_ADDRESS", _Unlimited())
    monkeypatch.setattr(signing_in, "PER_USERNAME", _Unlimited())
    monkeypatch.setattr(crypto, "password_matches", compare)
    monkeypatch.setattr(signing_in, "_nobodys_hash", lambda: "")
    return seen


def guess_at_once(app: Flask) -> dict[str, int]:
    with app.app_context():
        make_member(username="wang.fang")

    def guess(number: int) -> None:
        services.authenticate("wang.fang", f"guess {number}", address="10.0.0.1")

    return dict(crowd(app, [partial(guess, number) for number in range(GUESSES)], at_once=12))


def test_guesses_at_once_are_compared_five_times_at_most(real_database: Flask, compared: list[str]) -> None:
    assert guess_at_once(real_database) == {WrongCredentials.code: GUESSES}
    assert len(compared) == rules.TRIES_BEFORE_LOCK


def test_counting_after_the_comparison_would_let_more_through(
    real_database: Flask, compared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_late(member_id: int) -> bool:
        tries_so_far = db.session.scalar(sa.select(Member.failed_tries).where(Member.id == member_id)) or 0
        crypto.hash_password("as slow as a comparison")
        with transaction():
            change(sa.update(Member).where(Member.id == member_id).values(failed_tries=tries_so_far + 1))
        return tries_so_far < rules.TRIES_BEFORE_LOCK

    monkeypatch.setattr(signing_in, "count_try", count_late)
    guess_at_once(real_database)
    assert len(compared) > rules.TRIES_BEFORE_LOCK


# --- one-time codes --------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(real_database: Flask) -> tuple[int, str, list[str]]:
    """A member with the second factor on: key, a code of now, recovery codes."""
    with real_database.app_context():
        member = make_member()
        secret = services.begin_totp(member.id)
        step = int(clock.now().timestamp()) // 30
        codes = services.confirm_totp(member.id, pyotp.TOTP(secret).generate_otp(step))
        with transaction():  # the code that turned it on is of this step: let it count once more
            change(sa.update(Member).where(Member.id == member.id).values(totp_last_step=step - 5))
        return member.id, secret, codes


def use_at_once(app: Flask, member_id: int, code: Callable[[], str]) -> dict[str, int]:
    return dict(crowd(app, [lambda: services.check_code(member_id, code())] * 4, at_once=4))


def test_of_four_who_type_one_code_one_gets_in(real_database: Flask, guarded: tuple[int, str, list[str]]) -> None:
    member_id, secret, _ = guarded
    code = pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30)
    assert use_at_once(real_database, member_id, lambda: code) == {"done": 1, "wrong_code": 3}


def test_of_four_who_type_one_recovery_code_one_gets_in(
    real_database: Flask, guarded: tuple[int, str, list[str]]
) -> None:
    member_id, _, codes = guarded
    assert use_at_once(real_database, member_id, lambda: codes[0]) == {"done": 1, "wrong_code": 3}


def test_reading_before_marking_would_let_several_in(
    real_database: Flask, guarded: tuple[int, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_read = threading.Barrier(4, timeout=20)

    def read_compare_write(member_id: int, code: str) -> str:
        unused = db.session.scalars(
            sa.select(RecoveryCode).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
        ).all()
        found = [row.id for row in unused if row.code_hash == second_factor._hash(member_id, code)]
        all_have_read.wait()
        if not found:
            return ""
        with transaction():
            change(sa.update(RecoveryCode).where(RecoveryCode.id == found[0]).values(used_at=clock.now()))
        return "let in"

    monkeypatch.setattr(second_factor, "_use", read_compare_write)
    member_id, _, codes = guarded
    assert use_at_once(real_database, member_id, lambda: codes[0]).get("done", 0) > 1


# --- the last administrators -----------------------------------------------------------------------------------------


def switch_each_other_off(app: Flask) -> tuple[dict[str, int], int]:
    """Let two administrators switch each other off in one moment; return what came of it, and who is left."""
    with app.app_context():
        ids = [make_member(everything=True).id for _ in range(2)]
        first, second = (services.identity_of(member_id) for member_id in ids)
    assert first is not None
    assert second is not None
    works = [
        partial(services.switch_member, second.id, on=False, by=first),
        partial(services.switch_member, first.id, on=False, by=second),
    ]
    outcome = dict(crowd(app, works, at_once=2))
    with app.app_context():
        return outcome, len([member_id for member_id in ids if services.identity_of(member_id) is not None])


def test_of_two_administrators_who_switch_each_other_off_one_stays(real_database: Flask) -> None:
    assert switch_each_other_off(real_database) == ({"done": 1, "last_administrator": 1}, 1)


def test_without_waiting_in_line_nobody_would_stay(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_looked = threading.Barrier(2, timeout=20)
    look = members.check_administrator_left

    def look_and_wait() -> None:
        look()
        both_have_looked.wait()

    monkeypatch.setattr(members, "_one_at_a_time", lambda: None)
    monkeypatch.setattr(members, "check_administrator_left", look_and_wait)
    assert switch_each_other_off(real_database) == ({"done": 2}, 0)


# --- audit chain -----------------------------------------------------------------------------------------------------


def write_at_once(app: Flask) -> None:
    works = [partial(audit.record, "test.thing", f"thing:{number}", by="system:tests") for number in range(60)]
    assert dict(crowd(app, works, at_once=12)) == {"done": 60}


def test_the_chain_holds_when_many_write_at_once(real_database: Flask) -> None:
    write_at_once(real_database)
    with real_database.app_context():
        assert audit.verify() == audit.Verdict(60, None)


def test_without_the_queue_at_its_head_the_chain_would_break(
    real_database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only() -> tuple[int, str]:
        number = db.session.scalar(sa.select(sa.func.max(AuditRow.number))) or 0
        digest = db.session.scalar(sa.select(AuditHead.digest)) or "0" * 64
        return number + 1, digest

    monkeypatch.setattr(audit, "_next", read_only)
    with pytest.raises((sa.exc.IntegrityError, AssertionError)):
        write_at_once(real_database)
        with real_database.app_context():
            assert audit.verify().is_intact
