"""Binding, switching, unbinding, revoking."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.messages import deliveries, make_template, tell
from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from tests.patients.conftest import code_of
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, NotFound, TooManyRequests
from wxapp.messages.entry import Channel
from wxapp.messages.models import DeliveryState, Message
from wxapp.messages.receivers import Receiver
from wxapp.patients import queries, services
from wxapp.patients.errors import (
    NoSuchRecord,
    SnapshotVisitor,
    TooManyBindings,
    WrongCode,
)
from wxapp.patients.models import Binding, BindingStatus, CodePurpose, WechatUser
from wxapp.patients.services.bindings import BindingRequest

pytestmark = pytest.mark.usefixtures("client")

ADDRESS = "192.0.2.1"
PHONE = "13800000001"


def user_of(row):
    return queries.signed_in_user(row.id)


def send(sms, purpose=CodePurpose.BIND, phone=PHONE):
    services.send_code(purpose, phone, asked_by="1")
    return code_of(sms)


def request(patient, code, **over):
    asked = {"name": "王芳", "document": patient.record_no, "phone": PHONE, "code": code, "once": "form-0001"}
    return BindingRequest(**(asked | over))


@pytest.mark.parametrize("document", ["record_no", "id_number"])
def test_binding_by_record_or_id_number_makes_the_patient_current(sms, document):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    asked = request(patient, send(sms), document=getattr(patient, document).lower())
    assert services.bind(user_of(user), asked, address=ADDRESS) == patient.id
    assert user_of(user).current_patient_id == patient.id
    binding = db.session.scalars(sa.select(Binding)).one()
    assert (binding.status, binding.consent_version, binding.bound_by) == (
        BindingStatus.ACTIVE, "2026-01", f"wechat:{user.id}",
    )  # fmt: skip


def test_the_patient_is_told_of_a_binding(sms):
    patient = make_patient(phone=PHONE)
    user = make_wechat_user(nickname="小芳")
    services.bind(user_of(user), request(patient, send(sms)), address=ADDRESS)
    message = db.session.scalars(sa.select(Message)).one()
    assert message.code == "pt_binding_0000001"
    assert "小芳" in message.body
    assert "王*" in message.body
    assert "王芳" not in message.body


@pytest.mark.parametrize(
    "wrong", [{"name": "王方"}, {"document": "HOSP26030299"}, {"document": make_id_number(999)}, {"name": "王"}]
)
def test_nothing_matches_has_the_same_words_for_every_field(sms, wrong):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    with pytest.raises(NoSuchRecord) as refused:
        services.bind(user_of(user), request(patient, send(sms), **wrong), address=ADDRESS)
    assert refused.value.message == NoSuchRecord.message
    assert refused.value.field is None
    assert db.session.scalars(sa.select(Binding)).all() == []


def test_the_phone_must_be_that_of_the_record(sms):
    patient, user = make_patient(phone="13800000009"), make_wechat_user()
    with pytest.raises(NoSuchRecord):
        services.bind(user_of(user), request(patient, send(sms)), address=ADDRESS)


def test_no_record_is_looked_up_without_the_code(sms, queries):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    code = send(sms)
    wrong = "000000" if code != "000000" else "000001"
    asked = request(patient, wrong)
    visitor = user_of(user)
    queries.clear()
    with pytest.raises(WrongCode):
        services.bind(visitor, asked, address=ADDRESS)
    assert not any("patients_patient" in statement for statement in queries)


def test_a_match_and_a_mismatch_ask_the_database_the_same(sms, at, queries):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    counts = []
    for wrong in ({"name": "李四"}, {"document": "HOSP00000000"}, {"document": make_id_number(998)}):
        at(timedelta(minutes=1))
        asked = request(patient, send(sms), **wrong)
        visitor = user_of(user)
        queries.clear()
        with pytest.raises(NoSuchRecord):
            services.bind(visitor, asked, address=ADDRESS)
        counts.append([statement for statement in queries if "core_store" not in statement])
    assert counts[0] == counts[1] == counts[2]


def test_a_code_survives_a_typing_error_in_the_name(sms):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    code = send(sms)
    with pytest.raises(NoSuchRecord):
        services.bind(user_of(user), request(patient, code, name="王方", once="form-0001"), address=ADDRESS)
    services.bind(user_of(user), request(patient, code, once="form-0001"), address=ADDRESS)
    assert user_of(user).current_patient_id == patient.id


def test_the_same_form_twice_binds_once(sms):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    asked = request(patient, send(sms))
    for _ in range(3):
        assert services.bind(user_of(user), asked, address=ADDRESS) == patient.id
    assert len(db.session.scalars(sa.select(Binding)).all()) == 1
    assert len(db.session.scalars(sa.select(Message)).all()) == 1


def test_binding_again_what_is_bound_changes_nothing_but_the_current_patient(sms):
    patient = make_patient(phone=PHONE)
    user = make_wechat_user(patient=patient)
    other = make_patient()
    services.bind_by_staff(user.id, other.id, by="staff:1")
    services.bind(user_of(user), request(patient, send(sms)), address=ADDRESS)
    assert user_of(user).current_patient_id == patient.id
    assert len(queries.bound_patients(user.id)) == 2


def test_a_snapshot_visitor_binds_nobody(sms):
    patient, user = make_patient(phone=PHONE), make_wechat_user(is_snapshot=True)
    with pytest.raises(SnapshotVisitor):
        services.bind(user_of(user), request(patient, send(sms)), address=ADDRESS)
    with pytest.raises(SnapshotVisitor):
        services.bind_by_staff(user.id, patient.id, by="staff:1")


def test_tries_are_limited_per_user(sms, at):
    patient, user = make_patient(phone=PHONE), make_wechat_user()
    at("2026-03-02 10:00")
    for _ in range(10):
        with pytest.raises(WrongCode):
            services.bind(user_of(user), request(patient, "000000"), address=ADDRESS)
    with pytest.raises(TooManyRequests):
        services.bind(user_of(user), request(patient, "000000", phone="13800000077"), address=ADDRESS)


def test_tries_are_limited_per_phone(sms):
    patient = make_patient(phone=PHONE)
    for _ in range(10):
        with pytest.raises(WrongCode):
            services.bind(user_of(make_wechat_user()), request(patient, "000000"), address=ADDRESS)
    with pytest.raises(TooManyRequests):
        services.bind(user_of(make_wechat_user()), request(patient, "000000"), address="192.0.2.2")


def test_tries_are_limited_per_address(sms):
    patient = make_patient()
    for number in range(60):
        asked = request(patient, "000000", phone=f"138000009{number:02d}")
        with pytest.raises(WrongCode):
            services.bind(user_of(make_wechat_user()), asked, address=ADDRESS)
    with pytest.raises(TooManyRequests):
        services.bind(user_of(make_wechat_user()), request(patient, "000000"), address=ADDRESS)


def test_ten_patients_are_enough():
    user = make_wechat_user()
    for _ in range(10):
        services.bind_by_staff(user.id, make_patient().id, by="staff:1")
    with pytest.raises(TooManyBindings):
        services.bind_by_staff(user.id, make_patient().id, by="staff:1")
    assert len(queries.bound_patients(user.id)) == 10


def test_only_ones_own_patients_can_be_made_current():
    mine, foreign = make_patient(), make_patient()
    user = make_wechat_user(patient=mine)
    make_wechat_user(patient=foreign)
    with pytest.raises(NotFound):
        services.switch_patient(user.id, foreign.id)
    with pytest.raises(NotFound):
        queries.own_patient(user.id, foreign.id)
    assert user_of(user).current_patient_id == mine.id


def test_unbinding_ends_access_at_once_and_the_next_patient_is_current():
    first, second = make_patient(), make_patient()
    user = make_wechat_user(patient=first)
    services.bind_by_staff(user.id, second.id, by="staff:1")
    binding = next(one for one in queries.bound_patients(user.id) if one.patient.id == second.id)
    services.unbind(user.id, binding.binding_id)
    assert user_of(user).current_patient_id == first.id
    with pytest.raises(NotFound):
        queries.own_patient(user.id, second.id)
    with pytest.raises(NotFound):
        services.unbind(user.id, binding.binding_id)


def test_nobody_unbinds_for_another():
    user, other = make_wechat_user(patient=make_patient()), make_wechat_user()
    binding = queries.bound_patients(user.id)[0]
    with pytest.raises(NotFound):
        services.unbind(other.id, binding.binding_id)


def test_a_current_patient_without_binding_is_nobody():
    """Also when the column was left behind, what is shown follows the binding."""
    user = make_wechat_user()
    db.session.execute(
        sa.update(WechatUser).where(WechatUser.id == user.id).values(current_patient_id=make_patient().id)
    )
    assert user_of(user).current_patient_id is None


def test_a_pair_can_bind_again_after_unbinding():
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    services.unbind(user.id, queries.bound_patients(user.id)[0].binding_id)
    services.bind_by_staff(user.id, patient.id, by="staff:1")
    assert [one.is_active for one in queries.bindings_of(patient.id)] == [True, False]


def test_others_are_revoked_with_the_phone_of_the_record(sms):
    patient = make_patient(phone=PHONE)
    me, other = make_wechat_user(patient=patient), make_wechat_user(patient=patient)
    mine = queries.bound_patients(me.id)[0]
    theirs = queries.bound_patients(other.id)[0]
    assert mine.others == 1
    with pytest.raises(WrongCode):
        services.revoke_binding(
            me.id, own_binding_id=mine.binding_id, other_binding_id=theirs.binding_id, code="000000"
        )
    services.send_code_to_patient(CodePurpose.REVOKE, patient, asked_by=str(me.id))
    assert sms.sent[-1].phone == PHONE
    services.revoke_binding(
        me.id, own_binding_id=mine.binding_id, other_binding_id=theirs.binding_id, code=code_of(sms)
    )
    assert user_of(other).current_patient_id is None
    assert user_of(me).current_patient_id == patient.id


def test_only_who_has_the_patient_bound_revokes_others(sms):
    patient = make_patient(phone=PHONE)
    stranger, other = make_wechat_user(patient=make_patient()), make_wechat_user(patient=patient)
    own = queries.bound_patients(stranger.id)[0]
    theirs = queries.bound_patients(other.id)[0]
    services.send_code(CodePurpose.REVOKE, own.patient.phone, asked_by="1")
    with pytest.raises(NotFound):
        services.revoke_binding(
            stranger.id, own_binding_id=own.binding_id, other_binding_id=theirs.binding_id, code=code_of(sms)
        )
    assert user_of(other).current_patient_id == patient.id


def test_staff_end_a_binding_once():
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    binding = queries.bound_patients(user.id)[0]
    services.end_binding_by_staff(binding.binding_id, by="staff:1", why="本人要求")
    assert user_of(user).current_patient_id is None
    with pytest.raises(IllegalTransition):
        services.end_binding_by_staff(binding.binding_id, by="staff:1", why="本人要求")


def test_what_waits_to_be_sent_is_not_for_who_was_unbound():
    make_template()
    patient = make_patient(phone=PHONE)
    gone, stays = (make_wechat_user(patient=patient, is_follower=True) for _ in range(2))
    message = tell(receiver=Receiver("patient", patient.id))
    services.unbind(gone.id, queries.bound_patients(gone.id)[0].binding_id)
    states = {row.address: row.state for row in deliveries(message)}
    assert states == {gone.openid: DeliveryState.UNREACHABLE, stays.openid: DeliveryState.NEW}


def test_the_phone_hears_what_nobody_may_hear_in_wechat_any_more():
    for channel in (Channel.OA_TEMPLATE, Channel.SMS):
        make_template("pt_booking_0000003", channel)
    patient = make_patient(phone=PHONE)
    user = make_wechat_user(patient=patient, is_follower=True)
    message = tell("pt_booking_0000003", Receiver("patient", patient.id))
    services.unbind(user.id, queries.bound_patients(user.id)[0].binding_id)
    assert [(row.channel, row.state) for row in deliveries(message)] == [
        ("oa_template", DeliveryState.UNREACHABLE), ("sms", DeliveryState.NEW),
    ]  # fmt: skip


def test_who_bound_again_hears_all():
    make_template()
    patient = make_patient(phone=PHONE)
    user = make_wechat_user(patient=patient, is_follower=True)
    message = tell(receiver=Receiver("patient", patient.id))
    assert services.stop_telling(user.id, patient.id) == 0
    assert [row.state for row in deliveries(message)] == [DeliveryState.NEW]
