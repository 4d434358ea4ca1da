"""Timed work of the shell."""

from __future__ import annotations

from wxapp.admin import audit


class AuditLogBroken(Exception):
    """The audit log was changed behind the program's back. The page of timed work shows it until somebody looks."""


def check_audit() -> int:
    """Read the whole audit log and compare its digests; return how many rows it has.

    :raises AuditLogBroken: a row was changed, is missing, or the end was cut off
    """
    verdict = audit.verify()
    if not verdict.is_intact:
        raise AuditLogBroken(f"row {verdict.broken_at}: {verdict.reason}")
    return verdict.rows
