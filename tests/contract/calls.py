"""A right call of each interface: what has to be there first, and what is sent.

``PREPARE[id](house)`` makes what the call is about and returns its parameters by the names of the wire.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.contract.house import PHONE, House
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.patients.models import Patient
from wxapp.retail.models import GoodsCategory, RetailGoods
from wxapp.visits.models import Stage, Visit

NEW_PHONE = "13800005555"
FINAL_FEN = 450_000
"""The price of the contract's examples; the projects of the house cost 5,000 yuan by their list."""

Prepare = Callable[[House], dict[str, Any]]
PREPARE: dict[str, Prepare] = {}


def prepares(interface_id: str) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        PREPARE[interface_id] = prepare
        return prepare

    return register


# --- customers -------------------------------------------------------------------------------------------------------


@prepares("user.add")
def new_customer(house: House) -> dict[str, Any]:
    today = clock.today()
    return {
        "phone": NEW_PHONE,
        "username": "李四",
        "user_source": "0",
        "birthday": f"{today.year - 20}-01-02",
        "age": "20",
        "sex": "2",
        "main_reg_user_id": str(house.id_of("咨询师")),
        "province": "甲省",
        "city": "乙市",
        "area": "丙区",
        "address": "丁路1号",
        "source": "熟人介绍",
        "reg_user_wx": "demo_account_01",
        "earnest_money": "0.00",
        "user_type": "3",
        "project_id[]": [str(house.projects[0].category_id), str(house.projects[2].category_id)],
        "reg_user_id[]": [str(house.id_of("售后"))],
        "accompany_id[]": [str(house.id_of("护士")), str(house.id_of("前台"))],
    }


def add_customer(house: House) -> Visit:
    """Return the visit of a customer who was added with everything that a form can say."""
    house.done("user.add", new_customer(house))
    return db.session.query(Visit).order_by(Visit.id.desc()).limit(1).one()


@prepares("user.index")
def customers(house: House) -> dict[str, Any]:
    add_customer(house)
    return {"status": "1"}


@prepares("user.is_do")
def expected(house: House) -> dict[str, Any]:
    return {"id": str(house.visit(Stage.BOOKED).id)}


@prepares("user.details")
def customer(house: House) -> dict[str, Any]:
    return {"id": str(add_customer(house).id)}


# --- retail ----------------------------------------------------------------------------------------------------------


def make_goods() -> list[RetailGoods]:
    """Return two goods at 20 yuan, of which there are ten each."""
    category = GoodsCategory(name="护肤")
    with transaction():
        db.session.add(category)
        db.session.flush()  # its key is in the rows below
        goods = [
            RetailGoods(
                category_id=category.id,
                name=name,
                price_fen=2_000,
                stock=10,
                changed_at=clock.now(),
                changed_by="system:tests",
            )
            for name in ("商品甲", "商品乙")
        ]
        db.session.add_all(goods)
    return goods


@prepares("retail.index.page")
def sale_page(house: House) -> dict[str, Any]:
    return {"id": str(house.patient.id)}


@prepares("retail.get_cate_goods")
def goods_of_category(house: House) -> dict[str, Any]:
    return {"id": str(make_goods()[0].category_id)}


@prepares("retail.index.submit")
def sale(house: House) -> dict[str, Any]:
    """One of the first and two of the second for 60 yuan, paid in three ways: the groups differ in length."""
    first, second = make_goods()
    return {
        "developer": str(house.id_of("咨询师")),
        "mid": str(house.patient.id),
        "pay_money": "10,20,30,",
        "pay_type": "支付宝,微信,现金,",
        "pay_num": "1,2,",
        "good_id": f"{first.id},{second.id},",
        "good_name": "商品甲,商品乙,",
        "pay_price": "20.00,20.00,",
    }


@prepares("retail.order_list")
def sales(house: House) -> dict[str, Any]:
    house.done("retail.index.submit", sale(house))
    return {"page": "1"}


@prepares("retail.cancel_order")
def sold(house: House) -> dict[str, Any]:
    sales(house)
    return {"order_no": house.done("retail.order_list", {})["list"][0]["order_no"]}


# --- diagnostics -----------------------------------------------------------------------------------------------------


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (180, 120, 90)).save(file, "JPEG")
    return file.getvalue()


@prepares("common.upload_one")
def upload(house: House) -> dict[str, Any]:
    return {"file": (picture(), "a.jpg")}


def take_pictures(house: House, visit: Visit) -> None:
    """Let the laboratory and the photo room put two pictures each to every department of the visit."""
    for kind in ("preoperative", "blood", "electrocardiogram", "ct", "radiation"):
        paths = [house.done("common.upload_one", upload(house))["message"] for _ in range(2)]
        caller = house.caller("检验科")
        sent = {"id": str(visit.id), "kind": kind, "images": "".join(f"{path}," for path in paths)}
        answer = caller.client.post("/pc/physical/save_img", data=sent, headers={"X-CSRF-Token": caller.csrf})
        assert answer.json["code"] == 1, answer.json


@prepares("physical.info")
def pictures(house: House) -> dict[str, Any]:
    visit = house.visit(Stage.ARRIVED)
    take_pictures(house, visit)
    return {"id": str(visit.id)}


# --- triage and consultation -----------------------------------------------------------------------------------------


@prepares("triage.fenzhen")
def arrived(house: House) -> dict[str, Any]:
    return {"id": str(house.visit(Stage.ARRIVED).id), "consultation_user_id": str(house.id_of("咨询师"))}


@prepares("triage.edit")
def triaged(house: House) -> dict[str, Any]:
    return {"id": str(house.visit(Stage.TRIAGED).id), "consultation_user_id": str(house.id_of("咨询师"))}


def lines(house: House) -> dict[str, Any]:
    """The three projects at the prices of their list."""
    categories = "".join(f"{project.category_id}," for project in house.projects)
    return {
        "pname": "项目甲,项目乙,项目丙,",
        "cid": "".join(f"{project.id}," for project in house.projects),
        "fid": categories,
        "project_id": categories,
        "price": "800.00,1200.00,3000.00,",
        "num": "1,1,1,",
    }


@prepares("consultation.consult")
def first_quote(house: House) -> dict[str, Any]:
    return {
        "id": str(house.visit(Stage.TRIAGED).id),
        "consultation_user_id": str(house.id_of("咨询师")),
        "all_price": "",
        "discount_price": "4500.00",
        "edit_remark": "老客户优惠",
        **lines(house),
    }


@prepares("physical.complete")
def next_quote(house: House) -> dict[str, Any]:
    visit = house.visit(Stage.IN_REVIEW)
    return {"id": str(visit.id), "discount_price": "4500.00", "edit_remark": "", **lines(house)}


def plan() -> dict[str, Any]:
    """The contract's example of how somebody means to pay: three plain payments and two loans."""
    return {
        "pay_price": "4500.00",
        "collect_num": "100.00,200.00,300.00,1500.00,2400.00,",
        "collect_type": "支付宝,微信,现金,分期甲,分期乙,",
        "collect_remark": "备注1,备注2,备注3,备注4,备注5,",
        "periods_num": " , , ,12,6,",
        "repayment_date": " , , ,12,8,",
        "loan_num": "1500.00,2400.00,",
    }


def approved(house: House) -> Visit:
    """Return a visit whose final price is that of the examples."""
    return house.visit(Stage.APPROVED, final_fen=FINAL_FEN)


@prepares("consultation.pay")
def plan_of_consultant(house: House) -> dict[str, Any]:
    return {"id": str(approved(house).id), **plan()}


@prepares("consultation.particulars")
def for_consultant(house: House) -> dict[str, Any]:
    visit = approved(house)
    house.done("consultation.pay", {"id": str(visit.id), **plan()})
    take_pictures(house, visit)
    return {"id": str(visit.id)}


@prepares("external.set_machine")
def at_the_machine(house: House) -> dict[str, Any]:
    visit = house.visit(Stage.TRIAGED)
    return {
        "user_id": str(house.patient.id),
        "user_name": "张三",
        "user_phone": PHONE,
        "user_number": visit.visit_no,
        "machine": "MACHINE-01",
    }


@prepares("common.get_project_ajax")
def part_of_a_name(house: House) -> dict[str, Any]:
    return {"name": "项目"}


# --- review ----------------------------------------------------------------------------------------------------------


@prepares("examine.pass")
def in_review(house: House) -> dict[str, Any]:
    return {"id": str(house.visit(Stage.IN_REVIEW).id)}


@prepares("examine.pay")
def plan_of_reviewer(house: House) -> dict[str, Any]:
    return {"id": str(approved(house).id), **plan()}


@prepares("examine.edit")
def other_price(house: House) -> dict[str, Any]:
    visit = house.visit(Stage.IN_REVIEW)
    return {"id": str(visit.id), "pay_price": "4200.00", "edit_remark": "主管批准", **lines(house)}


@prepares("examine.details")
def for_reviewer(house: House) -> dict[str, Any]:
    return for_consultant(house)


# --- cashier ---------------------------------------------------------------------------------------------------------


def payments(house: House) -> dict[str, Any]:
    """The contract's example at the cashier: two plain payments and two loans."""
    return {
        "collect_num": "100.00,200.00,1800.00,2400.00,",
        "collect_type": "支付宝,微信,分期甲,分期乙,",
        "collect_remarks": "备注1,备注2,备注3, ,",
        "bank_id": f"{house.methods['分期甲'].id},{house.methods['分期乙'].id},",
        "periods_num": "12,6,",
        "loan_num": "1800.00,2400.00,",
        "repayment_date": "08,13,",
    }


@prepares("collect.pay")
def to_collect(house: House) -> dict[str, Any]:
    return {"id": str(approved(house).id), **payments(house)}


def collected(house: House) -> str:
    """Return the number of a visit of which 4,500 yuan were collected."""
    sent = to_collect(house)
    house.done("collect.pay", sent)
    return str(sent["id"])


@prepares("collect.edit")
def to_change(house: House) -> dict[str, Any]:
    """The same loans, and cash instead of the codes."""
    return {
        "id": collected(house),
        **payments(house),
        "collect_num": "300.00,1800.00,2400.00,",
        "collect_type": "现金,分期甲,分期乙,",
        "collect_remarks": " ,备注3, ,",
    }


def raised(house: House) -> str:
    """Return the number of a visit whose price was raised by 500 yuan after it had been collected."""
    visit_id = collected(house)
    house.done("examine.edit", {"id": visit_id, "pay_price": "5000.00", **lines(house)})
    return visit_id


@prepares("collect.again")
def to_collect_again(house: House) -> dict[str, Any]:
    return {
        "id": raised(house),
        "collect_num": "100.00,400.00,",
        "collect_type": "现金,分期甲,",
        "collect_remarks": "补差价, ,",
        "bank_id": f"{house.methods['分期甲'].id},",
        "periods_num": "6,",
        "loan_num": "400.00,",
        "repayment_date": "31,",
    }


@prepares("collect.details")
def for_cashier(house: House) -> dict[str, Any]:
    visit_id = raised(house)
    take_pictures(house, db.session.get_one(Visit, int(visit_id)))
    return {"id": visit_id}


@prepares("collect.all_details")
def to_print(house: House) -> dict[str, Any]:
    return {"id": collected(house)}


def patient_of(phone: str) -> Patient:
    return next(one for one in db.session.query(Patient) if one.phone == phone)
