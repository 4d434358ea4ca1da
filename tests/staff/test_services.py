"""Signing in, locks, second factor, members and roles."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from tests.factories.staff import PASSWORD, make_member, make_role
from wxapp.admin.models import AuditRow
from wxapp.core import clock, crypto
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale, TooManyRequests
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, SessionRow, sessions_of
from wxapp.staff import queries, services
from wxapp.staff.errors import (
    FirstPasswordExpired,
    LastAdministrator,
    NotOnYourself,
    NotYoursToGive,
    RoleInUse,
    RoleTaken,
    UsernameTaken,
    WeakPassword,
    WrongCode,
    WrongCredentials,
    WrongOldPassword,
)
from wxapp.staff.models import Member, RecoveryCode
from wxapp.staff.services import signing_in
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
    assert compared[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


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


def sessions_for(member: Member, count: int) -> list[SessionRow]:
    now = clock.now()
    for number in range(count):
        db.session.add(
            SessionRow(
                token_hash=f"{member.id}-{number}", kind="staff", subject_id=member.id, created_at=now, seen_at=now,
                expires_at=now + STAFF.absolute, address="", browser="",
            )
        )  # fmt: skip
    db.session.commit()
    return sessions_of(STAFF, member.id)


def test_a_new_password_needs_the_old_one_and_ends_other_sessions():
    member = make_member(must_change_password=True)
    kept, *others = sessions_for(member, 3)
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


# --- members ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def boss():
    return identity(make_member(everything=True, username="boss"))


def test_a_new_member_has_a_random_password_to_be_changed(boss):
    made = services.create_member(username="New.One", name="新人", phone="13800000001", by=boss)
    other = services.create_member(username="new.two", name="新人", by=boss)
    assert made.password != other.password
    assert len(made.password) >= 12
    assert made.member.username == "new.one"
    assert identity(made.member).must_visit == "staff_admin.password_form"


@pytest.mark.parametrize("username", ["9abc", "a", "with space", "王/芳"])
def test_a_user_name_has_a_form(boss, username):
    with pytest.raises(Invalid):
        services.create_member(username=username, name="新人", by=boss)


def test_a_user_name_is_somebody_s(boss):
    make_member(username="wang.fang")
    with pytest.raises(UsernameTaken):
        services.create_member(username="WANG.fang", name="新人", by=boss)


def test_an_unknown_role_is_refused(boss):
    with pytest.raises(Invalid):
        services.create_member(username="new.one", name="新人", role_ids=[999], by=boss)
    assert queries.find_by_username("new.one") is None


def test_lasting_passwords_are_for_the_set_up_only(boss):
    with pytest.raises(ValueError, match="set-up"):
        services.create_member(username="new.one", name="新人", by=boss, password="four green kettles")


@pytest.fixture
def clerk():
    """Somebody who may manage staff, but not money."""
    return identity(make_member({Permission.STAFF_READ, Permission.STAFF_WRITE, Permission.ROLE_WRITE}))


def test_nobody_gives_roles_beyond_his_own_rights(clerk, boss):
    rich = make_role({Permission.REFUND_APPROVE})
    with pytest.raises(NotYoursToGive):
        services.create_member(username="new.one", name="新人", role_ids=[rich.id], by=clerk)
    poor = make_member()
    with pytest.raises(NotYoursToGive):
        services.change_member(poor.id, name="x", phone="", role_ids=[rich.id], version=1, by=clerk)


@pytest.mark.parametrize("what", ["change", "off", "password", "totp"])
def test_nobody_manages_who_may_do_more(clerk, boss, what):
    rich = make_member({Permission.REFUND_APPROVE})
    with pytest.raises(NotYoursToGive):
        if what == "change":
            services.change_member(rich.id, name="x", phone="", role_ids=[], version=1, by=clerk)
        elif what == "off":
            services.switch_member(rich.id, on=False, by=clerk)
        elif what == "password":
            services.reset_password(rich.id, by=clerk)
        else:
            services.reset_second_factor(rich.id, by=clerk)


@pytest.mark.parametrize("what", ["roles", "off", "password", "totp"])
def test_what_takes_rights_away_ends_sessions_at_once(boss, what):
    member = make_member({Permission.ORDER_READ})
    sessions_for(member, 2)
    if what == "roles":
        services.change_member(member.id, name="x", phone="", role_ids=[], version=1, by=boss)
    elif what == "off":
        services.switch_member(member.id, on=False, by=boss)
    elif what == "password":
        services.reset_password(member.id, by=boss)
    else:
        services.reset_second_factor(member.id, by=boss)
    assert sessions_of(STAFF, member.id) == []


def test_a_new_name_ends_no_session(boss):
    member = make_member()
    sessions_for(member, 1)
    services.change_member(member.id, name="新名", phone="", role_ids=[], version=1, by=boss)
    assert len(sessions_of(STAFF, member.id)) == 1
    assert fresh(member).name == "新名"


def test_a_stale_page_changes_nothing(boss):
    role = make_role({Permission.ORDER_READ})
    member = make_member(roles=[role])
    services.change_member(member.id, name="一", phone="", role_ids=[role.id], version=1, by=boss)
    with pytest.raises(Stale):
        services.change_member(member.id, name="二", phone="", role_ids=[], version=1, by=boss)
    assert fresh(member).name == "一"
    assert [held.id for held in fresh(member).roles] == [role.id]


def test_who_is_switched_off_is_nobody(boss):
    member = make_member()
    services.switch_member(member.id, on=False, by=boss)
    assert services.identity_of(member.id) is None
    services.switch_member(member.id, on=True, by=boss)
    assert services.identity_of(member.id) is not None


def test_nobody_switches_himself_off(boss):
    with pytest.raises(NotOnYourself):
        services.switch_member(boss.id, on=False, by=boss)
    with pytest.raises(NotOnYourself):
        services.reset_second_factor(boss.id, by=boss)


def test_somebody_is_left_to_manage_staff(boss):
    with pytest.raises(LastAdministrator):
        services.change_member(boss.id, name="x", phone="", role_ids=[], version=1, by=boss)
    assert identity(queries.get_member(boss.id)).may(Permission.ROLE_WRITE)
    second = identity(make_member(everything=True))
    services.switch_member(boss.id, on=False, by=second)
    assert services.identity_of(boss.id) is None


def test_own_sessions_are_one_s_own_to_end(boss):
    mine, theirs = make_member(), make_member()
    own, other = sessions_for(mine, 1)[0].id, sessions_for(theirs, 1)[0].id
    with pytest.raises(NotFound):
        services.end_session_of(other, by=identity(mine))
    services.end_session_of(own, by=identity(mine))
    with pytest.raises(NotFound):
        services.end_session_of(other, by=boss, own_only=True)
    services.end_session_of(other, by=boss)
    assert sessions_of(STAFF, theirs.id) == []


# --- roles -----------------------------------------------------------------------------------------------------------


def test_default_roles_are_installed_once_and_keep_what_staff_changed(boss):
    assert services.install_default_roles() == 11
    roles = {role.name: role for role in queries.roles()}
    labels = {"前台", "检验科", "拍照室", "咨询师", "售后", "售后主管", "超管", "客服", "医生", "护士", "财务"}
    assert {role.label for role in queries.roles()} >= labels
    assert queries.permissions_of(roles["super_admin"]) == frozenset(Permission)
    services.save_role(
        roles["lab"].id, label="化验室", permissions=[Permission.ORDER_READ], requires_totp=False, version=1, by=boss
    )
    assert services.install_default_roles() == 0
    assert queries.get_role(roles["lab"].id).label == "化验室"


def test_no_default_role_but_the_highest_may_both_ask_for_and_approve_a_refund(boss):
    services.install_default_roles()
    both = {Permission.REFUND_REQUEST, Permission.REFUND_APPROVE}
    names = [role.name for role in queries.roles() if both <= queries.permissions_of(role)]
    assert [name for name in names if not name.startswith("made-")] == ["super_admin"]


def test_a_change_of_rights_signs_everybody_of_the_role_out(boss):
    role = make_role({Permission.ORDER_READ})
    member, other = make_member(roles=[role]), make_member({Permission.ORDER_READ})
    sessions_for(member, 2)
    sessions_for(other, 1)
    assert not services.save_role(
        role.id, label="新名", permissions=[Permission.ORDER_READ], requires_totp=False, version=1, by=boss
    )
    assert len(sessions_of(STAFF, member.id)) == 2
    assert services.save_role(
        role.id, label="新名", permissions=[Permission.GOODS_READ], requires_totp=False, version=2, by=boss
    )
    assert sessions_of(STAFF, member.id) == []
    assert len(sessions_of(STAFF, other.id)) == 1
    assert identity(member).permissions == {Permission.GOODS_READ}


def test_a_role_is_changed_from_its_newest_state_only(boss):
    role = make_role({Permission.ORDER_READ})
    services.save_role(role.id, label="一", permissions=[], requires_totp=False, version=1, by=boss)
    with pytest.raises(Stale):
        services.save_role(role.id, label="二", permissions=[], requires_totp=False, version=1, by=boss)


@pytest.mark.parametrize("permissions", [{Permission.REFUND_APPROVE}, {Permission.STAFF_READ}])
def test_nobody_adds_or_takes_rights_of_roles_beyond_his_own(clerk, boss, permissions):
    role = make_role({Permission.ORDER_READ})
    with pytest.raises(NotYoursToGive):
        services.save_role(role.id, label="x", permissions=permissions, requires_totp=False, version=1, by=clerk)
    with pytest.raises(NotYoursToGive):
        services.create_role(label="y", permissions={Permission.REFUND_APPROVE}, requires_totp=False, by=clerk)


def test_the_highest_role_keeps_everything(boss):
    role = queries.get_member(boss.id).roles[0]
    services.save_role(role.id, label="超管", permissions=[], requires_totp=True, version=1, by=boss)
    assert queries.permissions_of(queries.get_role(role.id)) == frozenset(Permission)
    with pytest.raises(Invalid):
        services.delete_role(role.id, by=boss)


def test_two_roles_cannot_have_one_name(boss):
    services.create_role(label="客户经理", permissions=[], requires_totp=False, by=boss)
    with pytest.raises(RoleTaken):
        services.create_role(label="客户经理", permissions=[], requires_totp=False, by=boss)


def test_a_role_that_somebody_has_stays(boss):
    role = make_role({Permission.ORDER_READ})
    make_member(roles=[role])
    with pytest.raises(RoleInUse):
        services.delete_role(role.id, by=boss)
    empty = make_role().id
    services.delete_role(empty, by=boss)
    with pytest.raises(NotFound):
        queries.get_role(empty)


def test_a_permission_that_is_gone_counts_for_nothing():
    role = make_role()
    role.permissions = "order:read\nthing:gone"
    assert queries.permissions_of(role) == {Permission.ORDER_READ}


def test_the_stand_in_hash_costs_what_a_real_one_costs():
    assert signing_in._nobodys_hash().split("$")[:4] == crypto.hash_password("x").split("$")[:4]
