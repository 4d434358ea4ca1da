from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.pushes import FakeCallback
from tests.fakes.store import MemoryStore
from wxapp.core import clock
from wxapp.wechat.callback import Callback
from wxapp.wechat.config import CallbackMode
from wxapp.wechat.pushes import Kind
from wxapp.wechat.replies import News, Text, ToCustomerService
from wxapp.wechat.values import Article

MODES = list(CallbackMode)


@pytest.fixture
def fake(config):
    return FakeCallback(config)


@pytest.fixture
def callback(config, store):
    return Callback(config, store=store, now=clock.now)


def received(callback, request):
    return callback.receive(request.query, request.body)


def test_the_scene_of_a_follow_and_of_a_scan_is_the_same(callback, fake):
    follow = received(callback, fake.event("subscribe", EventKey="qrscene_doctor-7", Ticket="t1"))
    scan = received(callback, fake.event("SCAN", EventKey="doctor-7", Ticket="t1"))
    plain = received(callback, fake.event("subscribe", EventKey=""))
    paid = received(callback, fake.event("subscribe", EventKey="last_trade_no_4200000001"))
    click = received(callback, fake.event("CLICK", EventKey="qrscene_a"))
    assert (follow.kind, follow.scene, follow.ticket) == (Kind.SUBSCRIBE, "doctor-7", "t1")
    assert (scan.kind, scan.scene) == (Kind.SCAN, "doctor-7")
    assert (plain.kind, plain.scene) == (Kind.SUBSCRIBE, "")
    assert (paid.scene, paid.event_key) == ("", "last_trade_no_4200000001")
    assert (click.kind, click.scene) == (Kind.CLICK, "")


def test_two_events_of_the_same_second_are_two_and_a_repeat_is_one(callback, fake):
    scan, again = (fake.event("SCAN", EventKey="a", Ticket="t") for _ in range(2))
    view = fake.event("VIEW", EventKey="https://h.test/")
    keys = [received(callback, request).dedupe_key for request in (scan, again, view)]
    assert keys[0] == keys[1] != keys[2]
    assert max(map(len, keys)) <= 64


def test_the_result_of_a_template_message_names_it(callback, fake):
    push = received(
        callback, fake.event("TEMPLATESENDJOBFINISH", MsgID=3812345678901234567, Status="failed:user block")
    )
    assert (push.kind, push.msg_id, push.status) == (
        Kind.TEMPLATE_RESULT,
        "3812345678901234567",
        "failed:user block",
    )
    other = received(callback, fake.event("TEMPLATESENDJOBFINISH", MsgID=3812345678901234568, Status="success"))
    assert other.dedupe_key != push.dedupe_key


def test_messages_without_a_number_are_told_apart_by_time_and_an_event_is_never_a_message(callback, fake, at):
    first = received(callback, fake.push(fake.fields(MsgType="text", Content="您好")))
    at(timedelta(seconds=1))
    second = received(callback, fake.push(fake.fields(MsgType="text", Content="您好")))
    assert first.dedupe_key != second.dedupe_key
    message = received(callback, fake.text("您好", msg_id=7))
    result = received(callback, fake.event("TEMPLATESENDJOBFINISH", MsgID=7, Status="success"))
    assert result.dedupe_key != message.dedupe_key
    disguised = received(callback, fake.push(fake.fields(MsgType="text", Content="x", MsgId=8, Event="subscribe")))
    assert (disguised.kind, disguised.is_event) == (Kind.TEXT, False)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_lists_of_one_and_of_many_are_kept(callback, fake, count):
    items = [{"TemplateId": f"T{number}", "SubscribeStatusString": "accept"} for number in range(count)]
    push = received(callback, fake.event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": items}))
    assert push.kind is Kind.OTHER
    assert push.fields["SubscribeMsgPopupEvent"]["List"] == (items[0] if count == 1 else items)


@pytest.mark.parametrize(
    ("event", "kind"),
    [("CLICK", Kind.CLICK), ("VIEW", Kind.VIEW), ("unsubscribe", Kind.UNSUBSCRIBE), ("LOCATION", Kind.PLACE)],
)
def test_events_have_their_kind(callback, fake, event, kind):
    push = received(callback, fake.event(event, EventKey="k"))
    assert (push.kind, push.event, push.event_key, push.is_event) == (kind, event, "k", True)


# --- replies


@pytest.mark.parametrize("mode", MODES)
def test_replies_arrive_in_every_mode(make_config, mode):
    config = make_config(mode=mode)
    fake, callback = FakeCallback(config), Callback(config, store=MemoryStore(), now=clock.now)
    push = received(callback, fake.text("您好"))
    text = fake.open_reply(callback.render(push, Text("请稍候")))
    assert text["MsgType"] == "text"
    assert text["Content"] == "请稍候"
    assert (text["ToUserName"], text["FromUserName"]) == ("o-person-1", config.original_id)
    assert text["CreateTime"] == str(int(clock.now().timestamp()))
    news = fake.open_reply(callback.render(push, News(Article("标题", "说明", "https://h.test/?a=1&b=2", ""))))
    assert (news["MsgType"], news["ArticleCount"]) == ("news", "1")
    assert (news["Title"], news["Url"]) == ("标题", "https://h.test/?a=1&b=2")
    service = fake.open_reply(callback.render(push, ToCustomerService()))
    assert service["MsgType"] == "transfer_customer_service"
    assert callback.render(push, None) == ""


@pytest.mark.parametrize(
    "text", ["a]]>b", "]]></Content><Content>假", "<b>&amp;", "表情😀", "坏\x00字\x0b\uffff", "一\n二\t三", "半\ud83d"]
)
def test_no_text_breaks_out_of_a_reply(callback, fake, text):
    reply = fake.open_reply(callback.render(received(callback, fake.text("您好")), Text(text)))
    assert reply["Content"] == "".join(char for char in text if char not in "\x00\x0b\uffff\ud83d")
    news = fake.open_reply(callback.render(received(callback, fake.text("再")), News(Article(text, text, text, text))))
    assert news["Title"] == reply["Content"]


def test_a_long_text_is_cut_at_a_whole_character(callback, fake):
    reply = fake.open_reply(callback.render(received(callback, fake.text("您好")), Text("好" * 1000)))
    assert reply["Content"] == "好" * 682


def test_two_replies_never_look_alike(callback, fake):
    push = received(callback, fake.text("您好"))
    assert callback.render(push, Text("好")) != callback.render(push, Text("好"))
