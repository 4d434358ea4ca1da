"""Retail's doors: programs with comma lists, the page's own table, refusals, presses, rights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.patients import make_patient
from tests.factories.retail import make_goods_category, make_retail_goods, reprice, stock_of, ways
from tests.factories.wallet import make_balance
from tests.retail.counter import HTML, Counter, P, Sit, audited, count, counter, goods, patient, sale, sit
from wxapp.patients.models import Patient
from wxapp.retail import queries
from wxapp.retail.models import RetailGoods, RetailOrder, StockChange

__all__ = ["counter", "goods", "patient", "sit"]


# --- selling as programs do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", [",", ""])
def test_the_contract_s_example_sells_with_and_without_the_last_comma(
    counter: Counter, patient: Patient, goods: list[RetailGoods], tail: str
) -> None:
    fields = sale(counter, patient, goods)
    for name in ("pay_money", "pay_type", "pay_num", "good_id", "good_name", "pay_price"):
        fields[name] = fields[name].rstrip(",") + tail
    answer = counter.tell("index", **fields)
    assert answer["code"] == 1, answer
    assert [stock_of(one) for one in goods] == [9, 8]
    order = queries.get_order(answer["order_no"])
    assert (order.total_fen, order.patient_id, order.seller_id) == (6_000, patient.id, counter.member_id)
    assert audited("retail.index.submit")[0].subject == f"retail:{order.order_no}"


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"pay_num": "1,"}, "项数不一致"),
        ({"pay_type": "支付宝,微信,"}, "项数不一致"),
        ({"pay_money": "10,20,29,"}, "不一致"),
        ({"pay_money": "10,20,x,"}, "不是正确的金额"),
        ({"pay_money": "60,0,0,"}, "应大于0"),
        ({"pay_num": "1, ,"}, "应为整数"),
        ({"pay_num": "-1,2,"}, "应为整数"),
        ({"pay_type": "支付宝,微信,贝壳,"}, "不存在或已停用"),
        ({"pay_price": "20.00,19.00,"}, "价格已变化"),
        ({"good_name": "商品甲,商品丙,"}, "名称已变化"),
        ({"good_id": "999998,999999,"}, "已停售"),
        ({"pay_num": "11,2,", "pay_money": "200,30,30,"}, "库存不足"),
        ({"developer": 10**6}, "销售人"),
        ({"mid": 10**6}, "没有找到"),
        ({"mid": None}, "客户"),
        ({"good_id": "", "good_name": "", "pay_num": "", "pay_price": ""}, "请至少选择一件商品"),
    ],
)
def test_each_broken_variant_is_refused_with_its_sentence_and_nothing_is_saved(
    counter: Counter, patient: Patient, goods: list[RetailGoods], over: dict[str, Any], sentence: str
) -> None:
    answer = counter.tell("index", **sale(counter, patient, goods, **over))
    assert answer["code"] == 0
    assert sentence in answer["msg"]
    assert (count(RetailOrder), count(StockChange), [stock_of(one) for one in goods]) == (0, 2, [10, 10])


def test_a_double_press_sells_once(counter: Counter, patient: Patient, goods: list[RetailGoods]) -> None:
    fields = sale(counter, patient, goods, form_key="press-0000000001")
    first, second = counter.tell("index", **fields), counter.tell("index", **fields)
    assert first["order_no"] == second["order_no"]
    assert (count(RetailOrder), stock_of(goods[0])) == (1, 9)


def test_the_balance_is_paid_from_with_the_password_that_nobody_keeps(counter: Counter) -> None:
    ways("储值余额", "现金")
    patient = make_patient(balance_password="739164")
    make_balance(patient.id, 5_000)
    fields = sale(
        counter, patient, [make_retail_goods("商品甲")], pay_num="1,", pay_price="20,", pay_type="储值余额,",
        pay_money="20,", form_key="press-0000000002",
    )  # fmt: skip
    assert "余额密码" in counter.tell("index", **fields)["msg"]
    assert counter.tell("index", **fields, balance_password="111222")["code"] == 0
    assert counter.tell("index", **fields, balance_password="739164")["code"] == 1
    again = counter.tell("index", **fields, balance_password="739164")
    assert (again["code"], count(RetailOrder)) == (1, 1)


def test_goods_of_a_category_are_listed_also_sold_out(counter: Counter) -> None:
    category = make_goods_category()
    first = make_retail_goods("商品甲", category=category, price_fen=2_050)
    second = make_retail_goods("商品乙", category=category, stock=0)
    make_retail_goods("别类")
    answer = counter.tell("get_cate_goods", id=category.id)
    assert (answer["code"], answer["msg"]) == (1, "ok")
    assert sorted(answer["list"], key=lambda row: row["id"]) == [
        {"id": str(first.id), "goods_title": "商品甲", "selling_price": "20.50", "goods_stock": "10"},
        {"id": str(second.id), "goods_title": "商品乙", "selling_price": "20.00", "goods_stock": "0"},
    ]
    assert counter.tell("get_cate_goods", id=10**6)["code"] == 0
    assert counter.tell("get_cate_goods")["code"] == 0


# --- selling on the page ---------------------------------------------------------------------------------------------


def table(goods: list[RetailGoods], counts: list[str], amounts: list[str], **over: Any) -> dict[str, Any]:
    return {
        "row_goods": [one.id for one in goods],
        "row_name": [one.name for one in goods],
        "row_price": ["20.00" for _ in goods],
        "row_count": counts,
        "row_method": ["支付宝", "微信", "现金"],
        "row_amount": amounts,
        **over,
    }


def test_the_page_shows_the_shelf_of_a_patient_masked(
    counter: Counter, patient: Patient, goods: list[RetailGoods]
) -> None:
    page = counter.get(f"index?id={patient.id}")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert all(word in text for word in ("商品甲", "商品乙", "支付宝", "王*"))
    assert "王芳" not in text
    assert counter.ask(f"index?id={patient.id}")["info"] == {
        "mid": str(patient.id), "unum": patient.record_no, "user_name": "王*",
    }  # fmt: skip


def test_without_a_patient_one_is_looked_for(counter: Counter) -> None:
    assert "选择客户" in counter.get("index").get_data(as_text=True)
    for wrong in ("999999", "x", "1" * 30):
        assert counter.get(f"index?id={wrong}").status_code == 404


def test_the_page_s_table_sells_what_has_a_count(counter: Counter, patient: Patient, goods: list[RetailGoods]) -> None:
    fields = table(goods, ["", "2"], ["", "15.5", "24.50"])
    answer = counter.post("index", mid=patient.id, developer=counter.member_id, **fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = counter.get(answer.location.split("/pc/retail/")[1]).get_data(as_text=True)
    assert all(word in shown for word in ("商品乙", "15.50", "24.50", "40.00"))
    assert [stock_of(one) for one in goods] == [10, 8]


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"row_amount": ["", "", "39"]}, "不一致"),
        ({"row_amount": ["", "", "1,000"]}, "请不要输入逗号"),
        ({"row_count": ["2"]}, "表单内容不完整"),
        ({"row_price": ["20.00", "18.00"]}, "价格已变化"),
        ({"row_count": ["", "两"]}, "应为整数"),
    ],
)
def test_a_refused_page_comes_back_with_what_was_typed(
    counter: Counter, patient: Patient, goods: list[RetailGoods], over: dict[str, Any], sentence: str
) -> None:
    fields = table(goods, ["", "2"], ["", "", "40"]) | over
    answer = counter.post("index", mid=patient.id, developer=counter.member_id, **fields)
    text = answer.get_data(as_text=True)
    assert 400 <= answer.status_code < 500
    assert sentence in text
    assert f'value="{fields["row_amount"][2]}"' in text
    assert count(RetailOrder) == 0


def test_the_price_that_the_page_showed_must_still_hold(
    counter: Counter, patient: Patient, goods: list[RetailGoods]
) -> None:
    reprice(goods[1], 2_500)
    fields = table(goods, ["", "2"], ["", "", "40"])
    answer = counter.post("index", mid=patient.id, developer=counter.member_id, **fields)
    assert (answer.status_code, stock_of(goods[1])) == (409, 10)
    assert "价格已变化" in answer.get_data(as_text=True)


# --- what was sold ---------------------------------------------------------------------------------------------------


def test_the_list_has_a_row_for_each_line(counter: Counter, patient: Patient, goods: list[RetailGoods]) -> None:
    order = queries.get_order(counter.tell("index", **sale(counter, patient, goods))["order_no"])
    answer = counter.ask("order_list")
    assert (answer["code"], answer["count"]) == (1, 2)
    last = next(row for row in answer["list"] if row["good_name"] == "商品乙")
    assert last | {"id": ""} == {
        "id": "",
        "type": "1",
        "mid": str(patient.id),
        "order_no": order.order_no,
        "good_id": str(goods[1].id),
        "good_name": "商品乙",
        "good_price": "20.00",
        "good_num": "2",
        "goods_price": "60.00",
        "real_price": "60.00",
        "is_pay": "1",
        "state": "1",
        "create_at": str(int(order.created_at.timestamp())),
    }
    page = counter.get("order_list").get_data(as_text=True)
    assert "王*" in page
    assert "王芳" not in page


def test_the_list_is_paged_and_filtered(counter: Counter, patient: Patient, goods: list[RetailGoods]) -> None:
    order_no = counter.tell("index", **sale(counter, patient, goods))["order_no"]
    assert len(counter.ask("order_list?page=2&limit=1")["list"]) == 1
    assert counter.ask("order_list?status=cancelled")["count"] == 0
    assert counter.ask("order_list?since=2026-03-03")["count"] == 0
    assert counter.ask("order_list?since=2026-03-02&until=2026-03-02&status=paid")["count"] == 2
    found = counter.client.post("/pc/search", data={"csrf_token": counter.csrf, "q": order_no}, headers=HTML)
    assert found.status_code in {200, 303, 404}


def test_looking_at_cancelling_changes_nothing_and_pressing_it_does_once(
    counter: Counter, patient: Patient, goods: list[RetailGoods]
) -> None:
    order_no = counter.tell("index", **sale(counter, patient, goods))["order_no"]
    assert "确认撤单" in counter.get(f"cancel_order?order_no={order_no}").get_data(as_text=True)
    assert stock_of(goods[0]) == 9
    assert counter.tell("cancel_order", order_no=order_no) == {"code": 1, "msg": "操作成功"}
    assert [stock_of(one) for one in goods] == [10, 10]
    again = counter.tell("cancel_order", order_no=order_no)
    assert (again["code"], again["msg"]) == (0, "操作失败：该订单已撤单，不能重复撤单")
    assert counter.tell("cancel_order", order_no="202001060930150001")["code"] == 0
    row = next(row for row in counter.ask("order_list")["list"])
    assert (row["state"], row["is_pay"]) == ("2", "0")
    assert "确认撤单" not in counter.get(f"cancel_order?order_no={order_no}").get_data(as_text=True)
    assert counter.get(f"order_list/{order_no}").status_code == 200
    assert [(row.subject, row.detail) for row in audited("audit.look")] == [(f"retail:{order_no}", "零售订单详情")]


def test_our_page_asks_why_a_sale_is_cancelled(counter: Counter, patient: Patient, goods: list[RetailGoods]) -> None:
    order_no = counter.tell("index", **sale(counter, patient, goods))["order_no"]
    typed = {"csrf_token": counter.csrf, "order_no": order_no, "reason": ""}
    refused = counter.client.post("/pc/retail/cancel_order", data=typed, headers=HTML)
    assert (refused.status_code, "请填写撤单原因" in refused.text) == (422, True)
    assert stock_of(goods[0]) == 9
    typed["reason"] = "客户退货"
    assert counter.client.post("/pc/retail/cancel_order", data=typed, headers=HTML).status_code == 303
    assert stock_of(goods[0]) == 10


def test_the_start_page_tells_of_today_and_of_what_runs_out(
    sit: Sit, patient: Patient, goods: list[RetailGoods]
) -> None:
    counter = sit(P.RETAIL_SELL, P.RETAIL_WRITE, P.DASHBOARD_READ)
    kept = counter.tell("index", **sale(counter, patient, goods))["order_no"]
    gone = counter.tell("index", **sale(counter, patient, goods))["order_no"]
    counter.tell("cancel_order", order_no=gone)
    make_retail_goods(stock=1)
    page = counter.client.get("/pc/", headers=HTML, follow_redirects=True).get_data(as_text=True)
    missing = [word for word in ("今日零售", "¥60.00", "1 单", "零售库存告急") if word not in page]
    assert missing == []
    assert queries.find_by_number(kept) is not None


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "index", P.RETAIL_SELL),
        ("POST", "index", P.RETAIL_SELL),
        ("POST", "get_cate_goods", P.RETAIL_SELL),
        ("GET", "order_list", P.RETAIL_SELL),
        ("GET", "order_list/1", P.RETAIL_SELL),
        ("GET", "cancel_order", P.RETAIL_SELL),
        ("POST", "cancel_order", P.RETAIL_SELL),
        ("GET", "goods", P.RETAIL_WRITE),
        ("GET", "goods/new", P.RETAIL_WRITE),
        ("POST", "goods/new", P.RETAIL_WRITE),
        ("POST", "goods/1", P.RETAIL_WRITE),
        ("POST", "goods/1/stock", P.RETAIL_WRITE),
        ("GET", "goods/count", P.RETAIL_WRITE),
        ("POST", "goods/count", P.RETAIL_WRITE),
        ("GET", "goods/categories", P.RETAIL_WRITE),
        ("POST", "goods/categories", P.RETAIL_WRITE),
    ],
)
def test_each_door_opens_with_its_right_only(sit: Sit, method: str, path: str, right: P) -> None:
    for rights, may in ((set(P) - {right}, False), ({right}, True)):
        desk = sit(*rights)
        answer = desk.client.open(f"/pc/retail/{path}", method=method, data={"csrf_token": desk.csrf})
        assert (answer.status_code != 403) is may, answer.json


@pytest.mark.parametrize("path", ["index", "cancel_order", "goods/new", "goods/1/stock", "goods/count"])
def test_without_the_form_s_token_nothing_is_done(counter: Counter, path: str) -> None:
    counter.csrf = "0" * 64
    assert counter.post(path).status_code == 419
