"""The cart: right, wrong in every way, in two tabs, and on to the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.mall import fill_cart, make_goods, make_order
from tests.factories.patients import make_wechat_user
from tests.mall.shopper import JSON, Shopper, SignIn, another
from wxapp.core.db import change, db, transaction
from wxapp.mall import queries, rules
from wxapp.mall.cart_models import CartLine
from wxapp.mall.models import Goods, Order, OrderStatus
from wxapp.mall.services import catalogue
from wxapp.mall.views import checkout
from wxapp.mall.views import orders as own_orders

KEY = "once-0000000001"


@pytest.fixture
def other(client: FlaskClient) -> Goods:
    return make_goods(name="胸部CT", price_fen=28_000, stock=9)


def in_cart(shopper: Shopper) -> dict[int, int]:
    db.session.expire_all()
    return {card.goods_id: card.quantity for card in queries.cart_of(shopper.user_id)}


def orders() -> list[Order]:
    return list(db.session.scalars(sa.select(Order)))


def set_goods(goods: Goods, **values: Any) -> None:
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(values))


def add(shopper: Shopper, goods: Goods, **over: Any) -> Any:
    return shopper.post("/cart/add", **{"once": KEY, "goods_id": goods.id, "quantity": 1, **over})


# --- in --------------------------------------------------------------------------------------------------------------


def test_an_empty_cart_names_the_next_step(shopper: Shopper) -> None:
    page = shopper.get("/cart").text
    assert "购物车还是空的" in page
    assert 'href="/mall"' in page


def test_goods_pages_lead_to_a_page_with_a_form_of_ones_own(shopper: Shopper, goods: Goods) -> None:
    kept = shopper.get(f"/mall/goods/{goods.id}").text
    assert 'formaction="/cart/add"' in kept
    assert "csrf_token" not in kept
    assert f'href="/cart/add?goods_id={goods.id}"' in shopper.get("/mall").text
    page = shopper.get(f"/cart/add?goods_id={goods.id}&quantity=2").text
    assert 'name="quantity" type="number" value="2"' in page
    assert in_cart(shopper) == {}, "looking puts nothing in"


def test_goods_are_put_in_and_counted_in_the_tab_bar(shopper: Shopper, goods: Goods) -> None:
    answer = add(shopper, goods, quantity=2)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart")
    page = shopper.get("/cart").text
    for text in ("已加入购物车", "入职体检套餐", "× 2", "598.00", 'aria-label="1项"', "提交订单（1）"):
        assert text in page


def test_a_script_is_told_how_many_there_are(shopper: Shopper, goods: Goods) -> None:
    answer = shopper.post("/cart/add", headers=JSON, once=KEY, goods_id=goods.id)
    assert answer.json == {"message": "已加入购物车", "count": 1}


def test_the_same_goods_are_one_line(shopper: Shopper, goods: Goods) -> None:
    for number in range(3):
        add(shopper, goods, once=f"once-000000000{number}")
    assert in_cart(shopper) == {goods.id: 3}


def test_pressed_twice_is_put_in_once(shopper: Shopper, goods: Goods) -> None:
    assert [add(shopper, goods).status_code for _press in range(2)] == [303, 303]
    assert in_cart(shopper) == {goods.id: 1}


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({"goods_id": None}, 404, ""),
        ({"goods_id": "x"}, 404, ""),
        ({"goods_id": 999_999}, 404, ""),
        ({"quantity": 0}, 404, ""),
        ({"quantity": 100}, 404, ""),
        ({"quantity": "1.5"}, 404, ""),
        ({"quantity": 6}, 409, "仅剩5件"),
        ({"once": None}, 422, "请检查标出的内容"),
        ({"once": "short"}, 422, "请检查标出的内容"),
        ({"price": 1}, 422, "请检查标出的内容"),
    ],
)
def test_what_is_wrong_is_not_put_in(
    shopper: Shopper, goods: Goods, over: dict[str, Any], status: int, text: str
) -> None:
    refused = add(shopper, goods, **over)
    assert (refused.status_code, in_cart(shopper)) == (status, {})
    assert text in refused.text


@pytest.mark.parametrize(("values", "text"), [({"is_on_sale": False}, "已下架"), ({"stock": 0}, "已售罄")])
def test_what_can_not_be_bought_is_not_put_in(
    shopper: Shopper, goods: Goods, values: dict[str, Any], text: str
) -> None:
    set_goods(goods, **values)
    refused = add(shopper, goods)
    assert (refused.status_code, in_cart(shopper)) == (409, {})
    assert text in refused.text


def test_one_kind_has_at_most_99_pieces(shopper: Shopper) -> None:
    goods = make_goods(stock=500)
    assert add(shopper, goods, quantity=98).status_code == 303
    refused = add(shopper, goods, quantity=2, once="once-0000000002")
    assert (refused.status_code, in_cart(shopper)) == (409, {goods.id: 98})
    assert "最多购买99件" in refused.text


def test_a_full_cart_takes_no_other_goods(shopper: Shopper, goods: Goods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_CART_LINES", 2)
    fill_cart(shopper.user_id, goods, make_goods())
    refused = add(shopper, make_goods())
    assert (refused.status_code, len(in_cart(shopper))) == (409, 2)
    assert "购物车已满" in refused.text
    assert add(shopper, goods, once="once-0000000002").status_code == 303, "what is there may grow"


def test_who_is_no_patient_has_a_cart_too(client: FlaskClient, sign_in_wechat: SignIn, goods: Goods) -> None:
    user = make_wechat_user()
    visitor = Shopper(client, sign_in_wechat(client, user), user.id, 0)
    add(visitor, goods)
    assert in_cart(visitor) == {goods.id: 1}
    assert "立即绑定" in visitor.get("/mall/checkout?cart=1").text


def test_who_is_not_signed_in_is_shown_the_way_into_wechat(client: FlaskClient, goods: Goods) -> None:
    for path in ("/cart", f"/cart/add?goods_id={goods.id}", "/mall/checkout?cart=1"):
        assert "请在微信中打开" in client.get(path).text
    assert client.post("/cart/add", data={"goods_id": goods.id}).status_code == 419


def test_a_cart_is_seen_and_changed_by_its_owner_only(
    shopper: Shopper, sign_in_wechat: SignIn, goods: Goods, other: Goods
) -> None:
    stranger = another(shopper, sign_in_wechat)
    fill_cart(shopper.user_id, goods)
    fill_cart(stranger.user_id, other)
    assert "入职体检套餐" not in stranger.get("/cart").text
    assert stranger.post("/cart", remove=goods.id).status_code == 303
    assert stranger.post("/cart", **{f"quantity_{goods.id}": "4"}).status_code == 422
    stranger.post("/cart/choose", choice="all:0")
    (card,) = queries.cart_of(shopper.user_id)
    assert (card.quantity, card.is_chosen) == (1, True)


# --- changing --------------------------------------------------------------------------------------------------------


def test_quantities_are_changed_together(shopper: Shopper, goods: Goods, other: Goods) -> None:
    fill_cart(shopper.user_id, goods, other)
    assert f'name="quantity_{goods.id}"' in shopper.get("/cart?edit=1").text
    sent = {f"quantity_{goods.id}": "3", f"quantity_{other.id}": "2"}
    assert shopper.post("/cart", **sent).headers["Location"] == "/cart"
    assert in_cart(shopper) == {goods.id: 3, other.id: 2}


@pytest.mark.parametrize("text", ["0", "100", "-1", "1.5", "x", "", "١", "9" * 30, ["1", "2"]])
def test_a_wrong_quantity_changes_nothing(shopper: Shopper, goods: Goods, other: Goods, text: Any) -> None:
    fill_cart(shopper.user_id, goods, other)
    refused = shopper.post("/cart", **{f"quantity_{goods.id}": text, f"quantity_{other.id}": "2"})
    assert (refused.status_code, in_cart(shopper)) == (422, {goods.id: 1, other.id: 1})
    assert f'id="d-quantity_{goods.id}"' in refused.text
    assert f'name="quantity_{other.id}" type="number" inputmode="numeric" min="1" max="9" value="2"' in refused.text


@pytest.mark.parametrize(
    "fields", [{}, {"quantity_x": "1"}, {"quantity": "1"}, {"remove": "x"}, {"remove": ["1", "2"]}, {"user": "1"}]
)
def test_a_wrong_change_is_refused(shopper: Shopper, goods: Goods, fields: dict[str, Any]) -> None:
    fill_cart(shopper.user_id, goods)
    assert shopper.post("/cart", **fields).status_code == 422
    assert in_cart(shopper) == {goods.id: 1}


def test_a_line_is_taken_out_and_what_was_typed_beside_it_is_kept(shopper: Shopper, goods: Goods, other: Goods) -> None:
    fill_cart(shopper.user_id, goods, other)
    sent = {f"quantity_{goods.id}": "1", f"quantity_{other.id}": "4", "remove": goods.id}
    for _press in range(2):
        assert shopper.post("/cart", **sent).status_code == 303
        assert in_cart(shopper) == {other.id: 4}


def test_what_is_chosen_is_taken_out(shopper: Shopper, goods: Goods, other: Goods) -> None:
    fill_cart(shopper.user_id, goods, other)
    shopper.post("/cart/choose", choice=f"{goods.id}:0")
    shopper.post("/cart", remove="chosen")
    assert in_cart(shopper) == {goods.id: 1}


def test_a_line_that_another_tab_took_out_is_told(shopper: Shopper, goods: Goods, other: Goods) -> None:
    fill_cart(shopper.user_id, other)
    refused = shopper.post("/cart", **{f"quantity_{goods.id}": "2", f"quantity_{other.id}": "2"})
    assert (refused.status_code, in_cart(shopper)) == (422, {other.id: 1})


def test_choosing_is_kept_and_counts(shopper: Shopper, goods: Goods, other: Goods) -> None:
    fill_cart(shopper.user_id, goods, other)
    for _press in range(2):
        shopper.post("/cart/choose", choice=f"{other.id}:0")
    page = shopper.get("/cart").text
    assert "提交订单（1）" in page
    assert "299.00" in page.split('class="buy-bar"')[1]
    shopper.post("/cart/choose", choice="all:0")
    assert "提交订单（" not in shopper.get("/cart").text
    shopper.post("/cart/choose", choice="all:1")
    assert "提交订单（2）" in shopper.get("/cart").text


@pytest.mark.parametrize("choice", [None, "", "x", "1", "1:2", "all", "0:1", "1:1:1", "9" * 30 + ":1", ["1:1", "1:0"]])
def test_a_wrong_choice_is_refused(shopper: Shopper, goods: Goods, choice: Any) -> None:
    fill_cart(shopper.user_id, goods)
    assert shopper.post("/cart/choose", choice=choice).status_code == 422


def test_each_line_tells_what_has_changed(shopper: Shopper, goods: Goods, other: Goods) -> None:
    gone, scarce = make_goods(name="旧套餐"), make_goods(name="抢手套餐", stock=5)
    fill_cart(shopper.user_id, goods, other, gone)
    fill_cart(shopper.user_id, scarce, quantity=3)
    set_goods(goods, price_fen=25_900)
    set_goods(other, price_fen=30_000, original_price_fen=30_000)
    set_goods(gone, is_on_sale=False)
    set_goods(scarce, stock=2)
    page = shopper.get("/cart").text
    for text in ("比加入时降价40.00元", "比加入时上涨20.00元", "该商品已下架", "仅剩2件，请修改数量"):
        assert text in page
    for text in ("有 2 种已选商品暂时不能下单", "提交订单（2）", "559.00"):
        assert text in page


# --- on to the order -------------------------------------------------------------------------------------------------


def place(shopper: Shopper, lines: Any, **over: Any) -> Any:
    return shopper.post("/mall/checkout", **{"once": KEY, "lines": lines, **over})


def test_what_is_chosen_is_ordered_and_leaves_the_cart(shopper: Shopper, goods: Goods, other: Goods) -> None:
    left = make_goods()
    fill_cart(shopper.user_id, goods, other, left, quantity=2)
    shopper.post("/cart/choose", choice=f"{left.id}:0")
    page = shopper.get("/mall/checkout?cart=1").text
    for text in ("林*", "138****0001", "入职体检套餐", "胸部CT", "1158.00"):
        assert text in page
    lines = shopper.hidden("/mall/checkout?cart=1", "lines")
    assert set(lines) == {f"{goods.id}:2:29900", f"{other.id}:2:28000"}
    answers = [place(shopper, lines, wished_on="2026-03-10", remark="需要轮椅") for _press in range(2)]
    (order,) = orders()
    assert {answer.headers["Location"] for answer in answers} == {f"/pay/{order.payment_no}"}
    assert (order.total_fen, order.patient_id, order.remark) == (115_800, shopper.patient_id, "需要轮椅")
    assert in_cart(shopper) == {left.id: 2}
    assert (queries.get_goods(goods.id).stock, queries.get_goods(other.id).stock) == (3, 7)


def test_nothing_chosen_leads_back_to_the_cart(shopper: Shopper) -> None:
    answer = shopper.get("/mall/checkout?cart=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/cart")


def test_the_same_lines_from_another_tab_are_not_ordered_again(shopper: Shopper, goods: Goods) -> None:
    fill_cart(shopper.user_id, goods)
    lines = shopper.hidden("/mall/checkout?cart=1", "lines")
    place(shopper, lines)
    refused = place(shopper, lines, once="once-0000000002")
    assert (refused.status_code, len(orders())) == (409, 1)
    assert "购物车已有变动" in refused.text


def test_a_quantity_that_another_tab_changed_is_told(shopper: Shopper, goods: Goods) -> None:
    fill_cart(shopper.user_id, goods)
    lines = shopper.hidden("/mall/checkout?cart=1", "lines")
    shopper.post("/cart", **{f"quantity_{goods.id}": "2"})
    assert (place(shopper, lines).status_code, orders(), in_cart(shopper)) == (409, [], {goods.id: 2})


def test_all_that_has_changed_is_told_beside_its_line_and_nothing_is_taken(
    shopper: Shopper, goods: Goods, other: Goods
) -> None:
    fine, gone = make_goods(name="血脂"), make_goods(name="旧套餐")
    fill_cart(shopper.user_id, fine, goods, other, gone)
    lines = shopper.hidden("/mall/checkout?cart=1", "lines")
    set_goods(goods, price_fen=25_900)
    set_goods(other, stock=0)
    catalogue.put_on_sale(gone.id, is_on_sale=False)
    refused = place(shopper, lines, remark="需要轮椅")
    assert (refused.status_code, orders(), len(in_cart(shopper))) == (409, [], 4)
    for text in ("“入职体检套餐”价格已变动", "“胸部CT”库存不足", "“旧套餐”已下架", 'value="需要轮椅"'):
        assert text in refused.text
    assert f'value="{goods.id}:1:25900"' in refused.text, "the new price is bound when it is pressed again"
    assert queries.get_goods(fine.id).stock == 10


def test_a_new_price_that_was_shown_is_ordered(shopper: Shopper, goods: Goods) -> None:
    fill_cart(shopper.user_id, goods)
    set_goods(goods, price_fen=25_900)
    assert "比加入时降价40.00元" in shopper.get("/mall/checkout?cart=1").text
    place(shopper, shopper.hidden("/mall/checkout?cart=1", "lines"))
    assert [order.total_fen for order in orders()] == [25_900]


@pytest.mark.parametrize(
    ("lines", "over", "status"),
    [
        ("x", {}, 404),
        ("1:1", {}, 404),
        ("{goods}:0:29900", {}, 404),
        ("{goods}:100:29900", {}, 404),
        ("{goods}:-1:29900", {}, 404),
        ("999999:1:100", {}, 404),
        ("{goods}:1:1", {}, 409),
        ("{goods}:1:29900", {"once": None}, 422),
        ("{goods}:1:29900", {"wished_on": "2026-03-02"}, 422),
        ("{goods}:1:29900", {"wished_on": "x"}, 422),
        ("{goods}:1:29900", {"remark": "长" * 101}, 422),
        ("{goods}:1:29900", {"patient_id": "999999"}, 409),
        ("{goods}:1:29900", {"goods_id": "1"}, 422),
        (["{goods}:1:29900", "{goods}:1:29900"], {}, 422),
        (["{goods}:1:29900"] * 51, {}, 422),
    ],
)
def test_a_wrong_order_from_the_cart_changes_nothing(
    shopper: Shopper, goods: Goods, lines: str | list[str], over: dict[str, Any], status: int
) -> None:
    fill_cart(shopper.user_id, goods)
    named = [text.format(goods=goods.id) for text in ([lines] if isinstance(lines, str) else lines)]
    assert place(shopper, named, **over).status_code == status
    assert (orders(), in_cart(shopper), queries.get_goods(goods.id).stock) == ([], {goods.id: 1}, 5)


def test_buying_at_once_leaves_the_cart_alone(shopper: Shopper, goods: Goods) -> None:
    fill_cart(shopper.user_id, goods)
    shopper.post("/mall/checkout", once=KEY, goods_id=goods.id, quantity=1, price=goods.price_fen)
    assert (len(orders()), in_cart(shopper)) == (1, {goods.id: 1})


def test_who_presses_without_end_has_to_wait(shopper: Shopper, goods: Goods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "ORDERS", replace(checkout.ORDERS, count=2))
    fields = {"goods_id": goods.id, "quantity": 1, "price": goods.price_fen}
    found = [shopper.post("/mall/checkout", once=f"once-000000000{n}", **fields) for n in range(3)]
    assert [answer.status_code for answer in found] == [303, 303, 429]
    assert 1 <= int(found[-1].headers["Retry-After"]) <= 600
    assert "过于频繁" in found[-1].text
    assert len(orders()) == 2


def test_who_cancels_without_end_has_to_wait(shopper: Shopper, goods: Goods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_orders, "CANCELS", replace(own_orders.CANCELS, count=1))
    mine = {"wechat_user_id": shopper.user_id, "patient_id": shopper.patient_id}
    first, second = make_order(goods, **mine), make_order(goods, **mine)
    found = [shopper.post(f"/orders/{order_no}/cancel").status_code for order_no in (first, second)]
    assert found == [303, 429]
    assert queries.get_order(second).status is OrderStatus.AWAITING_PAYMENT


def test_lines_of_a_cart_count_in_the_database(shopper: Shopper, goods: Goods) -> None:
    """The unique key and the limits of the quantity hold whoever writes."""
    fill_cart(shopper.user_id, goods)
    assert queries.cart_count(shopper.user_id) == 1
    with pytest.raises(sa.exc.DBAPIError), transaction():
        change(sa.update(CartLine).values(quantity=100))
