"""Requests to delete: asked once, taken back until it begins, carried out part by part; what must stay does."""

from datetime import date

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_goods, make_paid_order
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import make_member
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition
from wxapp.core.permissions import Permission
from wxapp.mall.cart_models import CartLine
from wxapp.mall.models import Order
from wxapp.mall.services import cart
from wxapp.messages.models import Preference
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import preferences
from wxapp.patients import consents, erasing, export, queries, services
from wxapp.patients.consent_models import Decision, Purpose, Way
from wxapp.patients.erasure_models import Erasure, ErasureStatus
from wxapp.patients.erasure_rules import working_days_after
from wxapp.patients.errors import ErasureBegun
from wxapp.patients.models import Patient, WechatUser
from wxapp.patients.services import erasures

S = ErasureStatus


@pytest.fixture
def user(client):
    return make_wechat_user(patient=make_patient(name="王芳"), avatar_url="https://thirdwx.qlogo.cn/1", scene="door")


@pytest.fixture
def guardian(client, user, sign_in_wechat):
    user.csrf = sign_in_wechat(client, user)
    return user


@pytest.fixture
def desk(client, sign_in_staff):
    member = make_member({Permission.PRIVACY_HANDLE})
    return sign_in_staff(client, member)


def asked(user):
    services.request_erasure(user.id, reason="不再使用")
    return erasures.find_erasure(user.id)


def taken_up(user):
    row = asked(user)
    services.take_up(row.id, by="staff:1")
    return row


def status_of(row):
    db.session.expire_all()
    return db.session.get_one(Erasure, row.id).status


@pytest.mark.parametrize(
    ("day", "count", "until"),
    [
        (date(2026, 3, 2), 15, date(2026, 3, 23)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
        (date(2026, 3, 8), 5, date(2026, 3, 13)),
    ],
)
def test_weekends_are_no_working_days(day, count, until):
    assert working_days_after(day, count) == until


# --- asking ----------------------------------------------------------------------------------------------------------


def test_one_request_is_open_at_a_time(user):
    assert services.request_erasure(user.id, reason="")
    assert not services.request_erasure(user.id, reason="again")
    assert services.withdraw_erasure(user.id)
    assert not services.withdraw_erasure(user.id)
    assert services.request_erasure(user.id, reason="third")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Erasure)) == 2


def test_the_page_says_what_goes_and_stays_and_takes_the_request(client, guardian):
    page = client.get("/me/privacy/erasure").text
    for one in export.what_goes():
        assert one.label in page
    for label, _why in erasing.MUST_STAY:
        assert label in page
    path, fields = "/me/privacy/erasure", {"csrf_token": guardian.csrf, "reason": "换手机了"}
    refused = client.post(path, data=fields)
    assert refused.status_code == 422
    assert "换手机了" in refused.text
    for _ in range(2):
        assert client.post(path, data={**fields, "agreed": "1"}).status_code == 303
    page = client.get(path).text
    assert "待受理" in page
    assert "2026-03-23 之前" in page
    assert client.post(f"{path}/withdraw", data=fields).status_code == 303
    assert client.post(f"{path}/withdraw", data=fields).status_code == 303
    assert "已撤回" in client.get(path).text


# --- carrying out ----------------------------------------------------------------------------------------------------


def test_what_goes_goes_and_what_must_stay_stays(user):
    patient_id = user.current_patient_id
    other = make_wechat_user(patient=db.session.get_one(Patient, patient_id), nickname="旁人")
    goods = make_goods()
    order_no = make_paid_order(goods, patient_id=patient_id, wechat_user_id=user.id)
    for number, one in enumerate((user, other)):
        cart.add_to_cart(one.id, goods_id=goods.id, quantity=1, once_key=f"press-{number:06d}")
    preferences.set_preference(Receiver("wechat_user", user.id), "broadcast", wanted=False)
    services.decide(user.id, Purpose.REPORTS, Decision.GIVEN, version=consents.present_text(Purpose.REPORTS).version)
    row = taken_up(user)
    gone = services.carry_out(row.id, by="staff:2")
    assert gone["购物车"] == 1
    assert status_of(row) is S.DONE
    known = db.session.get_one(WechatUser, user.id)
    assert (known.nickname, known.avatar_url, known.scene, known.unionid) == ("", "", "", None)
    assert queries.bound_patients(user.id) == []
    assert db.session.scalars(sa.select(CartLine.wechat_user_id)).all() == [other.id]
    assert db.session.scalars(sa.select(Preference)).all() == []
    assert consents.has_refused(user.id, Purpose.REPORTS)
    assert {one.way for one in consents.answers_of_user(user.id)[:2]} == {Way.ERASURE}
    assert db.session.scalars(sa.select(Order.no)).all() == [order_no]
    assert db.session.get_one(Patient, patient_id).name == "王芳"
    assert len(queries.bound_patients(other.id)) == 1
    assert db.session.get_one(WechatUser, other.id).nickname == "旁人"
    assert services.carry_out(row.id, by="staff:2") == {}


def test_only_what_was_taken_up_is_carried_out(user):
    row = asked(user)
    with pytest.raises(IllegalTransition):
        services.carry_out(row.id, by="staff:2")
    assert len(queries.bound_patients(user.id)) == 1
    services.withdraw_erasure(user.id)
    with pytest.raises(IllegalTransition):
        services.take_up(row.id, by="staff:2")
    with pytest.raises(IllegalTransition):
        services.carry_out(row.id, by="staff:2")


def test_an_interrupted_one_goes_on_and_has_no_way_back(user, monkeypatch):
    row = taken_up(user)
    broken = export.Goes("broken", "坏了", lambda _user_id: 1 // 0, order=30)
    whole = export.what_goes()
    monkeypatch.setattr(export, "what_goes", lambda: [*(one for one in whole if one.order <= 20), broken])
    with pytest.raises(ZeroDivisionError):
        services.carry_out(row.id, by="staff:2")
    monkeypatch.setattr(export, "what_goes", lambda: whole)
    assert queries.bound_patients(user.id) == []
    with pytest.raises(ErasureBegun):
        services.withdraw_erasure(user.id)
    with pytest.raises(ErasureBegun):
        services.reject(row.id, why="不行", by="staff:2")
    services.carry_out(row.id, by="staff:2")
    assert status_of(row) is S.DONE


def test_a_refusal_has_its_reason_and_is_said_once(user):
    row = taken_up(user)
    for _ in range(2):
        services.reject(row.id, why="有未完成的订单", by="staff:2")
    assert status_of(row) is S.REJECTED
    with pytest.raises(IllegalTransition):
        services.carry_out(row.id, by="staff:2")
    assert len(queries.bound_patients(user.id)) == 1


# --- staff -----------------------------------------------------------------------------------------------------------


def test_staff_take_up_and_carry_out_and_press_twice(client, user, desk):
    row = asked(user)
    path = f"/pc/privacy/requests/{row.id}"
    assert "待受理" in client.get("/pc/privacy/requests").text
    assert "不再使用" in client.get(path).text
    for action in ("take", "take"):
        assert client.post(f"{path}/{action}", data={"csrf_token": desk}).status_code in {302, 303}
    assert client.post(f"{path}/reject", data={"csrf_token": desk, "decision": ""}).status_code == 422
    for _ in range(2):
        assert client.post(f"{path}/carry-out", data={"csrf_token": desk}).status_code in {302, 303}
    assert "已删除" in client.get(path).text
    assert client.get("/pc/privacy/requests/999999").status_code == 404


def test_staff_write_new_words(client, desk):
    page = client.get("/pc/privacy/texts").text
    assert "绑定与档案核对" in page
    path = "/pc/privacy/marketing/new"
    assert client.get(path).status_code == 200
    assert client.get("/pc/privacy/nothing/new").status_code == 404
    fields = {"csrf_token": desk, "form_key": "key-00001", "text": "新的说明内容" * 5, "valid_from": "2026-03-02"}
    assert client.post(path, data={**fields, "valid_from": "2026-03-01"}).status_code == 422
    assert client.post(path, data={**fields, "text": "短"}).status_code == 422
    for _ in range(2):
        assert client.post(path, data=fields).status_code in {302, 303}
    assert consents.present_text(Purpose.MARKETING).text == "新的说明内容" * 5
    assert "2026-03-02" in client.get("/pc/privacy/texts?purpose=marketing").text


def test_the_auditor_sees_who_agreed_to_what(client, user, sign_in_staff):
    sign_in_staff(client, make_member({Permission.AUDIT_READ}))
    page = client.get(f"/pc/patients/{user.current_patient_id}/consents").text
    assert "绑定与档案核对" in page
    assert "前台办理" in page


def test_who_may_not_handle_requests_sees_none(client, sign_in_staff):
    sign_in_staff(client, make_member({Permission.PATIENT_READ}))
    for path in ("/pc/privacy/requests", "/pc/privacy/texts", "/pc/patients/1/consents"):
        assert client.get(path).status_code == 403
