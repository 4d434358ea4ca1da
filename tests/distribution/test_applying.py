"""Applying: with an invitation, an SMS code and the agreement, once; by nobody who may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.distribution import apply, give_code, make_agreement, make_distributor
from tests.factories.patients import make_wechat_user
from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid, TooManyRequests
from wxapp.core.idempotency import KeyReused
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.errors import (
    AlreadyApplied,
    DistributionClosed,
    PhoneTaken,
    StaffMayNotEarn,
    WrongInvitationCode,
)
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries import agreements
from wxapp.distribution.queries import people as queries
from wxapp.distribution.rules.codes import is_code
from wxapp.distribution.services import applying, people
from wxapp.messages.models import Message
from wxapp.patients.errors import SnapshotVisitor, WrongCode

pytestmark = pytest.mark.usefixtures("app")

S = DistributorStatus
PHONE, OTHER = "13800000901", "13800000902"
BY = "staff:7"


def switch(setting: core_settings.Setting[bool], *, on: bool) -> None:
    core_settings.write(setting, on, by=BY)


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def told(row: Distributor) -> list[str]:
    """Return what the distributor was told, the newest last."""
    mine = sa.select(Message.body).where(Message.receiver_id == row.wechat_user_id).order_by(Message.id)
    return list(db.session.scalars(mine))


# --- applying --------------------------------------------------------------------------------------------------------


def test_an_application_waits_for_review() -> None:
    inviter = make_distributor(code="k7m2np")
    row = apply(make_wechat_user(), phone=PHONE, invitation=" K7M2NP ")
    assert (row.status, row.inviter_id, row.phone, row.name) == (S.APPLIED, inviter.id, PHONE, "陈晓")
    assert is_code(row.code)
    assert not row.is_returning
    assert (row.agreement_version, row.agreed_at) == (agreements.FIRST.version, clock.now())
    assert told(row) == []


def test_without_review_one_is_a_distributor_at_once() -> None:
    switch(settings.REVIEW_APPLICATIONS, on=False)
    row = apply(make_wechat_user(), phone=PHONE)
    assert (row.status, row.inviter_id, row.decided_at) == (S.ACTIVE, None, clock.now())
    assert [(step.old, step.new, step.reason) for step in history(row)] == [("applied", "active", "无需审核")]


def test_who_comes_back_is_looked_at_also_without_review() -> None:
    switch(settings.REVIEW_APPLICATIONS, on=False)
    user = make_wechat_user()
    make_distributor(user=user, status=S.CLOSED)
    assert apply(user, phone=PHONE).status is S.APPLIED


def test_the_same_form_twice_is_one_application() -> None:
    user = make_wechat_user()
    first = apply(user, phone=PHONE, once="form-pressed-twice")
    again = apply(user, phone=PHONE, once="form-pressed-twice", has_code=False)
    assert (again.id, count(Distributor)) == (first.id, 1)


def test_the_same_form_with_something_else_is_refused() -> None:
    user = make_wechat_user()
    apply(user, phone=PHONE, once="form-pressed-twice")
    with pytest.raises(KeyReused):
        apply(user, phone=OTHER, once="form-pressed-twice")


@pytest.mark.parametrize("status", [S.APPLIED, S.ACTIVE, S.FROZEN])
def test_who_is_or_waits_does_not_apply_again(status: DistributorStatus) -> None:
    user = make_wechat_user()
    make_distributor(user=user, status=status)
    with pytest.raises(AlreadyApplied):
        apply(user, phone=PHONE)
    assert count(Distributor) == 1


def test_a_phone_belongs_to_one_distributor() -> None:
    make_distributor(phone=PHONE)
    with pytest.raises(PhoneTaken) as refused:
        apply(make_wechat_user(), phone=PHONE)
    assert refused.value.field == "phone"


def test_a_wrong_sms_code_is_refused_and_nothing_written() -> None:
    give_code(PHONE)
    with pytest.raises(WrongCode):
        apply(make_wechat_user(), phone=PHONE, has_code=False, sms_code="111111")
    assert count(Distributor) == 0


def test_an_expired_sms_code_is_refused(at: Callable[[timedelta], None]) -> None:
    give_code(PHONE)
    at(timedelta(minutes=5, seconds=1))
    with pytest.raises(WrongCode):
        apply(make_wechat_user(), phone=PHONE, has_code=False)


def test_a_code_opens_one_application() -> None:
    apply(make_wechat_user(), phone=PHONE)
    with pytest.raises(WrongCode):
        apply(make_wechat_user(), phone=PHONE, has_code=False)


@pytest.mark.parametrize("status", [S.APPLIED, S.FROZEN, S.REFUSED, S.CLOSED])
def test_only_an_active_inviters_code_is_good(status: DistributorStatus) -> None:
    make_distributor(code="k7m2np", status=status)
    with pytest.raises(WrongInvitationCode) as refused:
        apply(make_wechat_user(), phone=PHONE, invitation="k7m2np")
    assert refused.value.field == "invitation"
    assert count(Distributor) == 1


@pytest.mark.parametrize("typed", ["zzzzzz", "abc", "' OR 1=1", "零一二三四五", "k7m2np7", "😀" * 6])
def test_an_unknown_code_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(WrongInvitationCode) as refused:
        apply(make_wechat_user(), phone=PHONE, invitation=typed)
    assert refused.value.field == "invitation"


def test_a_wrong_invitation_costs_no_sms_code() -> None:
    user = make_wechat_user()
    with pytest.raises(WrongInvitationCode):
        apply(user, phone=PHONE, invitation="zzzzzz")
    assert apply(user, phone=PHONE, has_code=False).status is S.APPLIED


def test_ones_own_code_is_refused() -> None:
    user = make_wechat_user()
    make_distributor(user=user, status=S.CLOSED, code="k7m2np")
    with pytest.raises(WrongInvitationCode, match="自己的"):
        apply(user, phone=PHONE, invitation="k7m2np")


def test_who_returns_may_not_name_somebody_below_him() -> None:
    user = make_wechat_user()
    top = make_distributor(user=user, status=S.CLOSED)
    low = make_distributor(inviter=make_distributor(inviter=top))
    with pytest.raises(WrongInvitationCode, match="由您邀请"):
        apply(user, phone=PHONE, invitation=low.code)
    assert db.session.get_one(Distributor, top.id).status is S.CLOSED


def test_who_returns_keeps_account_and_code_and_earns_nobody_a_reward() -> None:
    user, inviter = make_wechat_user(), make_distributor()
    before = make_distributor(user=user, status=S.CLOSED, first_paid_at=clock.now())
    code, row = before.code, apply(user, phone=PHONE, invitation=inviter.code)
    assert (row.id, row.code, row.status, row.inviter_id) == (before.id, code, S.APPLIED, inviter.id)
    assert row.is_returning
    assert row.first_paid_at is None
    assert queries.find_by_phone(PHONE).id == row.id
    assert [(move.old_id, move.new_id) for move in people.moves_of(row.id)] == [(None, inviter.id)]


def test_who_was_refused_may_ask_again() -> None:
    user = make_wechat_user()
    people.refuse(apply(user, phone=PHONE).id, reason="请填写真实姓名", by=BY)
    row = apply(user, phone=PHONE, name="陈小晓")
    assert (row.status, row.name, row.reason, row.is_returning) == (S.APPLIED, "陈小晓", "", False)


def test_who_returns_with_a_taken_phone_is_told() -> None:
    user = make_wechat_user()
    make_distributor(user=user, status=S.REFUSED)
    make_distributor(phone=PHONE)
    with pytest.raises(PhoneTaken):
        apply(user, phone=PHONE)


def test_the_phone_of_one_who_left_makes_the_next_a_returning_one() -> None:
    make_distributor(phone=PHONE, status=S.CLOSED)
    assert apply(make_wechat_user(), phone=PHONE).is_returning


def test_staff_may_not_apply() -> None:
    make_member(phone=PHONE)
    with pytest.raises(StaffMayNotEarn) as refused:
        apply(make_wechat_user(), phone=PHONE)
    assert (refused.value.field, count(Distributor)) == ("phone", 0)


def test_the_invented_user_of_a_preview_may_not_apply() -> None:
    with pytest.raises(SnapshotVisitor):
        apply(make_wechat_user(is_snapshot=True), phone=PHONE)


def test_nobody_applies_while_distribution_is_closed() -> None:
    switch(settings.IS_OPEN, on=False)
    with pytest.raises(DistributionClosed):
        apply(make_wechat_user(), phone=PHONE)


def test_where_a_code_is_required_its_absence_is_told() -> None:
    switch(settings.NEEDS_CODE, on=True)
    with pytest.raises(Invalid) as refused:
        apply(make_wechat_user(), phone=PHONE)
    assert "invitation" in refused.value.errors


def test_a_newer_agreement_has_to_be_read() -> None:
    make_agreement(version="2026-03-01")
    with pytest.raises(Invalid) as refused:
        apply(make_wechat_user(), phone=PHONE, agreement_version=agreements.FIRST.version)
    assert "agreed" in refused.value.errors


def test_codes_can_not_be_tried_without_end() -> None:
    user = make_wechat_user()
    for _ in range(applying.PER_USER.count):
        with pytest.raises(WrongInvitationCode):
            apply(user, phone=PHONE, invitation="zzzzzz", has_code=False)
    with pytest.raises(TooManyRequests):
        apply(user, phone=PHONE, has_code=False)


def test_a_drawn_code_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_distributor(code="k7m2np")
    drawn = iter(["k7m2np", "k7m2np", "k7m2nq"])
    monkeypatch.setattr(applying, "draw_code", lambda _choose: next(drawn))
    assert apply(make_wechat_user(), phone=PHONE).code == "k7m2nq"


def test_a_returning_chain_that_is_too_long_to_be_followed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_STEPS", 2)
    low = make_distributor(inviter=make_distributor(inviter=make_distributor()))
    user = make_wechat_user()
    make_distributor(user=user, status=S.CLOSED)
    with pytest.raises(WrongInvitationCode):
        apply(user, phone=PHONE, invitation=low.code)
