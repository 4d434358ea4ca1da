"""Giving back item by item: what goes back, what the order makes of it, and the patient's application."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.mall import make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.mall.orders import (
    OTHER,
    STAFF,
    ask_back,
    count_of,
    fresh,
    give_back,
    items_of,
    make_package,
    make_paid,
    states_of,
    use,
    wish,
)
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.core.events import EventRow
from wxapp.mall import queries
from wxapp.mall.errors import NoApplication, NotRefundable
from wxapp.mall.models import ItemStatus, Order, OrderStatus, RefundLine
from wxapp.mall.services import refunds
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_payments
from wxapp.payments.models import Refund, RefundStatus

S = OrderStatus


def stock_of(order: Order) -> tuple[int, int]:
    db.session.expire_all()
    goods = queries.get_goods(order.lines[0].goods_id)
    return goods.stock, goods.sales


def broken() -> list[str]:
    return [check.name for check in check_payments() if not check.holds and not check.name.startswith("recharge")]


def test_an_item_goes_back_and_the_rest_stays(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order, {"心电图": 1})
    assert (fresh(order.no).status, states_of(order)["1 心电图"]) == (S.REFUNDING, "refunding")
    give_back(refund_no)
    order = fresh(order.no)
    assert (order.status, order.refunded_fen, states_of(order)["1 心电图"]) == (S.PAID, 3_334, "refunded")
    assert stock_of(order) == (19, 1)  # the piece is not whole: it can't be sold again
    assert broken() == []


def test_a_piece_that_is_whole_again_goes_back_to_stock(app: Flask) -> None:
    order = make_paid(make_package())
    give_back(ask_back(order, {"心电图": 1}))
    give_back(ask_back(order, {"血常规": 1, "彩超": 1}))
    order = fresh(order.no)
    assert (order.status, order.refunded_fen, order.lines[0].refunded_quantity) == (S.REFUNDED, 10_000, 1)
    assert stock_of(order) == (20, 0)
    assert broken() == []


def test_what_goes_back_of_several_pieces_is_taken_from_behind(app: Flask) -> None:
    order = make_paid(make_package(), 3)
    use(order, "血常规")
    give_back(ask_back(order, {"血常规": 1, "彩超": 1, "心电图": 1}))
    states = states_of(order)
    assert {name for name, state in states.items() if state == "refunded"} == {"3 血常规", "3 彩超", "3 心电图"}
    assert (fresh(order.no).status, stock_of(order)) == (S.IN_USE, (18, 2))


def test_a_piece_that_was_used_in_part_never_goes_back_to_stock(app: Flask) -> None:
    order = make_paid(make_package())
    use(order, "血常规")
    give_back(ask_back(order))
    order = fresh(order.no)
    assert (order.status, order.refunded_fen, stock_of(order)) == (S.DONE, 6_667, (19, 1))
    assert order.done_at is not None


def test_what_is_used_does_not_go_back(app: Flask) -> None:
    order = make_paid(make_package())
    wished = wish(order, {"血常规": 1})
    use(order, "血常规")
    with pytest.raises(Invalid):
        refunds.request_refund(order.no, wished=wished, reason="a", by=STAFF)
    use(order)
    with pytest.raises(NotRefundable):
        refunds.request_refund(order.no, wished=wished, reason="a", by=STAFF)


def test_whole_pieces_and_items_together(app: Flask) -> None:
    order = make_paid(make_package(), 3)
    use(order, "血常规")
    line_id = order.lines[0].id
    with pytest.raises(Invalid, match="最多可退2件"):
        refunds.request_refund(order.no, pieces={line_id: 3}, reason="a", by=STAFF)
    refund_no = refunds.request_refund(order.no, pieces={line_id: 2}, wished={(line_id, 2): 1}, reason="a", by=STAFF)
    assert payment_queries.get_refund(refund_no).amount_fen == 23_333
    assert [(line.quantity, line.amount_fen) for line in db.session.scalars(sa.select(RefundLine))] == [(2, 23_333)]


def test_a_refund_of_nothing_worth_needs_no_channel(app: Flask) -> None:
    order = make_paid(make_goods(items=("甲", "乙"), price_fen=1))
    refund_no = ask_back(order, {"甲": 1})
    payments.approve_refund(refund_no, by=OTHER)
    order = fresh(order.no)
    assert (order.status, order.refunded_fen, states_of(order)["1 甲"]) == (S.PAID, 0, "refunded")


def test_refused_items_may_be_used_and_asked_for_again(app: Flask) -> None:
    order = make_paid(make_package())
    payments.reject_refund(ask_back(order), by=OTHER, reason="已预约")
    assert (fresh(order.no).status, count_of(order, ItemStatus.OPEN)) == (S.PAID, 3)
    assert {item.refund_no for item in items_of(order)} == {""}
    use(order, "血常规")
    give_back(ask_back(order))
    assert fresh(order.no).status is S.DONE


def test_a_refused_refund_of_an_order_in_use_goes_back_to_in_use(app: Flask) -> None:
    order = make_paid(make_package())
    use(order, "血常规")
    payments.reject_refund(ask_back(order), by=OTHER, reason="已预约")
    assert fresh(order.no).status is S.IN_USE


def test_hearing_of_a_refund_twice_changes_nothing(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order, {"心电图": 1})
    give_back(refund_no)
    refunds.settle_refund(order.no, refund_no=refund_no, amount_fen=3_334)
    refunds.forget_refund(order.no, refund_no=refund_no, why="a")
    order = fresh(order.no)
    assert (order.refunded_fen, states_of(order)["1 心电图"]) == (3_334, "refunded")


# --- taking an application back --------------------------------------------------------------------------------------


def test_an_application_is_taken_back_while_nobody_has_decided(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order)
    refunds.withdraw_refund(fresh(order.no), refund_no, by="wechat:1")
    order = fresh(order.no)
    assert (order.status, count_of(order, ItemStatus.OPEN), order.lines[0].refunded_quantity) == (S.PAID, 3, 0)
    assert payment_queries.get_refund(refund_no).status is RefundStatus.WITHDRAWN
    assert payment_queries.get_payment(order.payment_no).refunded_fen == 0
    assert broken() == []
    with pytest.raises(IllegalTransition):
        payments.approve_refund(refund_no, by=OTHER)
    with pytest.raises(NoApplication):
        refunds.withdraw_refund(order, refund_no, by="wechat:1")
    give_back(ask_back(order))
    assert fresh(order.no).status is S.REFUNDED


def test_what_was_decided_is_not_taken_back(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order)
    payments.approve_refund(refund_no, by=OTHER)
    with pytest.raises(NoApplication):
        refunds.withdraw_refund(fresh(order.no), refund_no, by="wechat:1")
    assert fresh(order.no).status is S.REFUNDING


def test_only_an_application_of_this_order_s_patient_is_taken_back(app: Flask) -> None:
    order, other = make_paid(make_package()), make_paid(make_package())
    by_staff, foreign = ask_back(order, by=STAFF), ask_back(other)
    for refund_no in (by_staff, foreign, "R0"):
        with pytest.raises(NotFound):
            refunds.withdraw_refund(fresh(order.no), refund_no, by="wechat:1")


# --- the patient's pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def buyer(client: FlaskClient, sign_in_wechat: Any) -> tuple[FlaskClient, str, Order]:
    patient = make_patient()
    token = sign_in_wechat(client, make_wechat_user(patient=patient))
    return client, token, make_paid(make_package(), patient_id=patient.id)


def apply(buyer: tuple[FlaskClient, str, Order], *names: str, **fields: Any) -> Any:
    client, token, order = buyer
    groups = {group.name: group.field for line in queries.line_items(order) for group in line.groups}
    sent = {"csrf_token": token, "once": "once-0000001", "reason": "时间有变", **{groups[name]: "1" for name in names}}
    return client.post(f"/orders/{order.no}/refund", data={**sent, **fields})


def test_the_page_offers_what_is_open_with_what_it_is_worth(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, _, order = buyer
    use(order, "彩超")
    page = client.get(f"/orders/{order.no}/refund").text
    for text in ("血常规", "心电图", "33.34", "最多可退", "66.67"):
        assert text in page
    assert "彩超" not in page


def test_an_application_is_made_once_and_seen(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, _, order = buyer
    for _press in range(2):
        answer = apply(buyer, "血常规", "心电图")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/orders/{order.no}")
    (refund,) = db.session.scalars(sa.select(Refund))
    assert (refund.amount_fen, refund.reason, refund.status) == (6_667, "时间有变", RefundStatus.REQUESTED)
    page = client.get(f"/orders/{order.no}").text
    for text in ("待审核", "66.67", "撤回申请", "退款中", "待使用"):
        assert text in page


def test_the_patient_reads_why_it_was_refused(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, _, order = buyer
    apply(buyer, "血常规")
    (refund,) = db.session.scalars(sa.select(Refund))
    payments.reject_refund(refund.no, by=OTHER, reason="该项目今天已安排")
    page = client.get(f"/orders/{order.no}").text
    assert "未通过" in page
    assert "医院答复：该项目今天已安排" in page
    assert "撤回申请" not in page


def test_the_patient_takes_the_application_back(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, token, order = buyer
    apply(buyer, "血常规")
    (refund,) = db.session.scalars(sa.select(Refund))
    address = f"/orders/{order.no}/refund/{refund.no}/withdraw"
    assert client.post(address, data={"csrf_token": token}).status_code == 303
    again = client.post(address, data={"csrf_token": token})
    assert (again.status_code, "不能撤回" in again.text) == (409, True)
    assert "已撤回" in client.get(f"/orders/{order.no}").text
    assert fresh(order.no).status is S.PAID


@pytest.mark.parametrize(
    ("names", "fields", "sentence"),
    [
        ((), {}, "请选择要退款的商品"),
        (("血常规",), {"reason": ""}, "请填写退款原因"),
        (("血常规",), {"reason": "长" * 81}, "退款原因不能超过80个字"),
        (("血常规",), {"once": ""}, "请填写提交编号"),
        (("血常规",), {"amount": "1"}, "表单含有未知的字段"),
        ((), {"item_999999_1": "1"}, "该项目已使用、已退款或不存在"),
        ((), {"line_1": "1"}, "表单含有未知的字段"),
    ],
)
def test_a_wrong_application_changes_nothing(
    buyer: tuple[FlaskClient, str, Order], names: tuple[str, ...], fields: dict[str, str], sentence: str
) -> None:
    page = apply(buyer, *names, **fields)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert db.session.scalar(sa.select(sa.func.count(Refund.id))) == 0
    assert fresh(buyer[2].no).status is S.PAID


def test_what_was_chosen_is_still_there(buyer: tuple[FlaskClient, str, Order]) -> None:
    field = queries.line_items(buyer[2])[0].groups[1].field
    page = apply(buyer, "彩超", reason="").text
    ticked = page.split(f'name="{field}"')[1].split(">")[0]
    assert "checked" in ticked


def test_the_order_of_somebody_else_is_not_given_back(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, token, _ = buyer
    foreign = make_paid(make_package())
    field = queries.line_items(foreign)[0].groups[0].field
    assert client.get(f"/orders/{foreign.no}/refund").status_code == 404
    sent = {"csrf_token": token, "once": "once-0000002", "reason": "a", field: "1"}
    assert client.post(f"/orders/{foreign.no}/refund", data=sent).status_code == 404
    refund_no = ask_back(foreign)
    address = f"/orders/{foreign.no}/refund/{refund_no}/withdraw"
    assert client.post(address, data={"csrf_token": token}).status_code == 404
    assert payment_queries.get_refund(refund_no).status is RefundStatus.REQUESTED


def test_tabs_and_badges_count_the_same_orders(buyer: tuple[FlaskClient, str, Order]) -> None:
    client, _, order = buyer
    others = [make_paid(make_package(), patient_id=order.patient_id) for _ in range(3)]
    use(others[0], "彩超")
    use(others[1])
    ask_back(others[2])
    for key, wanted in (("paid", order), ("in_use", others[0]), ("done", others[1]), ("refund", others[2])):
        page = client.get(f"/orders?state={key}").text
        assert [one.no in page for one in (order, *others)] == [one.no == wanted.no for one in (order, *others)]
    assert "已用 1 / 3 项" in client.get("/orders?state=in_use").text
    me = client.get("/me").text
    for label in ("待使用", "使用中", "已完成", "退款"):
        assert label in me


def test_what_happens_to_an_order_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from wxapp.core import events
    from wxapp.mall.events import OrderDone, OrderRedeemed, OrderRefunded, RedemptionUndone

    heard: list[events.Event] = []
    for kind in (OrderDone, OrderRedeemed, OrderRefunded, RedemptionUndone):
        monkeypatch.setitem(events._listeners, kind.__name__, {"tests.listen": heard.append})
        monkeypatch.setitem(events._types, kind.__name__, kind)
    order = make_paid(make_package())
    use(order, "血常规")
    refund_no = ask_back(order, {"心电图": 1})
    give_back(refund_no)
    use(order, "彩超")
    assert heard == [
        OrderRedeemed(order.no, 1, 2, STAFF),
        OrderRefunded(order.no, refund_no, 3_334, 3_334),
        OrderDone(order.no, order.patient_id, 6_666),
        OrderRedeemed(order.no, 1, 0, STAFF),
    ]
    assert db.session.scalar(sa.select(sa.func.count(EventRow.id)).where(EventRow.name == "OrderDone")) == 1
