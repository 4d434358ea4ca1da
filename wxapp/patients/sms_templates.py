"""Which approved SMS template stands for what: named in the configuration under ``sms.templates``."""

from __future__ import annotations

from flask import current_app

CODE = "verification_code"
"""Values: the code, and the minutes for which it is good."""
ISSUED_PASSWORD = "balance_password"  # noqa: S105 - the name of a template
"""Value: the first balance password."""


def template_id(name: str) -> str:
    """Return the id of a template, "" when the configuration has none."""
    return str(current_app.config["WXAPP"].sms.templates.get(name, ""))
