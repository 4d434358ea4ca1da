from __future__ import annotations

import pytest

from tests.factories.messages import deliveries, make_receiver, make_template, moved_context, order_context, tell
from wxapp.core import clock, settings
from wxapp.core.db import db, transaction
from wxapp.core.errors import NotFound
from wxapp.messages import queries
from wxapp.messages.entry import Channel, WrongContext
from wxapp.messages.errors import NotSwitchable
from wxapp.messages.models import DeliveryState, Message
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.messages.services.preferences import read_all, read_message, set_preference
from wxapp.messages.settings import QUIET_HOURS

pytestmark = pytest.mark.usefixtures("app")

MOVED = "pt_booking_0000003"
QUIET = "pt_report_0000001"


def report_context() -> dict[str, object]:
    return {"report_no": "BG1", "patient": "张*", "items": "血常规", "at": order_context()["at"]}


def messages() -> list[Message]:
    return db.session.query(Message).all()


def test_a_message_is_told_with_what_it_tells_of() -> None:
    make_template()
    message = tell()
    assert message.title == "下单成功"
    assert message.body == "您的订单HM26030200001（入职体检套餐）已支付，金额299.00元。请携带身份证"
    (delivery,) = deliveries(message)
    assert (delivery.channel, delivery.state, delivery.address_shown) == ("oa_template", "new", "oTES…0010")


def test_nothing_is_told_of_what_was_rolled_back() -> None:
    make_template()
    with pytest.raises(ZeroDivisionError), transaction():
        notify("pt_order_0000001", make_receiver(), order_context())
        _ = 1 / 0
    assert messages() == []
    assert deliveries() == []


def test_telling_needs_the_transaction_of_the_fact() -> None:
    with pytest.raises(RuntimeError):
        notify("pt_order_0000001", make_receiver(), order_context())


def test_a_forgotten_field_is_a_fault_where_it_is_told() -> None:
    context = order_context()
    del context["items"]
    with pytest.raises(WrongContext):
        tell(context=context)


def test_every_address_of_a_channel_gets_its_own_delivery() -> None:
    make_template()
    assert len(deliveries(tell(receiver=make_receiver(openids=3)))) == 3


def test_the_same_occurrence_is_told_once() -> None:
    first = tell(once="payment-1")
    assert tell(once="payment-1").id == first.id
    assert tell(once="payment-2").id != first.id
    assert len(messages()) == 2


def test_site_messages_are_there_at_once() -> None:
    message = tell()
    (site,) = deliveries(message, Channel.SITE)
    assert site.state is DeliveryState.DELIVERED
    assert queries.inbox([make_receiver()]).messages == [message]


def test_only_the_first_usable_channel_is_tried_at_first() -> None:
    make_template(MOVED)
    make_template(MOVED, Channel.SMS)
    assert [each.channel for each in deliveries(tell(MOVED))] == ["oa_template"]


@pytest.mark.parametrize("missing", ["template", "openid", "switched_off", "faulty"])
def test_a_channel_that_cannot_be_used_is_passed_over(missing: str) -> None:
    if missing != "template":
        make_template(MOVED, is_on=missing != "switched_off", fault="40037" if missing == "faulty" else "")
    make_template(MOVED, Channel.SMS)
    receiver = make_receiver(openids=0 if missing == "openid" else 1)
    assert [each.channel for each in deliveries(tell(MOVED, receiver))] == ["sms"]


def test_a_message_without_any_way_to_go_is_put_aside_for_people() -> None:
    context = {"patient": "张*", "starts_at": order_context()["at"], "place": "门诊楼"}
    (delivery,) = deliveries(tell("pt_visit_0000001", make_receiver(openids=0, phone=False), context))
    assert (delivery.state, delivery.reason_code) == (DeliveryState.DEAD, "no_way")


def test_addresses_are_kept_encrypted() -> None:
    make_template(MOVED, Channel.SMS)
    tell(MOVED, make_receiver(7, openids=0))
    kept = db.session.connection().exec_driver_sql("SELECT address, address_shown FROM messages_delivery").all()
    assert "13800000007" not in str(kept)
    assert "138****0007" in str(kept)
    texts = db.session.connection().exec_driver_sql("SELECT body, texts FROM messages_message").all()
    assert "体检中心" not in str(texts)


def test_quiet_hours_hold_back_what_is_not_urgent(at: object) -> None:
    at("2026-03-02 23:30")  # type: ignore[operator]
    make_template(QUIET)
    make_template(MOVED)
    quiet, urgent = tell(QUIET, context=report_context()), tell(MOVED)
    assert deliveries(quiet)[0].due_at.isoformat() == "2026-03-03T00:00:00+00:00"
    assert deliveries(urgent)[0].due_at.isoformat() == "2026-03-02T15:30:00+00:00"


def test_a_house_without_quiet_hours_sends_at_night_too(at: object) -> None:
    settings.write(QUIET_HOURS, False, by="staff:1")
    at("2026-03-02 23:30")  # type: ignore[operator]
    make_template(QUIET)
    assert deliveries(tell(QUIET, context=report_context()))[0].due_at == clock.now()


# --- what receivers set ----------------------------------------------------------------------------------------------


CARE = "fx_commission_0000001"


def commission() -> dict[str, object]:
    context = order_context(status="待结算")
    return {name: context[name] for name in ("order_no", "amount", "status", "at")}


def test_a_receiver_turns_off_what_is_not_essential_and_still_reads_it_on_the_site() -> None:
    make_template(CARE)
    receiver = make_receiver()
    set_preference(receiver, CARE, wanted=False)
    set_preference(receiver, CARE, wanted=False)
    message = tell(CARE, receiver, commission())
    assert deliveries(message) == []
    assert queries.inbox([receiver]).messages == [message]


def test_a_receiver_turns_it_on_again() -> None:
    make_template(CARE)
    receiver = make_receiver()
    set_preference(receiver, CARE, wanted=False)
    set_preference(receiver, CARE, wanted=True)
    assert len(deliveries(tell(CARE, receiver, commission()))) == 1


def test_what_is_essential_cannot_be_turned_off() -> None:
    with pytest.raises(NotSwitchable):
        set_preference(make_receiver(), MOVED, wanted=False)


def test_an_essential_message_goes_out_whatever_the_table_says() -> None:
    from wxapp.core import clock
    from wxapp.messages.models import Preference

    make_template(MOVED)
    receiver = make_receiver()
    with transaction():
        db.session.add(Preference(receiver_kind=receiver.kind, receiver_id=receiver.id, code=MOVED, at=clock.now()))
    assert len(deliveries(tell(MOVED, receiver))) == 1


def test_reading_counts_down_what_is_unread() -> None:
    receiver = make_receiver()
    first, _ = tell(receiver=receiver), tell(receiver=receiver)
    assert queries.unread_count([receiver]) == 2
    read_message([receiver], first.id)
    read_message([receiver], first.id)
    assert queries.unread_count([receiver]) == 1


def test_all_are_read_up_to_the_one_that_was_shown() -> None:
    receiver = make_receiver()
    shown = [tell(receiver=receiver) for _ in range(3)]
    later = tell(receiver=receiver)
    assert read_all([receiver], up_to=shown[-1].id) == 3
    assert [each.id for each in queries.inbox([receiver], unread_only=True).messages] == [later.id]


def test_nobody_reads_the_messages_of_others() -> None:
    message = tell(receiver=make_receiver(1))
    with pytest.raises(NotFound):
        read_message([make_receiver(2)], message.id)
    with pytest.raises(NotFound):
        read_message([], message.id)
    assert queries.inbox([Receiver("other", 1)]).messages == []
    assert read_all([make_receiver(2)], up_to=message.id) == 0


def test_a_message_that_is_not_for_the_site_is_not_shown_there() -> None:
    make_template("pt_visit_0000001")
    receiver = make_receiver()
    context = {"patient": "张*", "starts_at": order_context()["at"], "place": "门诊楼"}
    message = tell("pt_visit_0000001", receiver, context)
    with pytest.raises(NotFound):
        queries.own_message([receiver], message.id)


def test_the_inbox_is_paged_and_newest_come_first() -> None:
    receiver = make_receiver()
    told = [tell(receiver=receiver).id for _ in range(25)]
    first = queries.inbox([receiver])
    assert [each.id for each in first.messages] == told[:4:-1]
    second = queries.inbox([receiver], before=first.next_before)
    assert [each.id for each in second.messages] == told[4::-1]
    assert second.next_before is None


def test_moved_bookings_are_told_with_the_reason() -> None:
    assert "医生临时有手术" in tell(MOVED, context=moved_context()).body
