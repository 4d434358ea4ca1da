"""Parameters of triage, quotes, reviews and plans of payment, as programs and our own pages send them.

Programs send the lines of a quote as parallel comma lists (contract/admin.yaml). Our pages send a row of fields for
each project, numbered, so that they work without a script: ``cid-1``, ``price-1``, ``num-1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, TypeVar

from flask import request
from pydantic import Field
from werkzeug.datastructures import MultiDict

from wxapp.admin.wire import (
    BlankNumberList,
    NumberList,
    RowId,
    TextList,
    WireForm,
    WireYuan,
    YuanList,
    check_lengths,
    read_wire,
    without_comma,
)
from wxapp.core.errors import Invalid
from wxapp.core.forms import FormKey
from wxapp.core.money import parse_yuan
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.visits.services.planning import Planned

Version = Annotated[int | None, Field(title="版本", ge=1, le=10**9)]
Remark = Annotated[str, Field(title="备注", max_length=500)]


class TriageForm(WireForm):
    """``id`` names a visit, or a patient who has exactly one that is not over."""

    id: RowId = Field(title="到院单")
    consultation_user_id: RowId = Field(title="咨询师")
    version: Version = None


class VisitForm(WireForm):
    """A button on the page of a visit."""

    id: RowId = Field(title="到院单")
    version: Version = None


# --- lines of a quote ------------------------------------------------------------------------------------------------


class QuotedRow(WireForm):
    """A row of our own page: a project with price and number."""

    project_id: int
    price_fen: int
    count: int


class LinesForm(WireForm):
    """The lines of a quote, either as lists or as rows."""

    id: RowId = Field(title="到院单")
    version: Version = None
    form_key: FormKey = ""
    edit_remark: Remark = ""
    pname: TextList = Field((), title="项目名称")
    cid: NumberList = Field((), title="项目")
    fid: NumberList = Field((), title="项目分类")
    project_id: NumberList = Field((), title="项目大类")
    price: YuanList = Field((), title="单价")
    num: NumberList = Field((), title="数量")
    rows: tuple[QuotedRow, ...] = ()

    def lines(self) -> list[QuotedLine]:
        """Return the lines as use cases know them.

        :raises Invalid: lists of different lengths, a blank name, or a class of projects that is not the category
        """
        if self.rows:
            return [QuotedLine(row.project_id, row.count, row.price_fen) for row in self.rows]
        check_lengths(
            {
                "项目名称": self.pname, "项目": self.cid, "项目分类": self.fid, "项目大类": self.project_id,
                "单价": self.price, "数量": self.num,
            },
            what="项目",
        )  # fmt: skip
        made = []
        for place, name in enumerate(self.pname):
            if not name:
                raise Invalid({}, f"第{place + 1}个项目没有名称")
            if self.fid[place] != self.project_id[place]:
                raise Invalid({}, f"第{place + 1}个项目“{name[:60]}”的分类与大类不一致")
            made.append(QuotedLine(self.cid[place], self.num[place], self.price[place], name, self.fid[place]))
        return made


class ConsultForm(LinesForm):
    """接待: the first quote. ``all_price`` is computed, whatever is sent."""

    consultation_user_id: RowId = Field(title="咨询师")
    all_price: WireYuan | None = Field(None, title="总价")
    discount_price: WireYuan | None = Field(None, title="折后价")


class RequoteForm(LinesForm):
    """修改: a new revision."""

    discount_price: WireYuan | None = Field(None, title="折后价")


class ReviewEditForm(LinesForm):
    """修改 of price review: lines and the final price, for the revision that was seen."""

    pay_price: WireYuan = Field(title="最终价")
    quote_id: RowId | None = Field(None, title="报价")


class PassForm(WireForm):
    id: RowId = Field(title="到院单")
    quote_id: RowId | None = Field(None, title="报价")
    version: Version = None
    form_key: FormKey = ""


class SendBackForm(PassForm):
    remark: str = Field(title="退回原因", min_length=2, max_length=200)


L = TypeVar("L", bound=LinesForm)


def read_lines(model: type[L]) -> L:
    """Return a form with lines: of the rows of our page, else of the lists that programs send.

    :raises Invalid: something is missing or wrong
    """
    form = read_wire(model, _without_rows())
    rows = tuple(_quoted_rows())
    return form.model_copy(update={"rows": rows}) if rows else form


def _quoted_rows() -> Iterator[QuotedRow]:
    for number in row_numbers("cid"):
        count = request.form.get(f"num-{number}", "").strip()
        if not count:
            continue  # offered by the search, not chosen
        label = f"第{number}行"
        cid = request.form.get(f"cid-{number}", "")
        if not _is_number(cid) or not _is_number(count) or len(count) > 6:
            raise Invalid({}, f"{label}的数量应为整数")
        try:
            price_fen = parse_yuan(request.form.get(f"price-{number}", ""))
        except ValueError:
            raise Invalid({}, f"{label}的单价不是正确的金额，例如 128 或 128.50") from None
        if int(count):
            yield QuotedRow(project_id=int(cid), price_fen=price_fen, count=int(count))


def row_numbers(name: str) -> list[int]:
    """Return the numbers of the rows that a page has sent, by the name of the field that each of them has."""
    row = re.compile(rf"{name}-(\d{{1,3}})")
    return sorted({int(match[1]) for key in request.form if (match := row.fullmatch(key))})


def _without_rows() -> MultiDict[str, str]:
    """Return the form without a parameter "rows": those of a page are numbered fields."""
    pairs = request.form.items(multi=True)
    return MultiDict([(key, value) for key, value in pairs if key.removesuffix("[]") != "rows"])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


# --- plans of payment ------------------------------------------------------------------------------------------------


class PlannedRow(WireForm):
    """A row of our own page: one payment."""

    method: str
    amount_fen: int
    remark: str
    periods: int | None
    repayment_day: int | None


class PlanForm(WireForm):
    """支付: parallel lists of one element a payment; ``loan_num`` has one a loan.

    A payment is a loan where it has a number of periods; elsewhere ``periods_num`` and ``repayment_date`` are blank.
    """

    id: RowId = Field(title="到院单")
    version: Version = None
    form_key: FormKey = ""
    pay_price: WireYuan = Field(title="付款金额")
    collect_num: YuanList = Field((), title="支付金额")
    collect_type: TextList = Field((), title="支付方式")
    collect_remark: TextList = Field((), title="支付备注")
    collect_remarks: TextList = Field((), title="支付备注")
    periods_num: BlankNumberList = Field((), title="贷款期数")
    repayment_date: BlankNumberList = Field((), title="还款日期")
    loan_num: YuanList = Field((), title="贷款金额")
    rows: tuple[PlannedRow, ...] = ()

    def payments(self) -> list[Planned]:
        """Return the payments as the use case knows them.

        Lists about loans may be left out when there are none; so may the remarks.

        :raises Invalid: lists of different lengths, or loan amounts that are not those of the payments
        """
        if self.rows:
            return [Planned(**row.model_dump()) for row in self.rows]
        remarks = self.collect_remark or self.collect_remarks
        lists = {"支付金额": self.collect_num, "支付方式": self.collect_type}
        optional = {"支付备注": remarks, "贷款期数": self.periods_num, "还款日期": self.repayment_date}
        lists |= {label: values for label, values in optional.items() if values}
        count = check_lengths(lists, what="支付")
        blanks: tuple[int | None, ...] = (None,) * count
        texts = remarks or ("",) * count
        periods = self.periods_num or blanks
        days = self.repayment_date or blanks
        self._check_loans(periods)
        return [
            Planned(method, amount, without_comma(remark), period, day)
            for amount, method, remark, period, day in zip(
                self.collect_num, self.collect_type, texts, periods, days, strict=True
            )
        ]

    def _check_loans(self, periods: tuple[int | None, ...]) -> None:
        loans = [amount for amount, period in zip(self.collect_num, periods, strict=True) if period is not None]
        if len(loans) != len(self.loan_num):
            raise Invalid({"loan_num": f"贷款金额{len(self.loan_num)}项，贷款支付{len(loans)}笔，应一致"})
        for place, (loan, amount) in enumerate(zip(self.loan_num, loans, strict=True), start=1):
            if loan != amount:
                raise Invalid({"loan_num": f"第{place}笔贷款金额与对应的支付金额不一致"})


def read_plan() -> PlanForm:
    """Return a plan of payment: of the rows of our page, else of the lists that programs send.

    :raises Invalid: something is missing or wrong
    """
    form = read_wire(PlanForm, _without_rows())
    rows = tuple(_planned_rows())
    return form.model_copy(update={"rows": rows}) if rows else form


def _planned_rows() -> Iterator[PlannedRow]:
    for number in row_numbers("amount"):
        amount = request.form.get(f"amount-{number}", "").strip()
        if not amount:
            continue
        try:
            amount_fen = parse_yuan(amount)
        except ValueError:
            raise Invalid({}, f"第{number}行的金额不正确，例如 128 或 128.50") from None
        yield PlannedRow(
            method=request.form.get(f"method-{number}", "").strip(),
            amount_fen=amount_fen,
            remark=without_comma(request.form.get(f"remark-{number}", "").strip()[:200]),
            periods=_small_number(f"periods-{number}", f"第{number}行的期数"),
            repayment_day=_small_number(f"day-{number}", f"第{number}行的还款日"),
        )


def _small_number(name: str, label: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not _is_number(text) or len(text) > 3:
        raise Invalid({}, f"{label}应为整数")
    return int(text)
