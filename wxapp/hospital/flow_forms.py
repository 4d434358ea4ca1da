"""The form of the flow: four fields for each step, named by the step."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model

from wxapp.core.forms import Form, FormKey
from wxapp.hospital.forms import Key, Percent
from wxapp.hospital.rules.flows import EACH_IS_REVIEWED, LABELS, STEPS, FlowRules, FlowStep
from wxapp.hospital.rules.percents import percent


class _Base(Form):
    form_key: FormKey = ""
    seen: Key = 0
    reviews_each: bool = Field(False, title="每份报价都审核")
    review_below: Percent = Field(0, title="低于原价的百分之几时审核", le=10_000)


def _fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in STEPS:
        label = LABELS[name]
        fields[f"{name}_on"] = (bool, Field(False, title=f"{label}启用"))
        fields[f"{name}_skip"] = (bool, Field(False, title=f"{label}可跳过"))
        fields[f"{name}_roles"] = (tuple[str, ...], Field((), title=f"{label}负责角色", max_length=30))
        fields[f"{name}_warn"] = (int, Field(0, title=f"{label}超时提醒", ge=0, le=1440))
    return fields


FlowForm = create_model("FlowForm", __base__=_Base, **_fields())
"""``arrival_on``, ``arrival_skip``, ``arrival_roles``, ``arrival_warn``, and so on."""


def flow_in(form: _Base) -> FlowRules:
    """Return the flow that was typed."""
    steps = tuple(
        FlowStep(
            name,
            getattr(form, f"{name}_on"),
            getattr(form, f"{name}_skip"),
            getattr(form, f"{name}_roles"),
            getattr(form, f"{name}_warn"),
        )
        for name in STEPS
    )
    return FlowRules(steps, EACH_IS_REVIEWED if form.reviews_each else form.review_below)


def values_of(flow: FlowRules) -> dict[str, Any]:
    """Return a flow as its form shows it."""
    values: dict[str, Any] = {}
    for step in flow.steps:
        values[f"{step.name}_on"] = step.is_on
        values[f"{step.name}_skip"] = step.may_be_skipped
        values[f"{step.name}_roles"] = list(step.roles)
        values[f"{step.name}_warn"] = step.warn_minutes
    is_each = flow.review_below_bp >= EACH_IS_REVIEWED
    values["reviews_each"] = is_each
    values["review_below"] = percent(10_000 if is_each else flow.review_below_bp)
    return values
