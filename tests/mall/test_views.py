"""The mall's pages: right, wrong in every way, not one's own, pressed twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.mall import make_category, make_goods, make_order
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core.db import db
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries
from wxapp.mall.models import Goods, Order, OrderStatus
from wxapp.mall.services import catalogue, refunds
from wxapp.mall.views import home
from wxapp.messages.tasks import deliver_due
from wxapp.payments import services as payments
from wxapp.payments.models import Method

SignIn = Callable[[FlaskClient, Any], str]
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def fresh_pages() -> None:
    forget_public_pages()


@dataclass
class Phone:
    """Somebody with a bound patient."""

    client: FlaskClient
    csrf: str
    user_id: int
    patient_id: int

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields}, headers=headers or {})

    def order(self, goods: Goods, **over: Any) -> Any:
        """Press 生成订单 with what the check page holds."""
        fields = {"once": "once-0000000001", "goods_id": goods.id, "quantity": 1, "price": goods.price_fen, **over}
        return self.post("/mall/checkout", **{name: value for name, value in fields.items() if value is not None})


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: SignIn) -> Phone:
    patient = make_patient(name="林小满", phone="13800000001")
    user = make_wechat_user(patient=patient)
    return Phone(client, sign_in_wechat(client, user), user.id, patient.id)


@pytest.fixture
def goods(client: FlaskClient) -> Goods:
    return make_goods(name="入职体检套餐", items=("血常规", "彩超"), price_fen=29_900, stock=3)


def count_orders() -> int:
    return db.session.scalar(sa.select(sa.func.count(Order.id))) or 0


def stock_of(goods: Goods) -> int:
    return queries.get_goods(goods.id).stock


def pay(order_no: str) -> None:
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:1")


# --- looking ---------------------------------------------------------------------------------------------------------


def test_an_address_that_searches_without_end_has_to_wait(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "SEARCHES", replace(home.SEARCHES, count=2))
    texts = ["血", "尿", "骨"]
    found = [client.get("/mall", query_string={"q": text}) for text in texts]
    assert [answer.status_code for answer in found] == [200, 200, 429]
    assert 1 <= int(found[-1].headers["Retry-After"]) <= 60
    assert "搜索过于频繁" in found[-1].text
    assert "Cache-Control" not in found[-1].headers or "public" not in found[-1].headers["Cache-Control"]
    assert client.get("/mall").status_code == 200
    elsewhere = client.get("/mall", query_string={"q": "心"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


def test_the_mall_shows_what_is_on_sale_to_everybody(client: FlaskClient, goods: Goods) -> None:
    make_goods(name="旧套餐", is_on_sale=False)
    page = client.get("/mall").text
    assert "入职体检套餐" in page
    assert "299.00" in page
    assert "旧套餐" not in page


@pytest.mark.parametrize(
    ("text", "is_found"), [("入职", True), ("彩超", True), ("职体", True), ("%", False), ("x" * 500, False)]
)
def test_words_inside_names_are_found(client: FlaskClient, goods: Goods, text: str, is_found: bool) -> None:
    page = client.get("/mall", query_string={"q": text}).text
    assert (f'href="/mall/goods/{goods.id}"' in page) is is_found


def test_categories_and_orders_of_the_list(client: FlaskClient) -> None:
    one, other = make_category(name="套餐"), make_category(name="单项")
    make_goods(name="便宜的", category_id=one.id, price_fen=100, position=2)
    make_goods(name="贵重的", category_id=one.id, price_fen=900, position=1)
    make_goods(name="别处的", category_id=other.id)
    page = client.get(f"/mall?category={one.id}&sort=price_up").text
    assert re.findall("便宜的|贵重的|别处的", re.sub(r'(alt|aria-label)="[^"]*"', "", page)) == ["便宜的", "贵重的"]


def test_a_wrong_order_of_the_list_is_the_usual_one(client: FlaskClient, goods: Goods) -> None:
    assert client.get("/mall?sort=nothing").status_code == 200


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=501", "page=%D9%A1", "category=x", "category=-1"])
def test_an_address_that_was_never_a_link_is_not_found(client: FlaskClient, query: str) -> None:
    assert client.get(f"/mall?{query}").status_code == 404


def test_goods_show_their_items_and_what_they_cost(client: FlaskClient, goods: Goods) -> None:
    page = client.get(f"/mall/goods/{goods.id}").text
    for text in ("入职体检套餐", "299.00", "血常规", "彩超", "仅剩 3 份", "立即购买"):
        assert text in page


@pytest.mark.parametrize(("over", "text"), [({"stock": 0}, "已售罄"), ({"is_on_sale": False}, "该商品已下架")])
def test_what_can_not_be_bought_has_no_button(client: FlaskClient, over: dict[str, Any], text: str) -> None:
    page = client.get(f"/mall/goods/{make_goods(**over).id}").text
    assert text in page
    assert "立即购买" not in page


@pytest.mark.parametrize("number", ["0", "999999", "9" * 25, "x", "-1"])
def test_goods_that_are_not_there(client: FlaskClient, number: str) -> None:
    assert client.get(f"/mall/goods/{number}").status_code == 404


# --- ordering --------------------------------------------------------------------------------------------------------


def test_the_check_page_shows_for_whom_and_how_much(phone: Phone, goods: Goods) -> None:
    page = phone.client.get(f"/mall/checkout?goods_id={goods.id}&quantity=2").text
    for text in ("林*", "138****0001", "入职体检套餐", "598.00"):
        assert text in page
    assert "林小满" not in page


@pytest.mark.parametrize("query", ["", "goods_id=x", "goods_id=1&quantity=0", "goods_id=1&quantity=100", "quantity=1"])
def test_a_check_page_of_nothing_is_not_found(phone: Phone, query: str) -> None:
    assert phone.client.get(f"/mall/checkout?{query}").status_code == 404


def test_who_has_no_patient_is_led_to_binding(client: FlaskClient, sign_in_wechat: SignIn, goods: Goods) -> None:
    csrf = sign_in_wechat(client, make_wechat_user())
    page = client.get(f"/mall/checkout?goods_id={goods.id}").text
    assert "立即绑定" in page
    fields = {"csrf_token": csrf, "once": "once-0000000001", "goods_id": goods.id, "price": goods.price_fen}
    refused = client.post("/mall/checkout", data=fields)
    assert (refused.status_code, count_orders()) == (409, 0)
    assert "请先绑定就诊人" in refused.text


def test_who_is_not_signed_in_is_shown_the_way_into_wechat(client: FlaskClient, goods: Goods) -> None:
    assert "请在微信中打开" in client.get(f"/mall/checkout?goods_id={goods.id}").text
    assert client.post("/mall/checkout", data={"goods_id": goods.id}).status_code == 419


def test_an_order_leads_to_its_pay_page(phone: Phone, goods: Goods) -> None:
    answer = phone.order(goods, quantity=2, wished_on="2026-03-10", remark="需要轮椅")
    order = db.session.scalars(sa.select(Order)).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pay/{order.payment_no}")
    assert (order.patient_id, order.total_fen, order.remark, str(order.wished_on)) == (
        phone.patient_id,
        59_800,
        "需要轮椅",
        "2026-03-10",
    )
    assert stock_of(goods) == 1


def test_pressed_twice_is_ordered_once(phone: Phone, goods: Goods) -> None:
    first, second = phone.order(goods), phone.order(goods)
    assert first.headers["Location"] == second.headers["Location"]
    assert (count_orders(), stock_of(goods)) == (1, 2)


def test_the_same_key_with_another_wish_is_refused(phone: Phone, goods: Goods) -> None:
    phone.order(goods)
    refused = phone.order(goods, quantity=2)
    assert (refused.status_code, count_orders(), stock_of(goods)) == (422, 1, 2)


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({"quantity": 0}, 404, ""),
        ({"quantity": "x"}, 404, ""),
        ({"goods_id": None}, 404, ""),
        ({"goods_id": 999_999}, 404, ""),
        ({"price": 1}, 409, "价格已变动"),
        ({"price": "x"}, 422, "请检查标出的内容"),
        ({"price": None}, 422, "请检查标出的内容"),
        ({"once": None}, 422, "请检查标出的内容"),
        ({"once": "short"}, 422, "请检查标出的内容"),
        ({"once": "k" * 61}, 422, "请检查标出的内容"),
        ({"remark": "长" * 101}, 422, "备注不能超过100个字"),
        ({"wished_on": "tomorrow"}, 422, "期望日期应为日期"),
        ({"wished_on": "2026-02-30"}, 422, "期望日期应为日期"),
        ({"wished_on": "2026-03-02"}, 422, "期望日期应在明天至半年之内"),
        ({"wished_on": "2026-10-01"}, 422, "期望日期应在明天至半年之内"),
        ({"status": "paid"}, 422, "请检查标出的内容"),
        ({"patient_id": 999_999}, 409, "当前就诊人已切换"),
        ({"remark": ["a", "b"]}, 422, "备注重复提交"),
        ({"quantity": 4}, 409, "库存不足"),
    ],
)  # fmt: skip
def test_a_wrong_order_comes_back_and_changes_nothing(
    phone: Phone, goods: Goods, over: dict[str, Any], status: int, text: str
) -> None:
    refused = phone.order(goods, **over)
    assert refused.status_code == status
    assert text in refused.text
    assert (count_orders(), stock_of(goods)) == (0, 3)


def test_what_was_typed_is_still_there(phone: Phone, goods: Goods) -> None:
    page = phone.order(goods, remark="需要轮椅", wished_on="2027-01-01").text
    assert 'value="需要轮椅"' in page
    assert 'name="once" value="once-0000000001"' in page


def test_goods_that_were_taken_off_meanwhile(phone: Phone, goods: Goods) -> None:
    catalogue.put_on_sale(goods.id, is_on_sale=False)
    refused = phone.order(goods)
    assert (refused.status_code, count_orders()) == (409, 0)
    assert "已下架" in refused.text


def test_a_foreign_form_orders_nothing(phone: Phone, goods: Goods) -> None:
    phone.csrf = "0" * 64
    assert phone.order(goods).status_code == 419
    assert count_orders() == 0


def test_a_page_of_another_site_orders_nothing(phone: Phone, goods: Goods) -> None:
    fields = {"once": "once-0000000001", "goods_id": goods.id, "price": goods.price_fen}
    refused = phone.post("/mall/checkout", headers={"Origin": "https://elsewhere.example"}, **fields)
    assert (refused.status_code, count_orders()) == (419, 0)


def test_a_refusal_in_json_is_a_problem(phone: Phone, goods: Goods) -> None:
    fields = {"once": "once-0000000001", "goods_id": goods.id, "price": 1}
    refused = phone.post("/mall/checkout", headers=JSON, **fields)
    assert refused.content_type == "application/problem+json"
    assert (refused.status_code, refused.json["code"]) == (409, "price_changed")


# --- one's own orders ------------------------------------------------------------------------------------------------


def own(phone: Phone, goods: Goods) -> str:
    return make_order(goods, wechat_user_id=phone.user_id, patient_id=phone.patient_id)


def test_the_list_has_a_tab_for_each_state(phone: Phone, goods: Goods) -> None:
    unpaid, paid = own(phone, goods), own(phone, goods)
    pay(paid)
    for state, shown in (("unpaid", [unpaid]), ("paid", [paid]), ("refund", []), ("nothing", [paid, unpaid])):
        page = phone.client.get(f"/orders?state={state}").text
        assert list(dict.fromkeys(re.findall(r"/orders/(N\d+)", page))) == shown


def test_another_patient_of_mine_has_orders_of_his_own(phone: Phone, goods: Goods) -> None:
    other = make_order(goods, wechat_user_id=phone.user_id, patient_id=make_patient().id)
    assert other not in phone.client.get("/orders").text
    assert phone.client.get(f"/orders/{other}").status_code == 404


def test_an_unpaid_order_can_be_paid_or_cancelled(phone: Phone, goods: Goods) -> None:
    page = phone.client.get(f"/orders/{own(phone, goods)}").text
    for text in ("待付款", "2026-03-02 10:30", "去付款", "确认取消"):
        assert text in page
    assert "订单二维码" not in page


def test_a_paid_order_shows_its_code(phone: Phone, goods: Goods) -> None:
    order_no = own(phone, goods)
    pay(order_no)
    code = queries.get_order(order_no).redemption_code
    page = phone.client.get(f"/orders/{order_no}").text
    assert f"{code[:4]} {code[4:8]} {code[8:]}" in page
    assert "订单二维码" in page
    assert "去付款" not in page


def test_between_money_and_news_nobody_is_asked_to_pay_again(
    phone: Phone, goods: Goods, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_no = own(phone, goods)
    monkeypatch.setattr("wxapp.core.events.deliver", lambda row_id: False)
    pay(order_no)
    page = phone.client.get(f"/orders/{order_no}").text
    assert "正在确认付款" in page
    assert "去付款" not in page


def test_a_refunded_order_says_what_went_back(phone: Phone, goods: Goods) -> None:
    order_no = own(phone, goods)
    pay(order_no)
    line = queries.get_order(order_no).lines[0]
    refunds.request_refund(order_no, pieces={line.id: 1}, reason="不想要了", by="staff:1")
    page = phone.client.get(f"/orders/{order_no}").text
    assert "退款中" in page
    assert "其中 1 件已申请退款" in page


def test_cancelling_gives_the_stock_back_once(phone: Phone, goods: Goods) -> None:
    order_no = own(phone, goods)
    for _press in range(2):
        answer = phone.post(f"/orders/{order_no}/cancel")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/orders/{order_no}")
    assert (queries.get_order(order_no).status, stock_of(goods)) == (OrderStatus.CLOSED, 3)
    assert "订单已取消" in phone.client.get(f"/orders/{order_no}").text


def test_what_is_paid_is_not_cancelled(phone: Phone, goods: Goods) -> None:
    order_no = own(phone, goods)
    pay(order_no)
    refused = phone.post(f"/orders/{order_no}/cancel")
    assert refused.status_code == 409
    assert queries.get_order(order_no).status is OrderStatus.PAID


def test_cancelling_with_unknown_fields_is_refused(phone: Phone, goods: Goods) -> None:
    order_no = own(phone, goods)
    assert phone.post(f"/orders/{order_no}/cancel", reason="x").status_code == 422
    assert queries.get_order(order_no).status is OrderStatus.AWAITING_PAYMENT


def test_nobody_else_sees_or_cancels_it(phone: Phone, goods: Goods, sign_in_wechat: SignIn) -> None:
    order_no = own(phone, goods)
    stranger = phone.client.application.test_client()
    csrf = sign_in_wechat(stranger, make_wechat_user(patient=make_patient()))
    assert stranger.get(f"/orders/{order_no}").status_code == 404
    assert stranger.post(f"/orders/{order_no}/cancel", data={"csrf_token": csrf}).status_code == 404
    assert queries.get_order(order_no).status is OrderStatus.AWAITING_PAYMENT


def test_who_has_no_patient_has_no_orders(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, make_wechat_user())
    assert client.get("/orders").status_code == 200
    assert client.get("/orders/N2026030210001").status_code in {302, 303, 404, 409}


# --- in other pages --------------------------------------------------------------------------------------------------


def test_the_home_page_has_a_floor_of_goods(client: FlaskClient, goods: Goods) -> None:
    assert "入职体检套餐" in client.get("/").text


def test_what_waits_is_counted_on_the_own_page(phone: Phone, goods: Goods) -> None:
    own(phone, goods)
    page = phone.client.get("/me").text
    assert re.search(r"待付款", page)
    assert 'aria-label="1项"' in page


def test_a_reminder_is_sent_before_an_order_closes(phone: Phone, goods: Goods, at: Callable[[timedelta], None]) -> None:
    from wxapp.mall.tasks import remind_unpaid

    own(phone, goods)
    assert remind_unpaid() == 0
    at(timedelta(minutes=21))
    assert (remind_unpaid(), remind_unpaid()) == (1, 0)
    deliver_due()
    page = phone.client.get("/me/messages").text
    assert "订单" in page
