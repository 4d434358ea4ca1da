"""Whether a resource has the form that FHIR gives it.

The models are those of R4B, in which ``DiagnosticReport``, ``Observation``, ``Patient`` and ``Media`` are what they are
in R4. They are loaded with the first resource that comes: 27 MB that a hospital without this interface need not carry.
Only these four are ever looked at, so nobody makes a process load the hundred others.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from wxapp.reports.fhir.outcomes import Issue

CHECKED = frozenset({"DiagnosticReport", "Observation", "Patient", "Media"})
MOST_ISSUES = 20
_NOT_READ = frozenset({"text", "contained", "meta", "implicitRules"})


_ALWAYS = frozenset(
    {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
)
_STATUSES = {"DiagnosticReport": _ALWAYS | {"partial", "appended"}, "Observation": _ALWAYS}
"""Value sets that the standard requires and the models don't check."""


def problems_of(resource: dict[str, Any], *, path: str) -> list[Issue]:
    """Return what is wrong with a resource of one of the checked kinds, each with its path."""
    kind = resource["resourceType"]
    read = {name: value for name, value in resource.items() if name not in _NOT_READ}
    try:
        _model(kind).model_validate(read)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)[:MOST_ISSUES]
        return [_issue(path, fault["loc"], fault["type"], fault["msg"]) for fault in faults]
    except (RecursionError, TypeError, AttributeError, KeyError, ArithmeticError) as error:
        # Checks of the models that look at several elements at once trust the form of each.
        return [Issue("资源的结构不正确", code="structure", expression=path, diagnostics=type(error).__name__)]
    if kind in _STATUSES and resource.get("status") not in _STATUSES[kind]:
        return [Issue("状态不在FHIR R4规定的范围内", code="code-invalid", expression=f"{path}.status")]
    return []


def _model(kind: str) -> type[BaseModel]:
    model: type[BaseModel] = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    return model


def _issue(path: str, where: Iterable[int | str], fault: str, message: str) -> Issue:
    expression = path
    for part in where:
        expression += f"[{part}]" if isinstance(part, int) else f".{part}"
    code = "required" if "missing" in fault else "structure" if fault == "extra_forbidden" else "value"
    text = {"required": "缺少必填内容", "structure": "没有这个元素"}.get(code, "内容不符合FHIR R4的规定")
    return Issue(text, code=code, expression=expression[:200], diagnostics=message[:300])
