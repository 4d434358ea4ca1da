"""Forms of staff pages: what the macro ``field`` shows comes from the form's model.

    form = ShownForm(GoodsForm, values={"name": goods.name}, options={"category": [("1", "体检")]})
    return Page("mall/admin/goods_form.html", form=form)

Label, requiredness and length come from the model; after a refusal what was typed and the errors come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args

import annotated_types
from flask import g
from pydantic.fields import FieldInfo

from wxapp.core import clock
from wxapp.core.forms import TRANSPORT_FIELDS, Form, Refusal, label_of
from wxapp.core.money import yuan

Options = Sequence[tuple[str, str]]


def refusal() -> Refusal | None:
    """Return why the form of this request came back, if it did."""
    found: Refusal | None = g.get("refusal")
    return found


@dataclass(frozen=True)
class Field:
    """A field as the macro shows it."""

    name: str
    label: str
    kind: str
    value: str
    chosen: tuple[str, ...]
    error: str
    is_required: bool
    max_length: int | None
    minimum: int | None
    maximum: int | None
    options: Options
    help: str


@dataclass(frozen=True)
class ShownForm:
    """A form on a page.

    :param values: present values by field name
    :param options: choices of fields: value and label
    :param help: a quiet line below fields
    :param kinds: kind of a field where the model does not tell: ``textarea``, ``password``, ``money``, ``checks``,
        ``tel``, ``date``, ``select``, ``radio``, ``file``
    """

    model: type[Form]
    values: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Options] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Field:
        info = self.model.model_fields[name]
        options = self.options.get(name) or _options_of(info)
        kind = self.kinds.get(name) or _kind_of(info, options)
        chosen = self._chosen(name, info)
        back = refusal()
        limits = _limits(info)
        return Field(
            name=name,
            label=label_of(self.model, name),
            kind=kind,
            value="" if kind == "password" else (chosen[0] if chosen else ""),
            chosen=chosen,
            error=_worded(back.errors.get(name, "") if back else "", kind),
            is_required=info.is_required(),
            max_length=limits.get("max_length"),
            minimum=limits.get("ge"),
            maximum=limits.get("le"),
            options=options,
            help=self.help.get(name, ""),
        )

    def _chosen(self, name: str, info: FieldInfo) -> tuple[str, ...]:
        back = refusal()
        if back is not None and self._came_back(back):
            return tuple(back.typed.getlist(name) or back.typed.getlist(f"{name}[]"))
        value = self.values.get(name)
        if value is None and not info.is_required():
            value = info.get_default(call_default_factory=True, validated_data={})
        if isinstance(value, list | tuple | set | frozenset):
            return tuple(_text(item) for item in value)
        return () if value is None or value is False else (_text(value),)

    def _came_back(self, back: Refusal) -> bool:
        """Whether what was refused is this form: another one on its page was not typed into."""
        typed = {key.removesuffix("[]") for key in back.typed} - _OF_ALL_FORMS
        return not typed.isdisjoint(self.model.model_fields)

    def other_errors(self) -> list[str]:
        """Return the errors that stand beside no field."""
        back = refusal()
        if back is None:
            return []
        others = [text for name, text in back.errors.items() if name not in self.model.model_fields]
        return others or ([] if back.errors else [back.message])

    def to_wire(self) -> dict[str, Any]:
        secret = {name for name, kind in self.kinds.items() if kind == "password"}
        return {name: self.values.get(name) for name in self.model.model_fields if name not in secret}


def _worded(error: str, kind: str) -> str:
    """Return an error as it is said of this kind of field: nobody fills in a list of choices."""
    return error.replace("请填写", "请选择", 1) if kind in {"select", "radio", "checks"} else error


_OF_ALL_FORMS = {*TRANSPORT_FIELDS, "form_key", "version"}


def money_text(fen: int | None) -> str:
    """Return an amount as people type it into a field."""
    return "" if fen is None else yuan(fen).removesuffix(".00")


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _types(info: FieldInfo) -> list[Any]:
    annotation = info.annotation
    return [t for t in (get_args(annotation) or (annotation,)) if t is not type(None)] if annotation else []


def _kind_of(info: FieldInfo, options: Options) -> str:
    kinds = _types(info)
    if "tuple" in str(info.annotation):
        return "checks"
    if options:
        return "select"
    for wanted, kind in ((bool, "checkbox"), (datetime, "moment"), (date, "date"), (int, "number")):
        if wanted in kinds:
            return kind
    return "textarea" if (_limits(info).get("max_length") or 0) > 200 else "text"


def _options_of(info: FieldInfo) -> Options:
    found: list[tuple[str, str]] = []
    for one in _types(info):
        if isinstance(one, type) and issubclass(one, Enum):
            found += [(str(member.value), str(getattr(member, "label", member.value))) for member in one]
    return found


def _limits(info: FieldInfo) -> dict[str, int]:
    limits: dict[str, int] = {}
    for rule in info.metadata:
        if isinstance(rule, annotated_types.MaxLen):
            limits["max_length"] = rule.max_length
        elif isinstance(rule, annotated_types.Ge) and isinstance(rule.ge, int):
            limits["ge"] = rule.ge
        elif isinstance(rule, annotated_types.Le) and isinstance(rule.le, int):
            limits["le"] = rule.le
    return limits
