"""``OperationOutcome``: what was wrong with what was sent, or what of it was not kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Issue:
    """One thing to tell.

    :ivar code: of the value set issue-type, e.g. ``invalid``, ``required``, ``not-supported``
    :ivar text: a Chinese sentence
    :ivar expression: path of the element, e.g. ``DiagnosticReport.result[0]``
    :ivar diagnostics: more for programmers
    """

    text: str
    code: str = "invalid"
    expression: str = ""
    severity: str = "error"
    diagnostics: str = ""

    def to_wire(self) -> dict[str, Any]:
        wired: dict[str, Any] = {"severity": self.severity, "code": self.code, "details": {"text": self.text}}
        if self.diagnostics:
            wired["diagnostics"] = self.diagnostics
        if self.expression:
            wired["expression"] = [self.expression]
        return wired

    def told(self) -> str:
        """Return what a log may keep: never a value that was sent."""
        return f"{self.expression}：{self.text}" if self.expression else self.text


class Refused(Exception):
    """What was sent is not taken; nothing of it was kept.

    :ivar status: 400 malformed, 413, 415, 422 well-formed but wrong
    """

    def __init__(self, issues: Iterable[Issue], *, status: int = 422) -> None:
        self.issues = tuple(issues)
        self.status = status
        super().__init__("；".join(issue.told() for issue in self.issues))


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return the resource; without anything to tell it says that all is well."""
    wired = [issue.to_wire() for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": wired or [ALL_WELL.to_wire()]}


ALL_WELL = Issue("已接收", code="informational", severity="information")
UNCHANGED = Issue("报告没有变化", code="informational", severity="information")


def warning(text: str, expression: str, *, code: str = "incomplete") -> Issue:
    return Issue(text, code=code, expression=expression, severity="warning")
