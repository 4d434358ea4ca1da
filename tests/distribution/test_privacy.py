"""What of distributors and their customers is taken away, and what goes on request."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from tests.factories.patients import make_wechat_user
from tests.factories.withdrawals import ask, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.distribution.errors import DistributorFrozen
from wxapp.distribution.models import (
    Distributor,
    DistributorStatus,
    Membership,
    Opening,
    Scan,
    ScanOutcome,
    ScanWay,
    Scene,
    SceneKind,
    Withdrawal,
)
from wxapp.distribution.queries.people import find_by_phone, found_people
from wxapp.distribution.queries.withdrawals import get_withdrawal
from wxapp.distribution.services import paying_withdrawals, people, withdrawing
from wxapp.patients import export, takeaway
from wxapp.patients.models import WechatUser
from wxapp.patients.services import erasures
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.payments.queries import get_payout
from wxapp.staff import known_as

At = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("client")

S = DistributorStatus
PHONE = "13800000951"
BY = "staff:7"


def bring(user: WechatUser, distributor: Distributor) -> None:
    """Let a user scan, become a member and open a share."""
    now = clock.now()
    with transaction():
        scene = Scene(
            token=f"t{distributor.id}", kind=SceneKind.INVITE_MEMBER, distributor_id=distributor.id, created_at=now
        )
        db.session.add(scene)
        db.session.flush()
        db.session.add_all(
            [
                Scan(scene_id=scene.id, wechat_user_id=user.id, way=ScanWay.SCAN, outcome=ScanOutcome.BOUND, at=now),
                Membership(wechat_user_id=user.id, distributor_id=distributor.id, scene_id=scene.id, bound_at=now),
                Opening(wechat_user_id=user.id, goods_id=7, distributor_id=distributor.id, opened_at=now),
            ]
        )


def withdraw(row: Distributor) -> None:
    now = clock.now()
    with transaction():
        db.session.add(
            Withdrawal(
                no=f"T{row.id}",
                distributor_id=row.id,
                amount_fen=1_000,
                net_fen=1_000,
                real_name=row.name,
                day=clock.today(),
                requested_at=now - timedelta(days=1),
            )
        )


def erase(user: WechatUser) -> str:
    erasures.request_erasure(user.id, reason="不再使用")
    request = erasures.find_erasure(user.id)
    erasures.take_up(request.id, by=BY)
    erasures.carry_out(request.id, by=BY)
    db.session.expire_all()
    return erasures.get_erasure(request.id).decision


def left(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_distributor_takes_his_data_away_and_nobody_elses() -> None:
    user, inviter = make_wechat_user(), make_distributor(name="李大文", phone="13800000952")
    row = make_distributor(user=user, name="陈大文", phone=PHONE, inviter=inviter)
    withdraw(row)
    taken = export.everything_of(user.id)["wechat_user"]["distributor"]
    assert (taken["name"], taken["phone"], taken["inviter"]) == ("陈大文", "138****0951", "李**")
    assert [one["amount"] for one in taken["withdrawals"]] == ["10.00"]
    assert "李大文" not in json.dumps(taken, ensure_ascii=False)


def test_withdrawals_taken_away_say_how_and_when_they_were_paid(pay: FakePay, at: At) -> None:
    row = rich_distributor(50_000)
    paid, by_hand, open_one = (ask(row, 5_000, key=f"press-00000{number}") for number in range(3))
    withdrawing.approve_withdrawal(paid, by=BY)
    payments.carry_out_payouts()
    notice = pay.end_transfer(get_payout(get_withdrawal(paid).payout_no).out_bill_no)
    withdrawing.approve_withdrawal(by_hand, by=BY, is_by_hand=True)
    at("2026-03-03 09:00")
    payments.receive_transfer_notice(notice.headers, notice.body)
    paying_withdrawals.pay_by_hand(by_hand, channel=Method.TRANSFER, note="回单8812", by="staff:8")
    taken = export.everything_of(row.wechat_user_id)["wechat_user"]["distributor"]["withdrawals"]
    assert {one["no"]: (one["way"], one["paid_at"]) for one in taken} == {
        paid: ("微信转账", "2026-03-03T09:00:00+08:00"),
        by_hand: ("银行转账", "2026-03-03T09:00:00+08:00"),
        open_one: ("", None),
    }


def test_a_customer_takes_away_how_he_came() -> None:
    user = make_wechat_user()
    bring(user, make_distributor(name="李大文"))
    taken = export.everything_of(user.id)["wechat_user"]["referral"]
    assert taken["inviter"] == "李**"
    assert (taken["scans"][0]["decision"], taken["openings"][0]["number"]) == ("已成为会员", 7)


def test_who_has_nothing_here_has_no_such_part() -> None:
    user = make_wechat_user()
    assert export.user_parts(user.id) == []
    assert "distributor" not in export.everything_of(user.id)["wechat_user"]


def test_the_file_holds_it_for_people_and_for_programs() -> None:
    user = make_wechat_user()
    make_distributor(user=user, name="陈大文", phone=PHONE)
    bring(user, make_distributor())
    with takeaway.write(user.id, phone_index=None, hospital="示范医院") as file, zipfile.ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
    assert data["wechat_user"]["distributor"]["name"] == "陈大文"
    assert data["wechat_user"]["referral"]["scans"]
    assert data["patients"] == []
    assert "分销员资料、佣金与提现" in page
    assert "陈大文" in page
    assert PHONE not in page + str(data)


def test_on_request_a_distributor_without_accounts_goes() -> None:
    user = make_wechat_user()
    row = make_distributor(user=user, name="陈大文", phone=PHONE, id_number="999999198506150011")
    assert "分销员资格与资料" in erase(user)
    assert (row.status, row.name, row.phone, row.id_number) == (S.CLOSED, "已删除", "", None)
    assert (find_by_phone(PHONE), found_people("陈大文", limit=5), found_people(PHONE, limit=5)) == (None, [], [])


def test_what_was_paid_keeps_whom_it_was_paid_to() -> None:
    user = make_wechat_user()
    row = make_distributor(user=user, name="陈大文", phone=PHONE, id_number="999999198506150011")
    withdraw(row)
    erase(user)
    assert (row.status, row.name, row.phone, row.id_number) == (S.CLOSED, "陈大文", "", "999999198506150011")
    assert left(Withdrawal) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [(S.APPLIED, S.REFUSED), (S.REFUSED, S.REFUSED), (S.ACTIVE, S.CLOSED), (S.CLOSED, S.CLOSED)],
)
def test_every_state_ends(before: DistributorStatus, after: DistributorStatus) -> None:
    user = make_wechat_user()
    row = make_distributor(user=user, status=before)
    erase(user)
    assert (row.status, row.phone) == (after, "")


def test_deletion_does_not_free_money_that_is_held_back(pay: FakePay) -> None:
    user = make_wechat_user()
    row = rich_distributor(10_000, user=user)
    make_withdrawal(row, 1_000)
    people.freeze(row.id, reason="涉嫌刷单", by=BY)
    erase(user)
    assert (row.status, row.phone) == (S.FROZEN, "")
    with pytest.raises(DistributorFrozen):
        ask(row, 5_000)
    with pytest.raises(Invalid) as refusal:
        people.unfreeze(row.id, reason="已核实", by=BY)
    assert "请办理退出" in refusal.value.errors["reason"]
    people.close(row.id, reason="已核实，准予提现", by=BY)
    assert ask(row, 5_000)


def test_on_request_the_traces_of_a_customer_go() -> None:
    user, other = make_wechat_user(), make_wechat_user()
    for number, one in enumerate((user, other)):
        bring(one, make_distributor(code=f"k7m2n{'pq'[number]}"))
    erase(user)
    assert [left(model) for model in (Scan, Membership, Opening)] == [1, 1, 1]


def test_erased_again_nothing_is_found() -> None:
    user = make_wechat_user()
    make_distributor(user=user)
    bring(user, make_distributor())
    erase(user)
    gone = {one.name: one.erase(user.id) for one in export.what_goes()}
    assert (gone["distributor"], gone["referral"]) == (0, 0)


def test_who_manages_staff_is_told_of_a_distributor() -> None:
    row = make_distributor(phone=PHONE)
    assert row.code in known_as.notes(PHONE)[0]
    assert known_as.notes("13800000959") == []
