"""Members and roles: who may give what, and whose sessions end."""

from __future__ import annotations

import pytest

from tests.factories.staff import make_member, make_role, make_sessions
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, sessions_of
from wxapp.staff import queries, services
from wxapp.staff.errors import (
    LastAdministrator,
    NotOnYourself,
    NotYoursToGive,
    RoleInUse,
    RoleTaken,
    UsernameTaken,
)
from wxapp.staff.models import Member

pytestmark = pytest.mark.usefixtures("client")


def fresh(member: Member) -> Member:
    db.session.refresh(member)
    return member


def identity(member: Member):
    found = services.identity_of(member.id)
    assert found is not None
    return found


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
    make_sessions(member, 2)
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
    make_sessions(member, 1)
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
    own, other = make_sessions(mine, 1)[0].id, make_sessions(theirs, 1)[0].id
    with pytest.raises(NotFound):
        services.end_session_of(other, by=identity(mine))
    services.end_session_of(own, by=identity(mine))
    with pytest.raises(NotFound):
        services.end_session_of(other, by=boss, own_only=True)
    services.end_session_of(other, by=boss)
    assert sessions_of(STAFF, theirs.id) == []


# --- roles -----------------------------------------------------------------------------------------------------------


def test_default_roles_are_installed_once_and_keep_what_staff_changed(boss):
    assert services.install_default_roles() == 14
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
    make_sessions(member, 2)
    make_sessions(other, 1)
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
