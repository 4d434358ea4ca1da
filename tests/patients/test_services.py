"""Records, bindings, codes, followers."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from tests.patients.conftest import code_of
from tests.settings import APPID
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound, Stale, TooManyRequests
from wxapp.core.events import EventRow
from wxapp.messages.models import Message
from wxapp.patients import queries, services
from wxapp.patients.errors import (
    CodeNotSent,
    NoSuchRecord,
    PatientExists,
    SnapshotVisitor,
    TooManyBindings,
    WrongCode,
)
from wxapp.patients.models import Binding, BindingStatus, CodePurpose, Look, Patient, Sex, SmsCode, WechatUser
from wxapp.patients.services import PatientDetails
from wxapp.patients.services.bindings import BindingRequest
from wxapp.patients.services.sms_codes import check_code, use_code
from wxapp.patients.tasks import remove_old
from wxapp.sms.errors import Blacklisted, RateLimited, Unavailable
from wxapp.wechat.values import OAuthIdentity, OAuthProfile

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


# --- records ---------------------------------------------------------------------------------------------------------


def test_record_numbers_name_the_day_and_count_from_01(at):
    assert [make_patient().record_no for _ in range(2)] == ["HOSP26030201", "HOSP26030202"]
    at("2026-03-03 00:00")
    assert make_patient().record_no == "HOSP26030301"


def test_personal_data_is_ciphertext_in_the_table_and_still_found():
    made = make_patient(name="王芳", phone=PHONE)
    row = db.session.execute(sa.text("SELECT name, phone, id_number FROM patients_patient")).one()
    assert not any(text in "".join(row) for text in ("王芳", PHONE, made.id_number))
    for text in ("王芳", PHONE, made.id_number, made.id_number.lower(), made.record_no, f" {made.record_no} "):
        assert [one.id for one in queries.find_patients(text)] == [made.id]
    assert queries.find_patients("王") == []
    assert queries.find_patients(" ") == []


def test_an_id_number_decides_birthday_and_sex():
    made = make_patient(id_number=make_id_number(3), sex=Sex.FEMALE)
    assert (made.sex, made.birthday.isoformat()) == (Sex.MALE, "1985-06-15")


def test_one_id_number_has_one_record():
    first = make_patient(id_number=make_id_number(5))
    with pytest.raises(PatientExists) as refused:
        make_patient(id_number=make_id_number(5))
    assert refused.value.details["record_no"] == first.record_no
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "123"), ("id_number", "123"), ("id_number", make_id_number(1)[:17] + "?")]
)
def test_a_record_needs_right_numbers(field, value):
    with pytest.raises(Invalid) as refused:
        make_patient(**{field: value})
    assert field in refused.value.errors


def test_two_clerks_who_correct_the_same_record_do_not_overwrite_each_other():
    made = make_patient(name="王芳")
    services.change_patient(made.id, PatientDetails("王芬", PHONE), seen_version=1)
    with pytest.raises(Stale):
        services.change_patient(made.id, PatientDetails("王芬芳", PHONE), seen_version=1)
    assert queries.get_patient(made.id).name == "王芬"
    assert [one.id for one in queries.find_patients("王芬")] == [made.id]
    assert queries.find_patients("王芳") == []


def test_a_correction_does_not_take_anothers_id_number():
    make_patient(id_number=make_id_number(8))
    other = make_patient(id_number=make_id_number(9))
    with pytest.raises(PatientExists):
        services.change_patient(other.id, PatientDetails("王芳", PHONE, make_id_number(8)), seen_version=1)
    db.session.expire_all()
    assert queries.get_patient(other.id).id_number == make_id_number(9)


# --- codes -----------------------------------------------------------------------------------------------------------


def test_a_code_opens_what_it_is_for_once(sms):
    code = send(sms)
    assert sms.sent[0].params == (code, "5")
    assert len(code) == 6
    assert code.isdigit()
    with transaction():
        pass
    found = check_code(CodePurpose.BIND, PHONE, code)
    with transaction():
        use_code(found)
    with pytest.raises(WrongCode):
        check_code(CodePurpose.BIND, PHONE, code)


def test_only_a_hash_of_a_code_is_kept(sms):
    code = send(sms)
    row = db.session.scalars(sa.select(SmsCode)).one()
    assert code not in row.code_hash
    assert PHONE not in row.phone_index


@pytest.mark.parametrize(("purpose", "phone"), [(CodePurpose.REVOKE, PHONE), (CodePurpose.BIND, "13800000002")])
def test_a_code_is_bound_to_its_purpose_and_number(sms, purpose, phone):
    code = send(sms)
    with pytest.raises(WrongCode):
        check_code(purpose, phone, code)


def test_a_code_ends_after_five_minutes(sms, at):
    code = send(sms)
    at(timedelta(minutes=5))
    with pytest.raises(WrongCode):
        check_code(CodePurpose.BIND, PHONE, code)


def test_a_code_ends_after_five_wrong_tries(sms):
    code = send(sms)
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(5):
        with pytest.raises(WrongCode):
            check_code(CodePurpose.BIND, PHONE, wrong)
    with pytest.raises(WrongCode):
        check_code(CodePurpose.BIND, PHONE, code)


def test_a_new_code_ends_the_old_one(sms, at):
    first = send(sms)
    at(timedelta(minutes=1))
    second = send(sms)
    if first != second:
        with pytest.raises(WrongCode):
            check_code(CodePurpose.BIND, PHONE, first)
    assert check_code(CodePurpose.BIND, PHONE, second)


def test_a_code_is_not_checked_inside_a_transaction_that_could_undo_its_count(sms):
    code = send(sms)
    with pytest.raises(RuntimeError), transaction():
        check_code(CodePurpose.BIND, PHONE, code)


def test_a_number_gets_one_code_a_minute_and_ten_a_day(sms, at):
    send(sms)
    with pytest.raises(TooManyRequests, match="60秒"):
        send(sms)
    for _ in range(9):
        at(timedelta(minutes=1))
        send(sms)
    at(timedelta(minutes=1))
    with pytest.raises(TooManyRequests, match="今日"):
        send(sms)


def test_a_user_and_an_address_have_their_limits_too(sms, at):
    for number in range(15):
        services.send_code(CodePurpose.BIND, f"138000001{number:02d}", asked_by="7")
    with pytest.raises(TooManyRequests):
        services.send_code(CodePurpose.BIND, "13800000200", asked_by="7")
    for number in range(60):
        services.send_code(CodePurpose.BIND, f"138000003{number:02d}", asked_by=f"user-{number}", address=ADDRESS)
    with pytest.raises(TooManyRequests):
        services.send_code(CodePurpose.BIND, "13800000400", asked_by="99", address=ADDRESS)


@pytest.mark.parametrize("error", [Unavailable("time-out", sent=True), RateLimited("LimitExceeded", "")])
def test_a_code_that_was_not_sent_is_told(sms, error):
    sms.fail_next(error)
    with pytest.raises(CodeNotSent):
        send(sms)


def test_a_number_that_refuses_messages_looks_like_any_other(sms):
    sms.refusing.add(PHONE)
    services.send_code(CodePurpose.BIND, PHONE, asked_by="1")
    sms.refusing.clear()
    sms.fail_next(Blacklisted("FailedOperation.PhoneNumberInBlacklist", ""))
    services.send_code(CodePurpose.BIND, "13800000002", asked_by="1")


# --- binding ---------------------------------------------------------------------------------------------------------


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


# --- WeChat users ----------------------------------------------------------------------------------------------------


def test_who_enters_is_one_user_by_account_and_openid():
    first = services.enter(APPID, OAuthIdentity("o-1", "snsapi_base", "t"))
    assert services.enter(APPID, OAuthIdentity("o-1", "snsapi_base", "t")) == first
    assert services.enter(APPID, OAuthIdentity("O-1", "snsapi_base", "t")) != first
    assert services.enter("wx-another", OAuthIdentity("o-1", "snsapi_base", "t")) != first


def test_a_profile_is_kept_when_it_was_agreed_to():
    user = make_wechat_user(nickname="")
    services.keep_profile(user.id, OAuthProfile(user.openid, "芳芳👋", "https://thirdwx.qlogo.cn/a/132"))
    assert user_of(user).nickname == "芳芳👋"
    services.keep_profile(user.id, OAuthProfile(user.openid, "x", "javascript:alert(1)"))
    assert user_of(user).avatar_url == ""


def test_following_news_that_come_late_change_nothing():
    now = clock.now()
    services.follow(APPID, "o-9", at=now, scene="desk-3")
    services.unfollow(APPID, "o-9", at=now - timedelta(seconds=5))
    assert queries.find_user(APPID, "o-9").is_follower
    services.unfollow(APPID, "o-9", at=now + timedelta(seconds=5))
    services.follow(APPID, "o-9", at=now)
    assert not queries.find_user(APPID, "o-9").is_follower


def test_who_leaves_is_forgotten_but_the_record_stays():
    patient = make_patient()
    user = make_wechat_user(patient=patient, unionid="u-1", nickname="小芳", avatar_url="https://a.qlogo.cn/1")
    services.unfollow(APPID, user.openid, at=clock.now())
    left = queries.find_user(APPID, user.openid)
    assert (left.nickname, left.avatar_url, left.unionid, left.current_patient_id) == ("", "", None, None)
    assert queries.bound_patients(user.id) == []
    assert queries.get_patient(patient.id).record_no == patient.record_no


def test_looks_are_counted_by_day(at):
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    for _ in range(3):
        services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    at(timedelta(days=1))
    services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    assert [look.count for look in queries.looks_at(patient.id)] == [1, 3]


def test_housekeeping_removes_what_is_old(sms, at):
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    send(sms)
    services.note_look(wechat_user_id=user.id, patient_id=patient.id, what="详情")
    assert remove_old() == 0
    at(timedelta(days=2))
    assert remove_old() == 1
    assert db.session.scalars(sa.select(Look)).one()
    at(timedelta(days=3 * 365))
    assert remove_old() == 1


def test_nothing_is_published_of_names():
    """Events stay in a table for a month: they name people by key only."""
    make_wechat_user(patient=make_patient(name="王芳"))
    payloads = [row.payload for row in db.session.scalars(sa.select(EventRow))]
    assert not any("王芳" in payload for payload in payloads)
