"""The parallel lists of the cashier (hospital-admin.md, part 7), right and in every broken variant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from tests.factories.configuration import make_method, make_methods
from wxapp.cashier.forms import read_submission
from wxapp.cashier.rules import Terms
from wxapp.cashier.services import Part, check_rows
from wxapp.core.errors import Invalid
from wxapp.hospital.models import Method, MethodKind


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


def example(methods: Mapping[str, Method], **changes: str) -> MultiDict[str, str]:
    """Return the example of the contract, with other lenders' numbers; an empty change leaves a list out."""
    lists = {
        "id": "101",
        "collect_num": "100.00,200.00,1800.00,2400.00,",
        "collect_type": "支付宝,微信,分期甲,分期乙,",
        "collect_remarks": "备注1,备注2,备注3, ,",
        "bank_id": f"{methods['分期甲'].id},{methods['分期乙'].id},",
        "periods_num": "12,6,",
        "loan_num": "1800.00,2400.00,",
        "repayment_date": "08,13,",
    }
    return MultiDict({name: text for name, text in {**lists, **changes}.items() if text})


def read(source: MultiDict[str, str]) -> list[Part]:
    return check_rows(read_submission(source).rows)


EXPECTED = [
    ("支付宝", 10_000, "备注1", None),
    ("微信", 20_000, "备注2", None),
    ("分期甲", 180_000, "备注3", Terms(12, 8)),
    ("分期乙", 240_000, "", Terms(6, 13)),
]


def told(parts: list[Part]) -> list[tuple[str, int, str, Terms | None]]:
    return [(part.method.name, part.amount_fen, part.remark, part.terms) for part in parts]


def test_the_example_is_read_as_it_is_meant(methods: Mapping[str, Method]) -> None:
    assert told(read(example(methods))) == EXPECTED


def test_the_comma_at_the_end_may_be_left_out(methods: Mapping[str, Method]) -> None:
    given = {name: text.removesuffix(",") for name, text in example(methods).items()}
    assert told(read(MultiDict(given))) == EXPECTED


def test_the_remarks_have_two_names(methods: Mapping[str, Method]) -> None:
    source = example(methods, collect_remarks="", collect_remark="备注1,备注2,备注3, ,")
    assert told(read(source)) == EXPECTED


def test_remarks_may_be_missing(methods: Mapping[str, Method]) -> None:
    assert [part.remark for part in read(example(methods, collect_remarks=""))] == [""] * 4


def test_repeated_keys_count_by_their_last(methods: Mapping[str, Method]) -> None:
    source = example(methods)
    source.setlist("collect_num", ["1,2,3,4,", "100,200,1800,2400"])
    assert told(read(source)) == EXPECTED


@pytest.mark.parametrize("empty", ["", ",", " "])
def test_without_loans_their_lists_may_be_empty(methods: Mapping[str, Method], empty: str) -> None:
    lists = dict.fromkeys(("bank_id", "periods_num", "loan_num", "repayment_date"), empty)
    source = example(methods, collect_num="100,", collect_type="现金,", collect_remarks=" ,", **lists)
    if empty == ",":
        for name in lists:
            source.pop(name)
    assert told(read(source)) == [("现金", 10_000, "", None)]


BROKEN = {
    "fewer amounts": ({"collect_num": "100.00,200.00,1800.00,"}, "项数不一致"),
    "fewer methods": ({"collect_type": "支付宝,微信,分期甲,"}, "项数不一致"),
    "fewer remarks": ({"collect_remarks": "备注1,备注2,"}, "项数不一致"),
    "a comma in a remark": ({"collect_remarks": "备注1,备,注2,备注3, ,"}, "项数不一致"),
    "no amounts": ({"collect_num": ""}, "项数不一致"),
    "loans without their banks": ({"bank_id": ""}, "贷款银行id0项"),
    "loans without periods": ({"periods_num": ""}, "贷款期数0项"),
    "loans without amounts": ({"loan_num": ""}, "借款金额0项"),
    "loans without days": ({"repayment_date": ""}, "还款日期0项"),
    "one period for two loans": ({"periods_num": "12,"}, "贷款期数1项"),
    "aligned with all payments": ({"periods_num": " , ,12,6,"}, "整数"),
    "a bank more": ({"bank_id": "8,9,10,"}, "贷款银行id3项"),
    "loans swapped": ({"loan_num": "2400.00,1800.00,"}, "借款金额应等于付款金额"),
    "another bank": ({"bank_id": "1,2,"}, "贷款银行id应为"),
    "periods not on offer": ({"periods_num": "11,6,"}, "不提供11期"),
    "periods of nothing": ({"periods_num": "0,6,"}, "不提供0期"),
    "day 0": ({"repayment_date": "0,13,"}, "还款日应为1至31"),
    "day 32": ({"repayment_date": "08,32,"}, "还款日应为1至31"),
    "no day": ({"repayment_date": " ,13,"}, "整数"),
    "an unknown method": ({"collect_type": "支付宝,比特币,分期甲,分期乙,"}, "第2笔付款方式“比特币”不存在或已停用"),
    "a blank method": ({"collect_type": "支付宝, ,分期甲,分期乙,"}, "第2笔付款方式"),
    "an amount of nothing": ({"collect_num": "0.00,300.00,1800.00,2400.00,"}, "应大于0"),
    "a negative amount": ({"collect_num": "-100.00,400.00,1800.00,2400.00,"}, "不是正确的金额"),
    "three decimals": ({"collect_num": "100.001,200.00,1800.00,2400.00,"}, "不是正确的金额"),
    "an amount with an exponent": ({"collect_num": "1e2,200.00,1800.00,2400.00,"}, "不是正确的金额"),
    "a full-width digit": ({"collect_num": "１００,200.00,1800.00,2400.00,"}, "不是正确的金额"),
    "ten thousand lines": ({"collect_num": "1.00," * 10_000}, "不能超过500项"),
    "fifty-one payments": ({"collect_num": "1," * 51, "collect_type": "现金," * 51, "collect_remarks": "",
                            "bank_id": "", "periods_num": "", "loan_num": "", "repayment_date": ""}, "最多50笔"),
    "a long remark": ({"collect_remarks": f"{'长' * 201},备注2,备注3, ,"}, "备注不能超过200个字"),
    "no visit": ({"id": ""}, "到院单id"),
    "no number of a visit": ({"id": "一"}, "到院单id"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_variant_has_its_own_sentence(methods: Mapping[str, Method], name: str) -> None:
    changes, sentence = BROKEN[name]
    with pytest.raises(Invalid) as refused:
        read(example(methods, **changes))
    assert sentence in "；".join([refused.value.message, *refused.value.errors.values()])


def test_a_bank_that_is_switched_off_lends_no_more(methods: Mapping[str, Method]) -> None:
    make_method("旧银行", MethodKind.BANK, is_active=False)
    with pytest.raises(Invalid, match="旧银行"):
        read(example(methods, collect_type="支付宝,微信,分期甲,旧银行,"))


def test_a_loan_stays_within_what_its_lender_takes(app: Flask) -> None:
    bank = make_method("小额贷", MethodKind.LENDER, least_fen=100_000, most_fen=200_000)
    lists = {
        "id": "1",
        "collect_type": "小额贷,",
        "bank_id": f"{bank.id},",
        "periods_num": "6,",
        "repayment_date": "1,",
    }
    for yuan in ("999.99", "2000.01"):
        with pytest.raises(Invalid, match=r"1000\.00至2000\.00"):
            read(MultiDict({**lists, "collect_num": yuan, "loan_num": yuan}))


# --- our own page ----------------------------------------------------------------------------------------------------


def page(*rows: tuple[str, str, str, str, str]) -> MultiDict[str, str]:
    source: MultiDict[str, str] = MultiDict({"id": "101"})
    for row in rows:
        for name, text in zip(("pay_method", "pay_amount", "pay_remark", "pay_periods", "pay_day"), row, strict=True):
            source.add(name, text)
    return source


def test_rows_of_the_page_say_the_same(methods: Mapping[str, Method]) -> None:
    source = page(
        ("支付宝", "100", "备注1", "", ""),
        ("现金", "", "", "", ""),  # not filled in
        ("微信", "200.00", "左,右", "", ""),
        ("分期甲", "1800", "备注3", "12", "08"),
        ("", "", "", "", ""),
    )
    assert told(read(source)) == [
        ("支付宝", 10_000, "备注1", None),
        ("微信", 20_000, "左，右", None),
        ("分期甲", 180_000, "备注3", Terms(12, 8)),
    ]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("", "100", "", "", ""), "第1笔请选择付款方式"),
        (("现金", "", "备注", "", ""), "第1笔请填写金额"),
        (("现金", "一百", "", "", ""), "不是正确的金额"),
        (("现金", "100", "", "6", ""), "不是贷款"),
        (("现金", "100", "", "", "8"), "不是贷款"),
        (("分期甲", "100", "", "", "8"), "请填写贷款期数"),
        (("分期甲", "100", "", "12", ""), "还款日"),
        (("分期甲", "100", "", "x", "8"), "期数应为整数"),
    ],
)
def test_a_row_that_is_not_whole_is_told(
    methods: Mapping[str, Method], row: tuple[str, str, str, str, str], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        read(page(row))


def test_two_presses_are_alike_whatever_the_password(methods: Mapping[str, Method]) -> None:
    first = read_submission(example(methods, balance_password="739164", form_key="k"))
    second = read_submission(example(methods, balance_password="000000", form_key="k"))
    assert first.model_dump() == second.model_dump()
    assert "739164" not in str(first.model_dump())
