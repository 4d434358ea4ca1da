"""What happens after the sending: leases that ran out, receipts, and people who send again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.messages import deliveries, make_template, tell
from tests.fakes.sms import FakeSms
from tests.fakes.wechat import FakeOfficialAccount
from tests.messages.parcels import MOVED, At, S, both_ways, error, states
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.messages import queries
from wxapp.messages.channels import Retry
from wxapp.messages.entry import Channel
from wxapp.messages.models import Delivery, Pause
from wxapp.messages.services import apply_receipts, delivering, template_result
from wxapp.messages.services.cleaning import resend, resend_dead
from wxapp.messages.tasks import deliver_due

pytestmark = pytest.mark.usefixtures("app")


# --- leases ----------------------------------------------------------------------------------------------------------


def test_a_lease_that_ran_out_is_sent_again_and_wechat_knows_it(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    tell()
    (held,) = delivering.claim(10)
    account.send_template(_message_of(held))  # the sender got as far as this, and ended
    deliver_due()
    assert len(account.sent) == 1
    at(timedelta(seconds=61))
    deliver_due()
    assert (len(account.sent), len(account.delivered)) == (2, 1)
    assert deliveries()[0].state is S.SENT


def _message_of(held: delivering.Claimed) -> object:
    from wxapp.wechat.values import TemplateMessage

    parcel = delivering.parcel(held, delivering.forms())
    return TemplateMessage(parcel.address, parcel.template_id, dict(parcel.values), parcel.client_msg_id)


def test_who_lost_the_lease_writes_nothing(account: FakeOfficialAccount, at: At) -> None:
    make_template()
    tell()
    (slow,) = delivering.claim(10)
    at(timedelta(seconds=61))
    deliver_due()
    assert delivering.record_failure(slow, Retry("late", "late")) is False
    assert delivering.record_sent(slow, "1") is False
    assert deliveries()[0].platform_id == "2000000000000000001"


def test_a_delivery_that_ends_its_sender_every_time_is_put_aside(at: At) -> None:
    make_template()
    tell()
    for _ in range(9):
        delivering.claim(10)
        at(timedelta(seconds=61))
        delivering.take_back_lapsed()
    assert states() == [("oa_template", "dead", "sender_ended")]


def test_a_short_message_whose_sender_ended_is_left_to_people(at: At) -> None:
    make_template(MOVED, Channel.SMS)
    tell(MOVED)
    delivering.claim(10)
    at(timedelta(seconds=61))
    delivering.take_back_lapsed()
    assert states() == [("sms", "dead", "unknown_outcome")]


def test_what_is_not_urgent_and_late_rests_in_the_quiet_hours(account: FakeOfficialAccount, at: At) -> None:
    make_template("pt_report_0000001")
    at("2026-03-02 21:59")
    context = {"report_no": "1", "patient": "张*", "items": "血常规", "at": clock.now()}
    tell("pt_report_0000001", context=context)
    at("2026-03-02 22:01")
    assert deliver_due() == 0
    at("2026-03-03 08:00")
    assert deliver_due() == 1


# --- receipts --------------------------------------------------------------------------------------------------------


def sent_message(account: FakeOfficialAccount) -> str:
    deliver_due()
    return str(2_000_000_000_000_000_000 + len(account.sent))


def test_a_receipt_says_that_it_arrived(account: FakeOfficialAccount) -> None:
    make_template()
    tell()
    msgid = sent_message(account)
    template_result(msgid, "success")
    template_result(msgid, "success")
    assert deliveries()[0].state is S.DELIVERED


def test_a_receipt_that_comes_first_waits_for_its_delivery(account: FakeOfficialAccount) -> None:
    make_template()
    tell()
    template_result("2000000000000000001", "success")
    assert apply_receipts() == 0
    deliver_due()
    assert apply_receipts() == 1
    assert deliveries()[0].state is S.DELIVERED
    assert apply_receipts() == 0


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed", "failed:freq limit"])
def test_a_receipt_of_failure_opens_the_next_channel_once(
    account: FakeOfficialAccount, short_messages: FakeSms, status: str
) -> None:
    both_ways()
    message = tell(MOVED)
    msgid = sent_message(account)
    template_result(msgid, status)
    template_result(msgid, status)
    deliver_due()
    assert states(message) == [("oa_template", "unreachable", "receipt"), ("sms", "sent", "")]


def test_a_receipt_of_a_stranger_changes_nothing() -> None:
    template_result("42", "success")
    assert apply_receipts() == 0


def test_a_push_about_a_template_message_is_heard(account: FakeOfficialAccount) -> None:
    from wxapp.core.events import publish
    from wxapp.messages.events import PushReceived

    make_template()
    tell()
    msgid = sent_message(account)
    with transaction():
        publish(PushReceived("template_result", "o1", "2026-03-02", msg_id=msgid, status="success"))
    assert deliveries()[0].state is S.DELIVERED


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_sent_again_with_a_new_key(account: FakeOfficialAccount) -> None:
    make_template()
    account.fail_next(error(47003))
    tell()
    deliver_due()
    (dead,) = deliveries()
    old_key = dead.client_msg_id
    resend(dead.id, staff_id=1)
    deliver_due()
    (delivery,) = deliveries()
    assert delivery.state is S.SENT
    assert account.sent[-1].message_id != old_key


def test_what_is_on_its_way_is_not_sent_again_by_hand() -> None:
    from wxapp.core.errors import IllegalTransition

    make_template()
    tell()
    with pytest.raises(IllegalTransition):
        resend(deliveries()[0].id, staff_id=1)


def test_dead_letters_of_one_reason_are_sent_again_together(account: FakeOfficialAccount) -> None:
    make_template()
    account.fail_next(error(47003), times=3)
    for _ in range(3):
        tell()
    deliver_due()
    assert resend_dead(reason_code="47003", staff_id=1) == 3
    assert resend_dead(reason_code="47003", staff_id=1) == 0


def test_the_age_of_the_queue_is_known(at: At) -> None:
    make_template()
    tell()
    at(timedelta(minutes=3))
    assert queries.oldest_due() == timedelta(minutes=3)


def test_what_waits_for_the_morning_or_for_a_channel_that_rests_is_not_late(
    account: FakeOfficialAccount, at: At
) -> None:
    make_template()
    at("2026-03-02 21:59")
    tell()
    with transaction():
        change(sa.update(Delivery).values(is_urgent=False))
    at("2026-03-03 07:59")
    assert queries.oldest_due() == timedelta(0)
    at("2026-03-03 08:02")
    assert queries.oldest_due() == timedelta(minutes=2)
    with transaction():
        until = clock.now() + timedelta(minutes=5)
        db.session.add(Pause(channel=deliveries()[0].channel, until=until, reason="quota"))
    assert queries.oldest_due() == timedelta(0)
    at(timedelta(minutes=6))
    assert queries.oldest_due() == timedelta(minutes=1)
