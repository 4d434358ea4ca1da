"""The staff's page for redeeming: every way to name an order, one press, a slip undone, and who may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_goods, make_order
from tests.mall.desk import JSON, Desk, P, Sit, audited
from tests.mall.orders import ask_back, fresh, give_back, items_of, make_package, make_paid, states_of, use
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.services import ordering

CODE_PAGE = "/pc/redeem?q="


@pytest.fixture
def nurse(sit: Sit) -> Desk:
    return sit(P.ORDER_READ, P.ORDER_REDEEM, P.TABLE_EXPORT)


@pytest.fixture
def order(nurse: Desk) -> Order:
    return make_paid(make_package())


def press(nurse: Desk, order: Order, *names: str, **fields: Any) -> Any:
    groups = {group.name: group.field for line in queries.line_items(order) for group in line.groups}
    sent = {groups[name]: "1" for name in names}
    return nurse.client.post(f"/pc/redeem/{order.no}", data={"csrf_token": nurse.csrf, **sent, **fields})


@pytest.mark.parametrize(
    "form", ["{0}", "{0:.4} {1} {2}", "{0:.4}-{1}-{2}", " {0}\n", "http://localhost/pc/mall/redeem/{0}"]
)
def test_scanner_keyboard_and_address_lead_to_the_order(nurse: Desk, order: Order, form: str) -> None:
    code = order.redemption_code
    text = form.format(code, code[4:8], code[8:])
    found = nurse.client.get("/pc/redeem", query_string={"q": text})
    assert (found.status_code, found.headers["Location"]) == (303, f"/pc/redeem/{order.no}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("12345", "没有识别到核销码"),
        ("您好", "没有识别到核销码"),
        ("1234567890123", "没有识别到核销码"),
        ("https://example.com/x", "没有识别到核销码"),
        ("000000000000", "没有这个核销码对应的订单"),
    ],
)
def test_what_is_no_code_is_said_beside_the_field(nurse: Desk, text: str, sentence: str) -> None:
    page = nurse.client.get("/pc/redeem", query_string={"q": text})
    assert (page.status_code, sentence in page.text) == (404, True)
    assert text in page.text  # what was typed is still there


def test_codes_are_not_found_by_trying(nurse: Desk) -> None:
    answers = [nurse.client.get(f"{CODE_PAGE}{number:012d}").status_code for number in range(61)]
    assert answers == [404] * 60 + [429]


def test_the_qr_code_of_the_order_leads_those_who_redeem_to_the_page(nurse: Desk, order: Order) -> None:
    assert nurse.get(f"redeem/{order.redemption_code}").headers["Location"] == f"/pc/redeem/{order.no}"


def test_the_page_says_who_comes_and_what_is_open(nurse: Desk, order: Order) -> None:
    use(order, "彩超")
    page = nurse.client.get(f"/pc/redeem/{order.no}").text
    for text in ("林*", "138****0001", "9901****1280", "血常规", "已用 1 / 3 项", "核销所选项目"):
        assert text in page
    for secret in ("林小满", "13800000001", "990101199005211280"):
        assert secret not in page
    assert any(order.no in row.subject for row in db.session.scalars(sa.select(AuditRow)))


def test_ticked_items_are_redeemed_with_one_press(nurse: Desk, order: Order) -> None:
    answer = press(nurse, order, "血常规", "心电图", open="3")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pc/redeem/{order.no}")
    assert states_of(order) == {"1 血常规": "used", "1 彩超": "open", "1 心电图": "used"}
    assert "已核销：血常规、心电图，还有 1 项待使用" in nurse.client.get(answer.headers["Location"]).text
    (row,) = audited("mall.redeem_items")
    assert (row.subject, row.detail) == (f"mall_order:{order.no}", "血常规、心电图")


def test_a_press_twice_redeems_once(nurse: Desk) -> None:
    order = make_paid(make_package(), 2)
    for _ in range(2):
        assert press(nurse, order, "血常规", open="6", form_key="key-0000000001").status_code == 303
    assert sum(state == "used" for state in states_of(order).values()) == 1


def test_by_json(nurse: Desk, order: Order) -> None:
    page = nurse.client.get(f"/pc/redeem/{order.no}", headers=JSON).json
    assert [(item["name"], item["open"]) for item in page["items"]] == [("血常规", 1), ("彩超", 1), ("心电图", 1)]
    body = {page["items"][0]["field"]: 1}
    told = nurse.client.post(f"/pc/redeem/{order.no}", json=body, headers={"X-CSRF-Token": nurse.csrf, **JSON})
    assert (told.json["code"], told.json["left"]) == (1, 2)
    again = nurse.client.post(f"/pc/redeem/{order.no}", json=body, headers={"X-CSRF-Token": nurse.csrf, **JSON})
    assert (again.status_code, again.json["code"]) == (422, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "请选择项目"),
        ({"item_1_x": "1"}, "表单含有未知的字段"),
        ({"item_999999_1": "1"}, "该项目已使用、已退款或不存在"),
        ({"{field}": "2"}, "最多可选1份"),
        ({"{field}": "-1"}, "份数应为整数"),
        ({"{field}": "1.5"}, "份数应为整数"),
        ({"{field}": "9" * 30}, "份数应为整数"),
        ({"{field}": ["1", "1"]}, "此项重复提交"),
        ({"{field}": "1", "status": "done"}, "表单含有未知的字段"),
        ({"{field}": "1", "open": "x"}, "待使用项目数应为整数"),
    ],
)
def test_a_wrong_press_redeems_nothing(nurse: Desk, order: Order, fields: dict[str, Any], sentence: str) -> None:
    field = queries.line_items(order)[0].groups[0].field
    page = press(nurse, order, **{name.format(field=field): value for name, value in fields.items()})
    assert (page.status_code, sentence in page.text) == (422, True)
    assert set(states_of(order).values()) == {"open"}


def test_an_old_page_is_refused_with_a_sentence(nurse: Desk, order: Order) -> None:
    use(order, "彩超")
    page = press(nurse, order, "血常规", open="3")
    assert (page.status_code, "刚刚有变动" in page.text) == (409, True)


def test_what_can_not_be_redeemed_says_why(nurse: Desk) -> None:
    goods = make_package()
    unpaid, closed = make_order(goods, wechat_user_id=71), make_order(goods, wechat_user_id=72)
    ordering.cancel_order(queries.get_order(closed), by="wechat:72", reason="用户取消")
    refunded, done = make_paid(goods), make_paid(goods)
    give_back(ask_back(refunded))
    use(done)
    for order_no, sentence in (
        (unpaid, "还未付款"),
        (closed, "已关闭"),
        (refunded.no, "已全部退款"),
        (done.no, "已全部使用"),
    ):
        page = nurse.client.get(f"/pc/redeem/{order_no}").text
        assert sentence in page
        assert "核销所选项目" not in page
        answer = press(nurse, queries.get_order(order_no), item_1_1="1")
        assert (answer.status_code, sentence in answer.text) == (409, True)


def test_several_pieces_are_chosen_by_number(nurse: Desk) -> None:
    order = make_paid(make_goods(name="胸部CT", price_fen=100), 3)
    field = queries.line_items(order)[0].groups[0].field
    assert (
        f'<select class="form-select redeem-item__count" name="{field}"'
        in nurse.client.get(f"/pc/redeem/{order.no}").text
    )
    press(nurse, order, **{field: "2"})
    assert fresh(order.no).status is OrderStatus.IN_USE


def test_a_slip_is_undone_with_a_reason(nurse: Desk, order: Order) -> None:
    press(nurse, order, "血常规")
    item = items_of(order)[0]
    address = f"/pc/redeem/{order.no}/items/{item.id}/undo"
    refused = nurse.client.post(address, data={"csrf_token": nurse.csrf})
    assert (refused.status_code, "请填写撤销原因" in refused.text) == (422, True)
    assert nurse.client.post(address, data={"csrf_token": nurse.csrf, "reason": "扫错了人"}).status_code == 303
    assert set(states_of(order).values()) == {"open"}
    assert audited("mall.redeem_undo")[-1].detail == "血常规，扫错了人"


def test_redemptions_of_the_day_are_listed_by_person_and_exported(
    sit: Sit, order: Order, at: Callable[[timedelta], None]
) -> None:
    use(order, "彩超", by="staff:1")
    at(timedelta(days=1))
    use(order, "血常规", by="staff:2")
    nurse = sit(P.ORDER_REDEEM, P.TABLE_EXPORT)
    rows = nurse.client.get("/pc/redemptions", headers=JSON).json["list"]
    assert [row["name"] for row in rows] == ["血常规"]
    rows = nurse.client.get("/pc/redemptions?since=2026-03-01&staff=staff:1", headers=JSON).json["list"]
    assert [(row["name"], row["share"], row["contact"]) for row in rows] == [("彩超", "33.33", "林**")]
    assert nurse.client.get("/pc/redemptions?export=xlsx").data[:2] == b"PK"


def test_without_the_right_nothing_is_redeemed(sit: Sit) -> None:
    clerk = sit(P.ORDER_READ)
    order = make_paid(make_package())
    assert clerk.client.get(f"/pc/redeem/{order.no}").status_code == 403
    assert press(clerk, order, "血常规").status_code == 403
    assert clerk.client.get("/pc/redemptions").status_code == 403
    assert set(states_of(order).values()) == {"open"}
    assert clerk.get(f"redeem/{order.redemption_code}").headers["Location"] == f"/pc/mall/orders/{order.no}"
