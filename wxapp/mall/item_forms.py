"""Input of forms that choose items of an order: fields ``item_<line>_<position>`` say how many of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from pydantic import Field
from werkzeug.datastructures import MultiDict

from wxapp.core.errors import Invalid
from wxapp.core.forms import TRANSPORT_FIELDS, Form, FormKey, read_form

F = TypeVar("F", bound=Form)

MOST_DIGITS = 3
_FIELD = re.compile(r"item_([0-9]{1,15})_([0-9]{1,9})")
_PIECES = re.compile(r"line_([0-9]{1,15})")


class RedeemForm(Form):
    """What is said beside the items. ``open`` is how many items the page showed as open."""

    form_key: FormKey = ""
    open: int | None = Field(None, title="待使用项目数", ge=0, le=1_000_000)


class UndoForm(Form):
    form_key: FormKey = ""
    reason: str = Field(title="撤销原因", max_length=60)


class RefundItemsForm(Form):
    """A patient's application; what is asked back stands beside it."""

    once: str = Field(title="提交编号", min_length=10, max_length=60)
    reason: str = Field(title="退款原因", max_length=80)


class RefundPiecesForm(Form):
    """The same by staff."""

    form_key: FormKey = ""
    reason: str = Field(title="退款原因", max_length=80)


class WithdrawForm(Form):
    """Taking an application back asks nothing more."""


class AgainForm(Form):
    """Reporting a delivery again asks nothing more."""


def read_with_items(
    model: type[F], form: MultiDict[str, str], *, with_pieces: bool = False
) -> tuple[F, dict[tuple[int, int], int], dict[int, int]]:
    """Return the form's own fields, the items chosen by line and position, and the whole pieces chosen by line.

    :raises Invalid: a sentence for each field that is unknown, repeated or no number
    """
    wished: dict[tuple[int, int], int] = {}
    pieces: dict[int, int] = {}
    errors: dict[str, str] = {}
    own: MultiDict[str, str] = MultiDict()
    for key, given in form.lists():
        if _is_own(key, model.model_fields):
            own.setlist(key, given)
        elif found := _FIELD.fullmatch(key):
            wished[int(found[1]), int(found[2])] = _count(key, given, errors, unit="份数")
        elif with_pieces and (found := _PIECES.fullmatch(key)):
            pieces[int(found[1])] = _count(key, given, errors, unit="件数")
        else:
            errors[key] = "表单含有未知的字段"
    try:
        read = read_form(model, own)
    except Invalid as refused:
        raise Invalid(errors | refused.errors) from None
    if errors:
        raise Invalid(errors)
    return read, wished, pieces


def _is_own(key: str, names: Collection[str] | Mapping[str, object]) -> bool:
    return key in names or key in TRANSPORT_FIELDS


def _count(key: str, given: list[str], errors: dict[str, str], *, unit: str) -> int:
    text = given[0].strip() or "0"
    if len(given) > 1:
        errors[key] = "此项重复提交"
    elif not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        errors[key] = f"{unit}应为整数"
    else:
        return int(text)
    return 0
