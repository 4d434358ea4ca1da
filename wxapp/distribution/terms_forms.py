"""Input of staff's pages of terms and promoted goods."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.core.money import parse_yuan
from wxapp.distribution.models import Scope, TermsWay


def _parse_rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_yuan(value)  # hundredths of a percent, or of a yuan
    except ValueError:
        raise ValueError("请填写数字，最多两位小数，例如 10 或 2.5") from None


Rate = Annotated[int, BeforeValidator(_parse_rate), Field(ge=0, le=10_000_000)]
"""Typed in percent or in yuan, handed on in basis points or fen. A program sends these as a whole number."""


class ProposalForm(Form):
    """``subject`` is what the terms are for: ``default:0``, ``category:3``, ``goods:12``.

    Nothing for the seller is said as 0, not by leaving it out: that is for going back to the wider scope.
    """

    form_key: FormKey = ""
    subject: str = Field(title="适用范围", max_length=30)
    way: TermsWay = Field(title="计佣方式")
    seller: Rate | None = Field(None, title="分销员佣金")
    inviter: Rate = Field(0, title="邀请人佣金")
    note: str = Field(title="调整说明", min_length=2, max_length=200)


def subject_of(scope: Scope, scope_id: int) -> str:
    return f"{scope}:{scope_id}"


def read_subject(text: str) -> tuple[Scope, int] | None:
    """Return what the terms are for; None when the text does not say it."""
    scope, _, number = text.partition(":")
    if scope not in set(Scope) or not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    return Scope(scope), int(number)


class DecideForm(Form):
    """Confirming and taking back ask nothing more."""

    form_key: FormKey = ""


class RefuseForm(Form):
    form_key: FormKey = ""
    reason: str = Field(title="不通过的原因", min_length=2, max_length=200)


class SwitchOnForm(Form):
    form_key: FormKey = ""
    version: int = Field(0, ge=0)


class SwitchOffForm(Form):
    form_key: FormKey = ""
    reason: str = Field(title="停用原因", min_length=2, max_length=200)


class CategoryOnForm(Form):
    form_key: FormKey = ""
    category_id: int = Field(title="分类", ge=1, le=2**53)
