"""Input of HTML forms: a frozen pydantic model per form, Chinese sentences beside its fields.

A door reads its form with :func:`read_form`; everything behind it may trust the values. A field's ``title`` is its
label on the page and in the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, TypeVar

from flask import g, make_response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from wxapp.core.errors import DomainError, Invalid
from wxapp.core.money import parse_yuan

TRANSPORT_FIELDS = {"csrf_token"}
"""Fields of every form that belong to no model."""


class Form(BaseModel):
    """Base of all forms: unknown fields refused, texts stripped."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _parse_yuan(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_yuan(value)
    except ValueError:
        raise ValueError("金额格式不正确，例如 128 或 128.50") from None


Yuan = Annotated[int, BeforeValidator(_parse_yuan), Field(ge=1, le=100_000_000)]
"""Typed in yuan, handed on in fen; from one fen to a million yuan. A program sends whole fen as a number."""

FormKey = Annotated[str, Field(title="提交编号", max_length=60)]
"""Pages send one, so that a form pressed twice has its effect once; see ``wxapp.admin.presses``."""


F = TypeVar("F", bound=Form)


def read_form(model: type[F], source: MultiDict[str, str] | None = None) -> F:
    """Return the request's form as this model.

    An empty text counts as missing, so a model says with its defaults what may be left out.

    :raises Invalid: with a sentence for each field that is missing, unknown, repeated, too long or of a wrong kind
    """
    values = request.form if source is None else source
    raw: dict[str, Any] = {}
    errors: dict[str, str] = {}
    lists = {name for name, field in model.model_fields.items() if "tuple" in str(field.annotation)}
    for key in values:
        if key in TRANSPORT_FIELDS:
            continue
        given = values.getlist(key)
        name = key.removesuffix("[]")
        if name in lists:
            raw[name] = [text for text in given if text]
        elif len(given) > 1:
            errors[key] = f"{label_of(model, key)}重复提交"
        elif given[0].strip():
            raw[key] = given[0]
    if errors:
        raise Invalid(errors)
    try:
        form = model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(_sentences(model, error)) from None
    if errors := {
        name: f"{label_of(model, name)}数值过大" for name in model.model_fields if _is_huge(getattr(form, name))
    }:
        raise Invalid(errors)
    return form


def row_key(text: str) -> int:
    """Return the number of a row that an address names, e.g. where a list goes on.

    :raises ValueError: no number, or larger than any row's
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError("no number of a row")
    return int(text)


_MOST_DIGITS = 18


def _is_huge(value: object) -> bool:
    """Whether a number is larger than what a column holds: SQLite's driver fails on it."""
    return isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS


def label_of(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    return (field.title if field else None) or "此项"


def _sentences(model: type[BaseModel], error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    names = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else ""
        name = names.get(name, name)  # a missing field is told by its alias, a wrong one by the name it was read by
        found.setdefault(name, _sentence(label_of(model, name), fault))
    return found


_SENTENCES: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda label, c: f"请填写{label}",
    "string_too_long": lambda label, c: f"{label}不能超过{c['max_length']}个字",
    "string_too_short": lambda label, c: f"{label}至少{c['min_length']}个字",
    "string_pattern_mismatch": lambda label, c: f"{label}格式不正确",
    "int_parsing": lambda label, c: f"{label}应为整数",
    "int_parsing_size": lambda label, c: f"{label}数值过大",
    "greater_than_equal": lambda label, c: f"{label}不能小于{c['ge']}",
    "less_than_equal": lambda label, c: f"{label}不能大于{c['le']}",
    "too_long": lambda label, c: f"{label}最多选{c['max_length']}项",
    "too_short": lambda label, c: f"请选择{label}",
    "extra_forbidden": lambda label, c: "表单含有未知的字段",
    "date_from_datetime_parsing": lambda label, c: f"{label}应为日期，如2026-01-31",
    "date_parsing": lambda label, c: f"{label}应为日期，如2026-01-31",
    "enum": lambda label, c: f"{label}不在可选范围内",
    "literal_error": lambda label, c: f"{label}不在可选范围内",
}


def _sentence(label: str, fault: ErrorDetails) -> str:
    if fault["type"] == "value_error":  # raised by a validator of ours, in Chinese
        return str(fault["ctx"]["error"])
    make = _SENTENCES.get(fault["type"])
    return make(label, fault.get("ctx", {})) if make else f"{label}格式不正确"


class Refusal:
    """Why a form came back, and what was typed: templates show both."""

    def __init__(self, error: DomainError, typed: MultiDict[str, str]) -> None:
        self.message = error.message
        self.errors: dict[str, str] = dict(getattr(error, "errors", {}))
        if error.field:
            self.errors[error.field] = error.message
        self.typed = typed


def shown_again_by(page: Callable[..., ResponseReturnValue]) -> Callable[..., Any]:
    """Decorate a POST view: when it is refused, ``page`` (its GET view) is shown with what was typed.

    The status is the refusal's, so nothing that watches takes it for a success. Clients that asked for JSON get
    the error itself, which their door renders.
    """

    def decorate(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            try:
                return view(**arguments)
            except DomainError as error:
                if error.status in {401, 403, 404, 419, 503} or wants_json():
                    raise
                g.refusal = Refusal(error, request.form)
                response = make_response(page(**arguments))
                response.status_code = error.status
                if error.status == 429:
                    response.headers["Retry-After"] = str(error.details.get("retry_after", 60))
                return response

        return guarded

    return decorate


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"], default="text/html") == "application/json"
