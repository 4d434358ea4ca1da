"""Notifications: content, retries, duplicates, order, and every way to be wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask

from sandbox.pay.desk import Desk
from sandbox.pay.notices import GAPS, NoticeState, is_good
from sandbox.pay.outbox import Outbox, Reply
from sandbox.world import World
from tests.sandbox.pay.merchant import APPID, MCHID, NOTIFY_URL, Backend, Merchant, opened

Pay = Callable[..., str]
REFUSED = Reply(500, b'{"code":"FAIL"}')


@pytest.fixture
def notice(world: World) -> Callable[[], Any]:
    return lambda: next(iter(world.pay.notices.values()))


def test_a_payment_is_told_signed_and_sealed(pay: Pay, merchant: Merchant, desk: Desk, backend: Backend):
    pay()
    assert desk.tick() == 1
    [received] = backend.received
    assert received.url == NOTIFY_URL
    assert received.is_genuine
    assert received.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
    message = received.message
    assert (message["event_type"], message["resource_type"]) == ("TRANSACTION.SUCCESS", "encrypt-resource")
    assert message["create_time"] == "2026-03-02T10:00:00+08:00"
    assert message["resource"]["original_type"] == "transaction"
    assert received.plain == merchant.query().json
    assert desk.tick() == 0


@pytest.mark.parametrize(
    ("status", "body", "good"),
    [
        (204, b"", True),
        (200, b"", True),
        (200, b'{"code":"SUCCESS"}', True),
        (200, b'{"code":"FAIL"}', False),
        (200, b"<html>", False),
        (200, b"success", False),
        (200, b"[]", False),
        (201, b"", False),
        (302, b"", False),
        (401, b"", False),
        (500, b"", False),
    ],
)
def test_which_answers_mean_received(status: int, body: bytes, good: bool):
    assert is_good(status, body) is good


def test_the_schedule_is_fifteen_retries_in_24_hours_and_4_minutes():
    assert len(GAPS) == 15
    assert sum(GAPS) == 24 * 3600 + 4 * 60


@pytest.mark.parametrize(
    "bad",
    [REFUSED, Reply(None, note="ReadTimeout"), Reply(200, b"<html>"), Reply(302)],
    ids=["500", "time-out", "wrong body", "redirect"],
)
def test_a_bad_answer_brings_it_again_after_fifteen_seconds(
    pay: Pay, desk: Desk, world: World, backend: Backend, bad: Reply
):
    backend.answers = [bad]
    pay()
    desk.tick()
    world.advance(14)
    assert desk.tick() == 0
    world.advance(1)
    assert desk.tick() == 1
    first, second = backend.received
    assert first.message["id"] == second.message["id"]
    assert first.headers["Wechatpay-Nonce"] != second.headers["Wechatpay-Nonce"]
    world.advance(3600)
    assert desk.tick() == 0


def test_it_is_given_up_after_the_sixteenth_try(pay: Pay, desk: Desk, world: World, backend: Backend, notice: Any):
    backend.answers = [REFUSED] * 20
    pay()
    desk.tick()
    for gap in GAPS:
        assert desk.tick() == 0
        world.advance(gap)
        assert desk.tick() == 1
    world.advance(24 * 3600)
    assert desk.tick() == 0
    assert len(backend.received) == 16
    assert notice().state is NoticeState.GIVEN_UP


def test_the_schedule_can_be_shortened(make_app: Callable[..., Flask]):
    app = make_app(timing={"notify_scale": 0.001})
    merchant, desk, backend = Merchant(app), app.extensions["pay_desk"], Backend([REFUSED])
    desk.outbox = Outbox(desk, send=backend.receive)
    merchant.order()
    desk.twists.order("paid_despite_close")
    merchant.close()
    desk.tick()
    app.extensions["world"].advance(0.016)
    assert desk.tick() == 1


def test_two_copies_at_the_same_moment(pay: Pay, desk: Desk, backend: Backend):
    both = threading.Barrier(2, timeout=5)
    backend.meanwhile = lambda: both.wait() and None
    desk.twists.order("notice_twice")
    pay()
    desk.tick()
    first, second = backend.received
    assert first.body == second.body
    assert first.is_genuine
    assert desk.tick() == 0


def test_once_more_after_a_good_answer(pay: Pay, desk: Desk, world: World, backend: Backend):
    desk.twists.order("notice_again")
    pay()
    desk.tick()
    world.advance(15)
    desk.tick()
    assert len({each.message["id"] for each in backend.received}) == 1
    assert len(backend.received) == 2
    world.advance(3600)
    assert desk.tick() == 0


def test_never_delivered_and_the_query_knows(pay: Pay, merchant: Merchant, desk: Desk, world: World, backend: Backend):
    desk.twists.order("notice_lost")
    pay()
    world.advance(48 * 3600)
    assert desk.tick() == 0
    assert backend.received == []
    assert merchant.query().json["trade_state"] == "SUCCESS"


def test_the_refund_overtakes_the_payment(pay: Pay, merchant: Merchant, desk: Desk, world: World, backend: Backend):
    desk.twists.order("notice_held", at="TRANSACTION.SUCCESS")
    pay()
    assert desk.tick() == 0
    merchant.refund()
    world.advance(2)
    desk.tick()
    desk.tick()
    assert backend.events == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]


def test_nothing_of_one_order_overtakes_by_chance(
    pay: Pay, merchant: Merchant, desk: Desk, world: World, backend: Backend
):
    for number in range(6):
        pay(f"ORDER-{number:04d}")
        merchant.refund(f"REFUND-{number}", order=f"ORDER-{number:04d}")
    world.advance(2)
    desk.tick()
    for number in range(6):
        mine = [each for each in backend.received if each.plain["out_trade_no"] == f"ORDER-{number:04d}"]
        assert [each.message["event_type"] for each in mine] == ["TRANSACTION.SUCCESS", "REFUND.SUCCESS"]


def test_a_held_one_is_let_go_by_hand(pay: Pay, desk: Desk, backend: Backend, sandbox: Flask, notice: Any):
    desk.twists.order("notice_held")
    pay()
    client = sandbox.test_client()
    assert client.post(f"/__sandbox/pay/notices/{notice().id}/send").status_code == 200
    assert client.post("/__sandbox/pay/tick").json == {"done": 1}
    assert len(backend.received) == 1
    [shown] = client.get("/__sandbox/pay/notices?number=ORDER-0001").json["notices"]
    assert (shown["state"], shown["attempts"][0]["status"]) == ("delivered", 204)
    assert client.get("/__sandbox/pay/notices?number=ORDER-0002").json["notices"] == []
    assert client.post("/__sandbox/pay/notices/nobody/send").status_code == 404


@pytest.mark.parametrize(
    "twist", ["notice_probe", "notice_wrong_signature", "notice_wrong_serial", "notice_old", "notice_changed_body"]
)
def test_a_forged_envelope_is_followed_by_the_right_one(
    pay: Pay, desk: Desk, world: World, backend: Backend, twist: str
):
    right_serial = desk.keys.signer().serial
    desk.twists.order(twist)
    # Whoever answers 200 to a forged one gets the true one all the same.
    pay()
    desk.tick()
    [forged] = backend.received
    wrong_serial = forged.headers["Wechatpay-Serial"] != right_serial
    age = int(desk.wall()) - int(forged.headers["Wechatpay-Timestamp"])
    is_probe = forged.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert wrong_serial is (twist == "notice_wrong_serial")
    assert (age > 300) is (twist == "notice_old")
    assert is_probe is (twist == "notice_probe")
    if twist in ("notice_probe", "notice_wrong_signature", "notice_changed_body"):
        assert not forged.is_genuine
    world.advance(15)
    desk.tick()
    assert backend.received[1].is_genuine
    assert backend.received[1].plain["out_trade_no"] == "ORDER-0001"
    world.advance(3600)
    assert desk.tick() == 0


def test_another_apiv3_key(pay: Pay, desk: Desk, backend: Backend):
    desk.twists.order("notice_wrong_key")
    pay()
    desk.tick()
    [received] = backend.received
    assert received.is_genuine
    with pytest.raises(InvalidTag):
        opened(received.message["resource"])


@pytest.mark.parametrize(("twist", "expected"), [("empty", ""), ("no", None)])
def test_without_associated_data_it_is_right_all_the_same(
    pay: Pay, desk: Desk, backend: Backend, notice: Any, twist: str, expected: str | None
):
    desk.twists.order(f"notice_{twist}_associated_data")
    pay()
    desk.tick()
    [received] = backend.received
    assert received.message["resource"].get("associated_data") == expected
    assert received.plain["out_trade_no"] == "ORDER-0001"
    assert notice().state is NoticeState.DELIVERED


@pytest.mark.parametrize(
    ("twist", "field", "right"),
    [
        ("notice_other_mchid", "mchid", MCHID),
        ("notice_other_appid", "appid", APPID),
        ("notice_unknown_order", "out_trade_no", "ORDER-0001"),
        ("notice_other_amount", "amount", {"total": 10_000}),
    ],
)
def test_a_rightly_signed_message_that_is_not_about_our_order(
    pay: Pay, desk: Desk, world: World, backend: Backend, twist: str, field: str, right: Any
):
    desk.twists.order(twist)
    pay()
    desk.tick()
    [false] = backend.received
    assert false.is_genuine
    changed = false.plain[field]
    assert (changed["total"] == 10_001) if field == "amount" else (changed != right)
    world.advance(15)
    desk.tick()
    true = backend.received[1].plain[field]
    assert (true["total"] == 10_000) if field == "amount" else (true == right)


def test_an_unknown_event_type(pay: Pay, desk: Desk, backend: Backend):
    desk.twists.order("notice_unknown_event")
    pay()
    desk.tick()
    assert backend.events == ["TRANSACTION.SOMETHING_NEW"]


@pytest.mark.parametrize(
    ("kind", "expected"), [("lost", 0), ("duplicate", 2), ("wrong_signature", 1), ("out_of_order", 0)]
)
def test_general_faults_work_on_notifications(
    pay: Pay, desk: Desk, world: World, backend: Backend, kind: str, expected: int
):
    world.faults.order("pay/notify", kind)
    pay()
    desk.tick()
    assert len(backend.received) == expected
    assert all(each.is_genuine for each in backend.received) is (kind != "wrong_signature")


def test_the_control_page_knows_the_names(sandbox: Flask):
    names = sandbox.test_client().get("/__sandbox/endpoints").text
    assert '"pay/notify"' in names
    assert '"pay/jsapi"' in names


def test_a_delay_puts_the_first_attempt_off(pay: Pay, desk: Desk, world: World):
    world.faults.order("pay/notify", "delay", seconds=60)
    pay()
    assert desk.tick() == 0
    world.advance(60)
    assert desk.tick() == 1


def test_probes_come_first_now_and_then(pay: Pay, desk: Desk, world: World, backend: Backend, sandbox: Flask):
    pay()
    sandbox.test_client().post("/__sandbox/pay/settings", json={"probe_rate": 1})
    desk.tick()
    assert backend.received[0].headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    world.advance(15)
    desk.tick()
    assert backend.received[1].is_genuine


def test_each_delivery_is_on_record(pay: Pay, desk: Desk, world: World, backend: Backend):
    backend.answers = [Reply(None, note="ReadTimeout")]
    pay()
    desk.tick()
    [call] = world.recorder.calls(endpoint="pay/notify", direction="out")
    assert (call.path, call.status, call.note) == ("/pay/notify/wechat", None, "ReadTimeout")


def test_many_are_sent_side_by_side(pay: Pay, desk: Desk, backend: Backend):
    together = threading.Barrier(4, timeout=5)
    backend.meanwhile = lambda: together.wait() and None
    for number in range(4):
        pay(f"ORDER-{number:04d}")
    assert desk.tick() == 4


def test_only_the_latest_notices_are_kept(pay: Pay, desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.pay.outbox.KEEP", 2)
    for number in range(3):
        pay(f"ORDER-{number:04d}")
    assert [each.number for each in world.pay.notices.values()] == ["ORDER-0001", "ORDER-0002"]
    assert desk.tick() == 2


def test_what_waited_goes_on_after_a_restart(make_app: Callable[..., Flask], tmp_path: Any):
    settings = {"server": {"state_file": tmp_path / "state.json"}}
    app = make_app(**settings)
    merchant, desk = Merchant(app), app.extensions["pay_desk"]
    desk.outbox = Outbox(desk, send=Backend([REFUSED]).receive)
    desk.twists.order("paid_despite_close")
    merchant.order()
    merchant.close()
    desk.tick()
    app.extensions["world"].stop()

    again = make_app(**settings)
    desk, backend = again.extensions["pay_desk"], Backend()
    desk.outbox = Outbox(desk, send=backend.receive)
    again.extensions["world"].advance(15)
    desk.tick()
    assert [each.plain["out_trade_no"] for each in backend.received] == ["ORDER-0001"]
    assert Merchant(again).query().json["trade_state"] == "SUCCESS"
    assert desk.books.money_of_people() == {"1": {"paid_fen": 10_000, "returned_fen": 0}}


# -- orders to misbehave ---------------------------------------------------------------------------------------


def test_twists_over_http(sandbox: Flask):
    client = sandbox.test_client()
    made = client.post("/__sandbox/pay/twists", json={"twist": "notice_lost", "count": None})
    assert made.status_code == 201
    [standing] = client.get("/__sandbox/pay/twists").json["twists"]
    assert (standing["twist"], standing["left"]) == ("notice_lost", None)
    assert client.delete(f"/__sandbox/pay/twists/{made.json['id']}").json == {"ok": True}
    assert client.delete(f"/__sandbox/pay/twists/{made.json['id']}").json == {"ok": False}
    client.post("/__sandbox/pay/twists", json={"twist": "notice_lost"})
    client.delete("/__sandbox/pay/twists")
    assert client.get("/__sandbox/pay/twists").json == {"twists": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"twist": "notice_eaten"},
        {"twist": "notice_lost", "count": 0},
        {"twist": "error_before"},
        {"twist": "error_before", "code": "NO_SUCH_CODE"},
        {"twist": "notice_lost", "code": "SYSTEM_ERROR"},
        {"twist": "notice_lost", "colour": "red"},
    ],
)
def test_an_impossible_twist_is_refused(sandbox: Flask, wrong: dict[str, Any]):
    assert sandbox.test_client().post("/__sandbox/pay/twists", json=wrong).status_code == 400
