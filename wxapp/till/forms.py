"""Forms of cash-ups."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from wxapp.core.forms import Form
from wxapp.core.money import parse_yuan


def _signed(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return -parse_yuan(text[1:]) if text.startswith("-") else parse_yuan(text)
    except ValueError:
        raise ValueError("金额格式不正确，例如 128、128.50 或 -20") from None


Counted = Annotated[int, BeforeValidator(_signed), Field(ge=-(10**10), le=10**10)]
"""Counted in yuan, handed on in fen; below zero when more went out than came in."""


FIRST_DAY = date(2000, 1, 1)
"""No hospital of ours took money before."""


class CountForm(Form):
    """What a cashier has counted on a day."""

    day: Annotated[date, Field(title="日期", ge=FIRST_DAY)]
    cash: Annotated[Counted, Field(title="现金")] = 0
    card: Annotated[Counted, Field(title="刷卡")] = 0
    wechat_code: Annotated[Counted, Field(title="微信收款码")] = 0
    alipay_code: Annotated[Counted, Field(title="支付宝收款码")] = 0
    transfer: Annotated[Counted, Field(title="银行转账")] = 0
    note: Annotated[str, Field(title="差异说明", max_length=200)] = ""
    version: Annotated[int | None, Field(title="版本", ge=1)] = None


class CheckForm(Form):
    """Confirming a count as it stands."""

    version: Annotated[int, Field(title="版本", ge=1)]
