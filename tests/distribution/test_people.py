"""What staff decide about distributors: approving, freezing, closing, moving; and the agreement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.distribution import apply, make_distributor
from tests.factories.patients import make_wechat_user
from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound, Stale
from wxapp.core.states import history
from wxapp.distribution.errors import (
    CircleOfInviters,
    StaffMayNotEarn,
)
from wxapp.distribution.models import Distributor, DistributorStatus, Move
from wxapp.distribution.queries import agreements
from wxapp.distribution.services import agreements as wording
from wxapp.distribution.services import chains, people
from wxapp.messages.models import Message
from wxapp.staff import services as staff_services
from wxapp.staff.services.signing_in import identity_of

pytestmark = pytest.mark.usefixtures("app")

S = DistributorStatus
PHONE = "13800000901"
BY = "staff:7"


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def told(row: Distributor) -> list[str]:
    """Return what the distributor was told, the newest last."""
    mine = sa.select(Message.body).where(Message.receiver_id == row.wechat_user_id).order_by(Message.id)
    return list(db.session.scalars(mine))


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
