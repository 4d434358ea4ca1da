"""The balance password: counted before compared, locked after five, never weak, reset with proof."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_id_number, make_patient
from tests.patients.conftest import code_of
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import NotFound, TooManyRequests
from wxapp.messages.models import Message
from wxapp.patients import services
from wxapp.patients.errors import (
    BalancePasswordLocked,
    CodeNotSent,
    IssuedPasswordExpired,
    IssuedPasswordOnly,
    NoBalancePassword,
    WeakPassword,
    WrongBalancePassword,
    WrongCode,
    WrongIdNumber,
)
from wxapp.patients.models import CodePurpose, Patient
from wxapp.patients.rules import weakness
from wxapp.sms.errors import Unavailable

pytestmark = pytest.mark.usefixtures("client")

GOOD, OTHER = "739185", "482915"
PHONE = "13800000001"


def tries_of(patient):
    return db.session.scalar(sa.select(Patient.balance_password_tries).where(Patient.id == patient.id))


def test_the_right_password_passes_and_clears_the_count():
    patient = make_patient(balance_password=GOOD)
    with pytest.raises(WrongBalancePassword):
        services.check_balance_password(patient.id, OTHER)
    assert tries_of(patient) == 1
    services.check_balance_password(patient.id, GOOD)
    assert tries_of(patient) == 0


def test_it_is_stored_as_a_slow_hash():
    patient = make_patient(balance_password=GOOD)
    stored = db.session.scalar(sa.select(Patient.balance_password_hash).where(Patient.id == patient.id))
    assert stored.startswith("$argon2id$")
    assert GOOD not in stored


def test_each_wrong_try_says_how_many_are_left_and_the_fifth_locks():
    patient = make_patient(balance_password=GOOD)
    left = []
    for _ in range(4):
        with pytest.raises(WrongBalancePassword) as wrong:
            services.check_balance_password(patient.id, OTHER)
        left.append(wrong.value.tries_left)
    assert left == [4, 3, 2, 1]
    with pytest.raises(BalancePasswordLocked, match="30分钟"):
        services.check_balance_password(patient.id, OTHER)


def test_a_lock_refuses_the_right_password_too_and_ends_after_thirty_minutes(at):
    patient = make_patient(balance_password=GOOD)
    for _ in range(5):
        with pytest.raises((WrongBalancePassword, BalancePasswordLocked)):
            services.check_balance_password(patient.id, OTHER)
    at(timedelta(minutes=29, seconds=59))
    with pytest.raises(BalancePasswordLocked, match="1分钟"):
        services.check_balance_password(patient.id, GOOD)
    at(timedelta(seconds=1))
    services.check_balance_password(patient.id, GOOD)


def test_after_a_lock_there_are_five_tries_again(at):
    patient = make_patient(balance_password=GOOD)
    for _ in range(5):
        with pytest.raises((WrongBalancePassword, BalancePasswordLocked)):
            services.check_balance_password(patient.id, OTHER)
    at(timedelta(minutes=30))
    with pytest.raises(WrongBalancePassword) as wrong:
        services.check_balance_password(patient.id, OTHER)
    assert wrong.value.tries_left == 4


def test_a_refused_payment_does_not_give_its_try_back():
    """Inside a transaction the count would be undone with it: that is a fault of the caller."""
    patient = make_patient(balance_password=GOOD)
    with pytest.raises(RuntimeError), transaction():
        services.check_balance_password(patient.id, OTHER)


def test_without_a_password_there_is_nothing_to_guess():
    patient = make_patient()
    with pytest.raises(NoBalancePassword):
        services.check_balance_password(patient.id, GOOD)
    with pytest.raises(NotFound):
        services.check_balance_password(999_999, GOOD)


def test_whoever_knows_it_changes_it():
    patient = make_patient(balance_password=GOOD)
    services.change_balance_password(patient.id, original=GOOD, new=OTHER)
    services.check_balance_password(patient.id, OTHER)
    with pytest.raises(WrongBalancePassword):
        services.check_balance_password(patient.id, GOOD)


def test_guessing_by_the_form_of_changes_counts_as_well():
    patient = make_patient(balance_password=GOOD)
    for _ in range(5):
        with pytest.raises((WrongBalancePassword, BalancePasswordLocked)) as refused:
            services.change_balance_password(patient.id, original=OTHER, new="604817")
        assert refused.value.field == "original"
    with pytest.raises(BalancePasswordLocked):
        services.check_balance_password(patient.id, GOOD)


@pytest.mark.parametrize("new", ["000000", "123456", "850615", GOOD, "12345", "abcdef"])
def test_weak_and_unchanged_ones_are_refused_without_costing_a_try(new):
    patient = make_patient(balance_password=GOOD)
    with pytest.raises(WeakPassword) as refused:
        services.change_balance_password(patient.id, original=GOOD, new=new)
    assert refused.value.field == "new"
    assert tries_of(patient) == 0


# --- issued by staff -------------------------------------------------------------------------------------------------


def test_an_issued_password_is_good_for_being_changed_only():
    patient = make_patient()
    issued = services.issue_balance_password(patient.id)
    with pytest.raises(IssuedPasswordOnly):
        services.check_balance_password(patient.id, issued)
    services.change_balance_password(patient.id, original=issued, new=GOOD)
    services.check_balance_password(patient.id, GOOD)


def test_a_guess_at_an_issued_password_learns_nothing_but_wrong():
    patient = make_patient()
    issued = services.issue_balance_password(patient.id)
    wrong = GOOD if issued != GOOD else OTHER
    with pytest.raises(WrongBalancePassword):
        services.check_balance_password(patient.id, wrong)


def test_an_issued_password_expires_after_thirty_days(at):
    patient = make_patient()
    issued = services.issue_balance_password(patient.id)
    at(timedelta(days=30))
    with pytest.raises(IssuedPasswordExpired):
        services.change_balance_password(patient.id, original=issued, new=GOOD)


def test_issuing_again_replaces_the_password_and_ends_a_lock():
    patient = make_patient(balance_password=GOOD)
    for _ in range(5):
        with pytest.raises((WrongBalancePassword, BalancePasswordLocked)):
            services.check_balance_password(patient.id, OTHER)
    issued = services.issue_balance_password(patient.id)
    with pytest.raises((WrongBalancePassword, IssuedPasswordOnly)):
        services.check_balance_password(patient.id, GOOD)
    services.change_balance_password(patient.id, original=issued, new=OTHER)
    services.check_balance_password(patient.id, OTHER)


def test_issued_passwords_are_never_weak():
    patient = make_patient()
    for _ in range(20):
        issued = services.issue_balance_password(patient.id)
        assert weakness(issued, birthday=patient.birthday) is None


def test_an_issued_password_may_go_to_the_phone_of_the_record(sms):
    patient = make_patient(phone=PHONE)
    issued = services.issue_balance_password(patient.id)
    services.send_issued_password(patient.id, issued)
    assert (sms.sent[-1].phone, sms.sent[-1].params) == (PHONE, (issued,))
    sms.fail_next(Unavailable("time-out", sent=True))
    with pytest.raises(CodeNotSent):
        services.send_issued_password(patient.id, issued)


def messages_of(patient):
    told = sa.select(Message.body).where(Message.receiver_kind == "patient", Message.receiver_id == patient.id)
    return db.session.scalars(told).all()


def test_the_patient_hears_of_a_reset_but_not_of_a_first_or_changed_password():
    patient = make_patient()
    issued = services.issue_balance_password(patient.id)
    services.change_balance_password(patient.id, original=issued, new=GOOD)
    assert messages_of(patient) == []
    services.issue_balance_password(patient.id)
    (body,) = messages_of(patient)
    assert "余额密码已重置" in body


# --- forgotten -------------------------------------------------------------------------------------------------------


def forgotten_code(sms, patient):
    services.send_code_to_patient(CodePurpose.BALANCE_PASSWORD, patient, asked_by="1")
    return code_of(sms)


def test_forgotten_is_reset_with_phone_and_id_number(sms):
    patient = make_patient(phone=PHONE, balance_password=GOOD)
    services.reset_forgotten_password(
        patient.id, code=forgotten_code(sms, patient), id_number=patient.id_number.lower(), new=OTHER
    )
    services.check_balance_password(patient.id, OTHER)
    changed = db.session.scalar(sa.select(Patient.balance_password_changed_at).where(Patient.id == patient.id))
    assert changed == clock.now()


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"code": "000000"}, WrongCode),
        ({"id_number": make_id_number(997)}, WrongIdNumber),
        ({"new": "000000"}, WeakPassword),
    ],
)
def test_nothing_is_reset_without_all_proof(sms, over, error):
    patient = make_patient(phone=PHONE, balance_password=GOOD)
    proof = {"code": forgotten_code(sms, patient), "id_number": patient.id_number, "new": OTHER}
    with pytest.raises(error):
        services.reset_forgotten_password(patient.id, **(proof | over))
    services.check_balance_password(patient.id, GOOD)


def test_a_code_resets_once(sms):
    patient = make_patient(phone=PHONE)
    code = forgotten_code(sms, patient)
    services.reset_forgotten_password(patient.id, code=code, id_number=patient.id_number, new=GOOD)
    with pytest.raises(WrongCode):
        services.reset_forgotten_password(patient.id, code=code, id_number=patient.id_number, new=OTHER)


def test_who_has_no_id_number_on_record_goes_to_the_counter(sms):
    patient = make_patient(phone=PHONE, id_number="")
    with pytest.raises(WrongIdNumber):
        services.reset_forgotten_password(patient.id, code=forgotten_code(sms, patient), id_number="", new=GOOD)


def test_tries_at_a_forgotten_password_are_limited(sms):
    patient = make_patient(phone=PHONE)
    for _ in range(5):
        with pytest.raises(WrongCode):
            services.reset_forgotten_password(patient.id, code="000000", id_number="1", new=GOOD)
    with pytest.raises(TooManyRequests):
        services.reset_forgotten_password(
            patient.id, code=forgotten_code(sms, patient), id_number=patient.id_number, new=GOOD
        )
