from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories.messages import deliveries, make_receiver, make_template, tell
from tests.fakes.sms import FakeSms
from tests.fakes.wechat import FakeOfficialAccount
from tests.messages.parcels import MOVED, At, S, both_ways, error, states
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.messages import queries
from wxapp.messages.entry import Channel
from wxapp.messages.models import Template
from wxapp.messages.tasks import deliver_due
from wxapp.sms.errors import RateLimited as SmsRateLimited
from wxapp.sms.errors import Unavailable as SmsUnavailable
from wxapp.wechat.errors import (
    ConfigurationFault,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    quota_reset,
)

pytestmark = pytest.mark.usefixtures("app")


def test_a_delivery_reaches_wechat_with_the_values_of_its_template(account: FakeOfficialAccount) -> None:
    make_template(template_id="T1")
    message = tell()
    assert deliver_due() == 1
    (sent,) = account.delivered
    assert sent.template_id == "T1"
    assert sent.values == {
        "character_string1": "HM26030200001",
        "thing2": "入职体检套餐",
        "amount3": "￥299.00元",
        "phrase4": "已支付",
        "time5": "2026-03-02 10:00",
        "thing6": "请携带身份证",
    }
    (delivery,) = deliveries(message)
    assert (delivery.state, delivery.tries, delivery.lease) == (S.SENT, 1, None)
    assert sent.message_id == delivery.client_msg_id
    assert delivery.platform_id == "2000000000000000001"


def test_what_was_sent_is_not_sent_again(account: FakeOfficialAccount) -> None:
    make_template()
    tell()
    assert deliver_due() == 1
    assert deliver_due() == 0
    assert len(account.sent) == 1


def test_a_value_that_is_too_long_is_cut_visibly(account: FakeOfficialAccount) -> None:
    from tests.factories.messages import order_context

    make_template()
    tell(context=order_context(items="女性高端深度体检套餐（含胃肠镜与核磁共振）"))
    deliver_due()
    assert account.delivered[0].values["thing2"] == "女性高端深度体检套餐（含胃肠镜与核磁共…"


def test_a_tap_leads_to_the_page_by_its_full_address(account: FakeOfficialAccount) -> None:
    from wxapp.messages.taps import Tap

    make_template()
    tell(tap=Tap("healthz"))
    deliver_due()
    assert account.delivered[0].url == "http://localhost/healthz"


def test_a_page_that_no_package_offers_makes_no_link(account: FakeOfficialAccount) -> None:
    from wxapp.messages.taps import Tap

    make_template()
    tell(tap=Tap("no.such_page"))
    deliver_due()
    assert account.delivered[0].url == ""


def test_short_messages_get_their_parameters_in_order(short_messages: FakeSms) -> None:
    make_template(MOVED, Channel.SMS, template_id="S1")
    tell(MOVED)
    deliver_due()
    (sent,) = short_messages.sent
    assert (sent.phone, sent.template_id) == ("13800000001", "S1")
    assert sent.params == ("体检中心", "2026-03-02 10:00", "医生临时有手术")


# --- answers are understood ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [43004, 43101, 43019, 48002, 40003, 50002])
def test_who_cannot_be_reached_is_told_by_the_next_channel(
    account: FakeOfficialAccount, short_messages: FakeSms, code: int
) -> None:
    both_ways()
    account.fail_next(error(code))
    message = tell(MOVED)
    deliver_due()
    assert states(message) == [("oa_template", "unreachable", str(code)), ("sms", "sent", "")]
    assert len(account.sent) == 1
    assert len(short_messages.sent) == 1


def test_without_a_next_channel_nothing_more_happens(account: FakeOfficialAccount) -> None:
    make_template()
    account.fail_next(error(43004))
    message = tell()
    deliver_due()
    deliver_due()
    assert states(message) == [("oa_template", "unreachable", "43004")]


def test_one_openid_that_is_reached_is_enough(account: FakeOfficialAccount, short_messages: FakeSms) -> None:
    both_ways()
    account.fail_next(error(43004))
    message = tell(MOVED, make_receiver(openids=2))
    deliver_due()
    assert sorted(state for _, state, _ in states(message)) == ["sent", "unreachable"]
    assert short_messages.sent == []


def test_when_no_openid_is_reached_one_short_message_goes_out(
    account: FakeOfficialAccount, short_messages: FakeSms
) -> None:
    both_ways()
    account.fail_next(error(43004), times=2)
    tell(MOVED, make_receiver(openids=2))
    deliver_due()
    deliver_due()
    assert len(short_messages.sent) == 1


@pytest.mark.parametrize("code", [47003, 41030, 99999])
def test_what_is_refused_becomes_a_dead_letter_with_its_reason(account: FakeOfficialAccount, code: int) -> None:
    make_template()
    account.fail_next(error(code))
    (delivery,) = deliveries(tell())
    deliver_due()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.reason_code) == (S.DEAD, str(code))
    assert f"message of {code}" in delivery.reason
    assert queries.dead_letters() == 1


def test_an_unknown_template_stops_the_others_of_its_code(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    account.fail_next(error(40037))
    tell()
    deliver_due()
    assert db.session.query(Template).one().fault.startswith("40037")
    later = tell()
    assert deliveries(later) == []
    assert len(account.sent) == 1


def test_deliveries_already_queued_for_a_stopped_template_call_nobody(account: FakeOfficialAccount) -> None:
    template = make_template()
    tell()
    with transaction():
        change(db.update(Template).where(Template.id == template.id).values(fault="40037"))
    deliver_due()
    assert states() == [("oa_template", "dead", "no_template")]
    assert account.sent == []


def test_a_busy_wechat_is_tried_again_with_the_same_key(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    account.fail_next(error(-1))
    tell()
    deliver_due()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.tries) == (S.NEW, 1)
    assert timedelta(seconds=4) <= delivery.due_at - clock.now() <= timedelta(seconds=6)
    deliver_due()
    assert len(account.sent) == 1
    at(timedelta(seconds=7))
    deliver_due()
    assert [each.message_id for each in account.sent] == [delivery.client_msg_id] * 2
    assert len(account.delivered) == 1


def test_after_eight_tries_it_is_a_dead_letter(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    account.fail_next(Unavailable("timeout", sent=True), times=20)
    tell()
    started = clock.now()
    for _ in range(12):
        deliver_due()
        at(timedelta(hours=1, minutes=50))
    (delivery,) = deliveries()
    assert (delivery.state, delivery.reason_code) == (S.DEAD, "no_answer")
    assert len(account.sent) <= 8
    assert clock.now() - started < timedelta(hours=24)


def test_an_urgent_message_does_not_wait_a_day_for_its_first_channel(
    account: FakeOfficialAccount, short_messages: FakeSms, at: At
) -> None:
    both_ways()
    account.fail_next(Unavailable("timeout", sent=False), times=20)
    message = tell(MOVED)
    for _ in range(7):
        deliver_due()
        at(timedelta(minutes=8))
    assert states(message) == [("oa_template", "dead", "no_answer"), ("sms", "sent", "")]


def test_a_used_up_quota_rests_the_channel_until_midnight(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    until = quota_reset(clock.now())
    account.fail_next(QuotaExceeded(45009, "quota", until=until))
    first, second = tell(), tell()
    deliver_due(in_flight=1)
    (delivery,) = deliveries(first)
    assert (delivery.state, delivery.tries) == (S.NEW, 0)
    assert until <= delivery.due_at <= until + timedelta(seconds=20)
    assert len(account.sent) == 1
    assert queries.pauses()[0].channel == "oa_template"
    at("2026-03-03 00:01")
    deliver_due()
    assert {state for _, state, _ in states(first) + states(second)} == {"sent"}


def test_a_used_up_quota_sends_urgent_ones_by_the_next_channel(
    account: FakeOfficialAccount, short_messages: FakeSms
) -> None:
    both_ways()
    account.fail_next(QuotaExceeded(45009, "quota", until=quota_reset(clock.now())))
    message = tell(MOVED)
    deliver_due()
    assert states(message) == [("oa_template", "dead", "45009"), ("sms", "sent", "")]


def test_too_many_calls_wait_for_the_next_minute_and_do_not_count(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    account.fail_next(RateLimited(45011, "too many"))
    tell()
    deliver_due()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.tries) == (S.NEW, 0)
    at(timedelta(seconds=90))
    deliver_due()
    assert deliveries()[0].state is S.SENT


def test_an_account_that_must_be_put_right_is_not_called_for_every_message(account: FakeOfficialAccount) -> None:
    make_template()
    account.fail_next(ConfigurationFault(40164, "ip not allowed"), times=9)
    for _ in range(5):
        tell()
    deliver_due(in_flight=1)
    assert len(account.sent) == 1


def test_a_fault_of_ours_in_one_parcel_stops_no_other(account: FakeOfficialAccount) -> None:
    make_template()
    account.fail_next(ZeroDivisionError("poison"))
    first, second = tell(), tell()
    deliver_due(in_flight=1)
    assert (deliveries(first)[0].state, deliveries(first)[0].reason_code) == (S.NEW, "fault")
    assert deliveries(second)[0].state is S.SENT


def test_a_text_that_fits_no_field_is_a_dead_letter_and_stops_no_other(account: FakeOfficialAccount) -> None:
    make_template(lines='[["number1", "", "{items}"]]')
    message = tell()
    make_template(MOVED)
    other = tell(MOVED)
    deliver_due()
    assert states(message) == [("oa_template", "dead", "bad_value")]
    assert states(other) == [("oa_template", "sent", "")]


def test_a_number_that_gets_too_many_waits_as_long_as_it_is_told(short_messages: FakeSms) -> None:
    make_template(MOVED, Channel.SMS)
    short_messages.fail_next(SmsRateLimited("LimitExceeded", "x", retry_after=3600))
    tell(MOVED)
    deliver_due()
    assert deliveries()[0].due_at >= clock.now() + timedelta(hours=1)


def test_a_short_message_with_unknown_outcome_is_left_to_people(short_messages: FakeSms) -> None:
    make_template(MOVED, Channel.SMS)
    short_messages.fail_next(SmsUnavailable("ReadTimeout", sent=True))
    tell(MOVED)
    deliver_due()
    assert states() == [("sms", "dead", "unknown_outcome")]


@pytest.mark.parametrize(
    "failure", [SmsUnavailable("ConnectTimeout", sent=False), SmsUnavailable("HTTP 502", sent=True)]
)
def test_a_short_message_that_was_certainly_not_sent_is_tried_again(
    short_messages: FakeSms, failure: SmsUnavailable
) -> None:
    make_template(MOVED, Channel.SMS)
    short_messages.fail_next(failure)
    tell(MOVED)
    deliver_due()
    assert deliveries()[0].state is S.NEW


def test_a_row_that_cannot_be_opened_is_put_aside_and_stops_no_other(account: FakeOfficialAccount) -> None:
    make_template()
    broken, whole = tell(), tell()
    db.session.connection().exec_driver_sql(
        f"UPDATE messages_delivery SET address = 'k0:AAAA' WHERE message_id = {broken.id} AND channel = 'oa_template'"
    )
    db.session.commit()
    deliver_due()
    assert states(whole) == [("oa_template", "sent", "")]
    kept = db.session.connection().exec_driver_sql(
        f"SELECT state, reason_code FROM messages_delivery WHERE message_id = {broken.id} AND channel = 'oa_template'"
    )
    assert kept.all() == [("dead", "unreadable")]
