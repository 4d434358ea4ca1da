"""Transfers to people: sent, confirmed, called back, closed; and what that does to the money."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Flask

from sandbox.faults import Kind
from sandbox.pay.desk import Desk
from sandbox.pay.notices import TRANSFER_GAPS
from sandbox.pay.outbox import Reply
from sandbox.world import World
from tests.sandbox.pay.merchant import APPID, MCHID, Backend, Merchant, platform_key

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"
NOTIFY_URL = "https://hospital.example/pay/notify/wechat-transfer"
KEY_ID = "PUB_KEY_ID_0000000000000000000000000001"
INFOS = [
    {"info_type": "岗位类型", "info_content": "推广员"},
    {"info_type": "报酬说明", "info_content": "推广服务佣金"},
]
DAY = 24 * 3600
START_FEN = 10_000_000

Send = Callable[..., Any]
MakeApp = Callable[..., Flask]


def sealed(text: str) -> str:
    way = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    return base64.b64encode(platform_key().public_key().encrypt(text.encode(), way)).decode()


@pytest.fixture
def send(merchant: Merchant) -> Send:
    def transfer(
        number: str = "BILL0001", *, fen: int = 5_000, name: str = "", serial: str = KEY_ID, **other: Any
    ) -> Any:
        fields: dict[str, Any] = {
            "appid": APPID,
            "out_bill_no": number,
            "transfer_scene_id": "1005",
            "openid": merchant.openid(),
            "transfer_amount": fen,
            "transfer_remark": "佣金提现",
            "notify_url": NOTIFY_URL,
            "transfer_scene_report_infos": INFOS,
        }
        if name:
            fields["user_name"] = sealed(name)
        fields |= other
        given = {k: v for k, v in fields.items() if v is not ...}
        return merchant.call("POST", BILLS, given, headers={"Wechatpay-Serial": serial})

    return transfer


def find(merchant: Merchant, number: str = "BILL0001") -> Any:
    return merchant.call("GET", f"{BILLS}/out-bill-no/{number}")


def cancel(merchant: Merchant, number: str = "BILL0001", body: Any = None) -> Any:
    return merchant.call("POST", f"{BILLS}/out-bill-no/{number}/cancel", body)


def control(merchant: Merchant, path: str, **fields: Any) -> Any:
    return merchant.app.test_client().post(f"/__sandbox/pay/{path}", json=fields)


def confirm(merchant: Merchant, package: str, *, person: str = "1", **params: str) -> Any:
    page = {"mchId": MCHID, "appId": APPID, "package": package, **params}
    shown = control(merchant, "transfer/open", person=person, params=page)
    return control(merchant, "transfer/confirm", person=person, package=package) if shown.status_code == 200 else shown


def settled(desk: Desk, world: World) -> None:
    world.advance(world.config.timing.transfer_delay)
    desk.tick()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def money(desk: Desk) -> tuple[int, dict[str, int]]:
    return desk.books.operating_fen, desk.books.transfers.transferred()


# -- the ordinary way -----------------------------------------------------------------------------------------


def test_the_person_confirms_and_has_the_money(
    send: Send, merchant: Merchant, desk: Desk, world: World, backend: Backend
):
    accepted = send(name="王一").json
    assert (accepted["state"], accepted["out_bill_no"]) == ("WAIT_USER_CONFIRM", "BILL0001")
    assert set(accepted) == {"out_bill_no", "transfer_bill_no", "create_time", "state", "package_info"}
    assert money(desk) == (START_FEN - 5_000, {})
    assert world.chats["1"][-1].body["title"] == "商家转账待收款"
    assert confirm(merchant, accepted["package_info"]).status_code == 200
    assert find(merchant).json["state"] == "TRANSFERING"
    settled(desk, world)
    found = find(merchant).json
    assert (found["state"], found["transfer_amount"], found["openid"]) == ("SUCCESS", 5_000, merchant.openid())
    assert "package_info" not in found
    assert money(desk) == (START_FEN - 5_000, {"1": 5_000})
    assert backend.events == ["MCHTRANSFER.BILL.FINISHED"]
    told = backend.received[0]
    assert (told.url, told.is_genuine, told.plain) == (NOTIFY_URL, True, found)
    assert told.message["resource"]["original_type"] == "mch_payment"
    assert world.chats["1"][-1].body["title"] == "商家转账到账通知"


def test_it_is_found_by_both_numbers_for_thirty_days(send: Send, merchant: Merchant, world: World):
    number = send().json["transfer_bill_no"]
    by_theirs = merchant.call("GET", f"{BILLS}/transfer-bill-no/{number}")
    assert by_theirs.json == find(merchant).json
    world.advance(30 * DAY)
    assert refusal(find(merchant)) == (404, "NOT_FOUND")
    assert refusal(find(merchant, "BILL0002")) == (404, "NOT_FOUND")


def test_a_repeat_pays_once_and_another_content_is_refused(send: Send, desk: Desk):
    first = send(name="王一").json
    assert send(name="王一").json == first
    for change in ({"fen": 4_999, "name": "王一"}, {"name": "王二"}, {}, {"name": "王一", "transfer_remark": "别的"}):
        assert refusal(send(**change)) == (400, "INVALID_REQUEST")
    assert desk.books.operating_fen == START_FEN - 5_000


@pytest.mark.parametrize("when", ["waiting", "called back", "closed", "paid"])
def test_who_may_confirm_what(send: Send, merchant: Merchant, desk: Desk, world: World, when: str):
    package = send().json["package_info"]
    if when == "called back":
        cancel(merchant)
    if when == "closed":
        world.advance(DAY)
    if when == "paid":
        confirm(merchant, package)
        settled(desk, world)
    codes = [
        confirm(merchant, package, person="2").json["code"],
        confirm(merchant, package, mchId="1").json["code"],
        confirm(merchant, package, appId="wx1").json["code"],
        confirm(merchant, "unknown").json["code"],
        confirm(merchant, package).json.get("code", "done"),
    ]
    own = {"waiting": "done", "called back": "closed", "closed": "overdue", "paid": "confirmed"}
    assert codes == ["other_payee", "mchid", "appid", "unknown_package", own[when]]


# -- other ends -----------------------------------------------------------------------------------------------


def test_nobody_confirms_and_it_is_closed_a_while_after_a_day(
    send: Send, merchant: Merchant, desk: Desk, world: World, backend: Backend
):
    package = send().json["package_info"]
    world.advance(DAY)
    desk.tick()
    assert find(merchant).json["state"] == "WAIT_USER_CONFIRM"
    assert confirm(merchant, package).status_code == 409
    world.advance(world.config.timing.transfer_close_delay)
    desk.tick()
    found = find(merchant).json
    assert (found["state"], found["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    assert money(desk) == (START_FEN, {})
    assert backend.received[0].plain["fail_reason"] == "OVERDUE_CLOSE"


def test_another_name_than_the_persons_fails(send: Send, merchant: Merchant, desk: Desk, world: World):
    assert send(name="王二").json["state"] == "ACCEPTED"
    settled(desk, world)
    found = find(merchant).json
    assert (found["state"], found["fail_reason"]) == ("FAIL", "NAME_NOT_CORRECT")
    assert desk.books.operating_fen == START_FEN


def test_what_would_have_failed_is_called_back_as_well(send: Send, merchant: Merchant, desk: Desk, world: World):
    send(name="王二")
    cancel(merchant)
    settled(desk, world)
    found = find(merchant).json
    assert (found["state"], found["fail_reason"]) == ("CANCELLED", "MCH_CANCEL")


@pytest.mark.parametrize("body", [None, {}])
def test_it_is_called_back_before_the_person_confirms(
    send: Send, merchant: Merchant, desk: Desk, world: World, body: Any
):
    package = send().json["package_info"]
    assert [cancel(merchant, body=body).json["state"] for _ in range(2)] == ["CANCELING", "CANCELING"]
    settled(desk, world)
    assert find(merchant).json["state"] == "CANCELLED"
    assert cancel(merchant).json["state"] == "CANCELLED"
    assert confirm(merchant, package).status_code == 409
    assert money(desk) == (START_FEN, {})


def test_it_is_not_called_back_any_more(send: Send, merchant: Merchant, desk: Desk, world: World):
    confirm(merchant, send().json["package_info"])
    assert refusal(cancel(merchant)) == (400, "INVALID_REQUEST")
    settled(desk, world)
    assert refusal(cancel(merchant)) == (400, "INVALID_REQUEST")
    assert refusal(cancel(merchant, "BILL0002")) == (404, "NOT_FOUND")
    assert refusal(cancel(merchant, body={"x": 1})) == (400, "PARAM_ERROR")
    assert money(desk) == (START_FEN - 5_000, {"1": 5_000})


@pytest.mark.parametrize(
    ("twist", "begins", "ends"),
    [
        ("transfer_stuck", "PROCESSING", "PROCESSING"),
        ("transfer_fails", "ACCEPTED", "FAIL"),
        ("transfer_unasked", "PROCESSING", "SUCCESS"),
    ],
)
def test_other_ways_can_be_ordered(
    send: Send, merchant: Merchant, desk: Desk, world: World, twist: str, begins: str, ends: str
):
    desk.twists.order(twist)
    assert send().json["state"] == begins
    settled(desk, world)
    assert find(merchant).json["state"] == ends


def test_a_hand_ends_it(send: Send, merchant: Merchant, desk: Desk):
    send()
    assert control(merchant, "transfers/BILL0001/settle", state="PROCESSING").status_code == 400
    ended = control(merchant, "transfers/BILL0001/settle", state="FAIL", reason="ACCOUNT_FROZEN").json
    assert (ended["state"], ended["fail_reason"]) == ("FAIL", "ACCOUNT_FROZEN")
    assert control(merchant, "transfers/BILL0001/settle", state="SUCCESS").status_code == 400
    assert merchant.app.test_client().get("/__sandbox/pay/transfers").json["transfers"] == [ended]


# -- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"out_bill_no": "BILL-1"},
        {"out_bill_no": "B" * 33},
        {"out_bill_no": ...},
        {"fen": 50.5},
        {"fen": 0},
        {"transfer_remark": "佣" * 33},
        {"transfer_remark": ...},
        {"openid": "o-of-nobody"},
        {"appid": "wx9"},
        {"notify_url": "https://hospital.example/?a=1"},
        {"notify_url": "http://elsewhere.example/"},
        {"transfer_scene_report_infos": ...},
        {"transfer_scene_report_infos": []},
        {"transfer_scene_report_infos": INFOS[:1]},
        {"transfer_scene_report_infos": [INFOS[0], INFOS[0]]},
        {"transfer_scene_report_infos": [INFOS[0], {"info_type": "报酬", "info_content": "x"}]},
        {"fen": 200_000},
        {"fen": 29, "name": "王一"},
        {"user_name": "not sealed"},
        {"something": 1},
    ],
)
def test_wrong_parameters_are_refused(send: Send, desk: Desk, wrong: dict[str, Any]):
    assert refusal(send(**wrong)) == (400, "PARAM_ERROR")
    assert money(desk) == (START_FEN, {})


@pytest.mark.parametrize("wrong", [{"fen": 9}, {"fen": 2_000_001, "name": "王一"}, {"transfer_scene_id": "1009"}])
def test_what_the_merchant_may_not_is_refused(send: Send, wrong: dict[str, Any]):
    assert refusal(send(**wrong)) == (400, "INVALID_REQUEST")


def test_a_name_needs_the_number_of_the_key(send: Send):
    assert refusal(send(name="王一", serial="")) == (400, "PARAM_ERROR")
    assert send(serial="").status_code == 200


def test_without_money_there_is_no_trace_and_the_same_number_works_later(send: Send, merchant: Merchant, desk: Desk):
    control(merchant, "balance", change_fen=-START_FEN, account="OPERATION")
    assert refusal(send()) == (403, "NOT_ENOUGH")
    assert refusal(find(merchant)) == (404, "NOT_FOUND")
    assert control(merchant, "balance", change_fen=-1, account="OPERATION").status_code == 400
    assert control(merchant, "balance", change_fen=5_000, account="OPERATION").json == {"balance_fen": 5_000}
    assert send().status_code == 200
    assert desk.books.operating_fen == 0


def test_too_many_at_once_are_refused(make_app: MakeApp):
    app = make_app(transfers_per_second=2, cancels_per_second=1)
    merchant = Merchant(app)
    codes = [merchant.call("POST", BILLS, {}).status_code for _ in range(3)]
    assert codes == [400, 400, 429]
    assert [cancel(merchant).status_code for _ in range(2)] == [404, 429]
    app.extensions["world"].stop()


def test_the_old_interface_is_closed(merchant: Merchant):
    assert refusal(merchant.call("POST", "/v3/transfer/batches", {"appid": APPID})) == (403, "NO_AUTH")


# -- news -----------------------------------------------------------------------------------------------------


def test_the_news_may_overtake_the_answer(send: Send, desk: Desk, world: World, backend: Backend):
    world.faults.order("pay/transfer", Kind.EARLY)
    seen: list[int] = []
    backend.meanwhile = lambda: seen.append(len(desk.books.transfers.bills))
    assert send().json["state"] == "WAIT_USER_CONFIRM"
    assert (backend.events, seen) == (["MCHTRANSFER.BILL.FINISHED"], [1])
    assert backend.received[0].plain["state"] == "SUCCESS"


def test_it_is_told_again_on_the_schedule_of_transfers(
    send: Send, merchant: Merchant, desk: Desk, world: World, backend: Backend
):
    backend.answers = [Reply(500)] * 3
    desk.twists.order("transfer_unasked")
    send()
    settled(desk, world)
    for tries, gap in enumerate(TRANSFER_GAPS[:3], 2):
        world.advance(gap)
        desk.tick()
        assert len(backend.received) == tries
    world.advance(DAY)
    desk.tick()
    assert len(backend.received) == 4


@pytest.mark.parametrize(
    ("twist", "field"),
    [
        ("notice_other_amount", "transfer_amount"),
        ("notice_other_mchid", "mch_id"),
        ("notice_other_appid", "appid"),
        ("notice_unknown_order", "out_bill_no"),
    ],
)
def test_false_news_can_be_ordered(
    send: Send, merchant: Merchant, desk: Desk, world: World, backend: Backend, twist: str, field: str
):
    desk.twists.order("transfer_unasked")
    desk.twists.order(twist, at="MCHTRANSFER.BILL.FINISHED")
    send()
    settled(desk, world)
    world.advance(TRANSFER_GAPS[0])
    desk.tick()
    false, true = (each.plain for each in backend.received)
    assert {name for name in true if true[name] != false[name]} == {field}


def test_an_error_after_the_effect_can_be_ordered(send: Send, merchant: Merchant, desk: Desk):
    desk.twists.order("error_after", at="pay/transfer", number="BILL0001", code="SYSTEM_ERROR")
    assert refusal(send()) == (500, "SYSTEM_ERROR")
    assert find(merchant).json["state"] == "WAIT_USER_CONFIRM"


# -- the books ------------------------------------------------------------------------------------------------


def test_transfers_stand_in_the_bill_of_the_operating_account(send: Send, merchant: Merchant, desk: Desk, world: World):
    theirs = send().json["transfer_bill_no"]
    send("BILL0002", fen=700)
    cancel(merchant, "BILL0002")
    settled(desk, world)
    world.advance(2 * DAY)
    asked = "/v3/bill/fundflowbill?bill_date=2026-03-02&account_type="
    assert merchant.call("GET", f"{asked}BASIC").json["code"] == "NO_STATEMENT_EXIST"
    url = merchant.call("GET", f"{asked}OPERATION").json["download_url"]
    rows = merchant.call("GET", url.removeprefix("http://127.0.0.1:8001")).text.splitlines()[1:-2]
    shown = [(cells[1], cells[3], cells[5], cells[6], cells[10]) for cells in (row[1:].split(",`") for row in rows)]
    assert [row[1:] for row in shown[1:]] == [
        ("商家转账", "支出", "50.00", "BILL0001"),
        ("商家转账", "支出", "7.00", "BILL0002"),
        ("商家转账退回", "收入", "7.00", "BILL0002"),
    ]
    assert shown[1][0] == theirs


def test_the_truth_and_the_state_know_transfers(send: Send, merchant: Merchant, desk: Desk, world: World):
    confirm(merchant, send().json["package_info"])
    settled(desk, world)
    truth = merchant.app.test_client().get("/__sandbox/pay/money").json
    assert truth["transferred"] == {"1": 5_000}
    assert (truth["merchant"]["operating_fen"], truth["merchant"]["transferred_fen"]) == (START_FEN - 5_000, 5_000)
    kept = world.snapshot()
    world._restore(kept)
    assert find(merchant).json["state"] == "SUCCESS"
