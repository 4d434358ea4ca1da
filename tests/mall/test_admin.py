"""Staff's pages of the mall, goods: right, wrong in every way, stale, pressed twice, not allowed."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_category, make_goods, make_order
from tests.mall.desk import JSON, Desk, P, Sit, audited, count, draft, png
from wxapp.core.db import db
from wxapp.mall import queries
from wxapp.mall.models import Category, Goods, Nature

# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "goods", P.GOODS_READ),
        ("GET", "goods/{id}", P.GOODS_READ),
        ("GET", "goods/new", P.GOODS_WRITE),
        ("POST", "goods/new", P.GOODS_WRITE),
        ("POST", "goods/{id}", P.GOODS_WRITE),
        ("POST", "goods/{id}/stock", P.GOODS_WRITE),
        ("POST", "goods/{id}/on", P.GOODS_WRITE),
        ("POST", "goods/{id}/off", P.GOODS_WRITE),
        ("POST", "goods/{id}/pictures", P.GOODS_WRITE),
        ("GET", "categories", P.GOODS_READ),
        ("POST", "categories", P.GOODS_WRITE),
        ("GET", "categories/{category}", P.GOODS_READ),
        ("POST", "categories/{category}", P.GOODS_WRITE),
        ("GET", "orders", P.ORDER_READ),
        ("GET", "orders/{no}", P.ORDER_READ),
        ("GET", "redeem/{code}", P.ORDER_READ),
        ("POST", "orders/{no}/close", P.ORDER_CLOSE),
        ("POST", "orders/{no}/refund", P.REFUND_REQUEST),
    ],
)
def test_each_door_opens_with_its_right_only(sit: Sit, goods: Goods, method: str, path: str, right: P) -> None:
    order = queries.get_order(make_order(goods))
    address = path.format(id=goods.id, category=goods.category_id, no=order.no, code=order.redemption_code)
    for rights, may in ((set(P) - {right}, False), ({right}, True)):
        desk = sit(*rights)
        answer = desk.client.open(
            f"/pc/mall/{address}", method=method, data={"csrf_token": desk.csrf, "unknown": "1"}, headers=JSON
        )
        assert (answer.status_code != 403) is may, answer.json


@pytest.mark.parametrize("path", ["goods/new", "goods/1", "goods/1/stock", "categories", "orders/N2026030210001/close"])
def test_without_the_form_s_token_nothing_is_done(desk: Desk, path: str) -> None:
    desk.csrf = "0" * 64
    assert desk.post(path, **draft()).status_code == 419
    assert count(Goods) == 0


# --- goods -----------------------------------------------------------------------------------------------------------


def test_the_list_filters_sorts_and_answers_json(desk: Desk, goods: Goods) -> None:
    make_goods(name="胸部CT", price_fen=28_000, is_on_sale=False, category_id=goods.category_id)
    assert "入职体检套餐" in desk.get("goods").text
    rows = desk.ask("goods?sort=price_fen").json["list"]
    assert [(row["name"], row["price"]) for row in rows] == [("胸部CT", "280.00"), ("入职体检套餐", "299.00")]
    assert [row["name"] for row in desk.ask("goods?on_sale=0").json["list"]] == ["胸部CT"]
    assert [row["name"] for row in desk.ask("goods?text=彩超").json["list"]] == ["入职体检套餐"]


@pytest.mark.parametrize("query", ["sort=stock%3B--", "category=x", "on_sale=7", "page=0"])
def test_a_list_refuses_what_it_does_not_know(desk: Desk, goods: Goods, query: str) -> None:
    assert desk.ask(f"goods?{query}").status_code in {200, 404, 422}
    assert count(Goods) == 1


def test_goods_are_added_with_their_first_stock(desk: Desk) -> None:
    category = make_category()
    answer = desk.post("goods/new", **draft(category_id=category.id, is_on_sale="1", items="胸部平扫 肺部筛查"))
    added = db.session.scalars(sa.select(Goods)).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pc/mall/goods/{added.id}")
    assert (added.name, added.price_fen, added.original_price_fen, added.stock, added.is_on_sale) == (
        "胸部CT",
        28_000,
        28_000,
        7,
        True,
    )
    assert [(item.name, item.purpose) for item in added.items] == [("胸部平扫", "肺部筛查")]
    assert [row.result for row in audited("mall.goods_add")] == ["ok"]


def test_goods_pressed_twice_are_added_once(desk: Desk) -> None:
    fields = draft(category_id=make_category().id)
    first, second = desk.post("goods/new", **fields), desk.post("goods/new", **fields)
    assert first.headers["Location"] == second.headers["Location"]
    assert count(Goods) == 1


@pytest.mark.parametrize(
    ("over", "field", "text"),
    [
        ({"name": None}, "name", "请填写名称"),
        ({"name": "长" * 61}, "name", "名称不能超过60个字"),
        ({"name": "a,b"}, "name", "名称中请使用中文逗号"),
        ({"name": ["a", "b"]}, "name", "名称重复提交"),
        ({"price": None}, "price", "请填写售价"),
        ({"price": "abc"}, "price", "金额格式不正确，例如 128 或 128.50"),
        ({"price": "1.234"}, "price", "金额格式不正确，例如 128 或 128.50"),
        ({"price": "0"}, "price", "售价不能小于1"),
        ({"price": "-5"}, "price", "金额格式不正确，例如 128 或 128.50"),
        ({"price": "100000.01"}, "price", "售价不能大于10000000"),
        ({"original_price": "100"}, "original_price", "原价不能低于售价"),
        ({"kind": "other"}, "kind", "类型不在可选范围内"),
        ({"nature": None}, "nature", "请填写性质"),
        ({"nature": "other"}, "nature", "性质不在可选范围内"),
        ({"kind": "package"}, "items", "套餐至少包含一个项目"),
        ({"category_id": "999999"}, "category_id", "请选择分类"),
        ({"category_id": "x"}, "category_id", "分类应为整数"),
        ({"category_id": "9" * 25}, "category_id", ""),
        ({"stock": "-1"}, "stock", "初始库存不能小于0"),
        ({"stock": "1000001"}, "stock", "初始库存不能大于1000000"),
        ({"position": "10000"}, "position", "排序不能大于9999"),
        ({"detail_html": "x" * 20_001}, "detail_html", "详细介绍不能超过20000个字"),
        ({"sales": "100"}, "sales", "表单含有未知的字段"),
        ({"version": "x"}, "version", "此项应为整数"),
    ],
)
def test_wrong_goods_come_back_with_a_sentence(desk: Desk, over: dict[str, Any], field: str, text: str) -> None:
    fields = draft(**{"category_id": make_category().id, **over})
    told = desk.tell("goods/new", fields)
    assert (told.status_code, told.json["code"]) == (422, 0)
    assert text in told.json["errors"][field]
    page = desk.post("goods/new", **fields)
    assert page.status_code == 422
    shown = text.replace("请填写", "请选择") if field == "nature" else text  # of a list, people choose
    assert shown in page.text or field == "version"  # no field of the page
    assert count(Goods) == 0


def test_what_was_typed_is_still_there(desk: Desk) -> None:
    page = desk.post("goods/new", **draft(category_id=make_category().id, price="abc")).text
    assert 'value="胸部CT"' in page
    assert 'value="abc"' in page


def change_of(goods: Goods, **over: Any) -> dict[str, Any]:
    fields = draft(category_id=goods.category_id, kind="package", items="血常规", version=goods.version, stock=None)
    return {**fields, **over}


def test_changed_goods_are_changed_for_patients_at_once(desk: Desk, goods: Goods) -> None:
    desk.client.get(f"/mall/goods/{goods.id}")
    assert desk.post(f"goods/{goods.id}", **change_of(goods, is_on_sale="1")).status_code == 303
    assert "胸部CT" in desk.client.get(f"/mall/goods/{goods.id}").text


def test_staff_say_what_goods_are_before_the_law(desk: Desk, goods: Goods) -> None:
    desk.post(f"goods/{goods.id}", **change_of(goods, nature="drug"))
    db.session.expire_all()
    assert goods.nature is Nature.DRUG
    assert 'value="drug" selected' in desk.get(f"goods/{goods.id}").text


def test_goods_of_a_medical_category_are_shown_as_such(desk: Desk, goods: Goods) -> None:
    make_goods(name="诊察", category_id=make_category(nature=Nature.MEDICAL).id)
    assert {row["name"]: row["nature"] for row in desk.ask("goods").json["list"]} == {
        goods.name: "ordinary",
        "诊察": "medical",
    }


def test_a_stale_page_overwrites_nothing(desk: Desk, goods: Goods) -> None:
    seen = goods.version
    desk.post(f"goods/{goods.id}", **change_of(goods, name="第一位同事"))
    refused = desk.post(f"goods/{goods.id}", **change_of(goods, name="第二位同事", version=seen))
    assert refused.status_code == 409
    assert queries.get_goods(goods.id).name == "第一位同事"


def test_markup_of_the_detail_is_cleaned(desk: Desk, goods: Goods) -> None:
    nasty = '<p onclick="x()">好</p><script>alert(1)</script><img src="https://elsewhere.example/a.png">'
    desk.post(f"goods/{goods.id}", **change_of(goods, detail_html=nasty))
    assert queries.get_goods(goods.id).detail_html == "<p>好</p><img>"


@pytest.mark.parametrize("path", ["goods/999999", "goods/999999/stock", "goods/999999/on", "goods/999999/pictures"])
def test_goods_that_are_not_there(desk: Desk, goods: Goods, path: str) -> None:
    assert desk.post(path, **change_of(goods, by_pieces="1")).status_code in {404, 422}
    assert desk.tell("goods/999999/off", {}).status_code == 404


def test_off_and_on_again(desk: Desk, goods: Goods) -> None:
    for _press in range(2):
        assert desk.post(f"goods/{goods.id}/off").status_code == 303
        assert queries.get_goods(goods.id).is_on_sale is False
    desk.post(f"goods/{goods.id}/on")
    assert queries.get_goods(goods.id).is_on_sale is True


# --- stock -----------------------------------------------------------------------------------------------------------


def test_stock_goes_up_and_down(desk: Desk, goods: Goods) -> None:
    assert desk.post(f"goods/{goods.id}/stock", by_pieces="10").status_code == 303
    assert desk.tell(f"goods/{goods.id}/stock", {"by_pieces": -3}).json == {"code": 1, "msg": "库存已减少3"}
    assert queries.get_goods(goods.id).stock == 12


def test_stock_pressed_twice_changes_once(desk: Desk, goods: Goods) -> None:
    for _press in range(2):
        assert desk.post(f"goods/{goods.id}/stock", by_pieces="10", form_key="key-0000000001").status_code == 303
    assert queries.get_goods(goods.id).stock == 15


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ("-6", "库存不足以减少这么多"),
        ("", "请填写增减数量"),
        ("1.5", "增减数量应为整数"),
        ("x", "增减数量应为整数"),
        ("100001", "增减数量不能大于100000"),
    ],
)
def test_a_wrong_number_of_pieces(desk: Desk, goods: Goods, pieces: str, text: str) -> None:
    page = desk.post(f"goods/{goods.id}/stock", by_pieces=pieces)
    assert page.status_code == 422
    assert text in page.text
    assert queries.get_goods(goods.id).stock == 5


def test_a_refused_form_leaves_the_other_one_on_its_page_alone(desk: Desk, goods: Goods) -> None:
    page = desk.post(f"goods/{goods.id}/stock", by_pieces="x").text
    assert 'value="入职体检套餐"' in page
    assert f'name="version" value="{goods.version}"' in page


# --- pictures --------------------------------------------------------------------------------------------------------


def upload(desk: Desk, goods: Goods, content: bytes, name: str = "a.png") -> Any:
    fields = {"csrf_token": desk.csrf, "picture": (io.BytesIO(content), name)}
    return desk.client.post(f"/pc/mall/goods/{goods.id}/pictures", data=fields, content_type="multipart/form-data")


def pictures(goods: Goods) -> list[str]:
    return [picture.token for picture in queries.get_goods(goods.id).pictures]


def test_pictures_are_added_arranged_and_removed(desk: Desk, goods: Goods) -> None:
    upload(desk, goods, png())
    upload(desk, goods, png((90, 60)))
    first, second = pictures(goods)
    desk.post(f"goods/{goods.id}/pictures", first=second)
    assert pictures(goods) == [second, first]
    desk.post(f"goods/{goods.id}/pictures", remove=second)
    assert pictures(goods) == [first]
    with desk.client.get(f"/media/{first}") as shown:
        assert shown.status_code == 200


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:60], b"<svg onload='alert(1)'/>"])
def test_what_is_no_picture_is_refused(desk: Desk, goods: Goods, content: bytes) -> None:
    assert upload(desk, goods, content).status_code == 422
    assert pictures(goods) == []


def test_there_is_room_for_eight_pictures(desk: Desk, goods: Goods) -> None:
    for number in range(8):
        upload(desk, goods, png((80 + number, 60)))
    refused = upload(desk, goods, png((200, 60)))
    assert (refused.status_code, len(pictures(goods))) == (422, 8)
    assert "最多8张图片" in refused.text


def test_a_picture_that_is_not_there_is_not_removed(desk: Desk, goods: Goods) -> None:
    assert desk.post(f"goods/{goods.id}/pictures", remove="nothing").status_code == 422


# --- categories ------------------------------------------------------------------------------------------------------


def test_categories_are_added_and_changed(desk: Desk) -> None:
    fields = {"name": "影像检查", "nature": "medical", "position": "2", "is_shown": "1"}
    assert desk.post("categories", **fields).status_code == 303
    category = db.session.scalars(sa.select(Category)).one()
    assert category.nature is Nature.MEDICAL
    fields = {"name": "影像", "nature": "ordinary", "position": "1"}
    changed = desk.post(f"categories/{category.id}", **fields, version=category.version)
    assert changed.status_code == 303
    db.session.expire_all()
    category = db.session.scalars(sa.select(Category)).one()
    assert (category.name, category.position, category.is_shown) == ("影像", 1, False)
    assert category.nature is Nature.ORDINARY


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"name": ""}, "请填写名称"),
        ({"name": "长" * 21}, "名称不能超过20个字"),
        ({"name": "套餐"}, "已有同名分类"),
        ({"nature": ""}, "请选择性质"),
        ({"nature": "other"}, "性质不在可选范围内"),
        ({"position": "x"}, "排序应为整数"),
        ({"colour": "red"}, "表单含有未知的字段"),
    ],
)
def test_a_wrong_category_comes_back(desk: Desk, over: dict[str, Any], text: str) -> None:
    make_category(name="套餐")
    page = desk.post("categories", **{"name": "影像", "nature": "ordinary", "position": "1", **over})
    assert page.status_code == 422
    assert text in page.text
    assert count(Category) == 1


def test_a_stale_category_is_not_overwritten(desk: Desk) -> None:
    category = make_category(name="套餐")
    seen = category.version
    fields = {"nature": "ordinary", "position": "1", "version": seen}
    desk.post(f"categories/{category.id}", name="第一", **fields)
    refused = desk.post(f"categories/{category.id}", name="第二", **fields)
    assert refused.status_code == 409
    assert desk.tell("categories/999999", {"name": "第三", "nature": "drug", "position": 1}).status_code in {404, 409}
