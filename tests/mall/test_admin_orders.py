"""Staff's pages of the mall, orders and refunds: right, wrong in every way, pressed twice, not allowed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_order
from tests.mall.desk import Desk, P, Sit, count
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.mall import queries
from wxapp.mall.models import Goods, OrderStatus
from wxapp.mall.services import refunds
from wxapp.payments import services as payments
from wxapp.payments.models import Method, Refund

# --- orders ----------------------------------------------------------------------------------------------------------


def paid(goods: Goods, quantity: int = 2) -> str:
    order_no = make_order(goods, quantity=quantity)
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:999")
    return order_no


def test_the_list_is_masked_and_found_by_number_code_name_and_phone(desk: Desk, goods: Goods) -> None:
    order = queries.get_order(make_order(goods))
    page = desk.get("orders").text
    assert "林*" in page
    for secret in ("林小满", "13800000001", "990101199005211280"):
        assert secret not in page
    for text in (order.no, order.redemption_code, "林小满", "13800000001"):
        assert queries.find_numbers(text) == [order.no]


def test_the_list_in_json_has_yuan_and_moments(desk: Desk, goods: Goods) -> None:
    make_order(goods, quantity=2)
    (row,) = desk.ask("orders?status=awaiting_payment").json["list"]
    assert (row["total"], row["status"], row["placed_at"]) == (
        "598.00",
        "awaiting_payment",
        "2026-03-02T10:00:00+08:00",
    )


def test_looking_at_an_order_is_written_down(desk: Desk, goods: Goods) -> None:
    order_no = make_order(goods)
    page = desk.get(f"orders/{order_no}").text
    for text in ("林*", "138****0001", "收款", "关闭订单"):
        assert text in page
    assert "林小满" not in page
    assert any(order_no in row.subject for row in db.session.scalars(sa.select(AuditRow)))


def test_a_page_offers_what_its_reader_may_do(sit: Sit, goods: Goods) -> None:
    order_no = make_order(goods)
    page = sit(P.ORDER_READ).get(f"orders/{order_no}").text
    for text in ("收款", "关闭订单", "申请退款"):
        assert text not in page


def test_the_code_of_an_order_leads_to_it(desk: Desk, goods: Goods) -> None:
    order = queries.get_order(make_order(goods))
    assert desk.get(f"redeem/{order.redemption_code}").headers["Location"] == f"/pc/mall/orders/{order.no}"
    assert desk.ask("redeem/000000000000").status_code == 404


def test_an_unpaid_order_is_closed_once(desk: Desk, goods: Goods) -> None:
    order_no = make_order(goods, quantity=2)
    for _press in range(2):
        assert desk.post(f"orders/{order_no}/close", reason="重复下单").status_code == 303
    order = queries.get_order(order_no)
    assert (order.status, order.close_reason, queries.get_goods(goods.id).stock) == (OrderStatus.CLOSED, "重复下单", 5)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "请填写关闭原因"),
        ({"reason": "长" * 61}, "关闭原因不能超过60个字"),
        ({"reason": ["a", "b"]}, "关闭原因重复提交"),
        ({"reason": "a", "status": "paid"}, "表单含有未知的字段"),
    ],
)
def test_a_wrong_closing_closes_nothing(desk: Desk, goods: Goods, fields: dict[str, Any], text: str) -> None:
    order_no = make_order(goods)
    page = desk.post(f"orders/{order_no}/close", **fields)
    assert page.status_code == 422
    assert text in page.text
    assert queries.get_order(order_no).status is OrderStatus.AWAITING_PAYMENT


def test_a_paid_order_is_not_closed(desk: Desk, goods: Goods) -> None:
    order_no = paid(goods)
    refused = desk.tell(f"orders/{order_no}/close", {"reason": "重复下单"})
    assert (refused.status_code, refused.json["code"]) == (409, 0)
    assert queries.get_order(order_no).status is OrderStatus.PAID


# --- refunds ---------------------------------------------------------------------------------------------------------


def test_a_refund_is_asked_for_once_and_waits_for_somebody_else(desk: Desk, goods: Goods) -> None:
    order_no = paid(goods)
    line = queries.get_order(order_no).lines[0]
    first = desk.post(f"orders/{order_no}/refund", **{f"line_{line.id}": "1", "reason": "时间有变"})
    second = desk.post(f"orders/{order_no}/refund", **{f"line_{line.id}": "1", "reason": "时间有变"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert [(refund.amount_fen, refund.reason) for refund in db.session.scalars(sa.select(Refund))] == [
        (29_900, "时间有变")
    ]
    assert queries.get_order(order_no).status is OrderStatus.REFUNDING


def test_a_refund_by_json(desk: Desk, goods: Goods) -> None:
    order_no = paid(goods)
    line = queries.get_order(order_no).lines[0]
    told = desk.tell(f"orders/{order_no}/refund", {f"line_{line.id}": 2, "reason": "时间有变"})
    assert told.json["code"] == 1
    assert told.json["refund_no"] == db.session.scalars(sa.select(Refund.no)).one()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"line": "1"}, "请填写退款原因"),
        ({"line": "0", "reason": "a"}, "请选择要退款的商品"),
        ({"reason": "a"}, "请选择要退款的商品"),
        ({"line": "3", "reason": "a"}, "最多可退2件"),
        ({"line": "-1", "reason": "a"}, "件数应为整数"),
        ({"line": "1.5", "reason": "a"}, "件数应为整数"),
        ({"line": "x", "reason": "a"}, "件数应为整数"),
        ({"line": "9" * 30, "reason": "a"}, "件数应为整数"),
        ({"line": ["1", "1"], "reason": "a"}, "重复提交"),
        ({"line": "1", "reason": "长" * 81}, "退款原因不能超过80个字"),
        ({"line": "1", "reason": "a", "line_999999": "1"}, "该商品不属于此订单"),
        ({"line": "1", "reason": "a", "line_x": "1"}, "表单含有未知的字段"),
        ({"line": "1", "reason": "a", "amount": "0.01"}, "表单含有未知的字段"),
    ],
)
def test_a_wrong_refund_is_not_asked_for(desk: Desk, goods: Goods, fields: dict[str, Any], text: str) -> None:
    order_no = paid(goods)
    line = queries.get_order(order_no).lines[0]
    sent = {f"line_{line.id}" if name == "line" else name: value for name, value in fields.items()}
    page = desk.post(f"orders/{order_no}/refund", **sent)
    assert page.status_code == 422
    assert text in page.text
    assert (count(Refund), queries.get_order(order_no).status) == (0, OrderStatus.PAID)


def test_pieces_of_another_order_are_not_refunded_here(desk: Desk, goods: Goods) -> None:
    order_no, other_no = paid(goods), paid(goods)
    line, other = queries.get_order(order_no).lines[0], queries.get_order(other_no).lines[0]
    sent = {f"line_{line.id}": "1", f"line_{other.id}": "1", "reason": "a"}
    assert desk.post(f"orders/{order_no}/refund", **sent).status_code == 422
    assert count(Refund) == 0


def test_what_is_not_paid_is_not_refunded(desk: Desk, goods: Goods) -> None:
    order_no = make_order(goods)
    line = queries.get_order(order_no).lines[0]
    assert desk.post(f"orders/{order_no}/refund", **{f"line_{line.id}": "1", "reason": "a"}).status_code == 409
    assert desk.post("orders/N2026030299999/refund", reason="a").status_code in {404, 422}


def test_a_refund_that_was_refused_can_be_asked_for_again(desk: Desk, goods: Goods) -> None:
    order_no = paid(goods)
    line = queries.get_order(order_no).lines[0]
    refund_no = refunds.request_refund(order_no, pieces={line.id: 2}, reason="a", by="staff:1")
    payments.reject_refund(refund_no, by="staff:2", reason="不同意")
    page = desk.get(f"orders/{order_no}").text
    assert "可退 2 件" in page
