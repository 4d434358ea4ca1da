"""Writes ``docs/staff-routes.md``: which role may open which staff interface (checklist S-17).

Run ``python -m tests.architecture.staff_routes`` after an interface or a default role changed; a test compares.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask

from tests.settings import make_config
from wxapp.admin.gate import ANY_SPELLING
from wxapp.admin.interface import REGISTERED, Interface
from wxapp.admin.paths import is_staff_path
from wxapp.app import create_app
from wxapp.core.permissions import Permission
from wxapp.staff.defaults import DEFAULT_ROLES, DefaultRole

TABLE = Path(__file__).parents[2] / "docs" / "staff-routes.md"

HEAD = """# Staff interfaces and roles

Made by `python -m tests.architecture.staff_routes`; a test compares it with the application, so a new interface or a
changed role shows in review. ● may open it, · gets 403. "any" is every signed-in member of staff, "public" needs no
session. Roles are the defaults; a hospital changes them on the page 角色权限.

"""


def interfaces_of(app: Flask) -> list[Interface]:
    """Return the interfaces that this application serves, by path."""
    found = [spec for endpoint, spec in REGISTERED.items() if endpoint in app.view_functions]
    return sorted(found, key=lambda spec: (spec.get or spec.post or "", spec.post or "", spec.id))


def strangers_of(app: Flask) -> list[str]:
    """Return rules below the staff door that are no interfaces."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if is_staff_path(rule.rule) and rule.endpoint not in REGISTERED and not rule.endpoint.startswith(ANY_SPELLING)
    ]


def may(role: DefaultRole, spec: Interface) -> bool:
    return not isinstance(spec.permission, Permission) or spec.permission in role.permissions


def need_of(spec: Interface) -> str:
    if spec.is_public:
        return "public"
    return str(spec.permission.value) if isinstance(spec.permission, Permission) else "any"


def table_of(app: Flask) -> str:
    labels = [role.label for role in DEFAULT_ROLES]
    lines = [
        "| interface | GET | POST | permission | " + " | ".join(labels) + " |",
        "| --- " * (4 + len(labels)) + "|",
    ]
    for spec in interfaces_of(app):
        marks = ["●" if may(role, spec) else "·" for role in DEFAULT_ROLES]
        paths = [f"`{path}`" if path else "" for path in (spec.get, spec.post)]
        lines.append("| " + " | ".join([spec.id, *paths, need_of(spec), *marks]) + " |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_config("sqlite://", Path(folder)))
        TABLE.write_text(table_of(app), encoding="utf-8")


if __name__ == "__main__":
    main()
