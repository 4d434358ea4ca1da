"""Becoming a distributor, and what staff decide about distributors."""

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
from wxapp.core.db import db, transaction
from wxapp.core.errors import DomainError, IllegalTransition, Invalid, NotFound, Stale, TooManyRequests
from wxapp.core.idempotency import KeyReused
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.errors import (
    AlreadyApplied,
    CircleOfInviters,
    DistributionClosed,
    PhoneTaken,
    StaffMayNotEarn,
    WrongInvitationCode,
)
from wxapp.distribution.models import Distributor, DistributorStatus, Move
from wxapp.distribution.queries import agreements
from wxapp.distribution.queries import people as queries
from wxapp.distribution.rules.codes import is_code
from wxapp.distribution.services import agreements as wording
from wxapp.distribution.services import applying, chains, people
from wxapp.messages.models import Message
from wxapp.patients.errors import SnapshotVisitor, WrongCode
from wxapp.staff import services as staff_services
from wxapp.staff.services.signing_in import identity_of

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


def field_of(refusal: DomainError) -> str:
    return refusal.field or next(iter(getattr(refusal, "errors", {})), "")


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
    with pytest.raises(WrongInvitationCode, match="下级"):
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


# --- deciding --------------------------------------------------------------------------------------------------------


def test_who_is_approved_is_told() -> None:
    row = apply(make_wechat_user(), phone=PHONE)
    people.approve(row.id, by=BY)
    people.approve(row.id, by=BY)
    assert (row.status, row.decided_by, row.decided_at) == (S.ACTIVE, BY, clock.now())
    assert told(row) == [f"您的分销申请已通过。{people.WELCOME}"]


def test_who_is_refused_is_told_why_and_the_phone_is_free() -> None:
    row = apply(make_wechat_user(), phone=PHONE)
    people.refuse(row.id, reason="姓名不是真实姓名", by=BY)
    people.refuse(row.id, reason="姓名不是真实姓名", by=BY)
    assert (row.status, row.phone_taken) == (S.REFUSED, None)
    assert told(row) == ["您的分销申请未通过。姓名不是真实姓名"]
    assert apply(make_wechat_user(), phone=PHONE).status is S.APPLIED


def test_what_is_decided_is_not_decided_otherwise() -> None:
    row = apply(make_wechat_user(), phone=PHONE)
    people.approve(row.id, by=BY)
    with pytest.raises(IllegalTransition):
        people.refuse(row.id, reason="晚了", by="staff:8")
    with pytest.raises(IllegalTransition):
        people.approve(row.id, by="staff:8")


def test_an_applicant_who_works_here_by_now_is_not_approved() -> None:
    row = apply(make_wechat_user(), phone=PHONE)
    make_member(phone=PHONE)
    with pytest.raises(StaffMayNotEarn):
        people.approve(row.id, by=BY)
    assert told(row) == []


def test_nobody_is_decided_about_who_does_not_exist() -> None:
    for work in (people.approve, lambda no, by: people.refuse(no, reason="没有", by=by)):
        with pytest.raises(NotFound):
            work(10**9, by=BY)


def test_frozen_and_free_again() -> None:
    row = make_distributor()
    people.freeze(row.id, reason="违规宣传", by=BY)
    people.freeze(row.id, reason="违规宣传", by=BY)
    assert (row.status, row.reason) == (S.FROZEN, "违规宣传")
    people.unfreeze(row.id, reason="已改正", by=BY)
    assert (row.status, row.reason) == (S.ACTIVE, "")
    steps = [(step.new, step.reason, step.actor) for step in history(row)]
    assert steps == [("frozen", "违规宣传", BY), ("active", "已改正", BY)]


def test_an_applicant_is_neither_frozen_nor_made_active_behind_the_review() -> None:
    row = make_distributor(status=S.APPLIED)
    with pytest.raises(IllegalTransition):
        people.freeze(row.id, reason="试试", by=BY)
    with pytest.raises(IllegalTransition):
        people.unfreeze(row.id, reason="试试", by=BY)
    assert row.status is S.APPLIED


def test_who_is_closed_frees_the_phone() -> None:
    row = make_distributor(phone=PHONE)
    people.close(row.id, reason="本人申请退出", by=BY)
    people.close(row.id, reason="本人申请退出", by=BY)
    assert (row.status, row.phone_taken) == (S.CLOSED, None)


# --- staff who are distributors --------------------------------------------------------------------------------------


def test_a_distributor_who_begins_to_work_here_is_frozen() -> None:
    row = make_distributor(phone=PHONE)
    boss = identity_of(make_member(everything=True).id)
    made = staff_services.create_member(username="new.one", name="新人", phone=PHONE, by=boss).member
    db.session.refresh(row)
    assert (row.status, row.reason) == (S.FROZEN, people.STAFF_REASON)
    with pytest.raises(StaffMayNotEarn):
        people.unfreeze(row.id, reason="试试", by=BY)
    staff_services.switch_member(made.id, on=False, by=boss)
    people.unfreeze(row.id, reason="已离职", by=BY)
    staff_services.switch_member(made.id, on=True, by=boss)
    db.session.refresh(row)
    assert row.status is S.FROZEN


def test_a_member_without_a_phone_freezes_nobody() -> None:
    row = make_distributor()
    people.freeze_who_works_here(make_member(phone="").id)
    people.freeze_who_works_here(10**9)
    assert row.status is S.ACTIVE


# --- moving ----------------------------------------------------------------------------------------------------------


def move(row: Distributor, inviter: Distributor | None, *, seen: int | None = None) -> None:
    people.move_inviter(
        row.id,
        inviter_id=inviter.id if inviter else None,
        reason="登记有误",
        seen=row.version if seen is None else seen,
        by=BY,
    )


def test_a_move_is_written_down() -> None:
    old, new = make_distributor(), make_distributor()
    row = make_distributor(inviter=old)
    move(row, new)
    move(row, None)
    moves = [(one.old_id, one.new_id, one.reason, one.by) for one in people.moves_of(row.id)]
    assert moves == [(new.id, None, "登记有误", BY), (old.id, new.id, "登记有误", BY)]
    assert (row.inviter_id, row.version) == (None, 3)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_nobody_is_moved_below_himself(steps: int) -> None:
    row = low = make_distributor()
    for _ in range(steps):
        low = make_distributor(inviter=low)
    with pytest.raises(CircleOfInviters) as refused:
        move(row, low)
    assert (refused.value.field, row.inviter_id, count(Move)) == ("inviter", None, 0)


@pytest.mark.parametrize("status", [S.APPLIED, S.FROZEN, S.CLOSED, S.REFUSED])
def test_a_new_inviter_is_active(status: DistributorStatus) -> None:
    with pytest.raises(Invalid):
        move(make_distributor(), make_distributor(status=status))


def test_a_move_to_where_one_stands_is_refused() -> None:
    inviter = make_distributor()
    with pytest.raises(Invalid):
        move(make_distributor(inviter=inviter), inviter)


def test_of_two_who_move_one_is_told() -> None:
    row = make_distributor()
    move(row, make_distributor())
    with pytest.raises(Stale):
        move(row, make_distributor(), seen=1)


def test_an_applicant_is_not_moved() -> None:
    with pytest.raises(NotFound):
        move(make_distributor(status=S.APPLIED), make_distributor())


def test_chains_are_held_inside_a_transaction_only() -> None:
    with pytest.raises(RuntimeError):
        chains.one_change_at_a_time()
    with transaction():
        chains.one_change_at_a_time()


# --- the agreement ---------------------------------------------------------------------------------------------------


def test_a_new_agreement_holds_from_its_day_on(at: Callable[[timedelta], None]) -> None:
    tomorrow = clock.day_bounds(clock.today())[1]
    row = wording.add_agreement("第二版：" + "如实介绍" * 10, valid_from=tomorrow, by=BY)
    assert agreements.present() == agreements.FIRST
    at(timedelta(days=1))
    assert (agreements.present().version, row.version) == ("2026-03-02", "2026-03-02")
    assert agreements.of_version(agreements.FIRST.version) == agreements.FIRST
    assert agreements.of_version("2026-03-02").text == row.text
    with pytest.raises(NotFound):
        agreements.of_version("1999")


def test_two_agreements_of_one_day_have_two_versions() -> None:
    today = clock.day_bounds(clock.today())[0]
    first = wording.add_agreement("甲" * 30, valid_from=today, by=BY)
    second = wording.add_agreement("乙" * 30, valid_from=today, by=BY)
    assert (first.version, second.version) == ("2026-03-02", "2026-03-02-2")
    assert agreements.present().text == "乙" * 30


def test_an_agreement_does_not_hold_before_today_nor_twice() -> None:
    today = clock.day_bounds(clock.today())[0]
    with pytest.raises(Invalid):
        wording.add_agreement("甲" * 30, valid_from=today - timedelta(days=1), by=BY)
    with pytest.raises(Invalid):
        wording.add_agreement(agreements.FIRST.text, valid_from=today, by=BY)
