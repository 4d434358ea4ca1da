"""SMS codes: bound, counted, limited."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.patients.conftest import code_of
from wxapp.core.db import db, transaction
from wxapp.core.errors import TooManyRequests
from wxapp.patients import services
from wxapp.patients.errors import (
    CodeNotSent,
    WrongCode,
)
from wxapp.patients.models import CodePurpose, SmsCode
from wxapp.patients.services.sms_codes import check_code, use_code
from wxapp.sms.errors import Blacklisted, RateLimited, Unavailable

pytestmark = pytest.mark.usefixtures("client")

ADDRESS = "192.0.2.1"
PHONE = "13800000001"


def send(sms, purpose=CodePurpose.BIND, phone=PHONE):
    services.send_code(purpose, phone, asked_by="1")
    return code_of(sms)


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
