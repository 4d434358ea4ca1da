"""The frame around every staff page: what ``base_admin.html`` and the macros ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, g, render_template, request, url_for

from wxapp.admin import fields, flashes, identity, menu, search, settings
from wxapp.core import clock, ids, sessions
from wxapp.core.forms import Refusal
from wxapp.core.permissions import Permission

_inbox: list[tuple[str, str]] = []


def use_inbox(page: str, count: str) -> None:
    """Set the endpoints of one's own messages and of how many are unread; the top of each page shows them."""
    _inbox[:] = [(page, count)]


_PERMISSIONS = {str(permission.value): permission for permission in Permission}


class Shell:
    """The global ``staff_shell`` of templates. Macros see it without "with context"."""

    @property
    def staff(self) -> identity.Staff | None:
        return identity.find_staff()

    @property
    def refusal(self) -> Refusal | None:
        return fields.refusal()

    @property
    def title(self) -> str:
        return settings.TITLE()

    @property
    def print_footer(self) -> str:
        return settings.PRINT_FOOTER()

    def csrf(self) -> str:
        return sessions.csrf_token(sessions.STAFF)

    def form_key(self) -> str:
        """Return a key for a form that must have its effect once; a form that comes back keeps its key."""
        back = fields.refusal()
        return (back.typed.get("form_key") if back else None) or ids.new_token(18)

    def may(self, permission: str | None) -> bool:
        """Whether who is signed in has the right, e.g. ``staff_shell.may("goods:write")``.

        :raises KeyError: there is no such right; a typing error must not hide a button for ever
        """
        staff = identity.find_staff()
        return staff is not None and staff.may(None if permission is None else _PERMISSIONS[str(permission)])

    def sidebar(self) -> list[menu.Section]:
        staff = identity.find_staff()
        return menu.sidebar(staff) if staff is not None and not staff.must_visit else []

    def can_search(self) -> bool:
        staff = identity.find_staff()
        return staff is not None and not staff.must_visit and bool(search.kinds(staff))

    def inbox(self) -> tuple[str, str] | None:
        """Return the addresses of one's own messages and of their number, None before one may use anything."""
        staff = identity.find_staff()
        if staff is None or staff.must_visit or not _inbox or _inbox[0][0] not in current_app.view_functions:
            return None
        page, count = _inbox[0]
        return url_for(page), url_for(count)

    def flashes(self) -> list[flashes.Flash]:
        return flashes.take()

    def now(self) -> str:
        return clock.local(clock.now()).strftime("%Y-%m-%d %H:%M")

    @property
    def page_class(self) -> str:
        endpoint = request.endpoint or "error"
        return "page-" + endpoint.replace("_admin", "").replace(".", "-").replace("_", "-")

    @property
    def request_no(self) -> str:
        return str(g.get("request_no", ""))

    @property
    def address(self) -> str:
        """Path and query of this page, for forms that lead back to it."""
        return request.full_path.rstrip("?")


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Return the page."""
    if "staff_shell" not in current_app.jinja_env.globals:
        raise RuntimeError("the staff shell is not registered")
    return render_template(template, **variables)
