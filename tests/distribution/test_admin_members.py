"""会员归属 on staff's pages, and the use case behind it."""

import pytest
import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_order
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.sharing import make_promoted, open_as
from tests.factories.staff import make_member as make_staff
from tests.factories.staff import make_role
from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.core.permissions import Permission
from wxapp.distribution.models import Attribution, DistributorStatus, Membership, Move, MoveKind, SceneKind
from wxapp.distribution.queries.sharing import find_membership
from wxapp.distribution.services.membership import move_member

K = SceneKind
JSON = {"Accept": "application/json"}

pytestmark = pytest.mark.usefixtures("client")


def move(user, new, *, seen, reason="本人申请", by="staff:1"):
    move_member(user.id, seen_id=seen, new=new, reason=reason, by=by)
    db.session.expire_all()


def moves():
    return list(db.session.scalars(sa.select(Move).order_by(Move.id)))


# --- the use case ----------------------------------------------------------------------------------------------------


def test_a_member_is_given_to_another_and_the_change_is_kept():
    old, new = make_distributor(), make_distributor()
    user = open_as(None, old, K.INVITE_MEMBER)
    with transaction():
        find_membership(user.id).first_paid_at = clock.now()
    move(user, new, seen=old.id)
    membership = find_membership(user.id)
    assert (membership.distributor_id, membership.first_paid_at, membership.scene_id) == (new.id, None, None)
    (one,) = moves()
    assert (one.kind, one.subject_id, one.old_id, one.new_id) == (MoveKind.MEMBER, user.id, old.id, new.id)
    assert (one.reason, one.by, one.at) == ("本人申请", "staff:1", clock.now())


def test_who_is_nobodys_is_given_to_somebody_and_back():
    distributor, user = make_distributor(), make_wechat_user()
    move(user, distributor, seen=None)
    assert find_membership(user.id).distributor_id == distributor.id
    move(user, None, seen=distributor.id)
    assert find_membership(user.id) is None
    assert [(one.old_id, one.new_id) for one in moves()] == [(None, distributor.id), (distributor.id, None)]


def test_a_move_changes_no_order_that_was_placed_before():
    old, new, goods = make_distributor(), make_distributor(), make_promoted()
    user = open_as(None, old, K.INVITE_MEMBER)
    make_order(goods, wechat_user_id=user.id)
    move(user, new, seen=old.id)
    make_order(goods, wechat_user_id=user.id)
    assert list(db.session.scalars(sa.select(Attribution.distributor_id).order_by(Attribution.id))) == [old.id, new.id]


def test_of_two_clerks_who_saw_the_same_one_is_told():
    old, first, second = make_distributor(), make_distributor(), make_distributor()
    user = open_as(None, old, K.INVITE_MEMBER)
    move(user, first, seen=old.id)
    with pytest.raises(Stale):
        move(user, second, seen=old.id)
    with pytest.raises(Stale):
        move(user, second, seen=None)
    assert (find_membership(user.id).distributor_id, len(moves())) == (first.id, 1)


@pytest.mark.parametrize("status", [one for one in DistributorStatus if one is not DistributorStatus.ACTIVE])
def test_only_active_distributors_are_given_members(status):
    with pytest.raises(Invalid) as refusal:
        move(make_wechat_user(), make_distributor(status=status), seen=None)
    assert "code" in refusal.value.errors
    assert moves() == []


def test_nobody_is_given_to_himself_or_to_whom_he_belongs():
    distributor = make_distributor()
    user = open_as(None, distributor, K.INVITE_MEMBER)
    for wrong, seen, new in (
        (user, distributor.id, distributor),
        (make_wechat_user(), None, None),
        (type("User", (), {"id": distributor.wechat_user_id}), None, distributor),
    ):
        with pytest.raises(Invalid):
            move(wrong, new, seen=seen)
    with pytest.raises(NotFound):
        move(type("User", (), {"id": 999_999}), distributor, seen=None)
    assert moves() == []


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(client, sign_in_staff):
    member = make_staff(everything=True)
    csrf = sign_in_staff(client, member)

    def post(user_id, **fields):
        return client.post(f"/pc/distribution/members/{user_id}", data={"csrf_token": csrf, **fields})

    return post


def test_the_list_has_members_and_finds_anybody(client, staff):
    distributor = make_distributor(name="陈晓")
    patient = make_patient(name="赵敏", phone="13800009999")
    open_as(make_wechat_user(nickname="赵小姐", patient=patient), distributor, K.INVITE_MEMBER)
    other_patient = make_patient(name="钱多", phone="13800008888")
    make_wechat_user(nickname="钱先生", patient=other_patient)

    def found(**asked):
        answer = client.get("/pc/distribution/members", query_string=asked, headers=JSON)
        return [(row["nickname"], row["distributor"]) for row in answer.json["list"]]

    mine, free = ("赵小姐", f"陈*（{distributor.code}）"), ("钱先生", "无")
    assert found() == [mine]
    assert found(q="13800009999") == found(q="赵敏") == found(q=patient.record_no) == found(q="小姐") == [mine]
    assert found(q="13800008888") == found(q="钱先生") == [free]
    assert (found(q="1380000"), found(q="赵敏敏")) == ([], [])
    assert found(distributor=distributor.code) == found(distributor="陈晓") == [mine]
    assert found(distributor="ABCDEF") == []
    page = client.get("/pc/distribution/members").text
    assert "赵*" in page
    assert "赵敏" not in page


def test_staff_move_a_member_with_a_reason_and_it_is_audited(client, staff):
    old, new = make_distributor(name="陈晓"), make_distributor(name="林静")
    user = open_as(None, old, K.INVITE_MEMBER)
    page = client.get(f"/pc/distribution/members/{user.id}").text
    assert f"陈*（{old.code}）" in page
    assert "没有人工变更过" in page
    form = {"seen": old.id, "code": new.code.upper(), "reason": "本人申请", "form_key": "press-000001"}
    assert staff(user.id, **form).status_code == 303
    assert staff(user.id, **form).status_code == 303  # the second press
    assert len(moves()) == 1
    page = client.get(f"/pc/distribution/members/{user.id}").text
    assert f"林*（{new.code}）" in page
    assert "本人申请" in page
    row = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "distribution.move_member").order_by(AuditRow.id)
    ).first()
    assert row.subject == f"wechat_user:{user.id}"
    assert "本人申请" in row.detail


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"code": "zzzzzz"}, 422, "没有这个邀请码"),
        ({"code": ""}, 422, "请填写新分销员的邀请码"),
        ({"is_nobodys": "1"}, 422, "请不要填写邀请码"),
        ({"reason": ""}, 422, "请填写变更原因"),
        ({"seen": "x"}, 422, ""),
        ({"seen": 0}, 409, "已被他人修改"),
    ],
)
def test_a_wrong_form_comes_back_and_changes_nothing(client, staff, changes, status, said):
    old, new = make_distributor(), make_distributor()
    user = open_as(None, old, K.INVITE_MEMBER)
    answer = staff(user.id, **{"seen": old.id, "code": new.code, "reason": "本人申请", **changes})
    assert answer.status_code == status
    assert said in answer.text
    assert (moves(), find_membership(user.id).distributor_id) == ([], old.id)


def test_staff_may_say_that_somebody_is_nobodys(client, staff):
    old = make_distributor()
    user = open_as(None, old, K.INVITE_MEMBER)
    assert staff(user.id, seen=old.id, is_nobodys="1", reason="误扫").status_code == 303
    assert find_membership(user.id) is None
    assert "不再归属" not in client.get(f"/pc/distribution/members/{user.id}").text


def test_an_unknown_user_is_not_found(client, staff):
    assert client.get("/pc/distribution/members/999999").status_code == 404
    assert staff(999999, reason="本人申请").status_code == 404


def test_who_may_only_look_sees_no_form_and_moves_nobody(client, sign_in_staff):
    user = open_as(None, make_distributor(), K.INVITE_MEMBER)
    csrf = sign_in_staff(client, make_staff(roles=[make_role({Permission.DISTRIBUTION_READ})]))
    assert "变更归属</h2>" not in client.get(f"/pc/distribution/members/{user.id}").text
    answer = client.post(f"/pc/distribution/members/{user.id}", data={"csrf_token": csrf, "reason": "本人申请"})
    assert answer.status_code == 403
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 1
