"""Codes of the authenticator and recovery codes: each works once."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from tests.factories.staff import PASSWORD, make_member, make_role
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff import queries, services
from wxapp.staff.errors import (
    WrongCode,
    WrongCredentials,
    WrongOldPassword,
)
from wxapp.staff.models import Member, RecoveryCode
from wxapp.staff.services.second_factor import pending_totp

pytestmark = pytest.mark.usefixtures("client")


def try_in(username: str, password: str = PASSWORD, address: str = "10.0.0.1") -> Member:
    return services.authenticate(username, password, address=address)


def fresh(member: Member) -> Member:
    db.session.refresh(member)
    return member


def identity(member: Member):
    found = services.identity_of(member.id)
    assert found is not None
    return found


# --- second factor ---------------------------------------------------------------------------------------------------


def code_of(secret: str, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)


@pytest.fixture
def guarded():
    """A member with the second factor on, its secret, and the recovery codes."""
    member = make_member()
    secret = services.begin_totp(member.id)
    codes = services.confirm_totp(member.id, code_of(secret))
    return member, secret, codes


def test_a_secret_counts_for_nothing_until_a_code_of_it_was_typed():
    member = make_member()
    secret = services.begin_totp(member.id)
    assert services.begin_totp(member.id) == secret
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))
    with pytest.raises(WrongCode):
        services.confirm_totp(member.id, "000000")
    assert fresh(member).totp_confirmed_at is None


def test_a_code_lets_in_once(guarded, at):
    member, secret, _ = guarded
    at(timedelta(seconds=60))
    assert services.check_code(member.id, code_of(secret)) == "密码和动态验证码"
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))
    at(timedelta(seconds=30))
    assert services.check_code(member.id, code_of(secret))


def test_the_code_that_turned_it_on_does_not_let_in(guarded):
    member, secret, _ = guarded
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))


def test_an_older_code_is_worth_nothing_after_a_newer_one(guarded, at):
    member, secret, _ = guarded
    at(timedelta(minutes=2))
    services.check_code(member.id, code_of(secret, steps=1))
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))


@pytest.mark.parametrize("steps", [-2, 2, 10])
def test_codes_of_other_times_do_not_count(guarded, at, steps):
    member, secret, _ = guarded
    at(timedelta(minutes=10))
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret, steps=steps))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "abcdef"])
def test_what_is_no_code_is_refused(guarded, typed):
    with pytest.raises(WrongCode):
        services.check_code(guarded[0].id, typed)


def test_a_recovery_code_lets_in_once_and_is_kept_as_a_hash(guarded):
    member, _, codes = guarded
    assert len(set(codes)) == 10
    kept = " ".join(db.session.scalars(sa.select(RecoveryCode.code_hash)))
    assert not any(code in kept for code in codes)
    assert services.check_code(member.id, codes[0].lower()) == "密码和恢复码"
    assert queries.recovery_codes_left(member.id) == 9
    with pytest.raises(WrongCode):
        services.check_code(member.id, codes[0])


def test_somebody_elses_recovery_code_is_worth_nothing(guarded):
    _, _, codes = guarded
    other = make_member()
    services.confirm_totp(other.id, code_of(services.begin_totp(other.id)))
    with pytest.raises(WrongCode):
        services.check_code(other.id, codes[0])


def test_guessing_codes_locks_the_account_although_the_password_is_right(guarded, at):
    member, secret, _ = guarded
    at(timedelta(minutes=2))
    for _ in range(5):
        try_in(member.username)
        with pytest.raises(WrongCode):
            services.check_code(member.id, "000000")
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))
    with pytest.raises(WrongCredentials):
        try_in(member.username)


def test_replacing_the_authenticator_needs_the_password_and_keeps_the_old_one_until_confirmed(guarded, at):
    member, secret, _ = guarded
    with pytest.raises(WrongOldPassword):
        services.begin_totp(member.id, password="wrong")
    assert pending_totp(member.id) is None
    new = services.begin_totp(member.id, password=PASSWORD)
    at(timedelta(minutes=2))
    assert services.check_code(member.id, code_of(secret))
    services.confirm_totp(member.id, code_of(new))
    at(timedelta(minutes=2))
    with pytest.raises(WrongCode):
        services.check_code(member.id, code_of(secret))


def test_secrets_are_not_readable_in_the_table(guarded):
    member, secret, _ = guarded
    raw = db.session.execute(
        sa.text("SELECT totp_secret, phone FROM staff_member WHERE id = :id"), {"id": member.id}
    ).one()
    assert secret not in raw.totp_secret


def test_a_role_may_ask_for_the_second_factor():
    member = make_member(roles=[make_role({Permission.REFUND_APPROVE}, requires_totp=True)])
    assert identity(member).must_visit == "staff_admin.totp_form"
    services.confirm_totp(member.id, code_of(services.begin_totp(member.id)))
    assert identity(member).must_visit == ""


def test_a_password_reset_leaves_the_second_factor(guarded):
    member, _, _ = guarded
    services.reset_password(member.id, by=None)
    assert fresh(member).totp_confirmed_at is not None
