"""Parallel lists (hospital-admin.md, part 7): each broken variant is refused with a sentence of its own.

A variant changes the right call of an interface in one place. Nothing of a broken call is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.contract.calls import PREPARE
from tests.contract.house import House, changed, contents
from wxapp.core.db import transaction

Change = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]

LINES = ("consultation.consult", "physical.complete", "examine.edit")
PLANS = ("consultation.pay", "examine.pay")
CASHIER = ("collect.pay", "collect.edit", "collect.again")

OF_LINES: dict[str, Change] = {
    "a name too few": {"pname": "项目甲,项目乙,"},
    "a price too many": {"price": "800.00,1200.00,3000.00,1.00,"},
    "a count too few": {"num": "1,1,"},
    "a category too few": lambda sent: {"fid": _without_last(sent["fid"])},
    "an unknown project": lambda sent: {"cid": _with_first(sent["cid"], "99999")},
    "the name of another project": {"pname": "项目乙,项目甲,项目丙,"},
    "the category of another project": lambda sent: {"fid": _with_first(sent["fid"], "99999")},
    "two categories that differ": lambda sent: {"project_id": _with_first(sent["project_id"], "99999")},
    "no project at all": {"pname": "", "cid": "", "fid": "", "project_id": "", "price": "", "num": ""},
    "a blank line": {"pname": "项目甲, ,项目丙,"},
    "none of a project": {"num": "0,1,1,"},
    "less than none": {"num": "-1,1,1,"},
    "half a project": {"num": "0.5,1,1,"},
    "a price that is no number": {"price": "800.00,free,3000.00,"},
    "a price below nothing": {"price": "-800.00,1200.00,3000.00,"},
    "an amount that no column holds": {"price": "999999999.00,999999999.00,999999999.00,", "num": "9999,9999,9999,"},
}

OF_PLANS: dict[str, Change] = {
    "an amount too few": {"collect_num": "100.00,200.00,300.00,1500.00,"},
    "a method too many": {"collect_type": "支付宝,微信,现金,分期甲,分期乙,刷卡,"},
    "a remark too few": {"collect_remark": "备注1,备注2,备注3,备注4,"},
    "periods too few": {"periods_num": " , , ,12,"},
    "days too many": {"repayment_date": " , , ,12,8,9,"},
    "blanks left out as at the cashier": {"periods_num": "12,6,", "repayment_date": "12,8,"},
    "a day without periods": {"repayment_date": " , ,3,12,8,"},
    "periods without a day": {"repayment_date": " , , ,12, ,"},
    "periods of a payment that is no loan": {"periods_num": " , ,3,12,6,", "repayment_date": " , ,3,12,8,"},
    "a loan without periods": {"periods_num": " , , , ,6,", "repayment_date": " , , , ,8,", "loan_num": "2400.00,"},
    "a loan too few": {"loan_num": "1500.00,"},
    "loans in another order": {"loan_num": "2400.00,1500.00,"},
    "a loan of another amount": {"loan_num": "1500.00,2400.01,"},
    "one fen too few": {"collect_num": "99.99,200.00,300.00,1500.00,2400.00,"},
    "a sum that is not the price": {"pay_price": "4500.01"},
    "an unknown method": {"collect_type": "支付宝,贝壳,现金,分期甲,分期乙,"},
    "a blank method": {"collect_type": "支付宝, ,现金,分期甲,分期乙,"},
    "a payment of nothing": {"collect_num": "0.00,300.00,300.00,1500.00,2400.00,"},
    "a payment of less than nothing": {"collect_num": "-100.00,400.00,300.00,1500.00,2400.00,"},
    "periods that are not offered": {"periods_num": " , , ,7,6,"},
    "day 0": {"repayment_date": " , , ,0,8,"},
    "day 32": {"repayment_date": " , , ,12,32,"},
    "a period that is a word": {"periods_num": " , , ,twelve,6,"},
}

OF_CASHIER: dict[str, Change] = {
    "an amount too few": lambda sent: {"collect_num": _without_last(sent["collect_num"])},
    "a method too many": lambda sent: {"collect_type": sent["collect_type"] + "刷卡,"},
    "a remark too few": lambda sent: {"collect_remarks": _without_last(sent["collect_remarks"])},
    "a bank too few": lambda sent: {"bank_id": _without_last(sent["bank_id"])},
    "a bank too many": lambda sent: {"bank_id": sent["bank_id"] + sent["bank_id"]},
    "the number of another bank": lambda sent: {"bank_id": _with_first(sent["bank_id"], "99999")},
    "periods too few": lambda sent: {"periods_num": _without_last(sent["periods_num"])},
    "periods for plain payments too": lambda sent: {"periods_num": f" , ,{sent['periods_num']}"},
    "a blank period": lambda sent: {"periods_num": _with_first(sent["periods_num"], " ")},
    "a loan too few": lambda sent: {"loan_num": _without_last(sent["loan_num"])},
    "a loan of another amount": lambda sent: {"loan_num": _with_first(sent["loan_num"], "1.00")},
    "days too few": lambda sent: {"repayment_date": _without_last(sent["repayment_date"])},
    "day 0": lambda sent: {"repayment_date": _with_first(sent["repayment_date"], "0")},
    "day 32": lambda sent: {"repayment_date": _with_first(sent["repayment_date"], "32")},
    "a day that is a word": lambda sent: {"repayment_date": _with_first(sent["repayment_date"], "first")},
    "periods that are not offered": lambda sent: {"periods_num": _with_first(sent["periods_num"], "7")},
    "one fen too many": lambda sent: {"collect_num": _with_first(sent["collect_num"], "100.01")},
    "a payment of nothing": lambda sent: {
        "collect_num": f"0.00,{sent['collect_num']}",
        "collect_type": f"刷卡,{sent['collect_type']}",
        "collect_remarks": f" ,{sent['collect_remarks']}",
    },
    "a payment of less than nothing": lambda sent: {"collect_num": _with_first(sent["collect_num"], "-100.00")},
    "an amount that is a word": lambda sent: {"collect_num": _with_first(sent["collect_num"], "all")},
    "an unknown method": lambda sent: {"collect_type": _with_first(sent["collect_type"], "贝壳")},
    "a blank method": lambda sent: {"collect_type": _with_first(sent["collect_type"], " ")},
    "loans without their lists": {"bank_id": "", "periods_num": "", "loan_num": "", "repayment_date": ""},
    "no payment at all": {"collect_num": "", "collect_type": "", "collect_remarks": ""},
    "ten thousand payments": {
        "collect_num": "0.45," * 10_000, "collect_type": "现金," * 10_000, "collect_remarks": " ," * 10_000,
    },
}  # fmt: skip

OF_RETAIL: dict[str, Change] = {
    "a name too few": {"good_name": "商品甲,"},
    "a count too many": {"pay_num": "1,2,3,"},
    "a price too few": {"pay_price": "20.00,"},
    "goods too few": lambda sent: {"good_id": _without_last(sent["good_id"])},
    "an unknown one": lambda sent: {"good_id": _with_first(sent["good_id"], "99999")},
    "the name of other goods": {"good_name": "商品乙,商品甲,"},
    "another price": {"pay_price": "19.99,20.00,", "pay_money": "10,20,29.99,"},
    "none of it": {"pay_num": "0,2,", "pay_money": "10,20,10,"},
    "more than there is": {"pay_num": "11,2,", "pay_money": "100,100,60,"},
    "a method too few": {"pay_type": "支付宝,微信,"},
    "an amount too few": {"pay_money": "10,50,"},
    "a sum that is not the price": {"pay_money": "10,20,29.99,"},
    "a loan": {"pay_type": "支付宝,微信,分期甲,"},
    "a deposit": {"pay_type": "支付宝,微信,定金,"},
    "an unknown method": {"pay_type": "支付宝,微信,贝壳,"},
    "a payment of nothing": {"pay_money": "0,30,30,"},
    "no goods": {"good_id": "", "good_name": "", "pay_num": "", "pay_price": ""},
    "no payment": {"pay_money": "", "pay_type": ""},
}


def _without_last(text: str) -> str:
    return ",".join(text.split(",")[:-2]) + ","


def _with_first(text: str, other: str) -> str:
    return ",".join([other, *text.split(",")[1:]])


GROUPS = ((LINES, OF_LINES), (PLANS, OF_PLANS), (CASHIER, OF_CASHIER), (("retail.index.submit",), OF_RETAIL))


def broken(sent: dict[str, Any], change: Change) -> dict[str, Any]:
    return {**sent, **(change(sent) if callable(change) else change)}


@pytest.mark.parametrize(
    ("interface_id", "variants"), [(each, variants) for ids, variants in GROUPS for each in ids], ids=lambda one: one
)  # fmt: skip
def test_each_broken_variant_is_refused_and_saves_nothing(
    house: House, interface_id: str, variants: Mapping[str, Change]
):
    sent = PREPARE[interface_id](house)
    before = contents()
    taken, unexplained = [], []
    for what, change in variants.items():
        answer = house.call(interface_id, broken(sent, change))
        assert answer.status_code == 200, what
        if answer.json["code"] != 0:
            taken.append(what)
            break
        if len(answer.json["msg"]) <= len("操作失败："):
            unexplained.append(what)
    assert (taken, unexplained) == ([], [])
    assert changed(before, contents()) == []


@pytest.mark.parametrize(
    ("interface_ids", "variants"), GROUPS, ids=lambda one: one[0] if isinstance(one, tuple) else ""
)
def test_what_is_broken_is_told_apart(house: House, interface_ids: tuple[str, ...], variants: Mapping[str, Change]):
    """A cashier who reads the sentence knows what to mend: different faults have different sentences."""
    sent = PREPARE[interface_ids[0]](house)
    told = {what: house.call(interface_ids[0], broken(sent, change)).json["msg"] for what, change in variants.items()}
    assert len(set(told.values())) >= len(variants) / 2, told


@pytest.mark.parametrize("interface_id", CASHIER)
def test_plain_payments_need_no_lists_of_loans_whatever_is_called_required(house: House, interface_id: str):
    sent = PREPARE[interface_id](house)
    total = sum(float(one) for one in sent["collect_num"].split(",") if one)
    plain = {"id": sent["id"], "collect_num": f"{total:.2f}", "collect_type": "现金"}
    for rest in ({}, {"bank_id": "", "periods_num": "", "loan_num": "", "repayment_date": ""}):
        before = contents()
        answer = house.call(interface_id, {**plain, **rest})
        if answer.json["code"] == 1:
            break
        assert changed(before, contents()) == []
    assert answer.json["code"] == 1, answer.json


@pytest.mark.parametrize("interface_id", [*PLANS, *CASHIER])
@pytest.mark.parametrize("spelling", ["collect_remark", "collect_remarks"])
def test_remarks_are_known_by_both_of_their_names(house: House, interface_id: str, spelling: str):
    sent = PREPARE[interface_id](house)
    remarks = sent.pop("collect_remark", "") or sent.pop("collect_remarks", "")
    house.done(interface_id, {**sent, spelling: remarks})


@pytest.mark.parametrize("interface_id", PLANS)
def test_a_plan_without_loans_needs_no_lists_of_loans(house: House, interface_id: str):
    sent = PREPARE[interface_id](house)
    house.done(
        interface_id,
        {"id": sent["id"], "pay_price": "4500", "collect_num": "4000,500", "collect_type": "现金,刷卡"},
    )


def test_a_method_that_is_switched_off_is_no_method_any_more(house: House):
    sent = PREPARE["collect.pay"](house)
    with transaction():
        house.methods["微信"].is_active = False
    before = contents()
    assert house.call("collect.pay", sent).json["code"] == 0
    assert changed(before, contents()) == []
