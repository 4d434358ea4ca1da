"""What comes in about payments: the parallel lists of programs (hospital-admin.md, part 7), and the rows of our pages.

At the cashier the lists of loans have one element for each *loan*, in the order in which the loans stand among the
payments; before the cashier they are aligned with all payments, see ``wxapp.visits``. Never guess: each group of lists
has its own length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from pydantic import Field
from werkzeug.datastructures import MultiDict

from wxapp.admin.wire import (
    NumberList,
    RowId,
    TextList,
    WireForm,
    YuanList,
    check_lengths,
    read_wire,
    without_comma,
)
from wxapp.cashier.errors import PaymentInvalid
from wxapp.cashier.rules import Row
from wxapp.cashier.services import Booked, booked_for, known_methods
from wxapp.core.errors import Invalid
from wxapp.core.forms import FormKey
from wxapp.core.money import parse_yuan
from wxapp.hospital.rules.methods import LAST_DAY

PAGE_ROWS = ("pay_method", "pay_amount", "pay_remark", "pay_periods", "pay_day")
"""Fields of a payment on our own page, each sent once for every row, blank or not."""


class CollectForm(WireForm):
    """The parameters of collect.pay, collect.edit and collect.again."""

    visit_id: RowId = Field(alias="id", title="到院单id")
    amounts: YuanList = Field((), alias="collect_num", title="付款金额")
    methods: TextList = Field((), alias="collect_type", title="付款方式")
    remarks: TextList = Field((), alias="collect_remarks", title="付款备注")
    remarks_by_other_name: TextList = Field((), alias="collect_remark", title="付款备注")
    bank_ids: NumberList = Field((), alias="bank_id", title="贷款银行id")
    periods: NumberList = Field((), alias="periods_num", title="贷款期数")
    loan_amounts: YuanList = Field((), alias="loan_num", title="借款金额")
    repayment_days: NumberList = Field((), alias="repayment_date", title="还款日期")
    reason: str = Field("", max_length=200, title="变更原因")
    balance_password: Annotated[str, Field(max_length=20)] = Field("", title="余额密码")
    version: int | None = Field(None, ge=1, title="版本")
    form_key: FormKey = ""


class VisitForm(WireForm):
    """Which visit a page is about."""

    visit_id: RowId = Field(alias="id", title="到院单id")


@dataclass(frozen=True)
class Submission:
    """Payments as they came in, by whichever form.

    :ivar from_page: they came from our own page, which asks for the reason of a change
    """

    visit_id: int
    rows: tuple[Row, ...]
    reason: str
    version: int | None
    form_key: str
    balance_password: str
    from_page: bool

    def model_dump(self) -> dict[str, Any]:
        """Return what two presses of the same form have in common. The password is no part of it."""
        return {name: value for name, value in asdict(self).items() if name != "balance_password"}


def read_submission(source: MultiDict[str, str], *, is_change: bool = False) -> Submission:
    """Return the payments of a form.

    :param is_change: what is booked for the visit may stand among them, also by methods that are switched off
    :raises Invalid: lists of different lengths, or something in them that is no amount or number
    """
    form = read_wire(CollectForm, source)
    from_page = any(name in source for name in PAGE_ROWS)
    rows = rows_of_page(source) if from_page else rows_of_lists(form, is_change=is_change)
    return Submission(
        form.visit_id, tuple(rows), form.reason, form.version, form.form_key, form.balance_password, from_page
    )


def rows_of_lists(form: CollectForm, *, is_change: bool = False) -> list[Row]:
    """:raises Invalid: the lists of payments, or those of loans, do not fit together"""
    remarks = form.remarks or form.remarks_by_other_name
    lists: dict[str, Sequence[Any]] = {"付款金额": form.amounts, "付款方式": form.methods}
    if remarks:
        lists["付款备注"] = remarks
    check_lengths(lists, what="付款")
    rows = [
        Row(method, amount_fen, remark)
        for method, amount_fen, remark in zip(
            form.methods, form.amounts, remarks or [""] * len(form.methods), strict=True
        )
    ]
    return _with_terms(rows, form, booked_for(form.visit_id) if is_change else ())


def _with_terms(rows: list[Row], form: CollectForm, booked: Sequence[Booked]) -> list[Row]:
    """Give the loans among the payments their terms: the first one the first element of each list, and so on."""
    known = known_methods((row.method for row in rows), booked=booked)
    loans = [at for at, row in enumerate(rows) if known[row.method].kind.is_loan]
    lists: dict[str, Sequence[Any]] = {
        "贷款付款": loans,
        "贷款银行id": form.bank_ids,
        "贷款期数": form.periods,
        "借款金额": form.loan_amounts,
        "还款日期": form.repayment_days,
    }
    check_lengths(lists, what="贷款")
    terms = zip(loans, form.bank_ids, form.periods, form.loan_amounts, form.repayment_days, strict=True)
    for at, bank_id, periods, loan_fen, day in terms:
        rows[at] = replace(rows[at], bank_id=bank_id, periods=periods, loan_fen=loan_fen, repayment_day=day)
    return rows


def rows_of_page(source: MultiDict[str, str]) -> list[Row]:
    """Return the rows of our own page that are not left blank.

    :raises Invalid: a row lacks its method or amount, or has something that is no amount or number
    """
    columns = {name: [text.strip() for text in source.getlist(name)] for name in PAGE_ROWS}
    if len({len(texts) for texts in columns.values()}) != 1:
        raise Invalid({}, "表单不完整，请刷新页面后重试")
    filled = [texts for texts in zip(*columns.values(), strict=True) if is_filled(texts)]
    return [_row(place, *texts) for place, texts in enumerate(filled, start=1)]


def is_filled(texts: Sequence[str]) -> bool:
    """Whether a row of our page says something: a method alone is a row that nobody filled in."""
    return any(text.strip() for text in texts[1:])


def _row(place: int, method: str, amount: str, remark: str, periods: str, day: str) -> Row:
    label = f"第{place}笔"
    if not method:
        raise PaymentInvalid(place, "method", f"{label}请选择付款方式")
    if not amount:
        raise PaymentInvalid(place, "amount", f"{label}请填写金额")
    try:
        amount_fen = parse_yuan(amount)
    except ValueError:
        refusal = f"{label}“{amount[:20]}”不是正确的金额，例如 128 或 128.50"
        raise PaymentInvalid(place, "amount", refusal) from None
    return Row(
        method,
        amount_fen,
        without_comma(remark),
        _number(place, "periods", periods, f"{label}期数应为整数"),
        _number(place, "day", day, f"{label}还款日应为1至{LAST_DAY}日"),
    )


def _number(place: int, column: str, text: str, refusal: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise PaymentInvalid(place, column, refusal)
    return int(text)
