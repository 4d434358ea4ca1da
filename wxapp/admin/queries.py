"""Reads of the shell's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.admin.models import AuditRow
from wxapp.core import clock


def audit_rows(*, actor: str, action: str, subject: str, result: str, since: date | None, until: date | None) -> Any:
    """Return the rows of the audit log that match; empty texts and None match all."""
    statement = sa.select(AuditRow)
    equal: Mapping[Any, str] = {AuditRow.actor: actor, AuditRow.action: action, AuditRow.result: result}
    for column, value in equal.items():
        if value:
            statement = statement.where(column == value)
    if subject:
        statement = statement.where(AuditRow.subject.startswith(subject, autoescape=True))
    if since is not None:
        statement = statement.where(AuditRow.at >= clock.day_bounds(since)[0])
    if until is not None:
        statement = statement.where(AuditRow.at < clock.day_bounds(until)[1])
    return statement
